"""What is said before a run would repeat what cost too much."""

import json
import re
from types import SimpleNamespace

import pytest

from polychron.errors import InputError
from polychron.provenance import records
from polychron.storage import files
from polychron.workflow import repeated_pretraining

SPEC = {"rule": "pretrain", "layers": 12, "languages": ["qsa", "qoe"], "packages": {"fairseq": "0.12.2"}}


@pytest.fixture
def checkpoint(tmp_path):
    """Return a function that writes the record of a checkpoint that took some time."""

    def make(step, seconds=10.0):
        path = str(tmp_path / f"step-{step}/checkpoint_last.pt")
        record = records.made(SPEC, {}, {path: "0" * 64}, seconds)
        files.write_json(records.record_of(path), record)
        return path

    return make


def cause(output, reason="Input files updated.", **changes):
    return SimpleNamespace(rule="pretrain", output=output, spec=json.dumps(SPEC | changes), reason=reason)


def refused(again):
    with pytest.raises(InputError) as error:
        repeated_pretraining.refuse(again)
    return str(error.value)


def test_nothing_to_repeat_is_no_fault():
    repeated_pretraining.refuse({})


def test_the_values_that_differ_are_told_with_the_way_on(checkpoint):
    first, second = checkpoint(0), checkpoint(8)
    changed = cause(first, layers=6, languages=["qoe", "qsa"])
    said = refused({first: [changed], second: [changed]})
    assert said == (
        f"{first}: is there, and 1 more, and would be made again by this run. The cause is pretrain ({first}): "
        'languages was ["qsa", "qoe"], is ["qoe", "qsa"], layers was 12, is 6. '
        "Next: undo the change; or, if all of this is to be repeated, add --forcerun pretrain."
    )


def test_without_a_difference_or_a_record_snakemakes_reason_is_told(checkpoint, tmp_path):
    first = checkpoint(0)
    assert f"The cause is pretrain ({first}): Input files updated. Next" in refused({first: [cause(first)]})
    other = str(tmp_path / "no record.pt")
    assert f"The cause is pretrain ({other}): Input files updated. Next" in refused({other: [cause(other)]})


def test_a_long_value_is_shortened(checkpoint):
    first = checkpoint(0)
    said = refused({first: [cause(first, languages=list(range(99)))]})
    assert re.search(r'languages was \["qsa", "qoe"\], is \[0, 1, 2, 3, [0-9, ]{20,60}…\. Next: ', said)


def test_what_was_cheap_follows_the_code_and_what_was_dear_does_not(checkpoint):
    cheap, dear = checkpoint(0, 1800.0), checkpoint(8, 1801.0)
    newer = cause(cheap, packages={"fairseq": "0.12.3"}, code="abc")
    repeated_pretraining.refuse({cheap: [newer]})
    assert "other code, other packages" in refused({cheap: [newer], dear: [newer]})
    assert "layers was 12, is 6" in refused({cheap: [cause(cheap, layers=6, code="abc")]})
