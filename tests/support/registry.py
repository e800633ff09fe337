"""The figures and tables of the rules: which function of which module each of them is made by."""

import re

from place import ROOT

LINE = re.compile(r'^    "?(\d+)"?: \(.*?"([\w.]+\.\w+)", [A-Z_| ]+, ', re.MULTILINE)


def functions(kind):
    """Return the functions that make the ``figures`` or ``tables``, by number, as they are named in the rules."""
    text = (ROOT / "rules" / f"{kind}.smk").read_text(encoding="utf-8")
    return {number: f"polychron.{kind}.{function}" for number, function in LINE.findall(text)}


def modules(kind):
    """Return the modules that the script of ``figures`` or ``tables`` imports by name."""
    return sorted({function.rpartition(".")[0] for function in functions(kind).values()})
