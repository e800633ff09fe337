"""Checks of datasets: what is odd in the data of a study, counted before a probe is trained on it.

Nothing is fixed and nothing is left out here. A finding is a count and the total that it is a share of. What a study
leaves out (words beyond the model's window) has the same count here as the metric ``excluded`` in its scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from polychron.data import entities, treebanks
from polychron.probing.tasks.arc_classification import universal
from polychron.reporting import tables
from polychron.tokenization.pieces import BEYOND, EMPTY, Pieces
from polychron.tokenization.sentences import unique_sentences


class Finding(NamedTuple):
    """A number found in a dataset.

    Attributes
    ----------
    kind, language, split : str
        The dataset: treebank, parallel, inference, inference_test, inference_parallel, entity_treebank, entities,
        bitext, tatoeba or heldout; its language, or two languages separated by ``/``; the split, empty if there is only
        one.
    finding : str
        What was counted.
    against : str
        What it was compared with: another split or another language.
    count, of : int
        How many, out of how many. The two are equal for a size.
    detail : str
        Which ones, or an example.
    """

    kind: str
    language: str
    split: str
    finding: str
    against: str
    count: int
    of: int
    detail: str = ""

    @property
    def severity(self) -> str:
        """What a count above zero means.

        ``left out``: examples that no score contains. ``warning``: what may make a score say something else than it
        seems to, or breaks a rule of the format without changing a word or a tree. ``information``: all else.
        """
        if self.count and self.finding.endswith(LEFT_OUT):
            return "left out"
        return "warning" if self.count and self.finding.startswith(WARNINGS) else "information"


LEFT_OUT = ("beyond the window", "without pieces", "multiword ranges", "empty nodes")
"""Ends of the names of findings of which no score contains anything."""

WARNINGS = (
    *("duplicates", "words with unseen", "sentences in another place", "sentences of its own", "udtools"),
    "sentences in the pretraining text",
)
"""Beginnings of the names of findings that a reader of the scores should know."""


def schema() -> Any:
    """Return the schema of `records` as a table, a `pyarrow.Schema`."""
    import pyarrow

    numbers = {"count", "of"}
    return pyarrow.schema(
        [(name, pyarrow.int64() if name in numbers else pyarrow.string()) for name in (*Finding._fields, "severity")]
    )


def examine(kind: str, language: str, table: Any, pieces: Pieces) -> Iterator[Finding]:
    """Count what is odd in one dataset.

    Parameters
    ----------
    kind : str
        The kind of the dataset, see `Finding`.
    language : str
        Its language, or two separated by ``/``.
    table : pyarrow.Table
        Its examples.
    pieces : Pieces
        The pieces of its words.

    Yields
    ------
    Finding
    """
    for split, finding, against, count, of, detail in _READERS[kind](table, pieces):
        yield Finding(kind, language, split, finding, against, int(count), int(of), detail)


_Row = tuple[str, str, str, int, int, str]
"""A finding without its dataset."""


def _treebank(table: Any, pieces: Pieces) -> Iterator[_Row]:
    sentence = table["sentence"].to_numpy()
    starts = np.flatnonzero(np.diff(sentence, prepend=-1))
    stops = np.append(starts[1:], len(sentence))
    forms, split_of = table["form"].to_pylist(), np.array(table["split"].to_pylist())
    labels = {
        "parts of speech": np.array(table["upos"].to_pylist()),
        "relations": np.array([universal(name) for name in table["deprel"].to_pylist()]),
    }
    whole = np.array(table["deprel"].to_pylist())
    texts: dict[str, Counter[str]] = {}
    left_out, faults = treebanks.left_out(table), treebanks.tolerated(table)
    for split in dict.fromkeys(split_of.tolist()):
        words = split_of == split
        mine = np.flatnonzero(words[starts])
        number, total = len(mine), int(words.sum())
        yield split, "sentences", "", number, number, ""
        yield split, "words", "", total, total, ""
        for name in ("multiword ranges", "empty nodes"):
            yield split, name, "", left_out.get(split, {}).get(name, 0), total, "left out by their IDs"
        for test, (count, first) in faults.get(split, {}).items():
            yield split, f"udtools {test}", "", count, total, f"tolerated; the first is {first}"
        texts[split] = Counter(" ".join(forms[starts[place] : stops[place]]) for place in mine)
        yield from _duplicates(split, texts)
        yield from _window(split, pieces, words, number, {int(place) for place in mine})
        for name, values in labels.items():
            yield split, name, "", *_inventory(values[words])
        yield split, "relations with a subtype", "", *_inventory([name for name in whole[words] if ":" in name], total)
        first = next(iter(texts))
        if split != first:
            for name, values in labels.items():
                yield split, f"words with unseen {name}", first, *_unseen(values[words], values[split_of == first])


def _entities(table: Any, pieces: Pieces) -> Iterator[_Row]:
    sentence, forms = table["sentence"].to_numpy(), table["form"].to_pylist()
    starts = np.flatnonzero(np.diff(sentence, prepend=-1))
    stops = np.append(starts[1:], len(sentence))
    split_of, label = np.array(table["split"].to_pylist()), np.array(table["entity"].to_pylist())
    texts: dict[str, Counter[str]] = {}
    for split in dict.fromkeys(split_of.tolist()):
        words = split_of == split
        mine = np.flatnonzero(words[starts])
        number, total = len(mine), int(words.sum())
        yield split, "sentences", "", number, number, ""
        yield split, "words", "", total, total, ""
        for finding, (count, of, detail) in entities.found(table).get(split, {}).items():
            against = "parallel" if finding == "sentences of its own" else ""
            yield split, finding, against, count, of, detail
        texts[split] = Counter(" ".join(forms[starts[place] : stops[place]]) for place in mine)
        yield from _duplicates(split, texts)
        yield from _window(split, pieces, words, number, {int(place) for place in mine})
        yield split, "labels", "", *_inventory(label[words])


def _inference(table: Any, pieces: Pieces) -> Iterator[_Row]:
    premises, hypotheses, split_of = (table[name].to_pylist() for name in ("premise", "hypothesis", "split"))
    _, premise, hypothesis = unique_sentences(premises, hypotheses)
    window = pieces.lengths.max(initial=0)
    texts: dict[str, Counter[str]] = {}
    for split in dict.fromkeys(split_of):
        rows = np.flatnonzero(np.array(split_of) == split)
        number = len(rows)
        yield split, "pairs", "", number, number, ""
        texts[split] = Counter(f"{premises[row]}\t{hypotheses[row]}" for row in rows)
        yield from _duplicates(split, texts)
        label = np.array(table["label"].to_pylist())[rows]
        yield split, "labels", "", *_inventory(label)
        mine = np.union1d(premise[rows], hypothesis[rows])
        longest = int((pieces.lengths[mine] == window).sum())
        yield (
            split,
            "sentences of the longest length",
            "",
            longest,
            len(mine),
            f"{window} pieces, <s> and </s> included",
        )
        for name, status in (("beyond the window", BEYOND), ("without pieces", EMPTY)):
            here = (pieces.status[premise[rows]] == status) | (pieces.status[hypothesis[rows]] == status)
            yield split, f"pairs {name}", "", here.sum(), number, ""


def _translations(table: Any, pieces: Pieces) -> Iterator[_Row]:
    sources, targets = (list(map(" ".join, table[side].to_pylist())) for side in ("source", "target"))
    number = len(sources)
    yield "", "sentence pairs", "", number, number, ""
    yield from _duplicates("", {"": Counter(map("\t".join, zip(sources, targets, strict=True)))})
    for side, sentences in (("source", sources), ("target", targets)):
        yield "", f"sentences that are repeated ({side})", "", number - len({*sentences}), number, ""
    yield from _window("", pieces, np.ones(len(pieces.status), bool), 2 * number, set(range(2 * number)))


def _bitext(table: Any, pieces: Pieces) -> Iterator[_Row]:
    sources, targets, sure, possible = (table[name].to_pylist() for name in ("source", "target", "sure", "possible"))
    number = len(sources)
    yield "", "sentence pairs", "", number, number, ""
    links = sum(map(len, possible))
    yield "", "sure links", "", sum(map(len, sure)), links, "the others are possible"
    together = Counter(
        f"{' '.join(source)}\t{' '.join(target)}" for source, target in zip(sources, targets, strict=True)
    )
    yield from _duplicates("", {"": together})
    bare = sum(not pairs for pairs in possible)
    yield "", "sentence pairs without a link", "", bare, number, ""
    yield from _window("", pieces, np.ones(len(pieces.status), bool), 2 * number, set(range(2 * number)))
    beyond, starts = pieces.status == BEYOND, pieces.word_offsets
    cut = sum(
        bool(beyond[starts[row] + source] or beyond[starts[row + number] + target])
        for row, pairs in enumerate(possible)
        for source, target in pairs
    )
    yield "", "links of words beyond the window", "", cut, links, "left out, and counted in the scores"


def _heldout(table: Any, pieces: Pieces) -> Iterator[_Row]:
    sentences = table["sentence"].to_pylist()
    yield "", "sentences", "", len(sentences), len(sentences), ""
    characters = int(pieces.characters.sum())
    yield "", "characters", "", characters, characters, "as SentencePiece normalises them"
    yield from _duplicates("", {"": Counter(sentences)})
    longest = pieces.lengths.max(initial=0)
    many = int((pieces.lengths == longest).sum())
    yield "", "sentences of the longest length", "", many, len(sentences), f"{longest} pieces, <s> and </s> included"
    yield "", "sentences without pieces", "", (pieces.status == EMPTY).sum(), len(sentences), ""


_READERS = {
    "treebank": _treebank,
    "parallel": _treebank,
    "entity_treebank": _entities,
    "entities": _entities,
    "inference": _inference,
    "inference_test": _inference,
    "bitext": _bitext,
    "tatoeba": _translations,
    "heldout": _heldout,
    "inference_parallel": _heldout,
}


def _duplicates(split: str, texts: Mapping[str, Counter[str]]) -> Iterator[_Row]:
    """Count what is repeated within a split, and what is also in the splits before it."""
    mine = texts[split]
    number = mine.total()
    twice = mine.most_common(1)[0] if mine else ("", 0)
    detail = f"{_short(twice[0])!r} {twice[1]} times" if twice[1] > 1 else ""
    yield split, "duplicates", split, number - len(mine), number, detail
    for other, theirs in texts.items():
        if other != split:
            shared = [text for text in mine if text in theirs]
            detail = repr(_short(shared[0])) if shared else ""
            yield split, "duplicates", other, sum(mine[text] for text in shared), number, detail


def _window(split: str, pieces: Pieces, words: np.ndarray, sentences: int, mine: set[int]) -> Iterator[_Row]:
    beyond = words & (pieces.status == BEYOND)
    cut = mine & set(np.unique(pieces.word_sentence[beyond]).tolist())
    total = int(words.sum())
    yield split, "sentences beyond the window", "", len(cut), sentences, ""
    yield split, "words beyond the window", "", beyond.sum(), total, "left out, and counted in the scores"
    yield split, "words without pieces", "", (words & (pieces.status == EMPTY)).sum(), total, ""


def _inventory(values: Any, of: int | None = None) -> tuple[int, int, str]:
    counts = Counter(map(str, values))
    detail = ", ".join(
        f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return (len(counts), len(counts), detail) if of is None else (counts.total(), of, detail)


def _unseen(values: np.ndarray, known: np.ndarray) -> tuple[int, int, str]:
    lost = Counter(values[~np.isin(values, np.unique(known))].tolist())
    return lost.total(), len(values), ", ".join(f"{name} {count}" for name, count in sorted(lost.items()))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def aligned(tables: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the sentences of parallel treebanks with those of the first, by their ids.

    Yields
    ------
    Finding
        ``sentences in another place``: the same id, at another place in the file. ``sentences of its own``: ids that
        the first treebank does not have.
    """
    order = {language: list(dict.fromkeys(table["sent_id"].to_pylist())) for language, table in tables.items()}
    reference = next(iter(order), "")
    places = {name: place for place, name in enumerate(order.get(reference, ()))}
    for language, names in order.items():
        if language == reference:
            continue
        own = [name for name in names if name not in places]
        moved = [name for place, name in enumerate(names) if places.get(name, place) != place]
        for finding, found in (("sentences in another place", moved), ("sentences of its own", own)):
            detail = f"the first is {found[0]}" if found else ""
            yield Finding("parallel", language, "test", finding, reference, len(found), len(names), detail)


