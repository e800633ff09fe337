"""Each step has the address that the config says, by a pattern or by name, and what is missing is listed."""

import pytest
from configs import study

from polychron.checkpoints import addresses
from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.configuration.config import problems
from polychron.study.inputs import Inputs

NAMES = {0: "stage1-step0-tokens1B", 1000: "stage1-step1000-tokens3B"}
MODEL = {"name": "m", "provider": "hub", "source": "org/model", "final_layer": 2, "window": 64, "steps": [0, 1000]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"revisions": NAMES}, [("org/model", name) for name in NAMES.values()]),
        ({"revisions": {str(step): name for step, name in NAMES.items()}}, [("org/model", n) for n in NAMES.values()]),
        (
            {"revisions": NAMES, "source": "org/model-{revision}", "revision": "main"},
            [(f"org/model-{name}", "main") for name in NAMES.values()],
        ),
        (
            {"provider": "folder", "source": "runs/{revision}/hf", "revisions": NAMES},
            [(f"runs/{name}/hf", None) for name in NAMES.values()],
        ),
        ({"revision": "ckpt_{step:04}"}, [("org/model", "ckpt_0000"), ("org/model", "ckpt_1000")]),
        ({"revision": "{thousands:03}k"}, None),
    ],
)
def test_names_of_steps(changes, expected):
    if expected is None:
        with pytest.raises(InputError, match=r"has '\{thousands:03\}' in it. Known in braces here: \{step\}, "):
            study("studies/toy.yaml", {"models": [{**MODEL, **changes}]})
        return
    made = study("studies/toy.yaml", {"models": [{**MODEL, **changes}]})
    consistency.check(made)
    assert [addresses.located(made.models["m"], step) for step in (0, 1000)] == expected
    inputs = Inputs(made)
    found = [type("W", (), {"model": "m", "step": str(step)}) for step in (0, 1000)]
    assert [(inputs.address(one), inputs.revision(one)) for one in found] == expected


@pytest.mark.parametrize(
    "names", [{}, {-1: "a"}, {"x": "a"}, {"00": "a"}, {0: 3}, {0: ""}, {0: "{step}"}, {10**30: "a"}, {True: "a"}]
)
def test_names_that_are_none(names):
    from polychron.study.configuration.config import _schema

    model = _schema()["properties"]["models"]["items"]
    schema = {
        "$defs": _schema()["$defs"],
        "type": "object",
        "properties": {"revisions": model["properties"]["revisions"]},
    }
    assert problems({"revisions": names}, schema)
    assert not problems({"revisions": NAMES}, schema) and not problems({"revisions": {"7": "a/b"}}, schema)


def test_what_is_likely_to_be_meant_comes_first():
    known = [f"stage1-step{step}-tokens{step // 500}B" for step in range(0, 5000, 500)] + ["main"]
    assert addresses.nearest("stage1-step1500", known)[0] == "stage1-step1500-tokens3B"
    said, remedy = addresses.suggestion("step1500", known, "branches and tags")
    assert said.startswith("; there are 11 branches and tags, as stage1-step1500-tokens3B")
    assert "models.revisions, as {STEP: stage1-step1500-tokens3B}" in remedy and "{step:" not in remedy
    assert addresses.suggestion("step7", [], "branches") == ("", "")
    assert addresses.suggestion("x", ["quite", "other"], "names")[0] == "; there are 2 names, as other, quite"
