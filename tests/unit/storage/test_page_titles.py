"""Titles of pages."""

import pytest

from polychron.errors import InputError
from polychron.storage import page_titles


def test_a_title_is_read_as_a_reader_sees_it(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html>\n<title>a &lt; b &amp; c</title><title>no</title>" + "x" * 100_000)
    assert page_titles.title(page) == "a < b & c"


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "without a title"), (b"\xff" * 20_000 + b"<title>late</title>", "without a title")]
)
def test_a_page_without_a_title_is_refused(tmp_path, content, said):
    page = tmp_path / "page.html"
    page.write_bytes(content)
    with pytest.raises(InputError, match=said):
        page_titles.title(page)
    with pytest.raises(InputError, match=r"gone\.html"):
        page_titles.title(tmp_path / "gone.html")
