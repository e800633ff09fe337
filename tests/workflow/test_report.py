"""The toy study's report in a browser: every item is opened as a reader would, and there are no errors."""

import csv
import re

import browser
import pytest

from polychron.audit import claims

pytestmark = pytest.mark.slow

CATEGORIES = [
    "1 Overview", "2 In-language", "3 Across languages", "4 Across layers", "5 Geometry", "6 Tables",
    "7 The paper's claims",
]  # fmt: skip

HELPERS = """
const settled = () => new Promise(done => setTimeout(done));
const links = () => [...document.querySelectorAll("#app a")];
const said = element => element.textContent.trim();
const named = name => links().find(link => said(link) === name);
const items = () => [...document.querySelectorAll("#app tr:has(a[type=button])")];
const home = () => { app.setView({navbarMode: "menu"}); return settled(); };
const enter = async name => { await home(); named(name).click(); await settled(); return items().map(said); };
const show = async place => {
  items()[place].querySelector("a").click(); await settled(); return app.state.resultPath;
};
const press = async name => {
  [...document.querySelectorAll("#app label")].find(label => said(label) === name).click(); await settled();
};
"""
"""What a reader does in the report: go home, enter a category, look at an item, press a switch."""

DRAWING = """(() => {
  const drawing = document.querySelector("#chart svg");
  if (!drawing) return null;
  const box = drawing.getBoundingClientRect();
  const marks = [...drawing.querySelectorAll(".role-mark > *:not(g)")];
  const seen = marks.filter(mark => { const at = mark.getBoundingClientRect(); return at.width + at.height > 0; });
  return {width: box.width, height: box.height, marks: seen.length,
          broken: /NaN|undefined|Infinity/.test(drawing.outerHTML),
          caption: document.querySelector("figcaption").textContent};
})()"""


@pytest.fixture(scope="module")
def page(request, tmp_path_factory):
    browser.program()  # without a browser, the study is not needed
    report = request.getfixturevalue("report")
    with browser.chromium(tmp_path_factory.mktemp("browser") / "profile") as opened:
        opened.open(report)
        opened.run(HELPERS)
        yield opened


@pytest.fixture(scope="module")
def items(page):
    """Return what the browser shows of every item, by its path and in the order of the report."""
    found = {}
    for category in CATEGORIES:
        number = len(page.run(f'enter("{category}")'))
        assert number, category
        switched = page.run("document.querySelectorAll('#app label').length > 0")
        for form in ("interactive", "print") if switched else (None,):
            if form:
                page.run(f"press('{form}')")
            for place in range(number):
                path = page.run(f"show({place})")
                found[path] = {"category": category, **look(page, path)}
    return found


def is_figure(path):
    return "figures/" in path or path.endswith("displacement.html")


def look(page, path):
    """Wait until an item is loaded, and return what there is of it."""
    if path.endswith(".svg"):
        image = "document.querySelector('#app img[src*=\"filename=figure\"]')"
        page.wait(f"{image} && {image}.complete && {image}.getAttribute('src') === results['{path}'].data_uri")
        return {"width": page.run(f"{image}.naturalWidth"), "height": page.run(f"{image}.naturalHeight")}
    if is_figure(path):
        page.wait("document.querySelector('#chart svg') !== null", page.inner)
        return page.run(DRAWING, page.inner())
    page.wait("document.readyState === 'complete' && document.title !== ''", page.inner)
    return {"rows": page.run("document.querySelectorAll('tbody tr').length", page.inner())}


def test_what_a_reader_sees_first_is_what_the_study_is(page):
    page.run("home()")
    menu = page.run("links().map(said)")
    assert [name for name in menu if re.match(r"\d ", name)] == CATEGORIES
    title = "document.querySelector('#app .prose h1')"
    assert "six artificial languages" in page.run(f"{title}.textContent")
    assert page.run(f"{title}.getBoundingClientRect().top") >= 0  # not cut off
    first = page.run("document.querySelector('#app .prose').textContent")
    asked = ["What is learned?", "When?", "In which layer?", "What transfers, and when?", "What is forgotten?"]
    places = [first.index(question) for question in asked]
    assert places == sorted(places) and places[-1] < first.index("About this study")
    assert re.search(r"POS tagging \d\d\.\d%", first)
    seen = "[...document.querySelectorAll('#app .prose a img.thumbnail')].filter(one => one.naturalWidth > 0).length"
    page.wait(f"{seen} === 4")
    top = "(name => document.querySelector(name).getBoundingClientRect().top)"
    assert page.run(f"{top}('#rulegraph') > {top}('#app .prose h1')")


def test_a_small_drawing_leads_to_the_figure(page):
    page.run("home()")
    page.run("document.querySelector('#app .prose a:has(img.thumbnail)').click()")
    page.wait("document.querySelector('#app img[src*=\"filename=figure-02.svg\"]') !== null")
    assert page.run("app.state.resultPath").endswith("figures/figure-02.svg")
    page.run("app.setView({content: 'rulegraph'}); home()")


