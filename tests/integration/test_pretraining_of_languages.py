"""The jobs of a model whose languages have vocabularies and parameters of their own, one after another."""

import json
from pathlib import Path

import numpy as np
import script
from script import Files
from small_separate import LANGUAGES, SETTINGS, made, trained


def test_the_jobs_of_a_divided_model(tmp_path):
    """From text to the checkpoint of one language; the texts and settings are those of the trained model."""
    log, data = tmp_path / "log.txt", tmp_path / "binarized"
    models = {language: tmp_path / language / "sentencepiece.bpe.model" for language in LANGUAGES}
    told = {"size": 35, "character_coverage": 1.0, "sampling_alpha": 0.7, "seed": 1}
    for language, model in models.items():
        text = made() / f"text/{language}.txt"
        script.run("train_language_sentencepiece", Files(text=text), Files(model=model), log, language=language, **told)
        assert model.read_bytes() == (made() / language / "sentencepiece.bpe.model").read_bytes()

    joined = {"vocabularies": "union", "languages": [*LANGUAGES]}
    outputs = Files(vocabulary=data / "dict.txt", own=data / "own.json")
    script.run("join_vocabularies", Files(models=[*models.values()]), outputs, log, **joined)
    for name in ("dict.txt", "own.json"):
        assert (data / name).read_bytes() == (made() / "binarized" / name).read_bytes()

    for language, model in models.items():
        given = Files(text=made() / f"text/{language}.txt", model=model, vocabulary=data / "dict.txt")
        files = [data / language / f"train.{ending}" for ending in ("bin", "idx")]
        script.run(
            "binarize_language_text", given, Files(*files), log, window=32, language=language, vocabularies="union"
        )
        for file in files:
            assert file.read_bytes() == (made() / "binarized" / language / file.name).read_bytes()

    corpora = [data / language / f"train.{ending}" for language in LANGUAGES for ending in ("idx", "bin")]
    given = Files(vocabulary=data / "dict.txt", corpora=corpora)
    script.run("measure_anchors", given, Files(tmp_path / "anchors.json"), log, languages=[*LANGUAGES])
    (row,) = json.loads((tmp_path / "anchors.json").read_text())
    assert (row["source"], row["target"]) == LANGUAGES
    assert 0 < row["anchor_types"] < 1 and all(0 < share < 1 for share in row["anchor_tokens"])

    outputs = Files(tokenizer=tmp_path / "view/tokenizer.json", config=tmp_path / "view/tokenizer_config.json")
    given = Files(models=[*models.values()])
    script.run("make_member_tokenizer", given, outputs, log, window=32, language="bb", **joined)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "view" / name).read_bytes() == (made() / "bb" / name).read_bytes()

    names = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "conversion.json")
    keys = ("weights", "config", "tokenizer", "tokenizer_config", "conversion")
    made_files = Files(**{key: tmp_path / "step-20" / name for key, name in zip(keys, names, strict=True)})
    given = Files(
        checkpoint=trained(), own=data / "own.json", tokenizer=outputs.tokenizer, tokenizer_config=outputs.config
    )
    sizes = {"final_layer": 2, "window": 32, "precision": "float32", "separate": SETTINGS["separate"]}
    script.run("export_view", given, made_files, log, language="bb", step=20, **sizes)
    proof = json.loads(Path(made_files.conversion).read_text())
    assert proof["compared_with"].endswith("with the plug-in") and proof["layers"] < 1e-6


def test_words_are_replaced_from_a_dictionary(tmp_path):
    text = made() / "text/aa.txt"
    words = sorted({word for line in text.read_text().splitlines() for word in line.split()})
    pairs = "".join(f"T{number}x\t{word}\n" for number, word in enumerate(words) if number % 2)
    (tmp_path / "dictionary.tsv").write_text(pairs, encoding="utf-8")
    given, output = Files(text=text, dictionary=[tmp_path / "dictionary.tsv"]), Files(tmp_path / "aa.txt")
    told = {"format": "tsv", "replace": 1.0, "at_most": 0.2, "block": 7, "seed": 1, "inverse": True}
    script.run("switch_text", given, output, tmp_path / "log.txt", **told)
    old, new = (path.read_text().splitlines() for path in (text, tmp_path / "aa.txt"))
    changed = [
        [one != other for one, other in zip(before.split(), after.split(), strict=True)]
        for before, after in zip(old, new, strict=True)
    ]
    for start in range(0, len(changed), 7):
        words = [word for line in old[start : start + 7] for word in line.split() if not word.isdigit()]
        assert np.concatenate(changed[start : start + 7]).sum() == int(0.2 * len(words))
    assert "candidates" in (tmp_path / "log.txt").read_text()
