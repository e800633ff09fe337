"""The browser of the tests reports errors in a page and in its frames."""

import browser
import pytest


@pytest.fixture
def page(tmp_path):
    with browser.chromium(tmp_path / "profile") as opened:
        yield opened


def test_errors_are_reported(page, tmp_path):
    inner = "data:text/html,<script>throw new Error('inside')</script>"
    script = "console.error('said', 1); console.log('no error'); throw new Error('outside')"
    (tmp_path / "page.html").write_text(
        f'<img src="missing.png"><script>{script}</script><iframe src="{inner}"></iframe>'
    )
    page.open(tmp_path / "page.html")
    page.wait("document.readyState === 'complete'", page.inner)
    heard = "\n".join(page.errors)
    for words in ("said 1", "Error: outside", "Error: inside", "missing.png"):
        assert words in heard
    assert "no error" not in heard


def test_scripts_run_in_the_page_and_in_its_frame(page, tmp_path):
    (tmp_path / "page.html").write_text(
        '<title>outer</title><iframe src="data:text/html,<title>inner</title>"></iframe>'
    )
    page.open(tmp_path / "page.html")
    assert page.run("document.title") == "outer" and page.wait("document.title", page.inner) == "inner"
    assert page.run("new Promise(done => setTimeout(() => done(7)))") == 7
    assert page.errors == []
    with pytest.raises(browser.Failure, match="nonsense is not defined"):
        page.run("nonsense()")