def unseen(sources: Mapping[str, Any], targets: Mapping[str, Any]) -> Iterator[Finding]:
    """Count the words of transfer targets whose label is not in the training split of a source.

    Yields
    ------
    Finding
        For each target, source and kind of label with such words. The probes of that source cannot get them right.
    """
    columns = {"parts of speech": "upos", "relations": "deprel"}
    known: dict[tuple[str, str], set[str]] = {}
    for source, table in sources.items():
        train = np.array(table["split"].to_pylist()) == "train"
        for name, column in columns.items():
            known[source, name] = {universal(label) for label in np.array(table[column].to_pylist())[train].tolist()}
    for target, table in targets.items():
        for name, column in columns.items():
            counts = Counter(map(universal, table[column].to_pylist()))
            for source in sources:
                lost = {label: count for label, count in sorted(counts.items()) if label not in known[source, name]}
                if lost:
                    detail = ", ".join(f"{label} {count}" for label, count in lost.items())
                    count, of = sum(lost.values()), counts.total()
                    yield Finding("parallel", target, "test", f"words with unseen {name}", source, count, of, detail)


def report(findings: Sequence[Finding], title: str) -> str:
    """Write findings as a page, without those whose count is zero, which are in the table."""
    rows = []
    before: tuple[str, str] | None = None
    for one in findings:
        if not one.count:
            continue
        dataset = f"{one.kind} {one.language}" if (one.kind, one.language) != before else ""
        before = one.kind, one.language
        against = f" ({one.against})" if one.against and one.against != one.split else ""
        share = "" if one.count == one.of else f"{one.of:,}"
        severity = "" if one.severity == "information" else one.severity
        cells = (dataset, one.split, one.finding + against, severity, f"{one.count:,}", share, one.detail)
        rows.append([tables.Cell(text) for text in cells])
    head = ["Dataset", "Split", "What", "Severity", "Number", "Of", "Which"]
    caption = [
        f"{sum(not one.count for one in findings):,} further counts are zero; they are in the table beside this page."
    ]
    table = tables.Table(0, title, head, rows, caption, left=4, wide=True)
    return tables.webpage(table).replace("<h1>Table 0. ", "<h1>")


def records(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as records of a table: the fields of `Finding`, and its severity."""
    return [{**one._asdict(), "severity": one.severity} for one in findings]
