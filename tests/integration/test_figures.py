"""All figures: of small and large studies, whatever is missing, with no more rows of data than they draw."""

import dataclasses
import html
import itertools
import re

import planted
import pyarrow
import pytest
import vl_convert
from drawn import (
    ALL,
    FIGURES,
    SHARES,
    TASKS,
    all_figures,
    check_walls,
    few,
    layered_study,
    paper_study,
    pos,
    svg,
    toy_study,
    values,
)

from polychron.figures import best_scores, chart, layers, onsets, relative_scores, transfer_matrices
from polychron.figures.drawing import names
from polychron.figures.drawing.steps import TITLE


@pytest.fixture(scope="module")
def toy():
    return toy_study()


@pytest.fixture(scope="module")
def paper():
    return paper_study()


@pytest.fixture(scope="module")
def uneven():
    """A study whose checkpoints become further apart, after step 20."""
    steps, rise = (0, 5, 10, 15, 20, 70, 120), [0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.6]
    place = [{"steps": steps, "layer": layer} for layer in (0, 2)]
    inside = (pos(rise, one, task=task, **at) for one in ("de", "en") for task in TASKS for at in place)
    pairs = itertools.product(("de", "en"), repeat=2)
    between = (pos(rise, a, b, split="parallel", task=task, **at) for a, b in pairs for task in TASKS for at in place)
    return few(*inside, *between)


WIDEST = 1100
"""The width of a drawing on its page, in pixels, at most."""


@pytest.mark.parametrize("number", FIGURES)
def test_figures_of_the_toy_and_the_paper_s_size_can_be_drawn(number, toy, paper):
    for study, layer in ((toy, 2), (paper, 12)):
        figure = FIGURES[number](study, layer)
        assert "Nothing" not in figure.caption[0]
        assert figure.numbers
        assert chart.specification(figure)["description"].startswith(figure.title)
    figure = FIGURES[number](toy, 2)
    figure.chart.to_dict(validate=True)
    drawing = svg(figure)
    assert figure.title in drawing
    assert float(re.search('width="([0-9.]+)"', drawing)[1]) <= WIDEST


def test_titles_differ(toy):
    titles = [FIGURES[number](toy, 2).title for number in ("02", "03", "15", "16", "17")]
    assert len({*titles}) == len(titles)


@pytest.mark.parametrize("number", FIGURES)
def test_legends_and_tooltips_have_numbers_that_differ_and_are_short(number, toy):
    spec = chart.specification(FIGURES[number](toy, 2))
    for legend in parts(spec, "legend"):
        if isinstance(legend, dict) and legend.get("values"):
            digits = re.search(r"\.(\d)f", legend.get("format", ""))
            written = [f"{value:.{digits[1]}f}" if digits else str(value) for value in legend["values"]]
            assert len({*written}) == len(written), legend
    tips = [tip for tips in parts(spec, "tooltip") for tip in (tips if isinstance(tips, list) else [tips])]
    free = [tip for tip in tips if tip["type"] == "quantitative" and "format" not in tip]
    rows = [row for rows in spec["datasets"].values() for row in rows]
    for tip in free:  # whole numbers need no format
        assert all(float(row[tip["field"]]).is_integer() for row in rows if row.get(tip["field"]) is not None), tip
    assert not any(re.search(r"\.[3-9]?~?g", tip.get("format", "")) for tip in tips)


def parts(part, name):
    """All values of a name anywhere in a specification."""
    if isinstance(part, dict):
        yield from ([part[name]] if name in part else [])
    for other in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from parts(other, name)


@pytest.mark.parametrize("number", FIGURES)
def test_keys_say_what_sets_steps_apart(number, toy, uneven):
    """Also the gaps between cells, which are no marks of their own colour."""
    for study in (toy, uneven):
        check_walls(FIGURES[number](study, 2))


