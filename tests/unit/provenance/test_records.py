"""Records: how they are read, and what is compared with them."""

import json

import pytest

from polychron.errors import InputError
from polychron.provenance import records
from polychron.storage import files


def made(folder, *outputs, rule="extract_features", **sums):
    """Write outputs and the record of the job that made them, with other checksums where they are given."""
    for path in outputs:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())
    known = {path: files.checksum(folder / path) for path in outputs} | sums
    record = records.made({"rule": rule}, {}, known, 1.0)
    files.write_json(records.record_of(folder / outputs[0]), record)


def check(folder, *inputs):
    records.check({path: files.checksum(folder / path) for path in inputs})


def test_records_are_read_by_path_in_order(tmp_path):
    for name in ("b", "a/c"):
        made(tmp_path, name)
    found = records.read_records([tmp_path])
    assert list(found) == [str(tmp_path / "a/c.provenance.json"), str(tmp_path / "b.provenance.json")]
    assert [*found[str(tmp_path / "b.provenance.json")]["outputs"]] == ["b"]


SOUND = {"spec": {"rule": "r"}, "inputs": {}, "outputs": {"a": "1"}, "seconds": 1, "started": "2026-11-01T00:00:00Z"}
UNSOUND = {
    "empty": (b"", "is empty"),
    "zeroed": (b"\0" * 300, "no readable JSON"),
    "cut": (b'{"spec": {"rule": "r"', "no readable JSON"),
    "no text": (b"\xff\xfe{}", "no readable JSON"),
    "too deep": (b"[" * 100_000, "no readable JSON"),
    "a list": (b"[]", "holds list in JSON, expected dict"),
    "a number": (b"3", "holds int in JSON, expected dict"),
    "null": (b"null", "holds NoneType in JSON, expected dict"),
    "an object without anything": (b"{}", "does not say which rule"),
    **{
        f"{name}: {value!r}": (json.dumps(SOUND | {name: value}).encode(), said)
        for name, value, said in [
            ("spec", "r", "does not say which rule"),
            ("spec", {"rule": 3}, "does not say which rule"),
            ("inputs", [], "no checksums of inputs"),
            ("outputs", {"a": None}, "no checksums of outputs"),
            ("outputs", {}, "names no output"),
            ("seconds", "long", "took 'long' seconds"),
            ("seconds", -1, "took -1 seconds"),
            ("seconds", float("nan"), "took nan seconds"),
            ("seconds", 1e300, "seconds"),
            ("started", None, "started at None"),
            ("started", 2026, "started at 2026"),
            ("started", "9999-12-31T23:59:59.9Z", "started at '9999-12-31"),
            ("uncommitted", 5, "uncommitted files are no list"),
            ("uncommitted", [5], "uncommitted files are no list"),
            ("commit", {}, "commit is no text"),
            ("host", [1], "host is no text"),
        ]
    },
}


@pytest.mark.parametrize("name", UNSOUND)
def test_a_record_that_is_none_is_named_with_the_next_step(tmp_path, name):
    content, said = UNSOUND[name]
    path = tmp_path / "a.npy.provenance.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        records.read(path)
    assert str(error.value).startswith(f"{path}: ") and said in str(error.value)
    assert f"snakemake ... --forcerun {tmp_path / 'a.npy'} -- all" in str(error.value)
    unsound = []
    assert records.read_records([tmp_path], unsound) == {}
    assert [fault.file for fault in unsound] == [path]


def test_a_directory_in_place_of_a_record_is_named(tmp_path):
    (tmp_path / "a.npy.provenance.json").mkdir()
    with pytest.raises(InputError, match=r"a\.npy\.provenance\.json: a folder, a pipe or a device, and no file"):
        records.read_records([tmp_path])


def test_a_sound_record_is_read_and_facts_that_older_versions_lack_are_none(tmp_path):
    path = tmp_path / "a.provenance.json"
    path.write_text(json.dumps(SOUND))
    assert records.read(path).items() >= {**SOUND, "commit": None, "processor": None}.items()


