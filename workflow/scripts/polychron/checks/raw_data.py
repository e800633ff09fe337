"""Checks of raw data: all faults of all files that a study names, found in one run.

The readers are those of the jobs that tabulate the data. Here a fault does not end the reading: it is collected, with
what the readers warn of, and the next line is read.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from polychron.data import bitext, dictionaries, entities, languages, text, treebanks, xnli
from polychron.data.faults import told
from polychron.data.translations import reading
from polychron.errors import InputError
from polychron.reporting import tables
from polychron.storage.files import read_json, write_text

logger = logging.getLogger("polychron")

MOST = 20
"""Faults of a file that are listed; the others are counted."""

MORE = "more, which are not listed"

PAGE = "faults.html"

LINES = 200
"""Faults that a message lists; the page lists all that were collected."""

STOPS, WARNING = "stops the study", "warning"
"""What faults mean: the study would stop at the file, or it is read all the same."""


class Fault(NamedTuple):
    """A fault of a file.

    Attributes
    ----------
    dataset : str
        What the file belongs to, such as ``treebank/en``.
    file : str
    line : int or None
        Counted from 1.
    severity : str
        `STOPS` or `WARNING`.
    what, remedy : str
        What was found, and the next step.
    """

    dataset: str
    file: str
    line: int | None
    severity: str
    what: str
    remedy: str = ""

    @property
    def place(self) -> str:
        """The file, and the line where there is one."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


class _Collector(logging.Handler):
    """Collects the faults of a dataset, which readers tell, and their warnings, which they log."""

    def __init__(self, dataset: str, paths: Sequence[str]) -> None:
        super().__init__(logging.WARNING)
        self.dataset, self.paths = dataset, paths
        self.found: list[Fault] = []
        self.numbers: Counter[tuple[str, str]] = Counter()

    def __call__(self, error: InputError) -> None:
        file = self.paths[0] if error.file is None else str(error.file)
        self._add(Fault(self.dataset, file, error.line, STOPS, error.what.rstrip("."), error.remedy or ""))

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        file = next((path for path in self.paths if message.startswith(f"{path}:")), self.paths[0])
        line, _, rest = message.removeprefix(f"{file}:").partition(": ")
        where, what = (int(line), rest) if line.isdecimal() else (None, message.removeprefix(f"{file}: "))
        self._add(Fault(self.dataset, file, where, WARNING, what))

    def _add(self, fault: Fault) -> None:
        if fault in self.found:
            return
        kind = fault.file, fault.severity
        self.numbers[kind] += 1
        if self.numbers[kind] <= MOST:
            self.found.append(fault)

    def listed(self) -> list[Fault]:
        """Return the faults, and how many of each file are not listed."""
        more = [
            Fault(self.dataset, file, None, severity, f"{number - MOST:,} {MORE}")
            for (file, severity), number in self.numbers.items()
            if number > MOST
        ]
        return self.found + more


def read(dataset: str, named: Mapping[str, Any]) -> list[Fault]:
    """Read all files of a dataset, and return their faults.

    Parameters
    ----------
    dataset : str
        Its name, such as ``treebank/en`` or ``distances``.
    named : mapping
        ``files``, paths by what is in them; ``key``, where the config names them; and what their reader needs.

    Returns
    -------
    list of Fault
        At most `MOST` of each file and severity, and how many more there are.
    """
    kind = dataset.partition("/")[0]
    if named.get("fetched"):
        return []
    fault = _Collector(dataset, [*named["files"].values()])
    there = {}
    for part, path in named["files"].items():
        if Path(path).exists():
            there[part] = path
        else:
            fault(
                InputError("is not there", file=path, remedy=f"put it there, or correct {named['key']} in the config")
            )
    logger.addHandler(fault)
    try:
        with told(fault):
            _READERS[kind](there, named, fault)
    finally:
        logger.removeHandler(fault)
    return fault.listed()


_Files = Mapping[str, str]
_Tell = Callable[[InputError], None]


