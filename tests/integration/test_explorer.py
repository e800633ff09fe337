"""The explorer in Chromium: what it shows is what was planted, and every control moves all of its parts."""

import csv
import io
import json
import re
import time

import browser
import numpy as np
import pyarrow
import pytest

from polychron.explorer import page
from polychron.explorer.names import Known
from polychron.figures import chart
from polychron.storage.scores import score_schema

STEPS, LAYERS, CODES = [0, 500, 20000], [0, 1, 2], ["de", "ru", "tr"]
HOSTILE = "x</script><b>\"'&"


def value(model, source, target, layer, step):
    """Plant a number that no other place has, with three decimals."""
    places = CODES.index(source), CODES.index(target), LAYERS.index(layer), STEPS.index(step)
    return np.ravel_multi_index(places, (3, 3, 3, 3)) / 1000 + (0.5 if model == "second" else 0.0)


def planted():
    rows = [
        dict(
            model=model,
            task="pos",
            source=source,
            target=target,
            layer=layer,
            step=step,
            seed=seed,
            split="parallel",
            metric="accuracy",
            value=value(model, source, target, layer, step) + (seed - 1) * 0.01,
            examples=9,
        )
        for model in ("first", "second")
        for source in CODES
        for target in CODES
        for layer in LAYERS
        for step in (STEPS if model == "first" else STEPS[:2])
        for seed in range(3)
    ]
    # the third model has one layer and one step, and no number from two of its seeds
    rows += [
        {**row, "model": "third", "layer": 1, "step": 500, "value": row["value"] if row["seed"] == 0 else float("nan")}
        for row in rows
        if (row["model"], row["layer"], row["step"]) == ("first", 0, 0)
    ]
    rows += [
        {**row, "model": "third", "layer": 1, "step": 20}
        for row in rows
        if (row["model"], row["layer"], row["step"]) == ("first", 1, 0)
    ]
    alone = dict(
        rows[0], task="bits", metric="bits_per_character", split="heldout", target="de", source="de", seed=None
    )
    rows += [dict(alone, step=step, value=3.0 - step / 1e5, target=HOSTILE, source=HOSTILE) for step in STEPS]
    return pyarrow.Table.from_pylist(rows, schema=score_schema())


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    known = [Known("tr", "Turkish"), Known("de", "German"), Known("ru", "Russian")]
    text = page.page(f"A study {HOSTILE}", [planted()], known, chart.javascript())
    (folder / "explorer.html").write_text(text, encoding="utf-8")
    with browser.chromium(folder / "profile") as opened:
        opened.open(folder / "explorer.html")
        opened.wait("document.body.dataset.drawn >= 1")
        yield opened
        assert opened.errors == []


def choose(explorer, changes):
    """Choose something, and wait until it is drawn."""
    drawn = explorer.run("Number(document.body.dataset.drawn)")
    explorer.run(f"void choose({changes})")
    explorer.wait(f"document.body.dataset.drawn > {drawn} && !drawing")


def table_of(explorer):
    return explorer.run(
        "[...document.querySelectorAll('#table tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"
    )


def rows_of(explorer, chart_id):
    found = explorer.run(f"charts.get('{chart_id}').view.data('rows')")
    return {(row["source"], row["target"], row["layer"], row["step"]): row["value"] for row in found}


def test_it_opens_with_transfer_at_the_last_step_and_layer(explorer):
    choose(explorer, "{model: 'first', other: '', task: 'pos', layer: 2, step: 20000, source: 'de', target: 'ru'}")
    assert explorer.run("document.querySelector('h1').textContent") == f"A study {HOSTILE}"
    shown = rows_of(explorer, "matrix")
    assert len(shown) == 9
    for (source, target, layer, step), found in shown.items():
        assert (layer, step) == (2, 20000) and found == pytest.approx(value("first", source, target, 2, 20000))
    # in the order that was given, by name
    assert explorer.run("[...control.source.options].map(one => one.text)") == ["Turkish", "German", "Russian"]


def test_all_parts_follow_what_is_chosen(explorer):
    choose(explorer, "{source: 'tr', target: 'ru', layer: 1, step: 500}")
    curve = rows_of(explorer, "curve")
    assert curve == {("tr", "ru", 1, step): pytest.approx(value("first", "tr", "ru", 1, step)) for step in STEPS}
    heat = rows_of(explorer, "heat")
    assert heat == {
        ("tr", "ru", layer, step): pytest.approx(value("first", "tr", "ru", layer, step))
        for layer in LAYERS
        for step in STEPS
    }
    found = {(source, target): shown for source, target, shown, _ in table_of(explorer)}
    assert found["Turkish", "Russian"] == f"{value('first', 'tr', 'ru', 1, 500):.4f}"
    assert explorer.run("document.querySelector('#table tr.chosen').textContent").startswith("TurkishRussian")
    assert {deviation for *_, deviation in table_of(explorer)} == {"0.0100"}


