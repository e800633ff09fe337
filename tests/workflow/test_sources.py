"""Sources in the workflow: the mirror is not an input, and a bad file stops the run with one message."""

import shutil

import pytest

pytestmark = [pytest.mark.shared, pytest.mark.slow]

MINI = ["--configfile", "studies/mini.yaml", "--cores", "1"]
TABLE = "resources/mini/examples/bitext/en/hi.parquet"


@pytest.fixture(scope="module")
def fetched(snakemake, shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fetched")
    done = snakemake(folder, *MINI, "--config", f"mirror={shared}", "--", TABLE)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.mark.parametrize("mirror", [[], ["--config", "mirror=elsewhere"]])
def test_where_a_file_came_from_reruns_nothing(snakemake, fetched, mirror):
    done = snakemake(fetched, *MINI, "--dry-run", *mirror, "--", TABLE)
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_known_fault_that_is_not_declared_stops_the_run(snakemake, shared, fetched, tmp_path):
    shutil.copytree(fetched, tmp_path / "run")
    names = "source: align/en-hi/test.eng, target: align/en-hi/test.hin, links: align/en-hi/test.eng.hin.wa"
    undeclared = f"files={{alignment: {{en/hi: {{format: naacl, {names}}}}}}}"
    done = snakemake(tmp_path / "run", *MINI, "--config", f"mirror={shared}", undeclared, "--", TABLE)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "align/en-hi/test.eng.hin.wa:678: a link between the words 33 and 34, past the end of sentences" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run" / TABLE).exists()


def test_a_truncated_file_of_a_mirror_stops_the_run(snakemake, shared, tmp_path):
    for name in ("test.eng", "test.hin", "test.eng.hin.wa"):
        place = tmp_path / "mirror" / "align" / "en-hi" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((shared / "align" / "en-hi" / name).read_bytes()[:5000])
    done = snakemake(tmp_path / "run", *MINI, "--config", f"mirror={tmp_path}/mirror", "--", TABLE)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "5000 bytes, expected" in said
    assert "it was cut short. Next: put the recorded version there" in said
    shown = said.split("The end of logs/mini/fetch_source/")[1]
    assert "5000 bytes, expected" in shown.splitlines()[1]
    assert "Traceback" not in said
    assert not list((tmp_path / "run" / "resources").rglob("*.*"))
