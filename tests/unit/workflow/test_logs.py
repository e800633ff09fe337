"""Snakemake's own messages: those that say again what a script has said are left out, and no others."""

import logging

import pytest

from polychron.workflow import logs

COMMAND = "Command 'set -euo pipefail;  python .snakemake/scripts/tmp1.reproduce.py' "
FAILED = f'RuleException:\nCalledProcessError in file "rules/reproducibility.smk", line 46:\n{COMMAND}'


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"{FAILED}returned non-zero exit status 1.", False),
        (f"{FAILED}returned non-zero exit status 1.\n", False),
        (f"{FAILED}returned non-zero exit status 137.", True),
        (f"{FAILED}died with <Signals.SIGKILL: 9>.", True),
        ("RuleException:\nMissingOutputException in rule x: returned non-zero exit status 1.", True),
        ("Error in rule reproduce:\n    log: logs/toy/reproduce.log", True),
        ("100% done", True),
    ],
)
def test_that_a_script_ended_with_an_error_is_said_once(message, shown):
    record = logging.LogRecord("snakemake", logging.ERROR, "x.py", 1, message, None, None)
    assert logs.shown(record) is shown