def test_several_unsound_records_are_one_error(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.provenance.json").touch()
    with pytest.raises(InputError) as error:
        records.read_records([tmp_path])
    said = str(error.value)
    assert said.startswith(f"{tmp_path}/0.provenance.json: is empty. At fault as well: ")
    assert said.count(".provenance.json") == 3 and "and 2 more" in said


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A working directory with results of one file, and of several, beside each other and in different folders."""
    monkeypatch.chdir(tmp_path)
    made(tmp_path, "results/m/features/step-1.npy")
    made(tmp_path, "results/m/probes/step-1.parquet", "results/m/probes/step-1.safetensors", rule="train_probe")
    made(tmp_path, "results/m/sentencepiece/bpe.model", "results/m/binarized/dict.txt", rule="train_sentencepiece")
    encoder, scores = (
        "results/m.pos-a-0/checkpoints/step-1/model.safetensors",
        "results/m/finetuned/pos/a/seed-0.parquet",
    )
    made(tmp_path, encoder, scores, rule="fine_tune_and_keep")
    made(tmp_path, "resources/s/align/a/b.wa", "resources/s/text/a.txt", rule="synthesise_world")
    return tmp_path


RECORDED = {
    "results/m/features/step-1.npy": "extract_features",
    "results/m/probes/step-1.parquet": "train_probe",
    "results/m/probes/step-1.safetensors": "train_probe",
    "results/m/binarized/dict.txt": "train_sentencepiece",
    "results/m/finetuned/pos/a/seed-0.parquet": "fine_tune_and_keep",
    "results/m.pos-a-0/checkpoints/step-1/model.safetensors": "fine_tune_and_keep",
    "resources/s/align/a/b.wa": "synthesise_world",
    "resources/s/text/a.txt": "synthesise_world",
}


@pytest.mark.parametrize("path", RECORDED)
def test_an_input_that_is_not_as_its_job_left_it_is_named_with_that_job(study, path):
    check(study, *RECORDED)
    (study / path).write_bytes(b"\0" * 20)
    with pytest.raises(InputError) as error:
        check(study, *RECORDED)
    said = str(error.value)
    assert said.startswith(f"{path}: damaged or changed since {RECORDED[path]} made it: its sha256 is ")
    assert said.endswith(f"make it again: snakemake ... --forcerun {path} -- all.")


def test_an_input_with_the_record_of_another_is_refused(study):
    made(study, "results/m/features/step-2.npy")
    one, other = (records.record_of(study / f"results/m/features/step-{step}.npy") for step in (1, 2))
    one.write_bytes(other.read_bytes())
    with pytest.raises(InputError, match=r"step-1.npy: the record beside it is of another file, .*step-2.npy"):
        check(study, *RECORDED)


def test_an_input_whose_record_is_empty_is_refused(study):
    records.record_of(study / "results/m/features/step-1.npy").write_bytes(b"")
    with pytest.raises(InputError, match=r"step-1.npy.provenance.json: is empty. Next: make it again: .*step-1.npy --"):
        check(study, *RECORDED)


def test_the_tokenizer_that_no_rule_makes_again_has_its_own_next_step(study):
    made(study, "results/m/tokenizer/tokenizer.json", "results/m/tokenizer/config.json", rule="fetch_tokenizer")
    (study / "results/m/tokenizer/config.json").write_bytes(b"")
    with pytest.raises(InputError, match=r"Next: delete results/m/tokenizer and run again"):
        check(study, "results/m/tokenizer/tokenizer.json", "results/m/tokenizer/config.json")


def test_files_without_a_record_or_of_the_users_own_are_taken_as_they_are(study):
    for path in ("results/m/features/step-1.npy", "results/m/probes/step-1.parquet"):
        records.record_of(study / path).unlink()
        (study / path).write_text("another")
    made(study, "given/m/scores.parquet", "results/m/scores.parquet")
    (study / "given/m/scores.parquet").write_text("edited")
    own = ["given/m/scores.parquet", "results/../given/m/scores.parquet", str(study / "given/m/scores.parquet")]
    check(study, *RECORDED, *own)


def test_results_that_were_moved_with_their_records_are_compared_with_them(study):
    (study / "results/m/features").rename(study / "results/m/moved")
    check(study, "results/m/moved/step-1.npy")
    (study / "results/m/moved/step-1.npy").write_text("another")
    with pytest.raises(InputError, match=r"of another file, results/m/features/step-1.npy"):
        check(study, "results/m/moved/step-1.npy")
