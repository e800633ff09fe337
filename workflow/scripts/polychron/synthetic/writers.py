"""The formats of the real downloads, written: CoNLL-U, plain text, XNLI's tables, numbered sentences with their links.

What breaks readers of the real files is here too: contractions (ranges of words), empty nodes, relation subtypes,
punctuation with and without a space before it, comments, a column that is always there and always empty.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from polychron.synthetic.grammar import Sentence, Word

XNLI_COLUMNS = (
    *("language", "gold_label", "sentence1_binary_parse", "sentence2_binary_parse", "sentence1_parse"),
    *("sentence2_parse", "sentence1", "sentence2", "promptID", "pairID", "genre"),
    *("label1", "label2", "label3", "label4", "label5", "sentence1_tokenized", "sentence2_tokenized", "match"),
)
UPSTREAM_LABEL = {"entailment": "entailment", "neutral": "neutral", "contradiction": "contradictory"}
"""How the translated training data names its labels."""

VOWELS = frozenset("aeiouаеиоуαειουაეიოუ")


class Orthography:
    """How words are written: which are contracted, and where there is no space.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the draws come from.
    contracted : float
        The share of contractions among the words that allow one, in [0, 1].
    attached : float
        The share of sentences whose punctuation follows without a space, in [0, 1].
    """

    def __init__(self, rng: np.random.Generator, contracted: float = 0.2, attached: float = 0.5) -> None:
        self.rng, self.contracted, self.attached = rng, contracted, attached

    def tokens(self, words: Sequence[Word]) -> list[tuple[str, int, int, bool]]:
        """Write a sentence as tokens.

        Returns
        -------
        list of (str, int, int, bool)
            Each written token, the half-open span of its words, and whether a space follows.
        """
        attached = self.rng.random() < self.attached
        tokens, place = [], 0
        while place < len(words):
            stop = place + 1
            form = words[place].form
            if words[place].fuses and stop < len(words) and self.rng.random() < self.contracted:
                form = contraction(form, words[stop].form)
                stop += 1
            space = stop < len(words) and not (attached and words[stop].upos == "PUNCT")
            tokens.append((form, place, stop, space))
            place = stop
        return tokens

    def line(self, words: Sequence[Word], hesitant: float = 0.0) -> str:
        """Write a sentence as plain text, with a comma after a word now and then.

        SentencePiece makes a piece only of what is in two different tokens or more: short words need the comma.
        """
        tokens = self.tokens(words)
        if hesitant:
            tokens = [
                (form + "," if space and self.rng.random() < hesitant else form, start, stop, space)
                for form, start, stop, space in tokens
            ]
        return text_of(tokens)


def contraction(first: str, second: str) -> str:
    """Write two words as one: the first loses its last consonants and the vowel before them.

    Examples
    --------
    >>> contraction("den", "lis")
    'dlis'
    """
    stem = first.rstrip("".join(set(first) - VOWELS))[:-1]
    return (stem or first) + second


def text_of(tokens: Iterable[tuple[str, int, int, bool]]) -> str:
    """Join written tokens."""
    return "".join(form + (" " if space else "") for form, _, _, space in tokens)


def conllu(sentences: Iterable[Sentence], orthography: Orthography, name: str, identifiers: Sequence[str]) -> str:
    """Write a treebank, basic and enhanced.

    Parameters
    ----------
    sentences : iterable of Sentence
        The trees.
    orthography : Orthography
        How they are written.
    name : str
        Name of the document.
    identifiers : sequence of str
        The ``sent_id`` of each sentence.

    Returns
    -------
    str
        CoNLL-U, with a blank line after every sentence.
    """
    blocks = [f"# newdoc id = {name}\n"]
    for sentence, identifier in zip(sentences, identifiers, strict=True):
        tokens = orthography.tokens(sentence.words)
        rows = "".join("\t".join(row) + "\n" for row in _rows(sentence, tokens))
        blocks.append(f"# sent_id = {identifier}\n# text = {text_of(tokens)}\n{rows}\n")
    return "".join(blocks)


def _rows(sentence: Sentence, tokens: list[tuple[str, int, int, bool]]) -> Iterable[tuple[str, ...]]:
    number = {word: place + 1 for place, word in enumerate(sentence.words)}
    pronouns = {word.head: word for word in sentence.words if word.upos == "PRON" and word.gloss == "the"}
    empty = None if sentence.elided is None else f"{number[sentence.after]}.1"
    for form, start, stop, space in tokens:
        misc = "" if space or stop == len(sentence.words) else "SpaceAfter=No"
        if stop - start > 1:
            yield (f"{start + 1}-{stop}", form, *"______", "_", misc or "_")
        for word in sentence.words[start:stop]:
            head = "0" if word.head is None else str(number[word.head])
            notes = [f"Gloss={word.gloss}"] if word.upos != "PUNCT" and word.upos != "NUM" else []
            notes += [misc] if misc and stop - start == 1 else []
            enhanced = "|".join(f"{at}:{name}" for at, name in _enhanced(word, int(head), empty, number, pronouns))
            basic = (word.form, word.form, word.upos, "_", "_", head, word.deprel, enhanced, "|".join(notes) or "_")
            yield (str(number[word]), *basic)
            if empty is not None and word is sentence.after:
                verb = sentence.elided
                yield (empty, verb.form, verb.form, verb.upos, *"____", f"{number[verb.head]}:conj", "_")


def _enhanced(
    word: Word, head: int, empty: str | None, number: Mapping[Word, int], pronouns: Mapping[Word, Word]
) -> list[tuple[int | str, str]]:
    """Return the enhanced relations, sorted by their heads.

    A relative pronoun refers to its noun, which takes its place in the relative clause; around an elided verb, its
    participants depend on it.
    """
    if word.gloss == "the" and word.upos == "PRON":
        return [(number[word.head.head], "ref")]
    if empty is not None and word.key[0] != "clause 0" and word.key[-1] == "noun":
        if word.deprel == "conj":
            return [(empty, "nsubj")]
        if word.deprel == "orphan":
            return [(empty, "obj")]
    inner = [(number[verb], pronoun.deprel) for verb, pronoun in pronouns.items() if verb.head is word]
    return sorted([(head, word.deprel), *inner])


def xnli(rows: Iterable[tuple[str, str, str, str, str]]) -> str:
    """Write XNLI-1.0's table of a split in all languages.

    Parameters
    ----------
    rows : iterable of (language, label, premise, hypothesis, pair)
        The pairs; `pair` is the same in all languages.

    Returns
    -------
    str
        The table, with XNLI's nineteen columns; the parses are empty, as they are in the original.
    """
    lines = ["\t".join(XNLI_COLUMNS)]
    for language, label, premise, hypothesis, pair in rows:
        prompt = str((int(pair) - 1) // 3 + 1)
        numbers = (prompt, pair, "world")
        said = (premise, hypothesis)
        lines.append("\t".join((language, label, *("",) * 4, *said, *numbers, *(label,) * 5, *said, "True")))
    return "\n".join(lines) + "\n"


def multinli(rows: Iterable[tuple[str, str, str]]) -> str:
    """Write XNLI-MT-1.0's table of training pairs in one language.

    Parameters
    ----------
    rows : iterable of (premise, hypothesis, label)
        The pairs.

    Returns
    -------
    str
        The table, under the header ``premise``, ``hypo``, ``label``; a contradiction is called ``contradictory``.
    """
    lines = ["premise\thypo\tlabel"]
    lines += [f"{premise}\t{hypothesis}\t{UPSTREAM_LABEL[label]}" for premise, hypothesis, label in rows]
    return "\n".join(lines) + "\n"


def numbered(sentences: Iterable[Sequence[Word]]) -> str:
    """Write one side of a bitext as the shared task of 2003 did: ``<s snum=0001> ... </s>``."""
    lines = [
        f"<s snum={place:04d}> {' '.join(word.form for word in words)} </s>"
        for place, words in enumerate(sentences, start=1)
    ]
    return "\n".join(lines) + "\n"


def links(sources: Iterable[Sequence[Word]], targets: Iterable[Sequence[Word]]) -> str:
    """Write the gold links of a bitext, 1-based: ``0001 2 3 S`` for sure links, ``P`` for possible ones.

    Two words are surely linked where they say the same element of the meaning; possibly, where one of them says by
    its form what the other says as a word.
    """
    lines = []
    for number, (source, target) in enumerate(zip(sources, targets, strict=True), start=1):
        for i, left in enumerate(source, start=1):
            for j, right in enumerate(target, start=1):
                if left.key == right.key:
                    lines.append(f"{number:04d} {i} {j} S")
                elif left.key in right.covers or right.key in left.covers:
                    lines.append(f"{number:04d} {i} {j} P")
    return "\n".join(lines) + "\n"


def packed(lines: Iterable[str]) -> bytes:
    """Compress lines of text as ``.txt.xz``: same lines, same bytes."""
    return lzma.compress("".join(f"{line}\n" for line in lines).encode(), format=lzma.FORMAT_XZ, preset=6)
