"""The checks find what is planted: twins, numbers that are not finite, other shapes, another tokenizer."""

import json

import numpy as np
import pytest
import zoo
from script import Files, run

from polychron.checkpoints import directory
from polychron.checks import checkpoints, displacement
from polychron.errors import InputError
from polychron.storage import files

CONVERSION = {"compared_with": "transformers 5", "layers": 1e-7, "logits": None}


@pytest.fixture(scope="module", params=["bert", "gpt_neox"])
def given(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    zoo.save(request.param, folder / "original")
    tensors, config, text, _ = directory.read(folder / "original")
    return folder, tensors, config, text


def examine(given, folder, tensors=None, config=None, tokenizer=None, **changes):
    _, own, settings, text = given
    files.write_tensors(folder / "model.safetensors", own if tensors is None else tensors)
    files.write_json(folder / "config.json", {**settings, **(config or {})})
    sizes = {"final_layer": 3, "window": zoo.WINDOW, **changes}
    places = folder / "model.safetensors", folder / "config.json"
    return checkpoints.examine(*places, tokenizer or text, text, **sizes)


def test_a_sound_checkpoint(given, tmp_path):
    found = examine(given, tmp_path)
    _, tensors, config, text = given
    assert found["sha256"] == checkpoints.digest(tensors)
    assert found["parameters"] == sum(array.size for array in tensors.values())
    assert found["largest"] == pytest.approx(max(np.abs(array).max() for array in tensors.values()))
    assert (found["layers"], found["dimension"], found["window"]) == (3, 24, zoo.WINDOW)
    assert found["vocabulary"] == config["vocab_size"] and found["tokenizer"] == directory.digest_of_tokenizer(text)
    assert found["unread"] == []


def planted(tensors, name, change):
    changed = {one: array.copy() for one, array in tensors.items()}
    changed[name] = change(changed[name])
    return {one: array for one, array in changed.items() if array is not None}


def nan(array):
    array.flat[1] = np.nan
    return array


def test_faults_are_told_all_at_once(given, tmp_path):
    _, tensors, _, text = given
    names = sorted(name for name in tensors if displacement.part_of(name) == "2" and name.endswith("weight"))
    broken = planted(tensors, names[0], nan)
    broken = planted(broken, names[1], lambda array: np.concatenate([array, array]))
    broken = planted(broken, names[2], lambda array: None)
    other = json.loads(text) | {"normalizer": {"type": "NFD"}}
    with pytest.raises(InputError) as caught:
        examine(given, tmp_path, broken, tokenizer=json.dumps(other), final_layer=2, window=33)
    said = str(caught.value)
    for part in (
        f"1 numbers are not finite, in {names[0]}",
        f"{names[1]} has the shape ",
        f"1 tensors of the model are missing, as {names[2]}",
        "3 layers, and the study's final_layer is 2",
        "positions for 32 pieces, and the study's window is 33",
        "its tokenizer differs from the one",
    ):
        assert part in said
    assert "Next: get the checkpoint again" in said


def test_a_tokenizer_with_more_pieces_than_embeddings(given, tmp_path):
    _, tensors, config, _ = given
    rows = config["vocab_size"]
    fewer = {name: array[: rows - 1] if array.ndim and len(array) == rows else array for name, array in tensors.items()}
    with pytest.raises(
        InputError, match=rf"its tokenizer has the id {rows - 1} \('.*'\), and its embeddings end at {rows - 2}"
    ):
        examine(given, tmp_path, fewer, {"vocab_size": rows - 1})


def test_a_tokenizer_whose_ids_have_a_gap(given, tmp_path):
    *_, config, text = given
    content = json.loads(text)
    piece = max(content["model"]["vocab"], key=content["model"]["vocab"].get)
    content["model"]["vocab"][piece] = config["vocab_size"] + 3
    with pytest.raises(
        InputError, match=rf"has the id {config['vocab_size'] + 3} .* end at {config['vocab_size'] - 1}"
    ):
        examine(given, tmp_path, given[1], tokenizer=json.dumps(content))


def verdict(sha256, address, **changes):
    facts = {"family": "bert", "layers": 3, "dimension": 24, "vocabulary": 90, "window": 32}
    facts |= {"alone": False, "sees_ahead": True}
    facts |= {"sha256": sha256, "parameters": 5, "tensors": 2, "largest": 1.5, "conversion": CONVERSION}
    return facts | {"origin": {"kind": "hub", "address": address, "commit": "c" * 40}} | changes


MOVED = [
    {"part": part, "norm": 2.0, "distance": 0.5, "relative": relative, "cosine": 0.9}
    for part, relative in (("embeddings", 0.1), ("1", 0.2), ("2", 0.3), ("head", None), ("all", 0.25))
]


def test_two_steps_with_one_hash_are_an_error_that_names_both():
    verdicts = {5: verdict("a", "org/m"), 10: verdict("b", "org/m"), 15: verdict("a", "org/m")}
    moved = {5: [], 10: MOVED, 15: MOVED}
    with pytest.raises(
        InputError, match=r"the same weights at step 5 \(org/m@cccccccccccc\) and step 15 \(org/m@cccccccccccc\)"
    ):
        checkpoints.gather(verdicts, moved)


def test_the_table_does_not_say_in_whose_folders_the_checkpoints_were():
    given = {1: "/home/alice/m/step-1", 2: "~/m/step-2", 3: "results/m/step-3"}
    verdicts = {step: verdict(str(step), address) for step, address in given.items()}
    for one in verdicts.values():
        one["origin"] = {"kind": "folder", "address": one["origin"]["address"]}
    rows = checkpoints.gather(verdicts, {1: [], 2: MOVED, 3: MOVED})
    assert [row["origin"] for row in rows] == ["…/step-1", "…/step-2", "results/m/step-3"]


def test_checkpoints_of_two_architectures_are_an_error():
    verdicts = {5: verdict("a", "m"), 10: verdict("b", "m", vocabulary=91)}
    with pytest.raises(InputError, match="vocabulary: 90 at step 5 and 91 at step 10"):
        checkpoints.gather(verdicts, {5: [], 10: MOVED})


def test_the_script_writes_table_page_and_chart(tmp_path, bundle):
    for step, name in ((5, "a"), (20, "b"), (400, "c")):
        files.write_json(tmp_path / f"verdict-{step}.json", verdict(name, "org/<m>"))
        files.write_json(tmp_path / f"moved-{step}.json", MOVED)
    made = {name: tmp_path / f"made.{name}" for name in ("table", "listing", "page", "svg", "png", "caption")}

    run(
        "compare_checkpoints",
        Files(
            verdicts=[tmp_path / f"verdict-{step}.json" for step in (5, 20, 400)],
            moved=[tmp_path / f"moved-{step}.json" for step in (20, 400)],
            bundle=bundle,
        ),
        Files(**made),
        tmp_path / "log",
        steps=[400, 5, 20],
        model="tiny",
    )
    lines = made["table"].read_text().splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["5", "a"], ["20", "b"], ["400", "c"]]
    assert "org/&lt;m&gt;@cccccccccccc" in made["listing"].read_text()
    assert "moved by 25% of their norm (cosine 0.9000)" in made["caption"].read_text()
    assert made["png"].read_bytes()[:4] == b"\x89PNG"
    assert "Distance from the step before" in made["svg"].read_text()
