"""What the tests share: the place of the real data, and the root of the checkout."""

from pathlib import Path

import pytest
from place import ROOT, SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real treebanks, alignments, XNLI rows and text; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the real data is not here: no folder ../shared/data beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def bundle(tmp_path_factory) -> Path:
    """What draws figures in a browser, put together once."""
    from polychron import chart

    file = tmp_path_factory.mktemp("bundle") / "vega.js"
    file.write_text(chart.javascript(), encoding="utf-8")
    return file
