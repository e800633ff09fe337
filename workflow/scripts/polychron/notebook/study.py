"""A finished study: the tables and figures of one of its models."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polychron.errors import InputError
from polychron.notebook import rows
from polychron.notebook.figures import Figures
from polychron.storage import files

if TYPE_CHECKING:
    import pandas

SCORES, TRAJECTORIES, GEOMETRY = "scores", "trajectories", "geometry"


class Study:
    """The results of a model in a finished study. They are read and never written.

    Parameters
    ----------
    folder : path-like
        The folder of a model, such as ``results/toy``. It may have been copied elsewhere.

    Attributes
    ----------
    folder : Path
        The same.
    name : str
        The name of the folder, which is that of the model.
    tables : list of str
        The names of the tables that are there, sorted; `table` reads one.
    figures : Figures
        The figures that the study has drawn, by number. Each is drawn again when it is asked for.

    Raises
    ------
    InputError
        There is no such folder, or it has no ``scores.parquet``.

    Examples
    --------
    In a notebook, beside a study that `make` has run::

        study = polychron.Study("results/toy")
        study.scores(task="pos", split="test", metric="accuracy")
        study.trajectories(quantity="best")
        study.figures[8]
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        if not self.folder.is_dir():
            raise InputError("no such folder", file=folder, remedy="give the folder of a model, such as results/toy")
        if not (self.folder / f"{SCORES}.parquet").is_file():
            inside = sorted(path.parent.name for path in self.folder.glob(f"*/{SCORES}.parquet"))
            remedy = f"open one of its folders: {', '.join(inside)}" if inside else "run the study to its end"
            raise InputError(f"no results of a finished study: {SCORES}.parquet is missing", file=folder, remedy=remedy)
        self.name = self.folder.resolve().name

    def __repr__(self) -> str:
        return f"Study({str(self.folder)!r}): {', '.join(self.tables)}; {len(self.figures)} figures"

    @property
    def tables(self) -> list[str]:
        """The names of the tables that are there, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))

    def table(self, name: str, **where: Any) -> pandas.DataFrame:
        """Read a table.

        Parameters
        ----------
        name : str
            One of `tables`, such as ``"correlations"``.
        **where
            The rows to keep: for a column, a value or a list of values. None is a missing value. All rows are kept
            without it.

        Returns
        -------
        pandas.DataFrame
            A row for each row of the file, in its order. Columns of integers are nullable.

        Raises
        ------
        InputError
            There is no such table or column, or no row of the table has one of the values.
        """
        file = self.folder / f"{name}.parquet"
        if not file.is_file():
            raise InputError(
                f"the study has no table {name!r}", file=self.folder, remedy=f"take one of {', '.join(self.tables)}"
            )
        return rows.frame(rows.select(files.read_table(file), where, file))

    def scores(self, **where: Any) -> pandas.DataFrame:
        """Return the measured numbers, one in each row.

        Parameters
        ----------
        **where
            The rows to keep, see `table`, for example ``task="pos", layer=[0, 2]``.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``task``, ``source``, ``target``, ``layer``, ``step``, ``seed`` (missing where nothing is
            trained), ``split``, ``metric``, ``value`` (accuracies and F1 from 0 to 1, bits per character) and
            ``examples``, the denominator.
        """
        return self.table(SCORES, **where)

    def trajectories(self, **where: Any) -> pandas.DataFrame:
        """Return what follows from the scores over steps: best scores, onsets, forgetting, expected layers.

        Parameters
        ----------
        **where
            The rows to keep, see `table`, for example ``quantity="onset_0.95", task="pos"``.

        Returns
        -------
        pandas.DataFrame
            One number in each row. Columns ``model``, ``task``, ``source``, ``target``, ``layer``, ``split`` and
            ``metric`` say which curve it is of, ``quantity`` what it is; ``step``, ``value``, ``deviation``, ``runs``
            and ``examples`` are the number, and ``note`` says why a value is missing. Quantities include ``score``,
            ``best``, ``best_step``, ``onset_0.95`` (a step; one for each share in ``analysis.onset``), ``final``,
            ``forgetting``, ``untrained`` (step 0), ``asymmetry`` and ``expected_layer``;
            ``study.trajectories()["quantity"].unique()`` has all of them.
        """
        return self.table(TRAJECTORIES, **where)

    def geometry(self, **where: Any) -> pandas.DataFrame:
        """Return how similar languages are, and how well translations are found, in each layer and step.

        Parameters
        ----------
        **where
            The rows to keep, see `table`, for example ``metric="cka", layer=2``.

        Returns
        -------
        pandas.DataFrame
            One number in each row, with the columns of `scores`. ``task`` is what was measured, for example
            ``"similarity"`` or ``"retrieval"``; docs/geometry.md defines the metrics.

        Raises
        ------
        InputError
            The study has no geometry, or see `table`.
        """
        if GEOMETRY not in self.tables:
            raise InputError(
                "the study has no geometry",
                file=self.folder,
                remedy="run it with studies/geometry.yaml on top, as docs/geometry.md says",
            )
        return self.table(GEOMETRY, **where)

    @functools.cached_property
    def figures(self) -> Figures:
        """The figures that the study has drawn, by number."""
        return Figures(self.folder)
