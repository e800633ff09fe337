"""From a gathered table of scores alone, the same figures and tables are made, and nothing is measured."""

import csv
import importlib.util
import shutil

import browser
import planted
import pyarrow
import pytest

from polychron.storage import files
from polychron.storage.scores import score_schema

pytestmark = pytest.mark.slow

TOY = ["--configfile", "studies/toy.yaml"]


def test_the_toys_gathered_scores_give_its_figures_and_tables_again(snakemake, root, toy, tmp_path):
    given = tmp_path / "given" / "toy"
    given.mkdir(parents=True)
    # those of geometry as well, or Tables 4 and 5 would lack the factors of pairs
    for name in ("scores", "sizes", "geometry", "factors", "models"):
        shutil.copy(toy / f"{name}.parquet", given)
    names = ("scores.parquet", "sizes.parquet", "figures/figure-04.svg", "tables/table-3.csv", "tables/table-6.html")
    names += ("geometry.parquet", "figures/figure-20.svg", "tables/table-4.csv", "tables/table-9.csv")
    made = [f"results/toy/{name}" for name in names]
    done = snakemake(tmp_path, *TOY, "--config", f"scores={given.parent}", "--cores", "1", "--", *made)
    assert done.returncode == 0, done.stderr[-4000:]
    for path in made:
        assert files.checksum(tmp_path / path) == files.checksum(root / path), path
    assert "train_probe" not in done.stdout + done.stderr
    assert not (tmp_path / "results/toy/checkpoints").exists()


def test_the_papers_study_starts_on_one_machine_where_its_scores_are_given(snakemake, root, tmp_path):
    where = importlib.util.spec_from_file_location("paper_scale", root / "benchmarks/paper_scale.py")
    benchmark = importlib.util.module_from_spec(where)
    where.loader.exec_module(benchmark)
    rows = benchmark.plant(tmp_path)
    assert rows > 300_000
    figure = "results/xlmr-replica/figures/figure-01.svg"
    refused = snakemake(tmp_path, "--cores", "1", "--", figure)
    assert refused.returncode == 1 and "needs a cluster" in refused.stdout + refused.stderr
    done = snakemake(tmp_path, "--config", f"scores={tmp_path / 'given'}", "--cores", "1", "--", figure)
    assert done.returncode == 0, done.stderr[-4000:]
    assert (tmp_path / figure).stat().st_size > 10_000
    gathered = files.read_table(tmp_path / "results/xlmr-replica/scores.parquet")
    given = files.read_table(tmp_path / "given/xlmr-replica/scores.parquet")
    assert gathered.num_rows == given.num_rows == rows


CANARY = "what a file of the reader says"


def hostile(secret):
    """Return names that would act in a page, a caption, a drawing or a spreadsheet if they were not escaped."""
    script = "top.planted=1;document.title=&quot;planted&quot;"
    return [
        f'x\n\n.. raw:: html\n\n   <img src=x onerror="{script}">\n\n.. include:: {secret}\n\n',
        f"x\u2028\u2028.. include:: {secret}\x0b\x0b.. raw:: html\x0c\x0c   <script>top.planted=1</script>",
        f'</script></td><script>top.planted=1</script><img src=x onerror="{script}"><iframe src="{secret.as_uri()}">',
        "=HYPERLINK(1)',top.planted=1,' `x <javascript:top.planted=1>`_ javascript:top.planted=1",
    ]


def test_a_report_of_hostile_scores_runs_no_script_and_includes_no_file(snakemake, tmp_path):
    """The names are refused when scores are gathered; here they are in results that were copied."""
    browser.program()
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    table = planted.toy().to_pandas()
    others = dict(zip(["qsa", "qsb", "qoe", "qpf"], hostile(secret), strict=True))
    for column in ("source", "target"):
        table[column] = table[column].replace(others)
    scores = pyarrow.Table.from_pandas(table, schema=score_schema(), preserve_index=False)
    assert sum(name in table["source"].unique() for name in others.values()) >= 3

    files.write_table(tmp_path / "given/toy/scores.parquet", scores)
    target = "results/toy/trajectories.parquet"
    refused = snakemake(tmp_path, *TOY, "--config", f"scores={tmp_path / 'given'}", "--cores", "1", "--", target)
    assert refused.returncode == 1
    assert "column source: " in refused.stdout + refused.stderr
    assert (tmp_path / "given/toy/scores.parquet").is_file()

    files.write_table(tmp_path / "results/toy/scores.parquet", scores)
    made = [f"results/toy/figures/figure-{number}.html" for number in ("01", "03", "04", "08")]
    made += [f"results/toy/tables/table-{number}.html" for number in (1, 2)]
    rules = ["trace_trajectories", "estimate_intervals", "bundle_javascript"]
    rules += [f"draw_figure_{number}" for number in ("01", "03", "04", "08")] + ["write_table_1", "write_table_2"]
    done = snakemake(tmp_path, *TOY, "--cores", "2", "--allowed-rules", *rules, "--", *made)
    assert done.returncode == 0, done.stderr[-4000:]
    report = tmp_path / "report.html"
    done = snakemake(tmp_path, *TOY, "--report", str(report), "--allowed-rules", *rules, "--", *made)
    assert done.returncode == 0, done.stderr[-4000:]
    assert CANARY not in report.read_text(encoding="utf-8")
    with open(tmp_path / "results/toy/tables/table-2.csv", encoding="utf-8", newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]

    started = "document.readyState === 'complete'"
    with browser.chromium(tmp_path / "profile") as page:
        for path in made:
            page.open(tmp_path / path)
            if "figures" in path:
                page.wait("document.querySelector('#chart svg') !== null")
            else:
                page.wait(started)
            assert page.run("window.planted === undefined && document.title !== 'planted'"), path
            assert page.run("document.querySelectorAll('img, iframe, [onerror], [onmouseover]').length") == 0, path
            assert not page.run("[...document.links].some(link => link.protocol === 'javascript:')"), path
            assert not page.errors, path
        page.open(report)
        for path in page.run("Object.keys(results)"):
            caption = page.run(f"results[{path!r}].caption")
            assert "<script" not in caption and "<img" not in caption and "href" not in caption, path
        named = "[...document.querySelectorAll('#app a')].map(link => link.textContent.trim())"
        for category in [name for name in page.run(named) if name[:1].isdigit()]:
            page.run(
                f"""(async () => {{
                  const settled = () => new Promise(done => setTimeout(done, 200));
                  const links = () => [...document.querySelectorAll("#app a")];
                  app.setView({{navbarMode: "menu"}}); await settled();
                  links().find(link => link.textContent.trim() === {category!r}).click(); await settled();
                  const rows = () => [...document.querySelectorAll("#app tr:has(a[type=button])")];
                  for (let place = 0; place < rows().length; place++) {{
                    for (const link of rows()[place].querySelectorAll("a")) {{ link.click(); await settled(); }}
                  }}
                }})()"""
            )
        assert page.run("window.planted === undefined && document.title !== 'planted'")
