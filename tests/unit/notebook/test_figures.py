"""Figures of a finished study, drawn again: the same as on its pages."""

import re
import shutil
from pathlib import Path

import laboratories
import pytest
import vl_convert
from finished import finished

from polychron.analysis.laboratory import summaries
from polychron.errors import InputError
from polychron.figures import transfer_matrices
from polychron.notebook.figures import Figures
from polychron.provenance import records
from polychron.storage import files


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "results/toy"
    return folder, finished(folder)


@pytest.fixture
def figures(made):
    return Figures(made[0])


@pytest.fixture
def copied(made, tmp_path):
    """A copy to damage, with another name and without the study's other folders."""
    return shutil.copytree(made[0], tmp_path / "mine")


def drawn(chart):
    return without_counts(vl_convert.vegalite_to_svg(chart.to_dict()))


def without_counts(svg):
    """Colour scales are numbered through a process."""
    return re.sub(r"gradient_\d+", "gradient", svg)


def points(chart):
    return [row for rows in chart.to_dict(validate=False)["datasets"].values() for row in rows]


def test_a_figure_is_the_one_on_its_page(made, figures):
    assert list(figures) == ["04", "08"] and len(figures) == 2
    for number, svg in made[1].items():
        chart = figures[int(number)]
        assert drawn(chart) == without_counts(svg)
        assert points(figures[number]) == points(chart)


def test_a_copy_elsewhere_draws_the_same(copied, figures):
    assert Figures(copied)[8].to_dict(validate=False) == figures[8].to_dict(validate=False)


def test_tables_are_given_by_the_names_that_a_figure_has_for_them(tmp_path):
    folder = tmp_path / "results/lab"
    table = laboratories.table(default=0.0, apart=0.2)
    files.write_table(folder / "ablation.parquet", table)
    files.write_table(folder / "ablation_intervals.parquet", summaries.summarise(table))
    settings = {"default": "default", "variants": ["default", "apart"]}
    spec = {"rule": "draw_figure", "enters": "polychron.figures.laboratory.variants", "draws": "as_bars"}
    read = dict.fromkeys(f"results/lab/{name}.parquet" for name in ("ablation", "ablation_intervals"))
    record = records.made(
        spec | {"settings": settings}, dict.fromkeys(read, "0"), {"results/lab/figures/figure-27.html": "0"}, 1.0
    )
    files.write_text(folder / "figures/figure-27.html", "")
    files.write_json(records.record_of(folder / "figures/figure-27.html"), record)
    assert {row["variant"] for row in points(Figures(folder)[27]) if "variant" in row} == {"apart"}


def test_numbers_are_found_however_they_are_written(figures):
    assert 8 in figures and "8" in figures and "08" in figures and 9 not in figures and None not in figures


def test_titles_and_captions_are_those_of_the_page(made, figures):
    assert figures.titles().to_dict() == {
        "04": "Best transfer score, from source to target",
        "08": "Score by layer and step, in-language",
    }
    caption = (made[0] / "figures/figure-04.rst").read_text(encoding="utf-8")
    words = [word for word in figures.caption(4).split() if word.isalpha()]
    assert len(words) > 10 and all(word in caption for word in words)


def test_a_setting_can_be_changed(figures):
    last, first = points(figures[4]), points(figures.draw(4, layer=0))
    assert len(first) == len(last) > 0 and first != last
    assert "no transfer" in figures.caption(4, tasks=["xnli"])


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda figures: figures[77], "no figure 77. Next: take one of 04, 08"),
        (lambda figures: figures["eight"], "no figure 'eight'"),
        (lambda figures: figures.draw(4, lyer=1), "unexpected keyword argument 'lyer'. Next: change one of traj"),
    ],
)
def test_what_cannot_be_drawn_is_said(figures, ask, said):
    with pytest.raises(InputError) as error:
        ask(figures)
    assert said in str(error.value)


def test_a_study_without_figures_says_how_to_make_them(copied):
    shutil.rmtree(copied / "figures")
    with pytest.raises(InputError, match=r"no figure 4\. Next: make them: snakemake \.\.\. -- figures"):
        Figures(copied)[4]


def test_a_table_that_was_not_copied_is_named(copied):
    (copied / "trajectories.parquet").unlink()
    with pytest.raises(InputError, match=r"trajectories\.parquet: a figure reads it, and it is not there\. Next: copy"):
        Figures(copied)[4]


@pytest.mark.parametrize(
    "spec",
    [
        {"enters": "os", "draws": "getcwd"},
        {"enters": "polychron.figures.chart", "draws": "json"},
        {"enters": "polychron.figures.chart", "draws": "_table"},
        {"enters": "polychron.figures.gone", "draws": "transfer"},
        {"enters": 3, "draws": None},
    ],
)
def test_a_record_can_name_nothing_but_a_function_of_a_figure(copied, spec):
    file = records.record_of(copied / "figures/figure-04.html")
    record = files.read_json(file)
    record["spec"].update(spec)
    files.write_json(file, record)
    with pytest.raises(InputError, match="which is no function that draws a figure here"):
        Figures(copied)[4]


def test_a_file_that_is_no_table_is_found_beside_the_results_or_asked_for(tmp_path, made, monkeypatch):
    """Figure 21 reads distances from the folder of resources, which a copy of the results does not have."""
    folder = shutil.copytree(made[0], tmp_path / "results/toy")
    file = records.record_of(folder / "figures/figure-04.html")
    record = files.read_json(file)
    record["inputs"]["resources/toy/distances.tsv"] = "0"
    files.write_json(file, record)
    read = {}

    def transfer(trajectories, distances, tasks, layer):
        read["distances"] = Path(distances)
        return figure(trajectories, tasks, layer)

    figure = transfer_matrices.transfer
    transfer.__module__ = figure.__module__
    monkeypatch.setattr(transfer_matrices, "transfer", transfer)
    with pytest.raises(InputError, match=r"distances\.tsv: a figure reads it.*figures\.draw\(NUMBER, distances=FILE\)"):
        Figures(folder)[4]
    files.write_text(tmp_path / "resources/toy/distances.tsv", "")
    assert Figures(folder)[4] and read["distances"] == tmp_path / "resources/toy/distances.tsv"
    assert Figures(folder).draw(4, distances="mine.tsv") and read["distances"] == Path("mine.tsv")
