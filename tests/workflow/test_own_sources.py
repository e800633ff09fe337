"""A table of sources of the user's own: its files are fetched, and fetched again when their row changes."""

import functools
import http.server
import os
import re
import threading

import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml
from forked import STARTER
from place import ROOT

from polychron.data.sources import Source

pytestmark = pytest.mark.slow

COMMIT = "0123456789" * 4
CODES = ["de", "fr"]
SPLITS = ("train", "dev", "test")
SENTENCE = "# sent_id = {name}\n# text = x y\n1\tx\t_\tNOUN\t_\t_\t0\troot\t_\t_\n2\ty\t_\tX\t_\t_\t1\tdep\t_\t_\n\n"
TABLES = [f"resources/mine/examples/{name}.parquet" for name in ("treebank/de", "treebank/fr", "heldout/de")]
OUTER = """
configfile: "own.yaml"


module polychron:
    snakefile: SNAKEFILE
    config: config


use rule * from polychron
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """The address of a server that has files of a treebank, and a dataset at the path that the hub has it at."""
    folder = tmp_path_factory.mktemp("web")
    dataset = folder / f"datasets/me/t/resolve/{COMMIT}"
    dataset.mkdir(parents=True)
    texts = pa.table({"text": [f"sentence {number}" for number in range(40)]})
    for code in CODES:
        (folder / code).mkdir()
        pyarrow.parquet.write_table(texts, dataset / f"{code}.parquet")
        for split in SPLITS:
            (folder / code / split).write_text(SENTENCE.format(name=split))
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=served.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{served.server_port}"
    finally:
        served.shutdown()
        served.server_close()


def table(path, rows):
    """Write a table of sources: addresses by file."""
    lines = [Source._fields, *(["" if value is None else value for value in Source(*row)] for row in rows.items())]
    path.write_text("".join("\t".join(line) + "\n" for line in lines))


def rows_of(web):
    return {
        **{f"hub/{code}.txt": f"hf://datasets/me/t@{COMMIT}/{code}.parquet?columns=text" for code in CODES},
        **{f"web/{code}-{split}.conllu": f"{web}/{code}/{split}" for code in CODES for split in SPLITS},
    }


OVERLAY = {
    "study": "mine",
    "models": [{"name": "mine", "provider": "pretrained", "final_layer": 2, "window": 16}],
    "steps": [0, 8],
    "sources": "tables/own.tsv",
    "downloads": {"retries": 0, "pause": 0, "timeout": 10},
    "files": {
        "text": "hub/{language}.txt",
        "treebank": {code: f"web/{code}-{{split}}.conllu" for code in CODES},
    },
    "probing": {
        "tasks": ["pos"],
        "treebank_languages": CODES,
        "transfer": {"treebank_languages": [], "inference_languages": []},
        "layers": [2],
        "layerwise": [],
    },
    "bits": {"languages": CODES, "sentences": 10},
    "pretraining": {"languages": CODES, "updates": 8, "layers": 2},
    "alignment": {"pairs": [], "layers": [2]},
}


def outputs(done):
    return sorted(re.findall(r"^    output: resources/mine/([^\n,]*)", done.stdout + done.stderr, re.MULTILINE))


@pytest.fixture
def place(tmp_path, web):
    """A folder with the study, and its table."""
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(OVERLAY))
    (tmp_path / "tables").mkdir()
    table(tmp_path / "tables/own.tsv", rows_of(web))
    return tmp_path


def test_files_of_an_own_table_are_fetched_and_only_that_of_a_changed_row_again(snakemake, place, web):
    env = {"HF_ENDPOINT": web}
    arguments = ["--configfile", str(place / "own.yaml"), "--cores", "2"]
    # without the table, nothing says where the files are
    done = snakemake(place, *arguments, "--config", "sources=", "--", TABLES[0], env=env)
    assert done.returncode == 1 and "no address is recorded for this file" in done.stdout + done.stderr

    done = snakemake(place, *arguments, "--", *TABLES, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    for file in TABLES[:2]:
        assert pyarrow.parquet.read_table(place / file)["form"].to_pylist()[:2] == ["x", "y"]
    assert (place / "resources/mine/hub/de.txt").read_text().startswith("sentence 0\nsentence 1\n")
    done = snakemake(place, *arguments, "--dry-run", "--", *TABLES, env=env)
    assert "Nothing to be done" in done.stdout + done.stderr

    rows = rows_of(web)
    table(place / "tables/own.tsv", dict(reversed([*rows.items()])) | {"more.txt": f"{web}/more"})
    done = snakemake(place, *arguments, "--dry-run", "--", *TABLES, env=env)
    assert "Nothing to be done" in done.stdout + done.stderr, "the order of rows and rows of other files are nothing"
    table(place / "tables/own.tsv", rows | {"web/fr-dev.conllu": f"{web}/fr/dev-2"})
    done = snakemake(place, *arguments, "--dry-run", "--", *TABLES, env=env)
    assert outputs(done) == ["examples/treebank/fr.parquet", "web/fr-dev.conllu"]
    table(place / "tables/own.tsv", rows | {"hub/de.txt": rows["hub/de.txt"].replace(COMMIT, "f" * 40)})
    done = snakemake(place, *arguments, "--dry-run", "--", *TABLES, env=env)
    assert outputs(done) == ["examples/text/de.txt", "hub/de.txt"]

    table(place / "tables/own.tsv", rows | {"cc100_sizes.csv": f"{web}/sizes"})
    done = snakemake(place, *arguments, "--dry-run", "--", *TABLES, env=env)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "The config cannot be used" in said and "Traceback" not in said
    assert re.search(
        r"tables/own\.tsv:10: cc100_sizes\.csv has another address.* in /.*/workflow/data/sources\.tsv:\d+", said
    )


def test_another_workflow_gives_a_table_that_is_beside_it(place, web):
    (place / "Snakefile").write_text(OUTER.replace("SNAKEFILE", repr(str(ROOT / "Snakefile"))))
    names = ["resources/mine/hub/fr.txt", "resources/mine/web/fr-dev.conllu"]
    done = STARTER.run(["--cores", "1", "--", *names], cwd=place, env=os.environ | {"HF_ENDPOINT": web})
    assert done.returncode == 0, done.stderr[-3000:]
    assert all((place / name).stat().st_size for name in names)


def test_the_server_of_a_row_is_asked_first_and_a_file_by_hand_needs_none(snakemake, place):
    arguments = ["--configfile", str(place / "own.yaml"), "--cores", "1", "--", "resources/mine/hub/fr.txt"]
    env = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = snakemake(place, *arguments, env=env)
    assert done.returncode == 1 and "needed for hub/fr.txt" in done.stdout + done.stderr
    (place / "by-hand/hub").mkdir(parents=True)
    (place / "by-hand/hub/fr.txt").write_text("by hand\n")
    done = snakemake(place, *arguments, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (place / "resources/mine/hub/fr.txt").read_text() == "by hand\n"