def test_the_sliders_move_by_one_layer_and_one_step(explorer):
    choose(explorer, "{layer: 0, step: 0}")
    drawn = explorer.run("Number(document.body.dataset.drawn)")
    explorer.run("control.step.value = 2; control.step.dispatchEvent(new Event('input'))")
    explorer.wait(f"document.body.dataset.drawn > {drawn} && !drawing")
    assert explorer.run("[state.layer, state.step]") == [0, 20000]
    assert explorer.run("document.getElementById('step-said').value") == "20,000"


def press(explorer, chart_id, role, place):
    """Click on the mark of a chart that is at a place, as a mouse does; wait until all is drawn."""
    drawn = explorer.run("Number(document.body.dataset.drawn)")
    explorer.run(f"""(() => {{
      const marks = [...document.querySelectorAll(`#{chart_id} path[aria-roledescription="{role}"]`)];
      const wanted = Object.entries({json.dumps(place)});
      const mark = marks.find(one => wanted.every(([key, value]) => one.__data__.datum[key] === value));
      const box = mark.getBoundingClientRect();
      const where = {{clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true}};
      mark.dispatchEvent(new MouseEvent('click', where));
    }})()""")
    explorer.wait(f"document.body.dataset.drawn > {drawn} && !drawing")


def test_a_click_in_the_matrix_chooses_a_pair(explorer):
    choose(explorer, "{source: 'de', target: 'ru'}")
    press(explorer, "matrix", "rect mark", {"source": "ru", "target": "tr"})
    assert explorer.run("[state.source, state.target]") == ["ru", "tr"]


def test_a_click_in_the_curve_chooses_a_step_and_one_in_the_heatmap_a_layer_as_well(explorer):
    choose(explorer, "{model: 'first', other: '', task: 'pos', source: 'de', target: 'ru', layer: 2, step: 0}")
    press(explorer, "curve", "point", {"step": 500})
    assert explorer.run("[state.layer, state.step]") == [2, 500]
    press(explorer, "heat", "rect mark", {"layer": 1, "step": 20000})
    assert explorer.run("[state.layer, state.step]") == [1, 20000]