def _treebank(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    whole = {}
    for split, path in there.items():
        with told(fault):
            bad: list[InputError] = []
            text.lines(path, fault=bad.append)
            for error in bad:
                fault(error)
            if not bad:
                treebanks.refuse_withheld(path)
                whole[split] = path
    if not whole:
        return
    bad = []
    treebanks.validate(whole, bad.append)
    for error in bad:
        fault(error)
    refused = {str(error.file) for error in bad}
    for path in whole.values():
        if path not in refused:
            with told(fault):
                for _ in treebanks.sentences(path, fault=fault):
                    pass


def _entities(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    for path in there.values():
        with told(fault):
            for _ in entities.sentences(path, fault=fault):
                pass


def _inference(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    for split, path in there.items():
        layout = named["layouts"][split]
        with told(fault):
            xnli.read(path, layout=layout["format"], language=named["language"], rows=layout["rows"], fault=fault)


def _bitext(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    if len(there) < len(named["files"]):  # what is there cannot be compared with what is not
        for path in there.values():
            with told(fault):
                text.lines(path, named["encoding"], fault)
        return
    options = {name: named[name] for name in ("encoding", "first_word", "swapped", "drop")}
    bitext.read(named["format"], there, **options, fault=fault)


def _translations(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    if len(there) == len(named["files"]):  # what is there cannot be compared with what is not
        reading.read(there["source"], there["target"], fault)


def _dictionary(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    if len(there) == len(named["files"]):  # the text of a dictionary is read by its index
        dictionaries.read(named["format"], there["dictionary"], fault)


def _text(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    refused: list[InputError] = []

    def noted(error: InputError) -> None:
        refused.append(error)
        fault(error)

    for path in there.values():
        number = sum(1 for _ in text.corpus_lines(path, noted))
        if not refused:  # otherwise it is not known how many lines there will be
            text.hold_out(itertools.repeat("", number), named["sentences"], lambda line: None, file=path)


def _distances(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    for path in there.values():
        languages.read_distances(path, named["languages"], fault)


def _sizes(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    for path in there.values():
        sizes = languages.read_sizes(path, fault)
        if lacking := [code for code in named["languages"] if code not in sizes]:
            logger.warning("%s: no size of %s; a language is found by its code of ISO 639", path, ", ".join(lacking))


def _vocabulary(there: _Files, named: Mapping[str, Any], fault: _Tell) -> None:
    from polychron.tokenization import vocabulary  # not for those who only read what was found

    with told(fault):
        if "sentencepiece" in there:
            vocabulary.load(there["sentencepiece"])
    if "dictionary" in there:
        text.lines(there["dictionary"], fault=fault)


_READERS = {
    "treebank": _treebank,
    "parallel": _treebank,
    "entity_treebank": _entities,
    "entities": _entities,
    "inference": _inference,
    "bitext": _bitext,
    "tatoeba": _translations,
    "dictionary": _dictionary,
    "text": _text,
    "distances": _distances,
    "sizes": _sizes,
    "vocabulary": _vocabulary,
}


def collected(paths: Iterable[str]) -> list[Fault]:
    """Return the faults in the files that `read` was saved to, see `merged`."""
    return merged(Fault(**one) for path in paths for one in read_json(path, list))


def ending(checks: Mapping[str, Sequence[str]], logs: Mapping[str, str], about: Mapping[str, Any]) -> str:
    """List the faults of all files that were read, and the files that were not, for the end of a run.

    Parameters
    ----------
    checks : mapping of str to sequence of str
        Files that `read` is saved to, and those that each is about.
    logs : mapping of str to str
        What is fetched, and the logs of its jobs.
    about : mapping
        What `save` takes; the page is written again if a file was not fetched or not read.

    Returns
    -------
    str
        Empty if nothing stops the study.
    """
    lacking = [path for path in logs if not Path(path).exists()]
    whole = [path for path, of in checks.items() if Path(path).exists() and not {*of} & {*lacking}]
    unread = [path for path, of in checks.items() if not Path(path).exists() and not {*of} & {*lacking}]
    found = merged(
        [
            *collected(whole),
            *(_unfetched(path, logs[path]) for path in lacking),
            *(_unread(path, file, about) for path in unread for file in checks[path]),
        ]
    )
    page = save(found, **about) if lacking or unread else Path(about["folder"]) / PAGE
    if said := message(found):
        return f"{said}\nNext: correct these and run the same command again; {page} lists all."
    return ""


def _unfetched(path: str, log: str | Path) -> Fault:
    """Return the fault of a file that its job did not fetch, in the words of the job's log."""
    said = Path(log).read_text(encoding="utf-8").splitlines() if Path(log).is_file() else []
    errors = [line.partition(" ERROR ")[2] for line in said if " ERROR " in line]
    what, _, remedy = (errors[-1] if errors else "was not fetched").partition(" Next: ")
    return Fault("", path, None, STOPS, what.removeprefix(f"{path}: ").rstrip("."), remedy or f"look at {log}")


def _unread(check: str, file: str, about: Mapping[str, Any]) -> Fault:
    """Return the fault of a file whose check did not come to its end."""
    dataset = Path(check).relative_to(about["folder"]).with_suffix("")
    log = Path("logs", about["study"], "check_data", f"{dataset}.log")
    remedy = f"look at {log}" if log.is_file() else "look at the messages above"
    return Fault(str(dataset), file, None, STOPS, "was not read to its end", remedy)


def merged(found: Iterable[Fault]) -> list[Fault]:
    """Return the faults of all datasets: each once, although several datasets may read a file; what stops comes first.

    Examples
    --------
    >>> one = Fault("inference/en", "dev.tsv", 7, STOPS, "2 columns")
    >>> [fault.dataset for fault in merged([one._replace(dataset="inference/de"), one])]
    ['inference/de']
    """
    once = {(fault.file, fault.line, fault.what): fault for fault in reversed([*found])}
    return sorted(
        once.values(),
        key=lambda fault: (fault.severity != STOPS, fault.file, fault.what.endswith(MORE), fault.line or 0, fault.what),
    )


def message(found: Sequence[Fault]) -> str:
    """Return the faults that stop a study as text, a line for each, file by file; empty if there is none."""
    stops = [fault for fault in found if fault.severity == STOPS]
    if not stops:
        return ""
    number = len({fault.file for fault in stops})
    lines = [f"{number} {'file has' if number == 1 else 'files have'} faults that stop the study:"]
    for fault in stops[:LINES]:
        lines.append(
            f"  {fault.place}: {fault.what}." + (f" Next: {fault.remedy.rstrip('.')}." if fault.remedy else "")
        )
    if stops[LINES:]:
        lines.append(f"  and {len(stops) - LINES:,} more")
    return "\n".join(lines)


def save(found: Sequence[Fault], *, folder: str, study: str, datasets: int, files: int) -> Path:
    """Write faults as a page and as a table, ``faults.html`` and ``faults.csv``.

    Parameters
    ----------
    found : sequence of Fault
    folder : str
        Where the two are written.
    study : str
        The study's name.
    datasets, files : int
        The number of datasets, and of their files.

    Returns
    -------
    Path
        The page.
    """
    place = Path(folder) / PAGE
    write_text(place.with_suffix(".csv"), tables.plain([fault._asdict() for fault in found]))
    write_text(place, _page(found, f"Faults in the data of the study {study}", datasets, files))
    return place


def _page(found: Sequence[Fault], title: str, datasets: int, number: int) -> str:
    rows, before = [], ""
    for fault in found:
        cells = ("" if fault.file == before else fault.file, str(fault.line or ""), fault.severity, fault.what)
        before = fault.file
        rows.append([tables.Cell(cell) for cell in (*cells, fault.remedy)])
    stops = sum(fault.severity == STOPS for fault in found)
    caption = [
        f"{number:,} files of {datasets:,} datasets were read. {stops:,} faults stop the study, {len(found) - stops:,} "
        f"do not. Of each file at most {MOST} are listed, and the others counted."
    ]
    rows = rows or [[tables.Cell("none"), *[tables.Cell("")] * 4]]
    table = tables.Table(0, title, ["File", "Line", "Severity", "What", "Next step"], rows, caption, left=5, wide=True)
    return tables.webpage(table).replace("<h1>Table 0. ", "<h1>")
