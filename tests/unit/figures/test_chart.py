"""The files of figures need nothing but themselves, and hold what was drawn."""

import math
import re
import resource

import altair as alt
import pytest
from drawn import TASKS, svg, toy_study

from polychron.errors import InputError
from polychron.figures import best_scores, chart
from polychron.figures.chart import Figure


def test_files_need_no_network_and_are_the_same_bytes_twice(bundle, tmp_path):
    for place in ("first", "second"):
        names = {name: tmp_path / place / f"figure.{name}" for name in ("html", "svg", "png", "rst")}
        figure = best_scores.best_scores(toy_study(), TASKS, 2)
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


def test_a_number_stands_under_its_name_where_rows_have_others(bundle, tmp_path):
    rows = [{"language": "aa", "first": "1"}, {"language": "bb", "last": "2"}, {"last": "3", "language": "cc"}]
    figure = Figure("A title", alt.Chart(alt.Data(values=[{"x": 1}])).mark_point(), ["A caption."], rows)
    chart.save(figure, bundle=bundle, **{name: tmp_path / name for name in ("page", "svg", "png", "caption")})
    lines = re.findall(r"<tr>(.*?)</tr>", (tmp_path / "page").read_text())
    assert [re.findall(r"<t[hd]>(.*?)</t[hd]>", line) for line in lines[:4]] == [
        ["language", "first", "last"],
        ["aa", "1", ""],
        ["bb", "", "2"],
        ["cc", "", "3"],
    ]


def test_nothing_to_draw_says_what_is_missing():
    figure = chart.nothing("Bits", "no bits per character in this study")
    assert "Nothing to draw: no bits per character in this study." in svg(figure)


def test_a_limit_of_addresses_is_told_before_v8_ends_the_process():
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (60 * 10**9, before[1]))
    try:
        with pytest.raises(InputError, match=r"60\.0 GB of addresses .*ulimit -v unlimited"):
            chart.javascript()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert "vegaEmbed" in chart.javascript()
