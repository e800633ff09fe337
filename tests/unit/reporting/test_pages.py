"""Pages from templates: text stays text, a missing value is an error, and rules see an edit of a template."""

import re

import jinja2
import pytest
from lineage import PAGES, reached
from place import ROOT

from polychron import paths
from polychron.reporting import pages


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """A folder of templates of its own: a page, what it extends, what that includes, and one apart."""
    texts = {
        "base.html": "<title>{{ title }}</title>{% include 'style.css' %}{% block body %}{% endblock %}\n",
        "page.html": "{% extends 'base.html' %}{% block body %}<p>{{ text }}</p>{% endblock %}",
        "style.css": "p { color: red; }",
        "other.html": "{{ title }}",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(paths, "TEMPLATES", tmp_path)
    pages._environment.cache_clear()
    yield tmp_path
    pages._environment.cache_clear()


def test_text_is_escaped_and_the_template_is_not(templates):
    page = pages.render("page.html", title="<b> & 'c'", text='<script>"')
    assert page == "<title>&lt;b&gt; &amp; &#39;c&#39;</title>p { color: red; }<p>&lt;script&gt;&#34;</p>"


def test_a_value_that_is_not_there_is_an_error(templates):
    with pytest.raises(jinja2.UndefinedError, match="'text' is undefined"):
        pages.render("page.html", title="a")


@pytest.mark.parametrize("edited", ["base.html", "page.html", "style.css"])
def test_the_fingerprint_covers_what_a_template_extends_and_includes(templates, edited):
    first, apart = pages.fingerprint("page.html"), pages.fingerprint("other.html")
    assert first != apart
    (templates / edited).write_text((templates / edited).read_text() + "more")
    assert pages.fingerprint("page.html") != first
    assert pages.fingerprint("other.html") == apart


def test_every_template_of_a_page_is_in_the_spec_of_its_rule():
    """Of the plan and of the faults of data no rule remembers anything: they are made whenever they are asked for.

    The findings of a single dataset are no page, but have the module of the page; so has the choice of pairs of
    translations that no evaluation has.
    """
    unremembered = {name: {"table.html"} for name in ("report_faults", "check_data", "select_translations")}
    scripts = ROOT / "workflow" / "scripts"
    rendered = {}
    for file in (scripts / "polychron").rglob("*.py"):
        module = ".".join(file.relative_to(scripts / "polychron").with_suffix("").parts)
        rendered[module] = re.findall(r'pages\.render\(\s*"([\w.]+)"', file.read_text("utf-8"))
    assert sum(map(len, rendered.values())) == 9
    rules = "\n".join(file.read_text("utf-8") for file in (ROOT / "rules").glob("*.smk"))
    for script, (template, *_) in PAGES.items():
        needed = {name for module in reached(scripts, script)[0] for name in rendered.get(module, ())}
        assert template in needed
        body = re.search(rf'spec\(\s*"{script}"(.*?)\n    (    )?script:', rules, re.DOTALL).group(1)
        assert f'page=pages.fingerprint("{template}")' in body, script
    for script in {file.stem for file in scripts.glob("*.py")} - PAGES.keys():
        needed = {name for module in reached(scripts, script)[0] for name in rendered.get(module, ())}
        assert needed <= unremembered.get(script, {"plan.html"}), script