def test_pale_numbers_are_in_the_key_where_there_are_some():
    def drawn(low, high):
        ends = {"low": low, "high": high, "quantity": "cross_fitted_asymmetry"}
        rows = [row for row in study.to_pylist() if row["quantity"] == "asymmetry" and row["source"] != row["target"]]
        known = pyarrow.Table.from_pylist([row | ends for row in rows])
        return transfer_matrices.asymmetry(study, ["pos"], 2, intervals=known)

    pairs = itertools.product(("en", "de"), repeat=2)
    study = few(*(pos([0.1, 0.2, 0.5 if a == "en" else 0.4], a, b, split="parallel") for a, b in pairs))
    for ends, pale in (((-0.1, 0.2), True), ((0.05, 0.2), False)):
        figure = drawn(*ends)
        assert ("the 95% interval contains 0" in svg(figure)) is ("Pale numbers" in " ".join(figure.caption)) is pale


def test_a_scale_that_ends_above_some_shares_says_so():
    low, high = (few(pos([0.1, start, 0.9])) for start in (0.4, 0.85))
    for study, clamped in ((low, True), (high, False)):
        figure = relative_scores.over_time(study, ["pos"], 2)
        assert ("80 or less" in svg(figure)) is ("Shares below 80%" in " ".join(figure.caption)) is clamped


WITHOUT_STEPS = {"01", "04", "05", "07"}

TRAINED_ALONE = {"03", "11", "13", "15", "17"}
"""Figures of what only trained checkpoints have."""


@pytest.mark.parametrize("number", FIGURES)
def test_all_figures_have_one_scale_of_steps(number, toy):
    """Checkpoints are side by side, with the untrained model set apart: of neither a logarithm nor a root."""
    figure = FIGURES[number](toy, 2)
    spec = chart.specification(figure)
    axes = [x for x in parts(spec, "x") if isinstance(x, dict) and (x.get("axis") or {}).get("title") == TITLE]
    axes += [x for x in parts(spec, "x") if isinstance(x, dict) and x.get("title") == TITLE]
    assert bool(axes) is (number not in WITHOUT_STEPS)
    apart = number not in WITHOUT_STEPS | TRAINED_ALONE
    for x in axes:
        scale = x["scale"]
        assert "type" not in scale
        assert ("0" in scale["domain"]) is apart if x["type"] == "ordinal" else scale["domain"][0] == -0.5
    walls = [row for rows in spec["datasets"].values() for row in rows if "wall" in row]
    assert bool(walls) is apart
    assert not re.search(r"[{}]", " ".join(figure.caption))
    said = "Checkpoints are side by side, however far apart"
    assert any(said in paragraph for paragraph in figure.caption) is (number not in WITHOUT_STEPS)
    assert any(f"{said}; step 0, set apart" in paragraph for paragraph in figure.caption) is apart


MARKS = {
    "circle": {"circle", "open", "line"},
    "line": {"line", "bold", "circle", "open"},
    "point": {"circle", "open", "cross", "diamond", "arrow", "stroke"},
    "rule": {"upright", "line", "bold"},
    "tick": {"tick", "upright", "line"},
    "bar": {"cell"},
    "area": {"cell"},
}
"""The entries of a key that explain each mark. Cells have the legend of their colours, and words need none."""


def unexplained(figure):
    """The kinds of marks of a chart that neither its key nor a legend of shapes explains."""
    said = {entry.mark for entry in figure.key}
    layers = [one for one in parts(figure.chart.to_dict(validate=False), "layer")]
    found = set()
    for one in itertools.chain.from_iterable(layers):
        kind = one.get("mark") or {}
        kind = kind if isinstance(kind, str) else kind.get("type")
        shaped = one.get("encoding", {}).get("shape", {}).get("legend") is not None
        # a rule without a tooltip that is across the whole panel is a line of the axis, such as zero
        if kind in MARKS and not shaped and not MARKS[kind] & said and (kind != "rule" or "x2" in one["encoding"]):
            found.add(kind)
    return found


