"""A user's own data: a file is read where it is or copied from a mirror, and any language code survives."""

import csv
import re

import pyarrow.parquet
import pytest
import yaml

pytestmark = pytest.mark.slow

SENTENCE = """\
# sent_id = {name}
# text = x y z
1\tx\t_\tNOUN\t_\t_\t0\troot\t_\t_
2\ty\t_\tVERB\t_\t_\t1\tdep\t_\t_
3\tz\t_\tX\t_\t_\t1\tdep\t_\t_

"""
CODES = ["nan", "no", "zh-Hans"]


@pytest.fixture
def study(tmp_path):
    """A study on a user's own files, of three languages whose codes are lost in other formats; one is in a mirror."""
    for code in CODES:
        for split in ("train", "dev", "test"):
            for folder in ("my", "mirror/their"):
                path = tmp_path / folder / f"{code}-{split}.conllu"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(SENTENCE.format(name=split))
    named = "1\tx\tB-PER\n2\ty\tI-PER\n3\tz\tO\n"
    for split in ("train", "dev", "test"):
        (tmp_path / f"my/nan-{split}.iob2").write_text(f"# sent_id = another-{split}\n{named}\n")
    (tmp_path / "my/links").write_text("0-0 1p1\n")
    for side in "ab":
        (tmp_path / f"my/{side}").write_text("one two\n")
    overlay = {
        "study": "own",
        "models": [{"name": "own", "provider": "pretrained", "final_layer": 2, "window": 16}],
        "steps": [0, 8],
        "mirror": "mirror",
        "files": {
            "treebank": {code: f"./my/{code}-{{split}}.conllu" for code in CODES} | {"no": "their/no-{split}.conllu"},
            "parallel": {code: str(tmp_path / "my" / f"{code}-test.conllu") for code in CODES},
            "entity_treebank": {"nan": "./my/nan-{split}.iob2"},
            "entities": {"nan": "./my/nan-test.iob2"},
            "alignment": {
                "nan/zh-Hans": {"format": "talp", "source": "./my/a", "target": "./my/b", "links": "./my/links"}
            },
        },
        "probing": {
            "tasks": ["pos", "entities"],
            "treebank_languages": CODES,
            "entity_languages": ["nan"],
            "transfer": {"treebank_languages": CODES, "inference_languages": [], "entity_languages": ["nan"]},
            "layers": [2],
            "layerwise": [],
        },
        "bits": {"languages": CODES},
        "pretraining": {"languages": CODES, "updates": 8, "layers": 2},
        "alignment": {"pairs": [["nan", "zh-Hans"]], "layers": [2]},
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(overlay))
    return tmp_path


def test_ones_own_files_are_read_where_they_are_and_codes_survive(snakemake, study):
    tables = [
        *(f"resources/own/examples/treebank/{code}.parquet" for code in CODES),
        *(f"resources/own/examples/{kind}/nan.parquet" for kind in ("entity_treebank", "entities", "parallel")),
        "resources/own/examples/bitext/nan/zh-Hans.parquet",
    ]
    arguments = ["--configfile", str(study / "own.yaml"), "--cores", "1"]
    done = snakemake(study, *arguments, "--", *tables)
    assert done.returncode == 0, done.stderr[-3000:]
    for table in tables[:-1]:
        assert pyarrow.parquet.read_table(study / table)["form"].to_pylist()[:3] == ["x", "y", "z"]
    assert pyarrow.parquet.read_table(study / tables[-1])["possible"].to_pylist() == [[[0, 0], [1, 1]]]
    joined = pyarrow.parquet.read_table(study / "resources/own/examples/entities/nan.parquet")
    assert joined["sent_id"].to_pylist() == ["test"] * 3, "the identifier of the parallel treebank, found by the words"
    assert joined["entity"].to_pylist() == ["B-PER", "I-PER", "O"]
    assert not (study / "resources/own/my").exists()
    assert (study / "resources/own/their/no-dev.conllu").is_file()

    done = snakemake(study, *arguments, "--dry-run", "--", *tables)
    assert "Nothing to be done" in done.stdout + done.stderr
    for path in ("mirror/their/no-train.conllu", "my/zh-Hans-train.conllu"):
        (study / path).write_text(SENTENCE.format(name="a") + SENTENCE.format(name="b"))
    (study / "mirror/their/no-dev.conllu").touch()
    done = snakemake(study, *arguments, "--dry-run", "--", *tables)
    made = [f"examples/treebank/{code}.parquet" for code in ("no", "zh-Hans")]
    outputs = re.findall(r"^    output: resources/own/(.*)$", done.stdout, re.MULTILINE)
    assert sorted(outputs) == [*made, "their/no-train.conllu"]

    done = snakemake(study, *arguments, "--dry-run", "--", "results/own/data/findings.html")
    assert done.returncode == 0, done.stderr[-3000:]
    for code in CODES:
        assert f"results/own/pieces/treebank/{code}.parquet" in done.stdout
    assert "results/own/pieces/bitext/nan/zh-Hans.parquet" in done.stdout

    done = snakemake(study, *arguments, "--dry-run", "--", "results/own/scores.parquet")
    spans = [f"results/own/spans/entities/nan/layer-2/step-{step}.parquet" for step in (0, 8)]
    assert sorted(re.findall(r"^    output: (results/own/spans/.*)$", done.stdout, re.MULTILINE)) == spans
    assert done.stdout.count("rule score_spans:") == 2

    (study / "my/nan-dev.conllu").unlink()
    done = snakemake(study, *arguments, "--dry-run", "--", tables[0])
    assert done.returncode == 1
    assert "files.treebank.nan: ./my/nan-dev.conllu is not there" in done.stdout + done.stderr