@pytest.mark.parametrize(("button", "number"), [("save-table", 9), ("save-measure", 9 * 3 * 3)])
def test_the_buttons_save_a_file(explorer, button, number, tmp_path):
    choose(explorer, "{model: 'first', other: '', task: 'pos', layer: 2, step: 500}")
    explorer.command("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    explorer.run(f"document.getElementById('{button}').click()")
    end = time.monotonic() + 30
    while not (found := list(tmp_path.glob("*.csv"))) and time.monotonic() < end:
        time.sleep(0.05)
    assert [path.name for path in found] == ["first-pos-accuracy-parallel.csv"]
    assert len(list(csv.DictReader(io.StringIO(found[0].read_text())))) == number


def test_the_address_is_the_view(explorer):
    choose(explorer, "{source: 'ru', target: 'de', layer: 1, step: 500}")
    address = explorer.run("location.hash")
    choose(explorer, "{source: 'tr', target: 'tr', layer: 2, step: 20000}")
    drawn = explorer.run("Number(document.body.dataset.drawn)")
    explorer.run(f"void (location.hash = {address!r})")
    explorer.wait(f"document.body.dataset.drawn > {drawn} && !drawing")
    assert explorer.run("[state.source, state.target, state.layer, state.step]") == ["ru", "de", 1, 500]


def test_an_address_of_another_study_shows_what_is_nearest(explorer):
    explorer.run("void (location.hash = '#model=other&task=none&metric=&source=xx&layer=7&step=490&what=else')")
    explorer.wait("state.step === 500 && state.layer === 2 && state.model === 'first' && !drawing")


def test_two_models_stand_side_by_side_with_one_scale(explorer):
    choose(
        explorer, "{model: 'first', task: 'pos', other: 'second', source: 'de', target: 'ru', layer: 2, step: 20000}"
    )
    other = rows_of(explorer, "matrix-other")
    # the second has no step 20,000: the nearest is shown, and named
    assert other["de", "ru", 2, 500] == pytest.approx(value("second", "de", "ru", 2, 500))
    assert "step 500" in explorer.run("document.getElementById('matrix-other-title').textContent")
    scales = explorer.run("['matrix', 'matrix-other'].map(one => charts.get(one).view.scale('color').domain())")
    assert scales[0] == scales[1]
    row = next(row for row in table_of(explorer) if row[:2] == ["German", "Russian"])
    first, second = value("first", "de", "ru", 2, 20000), value("second", "de", "ru", 2, 500)
    assert row[2:] == [f"{first:.4f}", "0.0100", f"{second:.4f}", f"{first - second:.4f}".replace("-", "−")]
    choose(explorer, "{other: ''}")
    assert explorer.run("document.querySelector('.second').hidden") is True


def test_a_model_at_another_layer_and_step_is_named_wherever_it_stands(explorer):
    choose(explorer, "{model: 'first', task: 'pos', other: 'second', source: 'de', target: 'ru', layer: 2, step: 500}")

    def titles():
        head = explorer.run("[...document.querySelectorAll('#table th')].map(cell => cell.textContent.split(' ▼')[0])")
        return explorer.run("document.getElementById('curve-title').textContent").split(": ")[1], head[4]

    assert titles() == ("German → Russian, layer 2", "second")
    choose(explorer, "{other: 'third', step: 20000}")
    assert titles() == ("German → Russian, layer 2 (third, layer 1)", "third, layer 1, step 500")
    choose(explorer, "{layer: 1}")
    assert titles() == ("German → Russian, layer 1", "third, layer 1, step 500")
    choose(explorer, "{other: ''}")


def test_a_point_tells_its_own_number_of_runs(explorer):
    """Two of three seeds have no number at step 500."""
    choose(explorer, "{model: 'third', task: 'pos', other: 'first', source: 'de', target: 'ru', layer: 1, step: 500}")
    rows = explorer.run("charts.get('curve').view.data('rows').map(row => [row.model, row.step, row.runs])")
    assert sorted(rows) == [["first", step, 3] for step in STEPS] + [["third", 20, 3], ["third", 500, 1]]
    tips = explorer.run("[...document.querySelectorAll('#curve path[aria-label]')].map(one => one.ariaLabel).join()")
    assert "runs: 1" in tips and "runs: 3" in tips
    choose(explorer, "{model: 'first', other: ''}")


def test_the_diagonal_is_not_in_the_scale_of_colours(explorer):
    choose(explorer, "{model: 'first', task: 'pos', layer: 2, step: 20000}")
    low, high = explorer.run("charts.get('matrix').view.scale('color').domain()")
    between = [
        value("first", source, target, layer, step)
        for source in CODES
        for target in CODES
        for layer in LAYERS
        for step in STEPS
        if source != target
    ]
    assert (low, high) == (pytest.approx(min(between)), pytest.approx(max(between)))


def test_a_table_is_sorted_by_a_column(explorer):
    choose(explorer, "{model: 'first', task: 'pos', other: '', layer: 2, step: 20000}")
    drawn = explorer.run("Number(document.body.dataset.drawn)")
    explorer.run("document.querySelectorAll('#table thead button')[2].click()")
    explorer.wait(f"document.body.dataset.drawn > {drawn} && !drawing")
    shown = [float(row[2]) for row in table_of(explorer)]
    assert shown == sorted(shown) and len(shown) == 9


def test_what_is_saved_is_what_is_shown(explorer):
    choose(explorer, "{model: 'first', other: 'second', task: 'pos', layer: 2, step: 500}")
    for whole, number in ((False, 2 * 9), (True, 9 * 3 * 3 + 9 * 3 * 2)):
        rows = list(csv.DictReader(io.StringIO(explorer.run(f"saved({str(whole).lower()})"))))
        assert len(rows) == number
        for row in rows:
            place = row["model"], row["source"], row["target"], int(row["layer"]), int(row["step"])
            assert float(row["value"]) == pytest.approx(value(*place)) and float(row["deviation"]) == 0.01
    choose(explorer, "{other: ''}")


def test_a_measure_of_single_languages_is_a_chart_of_dots(explorer):
    choose(explorer, "{model: 'first', task: 'bits'}")
    assert explorer.run("state.metric") == "bits_per_character heldout"
    assert explorer.run("charts.get('matrix').view.data('rows').map(row => row.target)") == [HOSTILE]
    assert explorer.run("document.querySelectorAll('#table b').length") == 0
    quoted = list(csv.DictReader(io.StringIO(explorer.run("saved(true)"))))
    assert [row["source"] for row in quoted] == [HOSTILE] * 3


def test_a_page_without_scores_says_so(tmp_path):
    text = page.page("Nothing", [planted().slice(0, 0)], [], "")
    assert '"grids": []' in text and re.search(r"0 values of 0 models", text)