@pytest.mark.parametrize("number", FIGURES)
def test_every_drawing_says_what_its_marks_mean(number, toy):
    figure = FIGURES[number](toy, 2)
    assert unexplained(figure) == set()
    written = re.findall("<text[^>]*>([^<]*)</text>", svg(figure))
    assert {entry.says for entry in figure.key} <= {html.unescape(text) for text in written}
    # matrices have cells and numbers alone
    assert bool(unexplained(dataclasses.replace(figure, key=[]))) is (number not in ("04", "05"))


NAMES = {code: f"{code[1:].title()}ic, SVO" for code in ("qsa", "qsb", "qsc", "qsd", "qoe", "qpf")}


@pytest.mark.parametrize("number", FIGURES)
def test_drawings_and_tooltips_have_names_and_no_codes(number, toy):
    figure = FIGURES[number](toy, 2)
    spec = chart.specification(figure, NAMES)
    shown = set(re.findall("<text[^>]*>([^<]*)</text>", vl_convert.vegalite_to_svg(spec)))
    tips = {tip["field"] for tips in parts(spec, "tooltip") for tip in (tips if isinstance(tips, list) else [tips])}
    rows = [row for rows in spec["datasets"].values() for row in rows]
    shown |= {row[field] for row in rows for field in tips if isinstance(row.get(field), str)}
    code = re.compile(r"\bq(?:s[a-d]|oe|pf)\b")
    assert not [text for text in shown if code.search(text)]
    plain = set(re.findall("<text[^>]*>([^<]*)</text>", svg(figure)))
    codes, named = any(map(code.search, plain)), any("ic, SVO" in text for text in shown)
    assert codes is named is True or number == "14"  # which has names of its own
    said = names.said([*figure.caption], NAMES)
    assert not said or said[0].startswith("Codes: ")


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
    """Ties everywhere: no best step, source or layer is marked, nothing is forgotten, and no axis has a length."""
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


def test_no_chart_holds_more_rows_than_it_draws():
    stacks = layered_study()
    rows = values(layers.in_language(stacks, ALL, [], others=False))
    # cells, best layers and expected layers of the trained steps (all are alike at step 0), and the wall there
    assert len(rows) == 3 * 5 + 4 + 4 + 1
    rows = values(transfer_matrices.asymmetry(stacks, ["pos"], 2))
    assert len(rows) == 2 + 2  # both directions and the diagonal, which are drawn by four marks


DRAWN = re.compile(r'<g class="mark-(\w+) role-mark[^"]*"[^>]*>(.*?)</g>', re.S)


def drawn(svg):
    """Count the rows that a drawing shows: the points of its lines, and all other marks one by one."""
    total = 0
    for kind, inside in DRAWN.findall(svg):
        if kind in ("line", "area", "trail"):
            total += sum(len(re.findall("[A-Z]", path)) for path in re.findall(r' d="([^"]*)"', inside))
        else:
            total += len(re.findall("<(?:path|text|line) ", inside))
    return total


PAIRS = 3 * 18**2 + 15**2
ROWS = {"04": PAIRS, "05": PAIRS, "07": PAIRS, "13": 6 * 39 - 8 + 6 + 1, "14": (94 + 1) * 39 + 9 + 1}
"""Cells and pairs with diagonals; of figure 7 pairs without them and a mean for each source; lines with their ends,
and the mark where the distance of checkpoints changes. Eight points of figure 13 are flat; figure 14 has a median."""


@pytest.mark.slow
@pytest.mark.parametrize("number", [f"{number:02d}" for number in range(1, 18)])
def test_at_the_papers_size_no_chart_holds_more_rows_than_it_draws(number, paper):
    figure = FIGURES[number](paper, 12)
    rows = len(values(figure))
    shown = drawn(vl_convert.vegalite_to_svg(chart.specification(figure)))
    print(f"figure {number}: {rows} rows, {shown} marks and points")
    assert 0 < rows <= shown
    assert rows == ROWS.get(number, rows)