def test_all_faults_of_all_files_are_told_in_one_run(snakemake, study):
    overlay = yaml.safe_load((study / "own.yaml").read_text())
    overlay["files"] |= {"text": "./my/{language}.txt", "distances": "./my/distances.tsv"}
    (study / "own.yaml").write_text(yaml.safe_dump(overlay))
    sound = {f"my/{code}.txt": "a line\n" * 40 for code in CODES}
    sound["my/distances.tsv"] = "kind\tlang1\tlang2\tdistance\nsyntactic\tnan\tzho\t0.5\n"
    sound |= {
        path: (study / path).read_text() for path in ("my/nan-train.conllu", "my/links", "mirror/their/no-dev.conllu")
    }
    for path, content in sound.items():
        (study / path).write_text(content)
    (study / "my/nan-train.conllu").write_text(sound["my/nan-train.conllu"].replace("1\tdep", "9\tdep"))
    (study / "my/links").write_text("0-0 one\n")
    (study / "my/no.txt").unlink()
    (study / "mirror/their/no-dev.conllu").unlink()
    arguments = ["--configfile", str(study / "own.yaml"), "--cores", "2", "--", "data"]
    done = snakemake(study, *arguments)
    assert done.returncode == 1
    said = done.stderr[done.stderr.index("4 files have faults that stop the study") :]
    for line in (
        "my/nan-train.conllu:4: udtools unknown-head",
        "my/nan-train.conllu:5: udtools unknown-head",
        "my/links:1: the link 'one'",
        "my/no.txt: is not there. Next: put it there, or correct files.text",
        "no-dev.conllu: the mirror does not have this file",
    ):
        assert line in said
    page = (study / "results/data/own/faults.html").read_text()
    assert "unknown-head" in page
    assert not (study / "resources/own/examples").exists()

    for path, content in sound.items():
        if (study / path).exists() is False or (study / path).read_text() != content:
            (study / path).write_text(content)
    done = snakemake(study, *arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "nothing in them stops the study" in done.stdout + done.stderr
    again = re.findall(r"output: results/data/own/(\S+)\.json", done.stdout + done.stderr)
    assert sorted(again) == ["bitext/nan/zh-Hans", "text/no", "treebank/nan", "treebank/no"]  # nothing else is lost


def test_codes_survive_tables_for_print_and_for_pandas(tmp_path):
    import pandas

    from polychron.reporting import tables

    path = tmp_path / "a.csv"
    path.write_text(tables.plain({"language": code, "value": 1} for code in [*CODES, "NA"]))
    with open(path, encoding="utf-8", newline="") as file:
        assert [row["language"] for row in csv.DictReader(file)] == [*CODES, "NA"]
    assert pandas.read_csv(path, keep_default_na=False)["language"].tolist() == [*CODES, "NA"]
