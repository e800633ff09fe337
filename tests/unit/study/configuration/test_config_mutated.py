"""Whatever a config holds, it ends in a study or in an InputError, never in another exception."""

import copy
import datetime
from collections import Counter
from types import SimpleNamespace

import pytest
from configs import merged
from hypothesis import given, settings
from hypothesis import strategies as st

from polychron.data.sources import downloads
from polychron.errors import InputError
from polychron.planning import costs, rates
from polychron.study import consistency, world_files
from polychron.study.axes import Axes
from polychron.study.configuration.config import validated
from polychron.study.inputs import Inputs
from polychron.study.study import Study

BASES = {"toy": merged("studies/toy.yaml"), "paper": merged()}

ENDLESS = []
ENDLESS.append(ENDLESS)
NESTED = {}
NESTED["analysis"] = NESTED

VALUES = [
    *(None, True, False, 0, 1, 2, -1, 3, 12, 10**6, 300_000_000, 10**30, 2**2000, -(10**400)),
    *(0.0, 2.0, -0.0, 0.5, 0.95, 1.5, 5e-324, 1e300, 1e16, float("nan"), float("inf"), float("-inf")),
    *("", " ", "a", "de", "xx", "pos", "nubmer", "1e3", "1e-3", "nan", "1_0", "0x10", "no", "a" * 300, "a/" * 400),
    *("a\nb", "a\n", "../up", "a/b", "..", "~", "~nobody/x", "./x", "/", "\x00", "\x7f", "é" * 200, "\ud800"),
    *("{lang}", "{0}", "{", "}", "{}", "{{language}}", "{language!r:>999999999}", "{language}", "{split}", "{step}"),
    *([], {}, [[]], [{}], [None], [0, 0.0], [1, 0], ["qsa", "qsa"], [3, "a"], {1: 2}, {None: None}, {"a": 1, 2: 3}),
    *(datetime.date(2026, 1, 1), {1, 2}, b"bytes", (1, 2), ENDLESS, NESTED, [[["qsa"]]], {"file": "x"}),
]
ALIKE = {kind: [value for value in VALUES if type(value) is kind] for kind in (int, float, str, list, bool)}
"""Values by their type, so that many changes get past the schema."""
KEYS = ["", "a", "epoch", "qsa", "en/cs", "qsa/qxx", "x" * 300, "a\n", "{0}", 1, 2**70, 2**2000, None, True, 1.5, "no"]


def places(value, path=()):
    """Return the paths to all values inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(*path, name) for name, _ in inside]
    return found + [place for name, part in inside for place in places(part, (*path, name))]


PLACES = {name: places(base) for name, base in BASES.items()}
# A change of one of many languages says as little as that of one of a few.
PLACES = {
    name: [path for path in paths if not any(isinstance(part, int) and part > 1 for part in path)]
    for name, paths in PLACES.items()
}


@st.composite
def configs(draw):
    """One of the configs with one to three changes: a value, a key or an entry replaced, removed, added or moved."""
    name = draw(st.sampled_from(["toy", "toy", "paper"]))
    config = copy.deepcopy(BASES[name])
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(PLACES[name]))
        inside = config
        for part in path:
            try:
                inside = inside[part]
            except (KeyError, IndexError, TypeError):
                break
        kind = draw(st.sampled_from(["replace"] * 3 + ["alike"] * 3 + ["remove", "add", "turn", "number"]))
        value = draw(st.sampled_from(VALUES))
        if kind == "alike" and isinstance(inside, dict):
            value = draw(st.sampled_from(ALIKE.get(type(inside.get(last)), VALUES)))
        value = value if value is ENDLESS or value is NESTED else copy.deepcopy(value)
        if isinstance(inside, dict) and inside is not NESTED:
            if kind == "remove":
                inside.pop(last, None)
            elif kind == "add":
                inside[draw(st.sampled_from(KEYS))] = value
            elif kind == "number" and isinstance(inside.get(last), float):
                inside[last] *= draw(st.sampled_from([1.0, 2, 0.5, -1, 10**9, 1e9, 1e305]))
            elif kind == "turn" and isinstance(inside.get(last), list):
                inside[last] = [*reversed(inside[last]), *inside[last][: draw(st.integers(0, 1))]]
            else:
                inside[last] = value
        elif isinstance(inside, list) and inside is not ENDLESS:
            inside[: 1 if kind == "replace" else 0] = [value]
    return config


def evaluate(config):
    """Evaluate all that rules ask of a study."""
    study = Study(validated(config))
    consistency.check(study)
    for name in dir(Study):
        if not name.startswith("_"):
            getattr(study, name)
    inputs = Inputs(study)
    for job in study.cells[:20] + study.cells[-20:] + study.transfers[-20:]:
        cell = SimpleNamespace(**job)
        inputs.cell(cell), inputs.transfer(cell), inputs.target_tables(cell), study.options(cell.task)
        inputs.address(cell), inputs.revision(cell), inputs.first_tokenizer(cell), inputs.last_checkpoint(cell)
    for job in study.alignments[:5]:
        inputs.alignment(SimpleNamespace(**job))
    for model in study.models:
        inputs.scores(SimpleNamespace(model=model))
    downloads({}, study.source_files)
    if study.config["world"]:
        world_files.files_of(world_files.layout_of(study.config["files"]))
    assert [study.resource(path) for path in study.source_files]
    axes = Axes(study, rates.sizes(), {}, {"draw_figure": 17, "write_table": 6})
    costs.lines(axes.values, rates.sizes(), rates.rates())


def holds(config):
    """Return whether a config is a study or is refused, in a message that can be read."""
    try:
        evaluate(config)
    except InputError as error:
        for line in str(error).split("\n"):
            assert len(line) < 1000
            assert line.isprintable(), line
        return "refused"
    return "read"


MANY = 3000
BOUNDED = {"derandomize": True, "deadline": None, "database": None}


@settings(max_examples=40, **BOUNDED)
@given(configs())
def test_a_config_with_faults_is_refused_by_name(config):
    holds(config)


@pytest.mark.check
def test_many_configs_with_faults_are_refused_by_name(record_property):
    outcomes = Counter()

    @settings(max_examples=MANY, **BOUNDED)
    @given(configs())
    def many(config):
        outcomes[holds(config)] += 1

    many()
    record_property("configs", outcomes.total())
    for outcome, number in outcomes.items():
        record_property(outcome, number)
    assert outcomes["refused"] > 500 and outcomes["read"] > 100


@pytest.mark.parametrize("name", BASES)
def test_the_configs_that_are_changed_are_good_themselves(name):
    evaluate(copy.deepcopy(BASES[name]))
