"""Figures: what is drawn is what was planted, whatever is missing, and their files need nothing but themselves."""

import itertools
import math
import re

import altair as alt
import planted
import pytest
from drawn import FIGURES, SHARES, SIZES, TASKS, all_figures, few, pos, svg, values

from polychron.analysis import trajectories
from polychron.figures import (
    best_scores,
    bits_per_character,
    chart,
    onsets,
    transfer_matrices,
)
from polychron.figures.chart import Figure


@pytest.fixture(scope="module")
def toy():
    return trajectories.study(planted.toy(), SHARES, "minmax")


@pytest.fixture(scope="module")
def paper():
    return trajectories.study(planted.paper(), SHARES, "minmax")


# the files


def test_files_need_no_network_and_are_the_same_bytes_twice(toy, bundle, tmp_path):
    for place in ("first", "second"):
        names = {name: tmp_path / place / f"figure.{name}" for name in ("html", "svg", "png", "rst")}
        figure = best_scores.best_scores(toy, TASKS, 2)
        parts = dict(page=names["html"], svg=names["svg"], png=names["png"], caption=names["rst"])
        chart.save(figure, bundle=bundle, **parts)
    for name in ("html", "svg", "png", "rst"):
        once, twice = ((tmp_path / place / f"figure.{name}").read_bytes() for place in ("first", "second"))
        assert once == twice, name
    page = (tmp_path / "first" / "figure.html").read_text()
    assert chart.javascript() == bundle.read_text()
    own = page.replace(bundle.read_text(), "")
    assert len(own) < 200_000
    assert not re.search(r"(src|href|url)\s*[=(]", own)
    assert figure.title in page and "median" in page
    assert (tmp_path / "first" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == [
        "figure.html",
        "figure.png",
        "figure.rst",
        "figure.svg",
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused_before_anything_is_written(value, bundle, tmp_path):
    rows = alt.Data(values=[{"x": 1.0}, {"x": value}])
    figure = Figure("A title", alt.Chart(rows).mark_point().encode(x="x:Q"), ["A caption."])
    with pytest.raises(ValueError, match=r"A title.*\[1\]\.x is not a finite"):
        chart.save(figure, bundle=bundle, **{name: tmp_path / name for name in ("page", "svg", "png", "caption")})
    assert not list(tmp_path.iterdir())


def test_text_that_looks_like_code_stays_text(bundle, tmp_path):
    nasty = "</script><script>alert(1)</script>"
    rows = alt.Data(values=[{"x": nasty}])
    figure = Figure(nasty, alt.Chart(rows).mark_text().encode(text="x:N"), [f"{nasty} *a* _b_ |c|"], [{nasty: nasty}])
    names = {name: tmp_path / name for name in ("page", "svg", "png", "caption")}
    chart.save(figure, bundle=bundle, **names)
    page = names["page"].read_text()
    assert nasty not in page and page.count("alert(1)") >= 3
    assert r"\*a\* \_b\_ \|c\|" in names["caption"].read_text()


def test_nothing_to_draw_says_what_is_missing():
    figure = chart.nothing("Bits", "no bits per character in this study")
    assert "Nothing to draw: no bits per character in this study." in svg(figure)


# what figures show


@pytest.mark.parametrize("number", FIGURES)
def test_figures_of_the_toy_and_the_paper_s_size_can_be_drawn(number, toy, paper):
    for study, layer in ((toy, 2), (paper, 12)):
        figure = FIGURES[number](study, layer)
        assert "Nothing" not in figure.caption[0]
        assert figure.numbers
        assert chart.specification(figure)["description"].startswith(figure.title)
    figure = FIGURES[number](toy, 2)
    figure.chart.to_dict(validate=True)
    assert figure.title in svg(figure)


def test_every_language_has_its_best_score(paper):
    rows = [row for row in values(best_scores.best_scores(paper, TASKS, 12)) if "best step" in row]
    assert len(rows) == 3 * 44 + 15 + 94
    best = {
        (row["task"], row["source"]): row["value"]
        for row in trajectories.select(paper, quantity="best", split="test", layer=12, metric="accuracy")
    }
    japanese = next(row for row in rows if (row["task"], row["language"]) == ("POS tagging", "ja"))
    assert japanese["value"] == pytest.approx(100 * best["pos", "ja"])
    assert japanese["rests on"].startswith("3 runs, s.d. 0.20 points, 1000 ex")


def test_untrained_scores_are_those_of_the_same_split():
    study = few(pos([0.6, 0.7, 0.8]), pos([0.1, 0.2, 0.3], split="parallel"))
    figure = best_scores.best_scores(study, ["pos"], 2)
    assert "60.0% before training" in figure.caption[1]


def test_onsets_beyond_the_cut_become_arrows(paper):
    figure = onsets.onsets(paper, ["pos"], 12, SHARES, 200_000)
    late = [
        row for row in trajectories.select(paper, quantity=[f"onset_{x:g}" for x in SHARES], task="pos", split="test")
    ]
    beyond = sum(row["value"] > 200_000 for row in late)
    assert any(f"{beyond} of {3 * 44} points lie" in paragraph for paragraph in figure.caption)
    assert max(row["x"] for row in values(figure)) == 200_000
    assert not any("Arrows" in paragraph for paragraph in onsets.onsets(paper, ["pos"], 12, SHARES, None).caption)


def test_an_onset_that_the_untrained_model_has_is_marked():
    figure = onsets.onsets(few(pos([0.79, 0.5, 0.8])), ["pos"], 2, SHARES)
    assert all(row["early"] for row in values(figure))
    assert "Open points" in figure.caption[-1]


def test_transfer_means_leave_the_diagonal_out():
    pairs = {("en", "en"): 0.9, ("en", "de"): 0.5, ("de", "en"): 0.4, ("de", "de"): 0.8}
    study = few(*(pos([0.1, 0.2, top], a, b, split="parallel") for (a, b), top in pairs.items()))
    figure = transfer_matrices.transfer(study, ["pos"], 2)
    assert "mean 45.0% over 2 pairs, from 40.0% (de to en) to 50.0% (en to de); diagonal 85.0%" in figure.caption[1]
    cell = next(row for row in values(figure) if row["source"] == "en" and row["target"] == "de")
    assert cell["asymmetry"] == "+10.0 points"


def test_layers_need_not_be_equally_far_apart():
    study = few(*(pos([0.4, 0.5 + 0.02 * layer, 0.6], layer=layer) for layer in (0, 2, 12)))
    cells = {row["layer"]: (row["bottom"], row["top"]) for row in values(FIGURES["08"](study, 12)) if "top" in row}
    assert cells == {0: (-1, 1), 2: (1, 7), 12: (7, 17)}


def test_bits_say_how_far_they_fell_and_whose_size_is_unknown():
    rows = [
        planted.rows(
            [6.0, 4.0, 1.0], task="bits", source=language, target=language, split="heldout", steps=(0, 50, 200),
            metric="bits_per_character", seeds=(None,),
        )
        for language in ("qsa", "qsb", "xx")
    ]  # fmt: skip
    figure = bits_per_character.bits(few(*rows), SIZES)
    assert "Median 4.00 bits at the first trained checkpoint, 1.00 at the last (−75%)" in figure.caption[1]
    assert "Grey: no size is known (xx)." in figure.caption
    nowhere = bits_per_character.bits(few(*rows), {})
    assert "Grey: no size is known of any language." in nowhere.caption and "Colour" not in nowhere.caption[0]
    assert "(MiB)" in svg(figure)


# what is missing


def test_studies_without_a_piece_say_so():
    only_pos = few(pos([0.6, 0.7, 0.8]))
    found = all_figures(only_pos, 2)
    assert "Nothing to draw: no transfer" in found["04"].caption[0]
    assert "Nothing to draw: no task is probed at two layers" in found["08"].caption[0]
    assert "Nothing to draw: no bits per character" in found["14"].caption[0]
    others = "Arc prediction, Arc classification, XNLI"
    assert found["01"].caption[-1] == f"Without a score, and not shown: {others} and Bits per character."
    assert "mean of 3 runs" in found["01"].caption[0]
    bits_alone = few(
        planted.rows(
            [2.0, 1.0], task="bits", source="en", target="en", split="heldout", metric="bits_per_character",
            seeds=(None,), steps=(50, 200),
        )
    )  # fmt: skip
    assert (
        "Bits per character: median 1.00 over 1 language." in best_scores.best_scores(bits_alone, TASKS, 2).caption[1]
    )
    assert "Nothing to draw: no POS tagging scores" in onsets.onsets(bits_alone, ["pos"], 2, SHARES).caption[0]


def test_one_language_at_one_step_can_be_drawn():
    one = [pos([0.5], steps=(50,), layer=layer, seeds=(0,)) for layer in (0, 2)]
    bits = planted.rows(
        [2.0], task="bits", source="en", target="en", split="heldout", metric="bits_per_character", steps=(50,),
        seeds=(None,),
    )  # fmt: skip
    figures = all_figures(few(*one, pos([0.5], steps=(50,), split="parallel", seeds=(0,)), bits), 2)
    for figure in figures.values():
        assert figure.title in svg(figure)
    single = "The study has one trained checkpoint: it is the first, the best and the last one."
    assert {number for number, figure in figures.items() if single in figure.caption} == {"01", "02", "08", "14", "15"}
    assert "(layer 2, one run)" in figures["02"].caption[0]
    assert figures["02"].caption[1] == "POS tagging: en reaches 90% by 50 steps, 95% by 50 steps and 98% by 50 steps."


def test_two_checkpoints_with_all_scores_equal_can_be_drawn():
    """Ties everywhere: no best step, source or layer stands out, nothing is forgotten, and no axis has a length."""
    flat = [
        pos([0.5, 0.5], a, b, steps=(50, 200), layer=layer, split=split)
        for a, b in itertools.product(("en", "de"), repeat=2)
        for split in (["test", "parallel"] if a == b else ["parallel"])
        for layer in (0, 2)
    ]
    figures = all_figures(few(*flat), 2)
    for figure in figures.values():
        assert figure.title in svg(figure)
    assert len([row for row in values(figures["08"]) if "layer" in row]) == 2 * 2  # cells alone, and no best layer
    labels = re.findall(r">([+−]?0(?:\.\d+)?)</text>", svg(figures["05"]))
    assert "+0.05" in labels and max(map(labels.count, {*labels} - {"0.0"})) == 1


def test_what_has_no_score_is_counted():
    nan = float("nan")
    study = few(
        pos([0.6, 0.7, 0.8]),
        pos([nan] * 3, "de"),
        pos([0.5, nan, 0.7], layer=0),
        *(
            pos([0.1, 0.2, 0.5 if a != "de" else nan], a, b, split="parallel")
            for a in ("en", "de")
            for b in ("en", "de")
        ),
    )
    found = all_figures(study, 2)
    assert "(1 of 2 languages have a score)" in found["01"].caption[1]
    assert "1 of 2 languages have a score and are shown." in found["02"].caption
    assert "Grey: 1 cell of 6 without a score." in found["08"].caption
    for figure in found.values():
        assert figure.title in svg(figure)


def test_untrained_models_alone_leave_nothing_to_draw():
    for figure in all_figures(few(pos([0.5], steps=(0,))), 2).values():
        assert "Nothing to draw" in figure.caption[0]
