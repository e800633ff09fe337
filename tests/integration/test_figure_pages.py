"""Pages of figures in Chromium: they fit a wide window and a telephone, and are dark where the system is."""

import browser
import pytest
from drawn import FIGURES, toy_study

from polychron.figures import chart

SHOWN = ("05", "16")
"""A figure whose panels are in rows and columns, and one whose panels are all beside each other."""

SIZES = """(() => {
  const svg = document.querySelector("#chart svg").getBoundingClientRect();
  const panels = [...document.querySelectorAll("#chart .role-scope.mark-group > g")];
  const lefts = new Set(panels.map(one => Math.round(one.getBoundingClientRect().left / 40)));
  return {drawing: svg.width, page: document.documentElement.scrollWidth, lefts: lefts.size};
})()"""


def luminance(colour):
    """The relative luminance of a colour, as the Web Content Accessibility Guidelines define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_words_and_marks_are_seen_by_day_and_by_night():
    for at, background in (("day", chart.PAPER), ("night", chart.NIGHT[chart.PAPER])):
        shown = {colour: chart.NIGHT.get(colour, colour) if at == "night" else colour for colour in
                 (chart.INK, chart.GREY, chart.BLACK, chart.BLUE, chart.VERMILION)}  # fmt: skip
        assert contrast(shown[chart.INK], background) > 7
        assert contrast(shown[chart.GREY], background) > 4
        assert all(contrast(colour, background) > 3 for colour in shown.values()), at


@pytest.fixture(scope="module")
def pages(tmp_path_factory, bundle):
    folder, study = tmp_path_factory.mktemp("pages"), toy_study()
    for number in SHOWN:
        names = {name: folder / f"{number}.{name}" for name in ("page", "svg", "png", "caption")}
        chart.save(FIGURES[number](study, 2), bundle=bundle, **names | {"page": folder / f"{number}.html"})
    return folder


def test_a_page_fits_its_window_and_follows_the_system_s_colours(pages, tmp_path):
    with browser.chromium(tmp_path / "profile") as page:
        for number in SHOWN:
            page.open(pages / f"{number}.html")
            panels = {}
            for width, scheme in ((1440, "light"), (390, "dark")):
                page.command(
                    "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
                )
                page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                inside = f"Math.abs(document.querySelector('#chart').clientWidth - {width}) < 100"
                ready = "`${document.querySelector('#chart').clientWidth} " + scheme + "`"
                page.wait(f"{inside} && document.querySelector('#chart').dataset.drawn === {ready}")
                found = page.run(SIZES)
                assert found["page"] <= width and 200 < found["drawing"] <= width, (number, width, found)
                panels[width] = found["lefts"]
                colour = chart.NIGHT[chart.PAPER] if scheme == "dark" else chart.PAPER
                painted = f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"
                for part in ("body", "#chart svg"):
                    shown = page.run(f"getComputedStyle(document.querySelector('{part}')).backgroundColor")
                    assert shown == painted, (number, part)
            assert panels[390] < panels[1440], (number, panels)
        assert page.errors == []
