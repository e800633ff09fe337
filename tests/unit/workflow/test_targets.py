"""What is said of a target that No rule to produce."""

import logging

import pytest

from polychron.workflow import targets

SAID = (
    "MissingRuleException:\nNo rule to produce {} (if you use input functions make sure that they don't raise "
    "unexpected exceptions)."
)
HEAD = "MissingRuleException:\nNo rule to produce"
FILES = ["results/toy/figures/figure-24.html", "results/toy/figures/figure-04.html", "results/toy/tables/table-4.html"]


def told(message, *command):
    record = logging.LogRecord("snakemake", logging.ERROR, "x.py", 1, message, None, None)
    assert targets.Hints(["all", "figures", "tables"], FILES, command).filter(record)
    return record.getMessage()


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("figuers", "Did you mean 'figures'?"),
        ("results/toy/figures/figure-4.html", "Did you mean 'results/toy/figures/figure-04.html'?"),
        ("chocolate", "Targets are all, figures, tables;"),
    ],
)
def test_a_target_that_nothing_makes_is_answered_with_what_may_have_been_meant(target, hint):
    said = told(SAID.format(target))
    assert (
        said.startswith(f"MissingRuleException:\nNo rule to produce {target}. {hint}") and "--list-target-rules" in said
    )


def test_an_option_among_the_targets_is_named():
    said = told(SAID.format("mine.yaml"), "snakemake", "-n", "--", "all", "--configfile", "mine.yaml")
    assert said == f"{HEAD} mine.yaml. What stands after -- is a target: write --configfile before it."


def test_other_messages_stay_as_they_are():
    for message in ("100% done", "MissingInputException in rule x:\n" + SAID.format("a")):
        assert told(message) == message