def test_what_draws_the_figures_is_there_once(report):
    text = report.read_text(encoding="utf-8")
    assert text.count("sharedScripts = ") == 1 and len(text) < 12_000_000


def test_every_item_is_reached_and_has_a_caption(page, items):
    assert sorted(items) == sorted(page.run("Object.keys(results)"))
    captions = page.run("Object.fromEntries(Object.entries(results).map(([path, one]) => [path, one.caption]))")
    for path, caption in captions.items():
        words = re.sub(r"<[^>]+>", " ", caption)
        assert len(words.split()) > 20, path
        if "figure" in path:
            assert re.search(r"\d", re.sub(r"Figure \d+", "", words)), path


def test_every_figure_is_drawn(items):
    figures = {path: one for path, one in items.items() if is_figure(path)}
    assert len(figures) == 2 * 25 + 1  # and how far the weights of the checkpoints moved
    for path, one in figures.items():
        assert one["width"] > 100 and one["height"] > 40, path
        if path.endswith(".html"):
            assert one["marks"] > 0 and not one["broken"], path
            assert one["marks"] > 10 or "Nothing to draw" in one["caption"], (path, one)


def test_every_table_has_rows(items):
    tables = {path: one for path, one in items.items() if not is_figure(path)}
    assert len(tables) == 9 + 8  # what was found, two of checks, three papers' claims, the data and the checkpoints
    assert all(one["rows"] > 0 for one in tables.values()), tables


def test_what_is_pointed_at_is_highlighted(page, items):
    """If the pointer is on a pair of languages in the heatmaps of transfer, all others fade, in every panel."""
    page.run(f'enter("{CATEGORIES[2]}")')
    page.run("press('interactive')")
    page.run("show(0)")
    page.wait("document.querySelector('#chart svg') !== null", page.inner)
    frame = page.inner()
    cells = "[...document.querySelectorAll('.mark-rect.role-mark > path')]"
    pale = f"{cells}.filter(one => one.getAttribute('opacity') < 1).length"
    before = page.run(pale, frame)
    inside = page.run(
        f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({cells}[3].getBoundingClientRect())",
        frame,
    )
    around = page.run("(({x, y}) => [x, y])(document.querySelector('#app iframe').getBoundingClientRect())")
    at = {name: one + other for name, one, other in zip("xy", inside, around, strict=True)}
    page.command("Input.dispatchMouseEvent", type="mouseMoved", **at)
    page.wait(f"{pale} > {before} + 50", page.inner)


def test_the_filters_of_the_audit_show_what_they_count(page, toy):
    shown = page.run(f'enter("{CATEGORIES[-1]}")')
    assert any(page.run(f"show({place})").endswith("audit/claims.html") for place in range(len(shown)))
    page.wait("typeof filter === 'function' && document.title === \"The paper's claims\"", page.inner)
    frame = page.inner()
    with open(toy / "audit/claims.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    choose = """((name, value) => {
      const input = document.querySelector(`select[data-field=${name}]`);
      input.value = value;
      input.dispatchEvent(new Event("input"));
      return [rows.filter(row => row.offsetParent !== null).length, document.getElementById("number").textContent];
    })"""
    for verdict in (*claims.VERDICTS, *claims.CHECKS):
        number = sum(row["verdict"] == verdict for row in rows)
        assert number > 0 or verdict == "undecided"  # the study has none of the paper's languages
        assert page.run(f"{choose}('verdict', '{verdict}')", frame) == [number, f"{number} of {len(rows)}"]
    both = sum(row["verdict"] == "consistent" and row["kind"] == "derived" for row in rows)
    assert page.run(f"{choose}('kind', 'derived')", frame)[0] == both
    assert page.run(f"{choose}('verdict', '')", frame)[0] == sum(row["kind"] == "derived" for row in rows)
    assert page.run(f"{choose}('kind', '')", frame)[0] == len(rows)


def test_links_of_the_audit_are_words_in_the_report_and_lead_on_in_the_folder(page, toy):
    text = (toy / "audit/claims.html").read_text(encoding="utf-8")
    named = re.findall(r'<a href="([^"]+)">([^<]+)</a>', text)
    assert len(named) > 100
    for link, words in named:
        assert (toy / "audit" / link).resolve().is_file(), link
        assert words.lower().replace(" ", "-").split("-")[0] in link
    frame = page.inner()
    assert page.run("document.title", frame) == "The paper's claims"
    assert page.run("document.querySelectorAll('a').length", frame) == 0
    assert named[0][1] in page.run("document.querySelector('#claims').textContent", frame)


def test_there_were_no_errors(page, items):
    assert page.errors == []
