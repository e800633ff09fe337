"""How Sphinx makes the pages: README, CONTRIBUTING, docs, and one page for each package of the library."""

import sys
import types
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LIBRARY = CHECKOUT / "workflow" / "scripts" / "polychron"
sys.path.insert(0, str(LIBRARY.parent))

project = "polychron"
html_title = "polychron"
highlight_language = "none"
html_theme = "furo"
html_show_sphinx = html_show_copyright = html_copy_source = False

# The sources are those of the checkout, so that README's links are the same here and there.
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "docs/**", "benchmarks/results/*.md"]
exclude_patterns = [
    "docs/_build",
    *(
        path.name
        for path in CHECKOUT.iterdir()
        if path.name not in ("README.md", "CONTRIBUTING.md", "docs", "benchmarks")
    ),
]

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]  # myst_nb reads Markdown too
nb_execution_mode = "off"  # docs/notebook.py executes it
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say what a parameter is
numpydoc_show_class_members = False
autosummary_generate = False


def _heading(text, line):
    return f"{text}\n{line * len(text)}\n"


def _api_page(package):
    """Write the page of a package: its docstring, then each of its modules."""
    name = ".".join(("polychron", *package.relative_to(LIBRARY).parts))
    modules = sorted(path.stem for path in package.glob("*.py") if path.stem != "__init__")
    page = [_heading(name, "="), f".. automodule:: {name}\n"]
    for module in modules:
        page += [_heading(module, "-"), f".. automodule:: {name}.{module}\n   :members:\n"]
    return "\n".join(page)


def _write_api():
    folder = CHECKOUT / "docs" / "api"
    folder.mkdir(exist_ok=True)
    packages = sorted(path.parent for path in LIBRARY.rglob("__init__.py"))
    pages = {".".join(path.relative_to(LIBRARY).parts) or "polychron": _api_page(path) for path in packages}
    for old in folder.glob("*.rst"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        file = folder / f"{name}.rst"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def _skip(app, what, name, obj, skip, options):
    # Sphinx 9.0 fails on the signature of an alias such as `Key = tuple[str, str]` when numpydoc is loaded.
    return True if isinstance(obj, types.GenericAlias) else None


def _title(app, docname, source):
    # Tables of measurements have no heading of their own.
    if docname.startswith("benchmarks/") and not source[0].startswith("# "):
        name = docname.rpartition("/")[2].replace("-", " ").capitalize()
        source[0] = f"# {name}\n\n{source[0]}"


def setup(app):
    """Write the API's pages before Sphinx looks for sources."""
    app.connect("config-inited", lambda app, config: _write_api())
    app.connect("autodoc-skip-member", _skip)
    app.connect("source-read", _title)
