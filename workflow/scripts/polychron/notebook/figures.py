"""The figures of a finished study, drawn again from its tables as their records say."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polychron.errors import InputError
from polychron.notebook.installed import find_data
from polychron.provenance import records
from polychron.storage import files, page_titles

if TYPE_CHECKING:
    import altair
    import pandas

PACKAGE = "polychron.figures"
PREFIX = "figure-"
NAMED = {"ablation_intervals": "intervals"}
"""Tables that functions of figures call otherwise than their files."""

BUNDLE = "vega.js"
"""What draws a page in a browser. It is an input of every figure, and its function does not read it."""


class Figures(Mapping[str, "altair.TopLevelMixin"]):
    """The figures that a study has drawn, by number. Each is drawn again when it is asked for.

    ``figures[8]`` is ``figures["08"]``: an Altair chart, which a notebook shows.

    Parameters
    ----------
    folder : path-like
        The folder of a model, such as ``results/toy``.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        pages = sorted((self._folder / "figures").glob(f"{PREFIX}*.html{records.ENDING}"))
        self._records = {path.name.removeprefix(PREFIX).partition(".")[0]: path for path in pages}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __contains__(self, number: object) -> bool:
        return _two_digits(number) in self._records

    def __getitem__(self, number: int | str) -> altair.TopLevelMixin:
        return self.draw(number)

    def __repr__(self) -> str:
        return f"Figures: {', '.join(self) or 'none is drawn'}"

    def titles(self) -> pandas.Series:
        """Return the title of each figure whose page is there, by its number."""
        import pandas

        pages = {number: self._folder / "figures" / f"{PREFIX}{number}.html" for number in self}
        found = {number: page_titles.title(page) for number, page in pages.items() if page.is_file()}
        return pandas.Series(found, name="title", dtype="str").rename_axis("figure")

    def draw(self, number: int | str, **changes: Any) -> altair.TopLevelMixin:
        """Draw a figure.

        Parameters
        ----------
        number : int or str
            Its number, such as 8 or ``"08"``.
        **changes
            Settings to change, such as ``layer=1``, or a file in place of one that the figure reads, such as
            ``distances="distances.tsv"``. An unknown setting raises an `InputError` that lists those of the figure.

        Returns
        -------
        altair chart
            The same as on the figure's page, with its data inside.

        Raises
        ------
        InputError
            The study has no such figure, something that it reads is missing, or there is no such setting.
        """
        from polychron.figures import chart
        from polychron.figures.drawing import key

        drawn = self._drawn(number, changes)
        kind = type(key.below(drawn.chart, drawn.key))
        return kind.from_dict(chart.specification(drawn, self._names(number)), validate=False)

    def caption(self, number: int | str, **changes: Any) -> str:
        """Return the caption of a figure, with the numbers that it shows; parameters and errors are those of `draw`."""
        return "\n\n".join(self._drawn(number, changes).caption)

    def _drawn(self, number: int | str, changes: Mapping[str, Any]) -> Any:
        find_data()
        key = _two_digits(number)
        if key not in self._records:
            there = f"take one of {', '.join(self)}" if self else "make them: snakemake ... -- figures"
            raise InputError(f"the study has no figure {number!r}", file=self._folder, remedy=there)
        record = records.read(self._records[key])
        draw = _function(record["spec"], self._records[key])
        given = {**self._read(record, draw, changes), **record["spec"].get("settings", {}), **changes}
        try:
            inspect.signature(draw).bind(**given)
        except TypeError as error:
            known = ", ".join(inspect.signature(draw).parameters)
            raise InputError(
                f"{draw.__name__} cannot draw it so: {error}",
                file=self._records[key],
                remedy=f"change one of {known}. If nothing was changed, take the version of polychron that drew it",
            ) from error
        return draw(**given)

    def _names(self, number: int | str) -> Mapping[str, str]:
        """Return what the study calls its languages in a figure."""
        return records.read(self._records[_two_digits(number)])["spec"].get("names", {})

    def _read(self, record: Mapping[str, Any], draw: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tables and files that a figure reads, by the names of its function's parameters."""
        read, others = {}, []
        for path in (Path(name) for name in record["inputs"] if Path(name).name != BUNDLE):
            if path.suffix != ".parquet":
                others.append(path)
            elif (name := NAMED.get(path.stem, path.stem)) in changes:
                continue
            else:
                read[name] = files.read_table(self._there(self._folder / path.name, path))
        settled = {*read, *changes, *record["spec"].get("settings", {})}
        open_ones = [
            name
            for name, parameter in inspect.signature(draw).parameters.items()
            if name not in settled and parameter.default is parameter.empty
        ]
        # a figure reads at most one file besides tables
        for name, path in zip(open_ones, others, strict=False):
            top = self._folder.resolve().parent.parent
            read[name] = self._there(path if path.is_absolute() else top / path, path, name)
        return read

    def _there(self, file: Path, path: Path, name: str | None = None) -> Path:
        if not file.is_file():
            otherwise = f", or name the file: figures.draw(NUMBER, {name}=FILE)" if name else ""
            raise InputError(
                "a figure reads it, and it is not there", file=file, remedy=f"copy the study's {path} there{otherwise}"
            )
        return file


def _two_digits(number: object) -> str:
    """Return a number as figures have it in their names: 8 and "8" are "08"."""
    return str(number).zfill(2)


def _function(spec: Mapping[str, Any], file: Path) -> Any:
    """Return the function that a record names, which must be one of the figures."""
    module, name = spec.get("enters"), spec.get("draws")
    if isinstance(module, str) and module.startswith(f"{PACKAGE}.") and isinstance(name, str) and name[:1].isalpha():
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            found = None
        if inspect.isfunction(found) and found.__module__ == module:
            return found
    raise InputError(
        f"its record names {module}.{name}, which is no function that draws a figure here",
        file=file,
        remedy="open the study with the version of polychron that made it, or make the figures again",
    )
