"""On every treebank at hand, each word has the pieces that the tokenizer's character offsets give it in running text.

The library cuts words one by one and never looks at offsets. Here the running text of a sentence is cut as a whole,
and a word's pieces are those whose character offsets touch it. Where the two disagree, the word is written
differently in running text, and the reason is named and tried: once it is taken away, they must agree.
"""

import lzma
from collections import Counter
from typing import NamedTuple

import pytest
from tiny import tokenizer as train

from polychron.tokenization.segmentation import load, segment

SENTENCES = 16
"""Sentences of each file, spread evenly over it."""

VOCABULARY = 8000

REASONS = {
    "glued": "no space is between the word and its neighbour: punctuation, or a script without spaces",
    "multiword": "the word is part of a multiword token, and is not written in the text",
}


class Word(NamedTuple):
    form: str
    start: int | None  # its place in the text; None for a part of a multiword token
    glued: bool  # whether it touches another word there


class Sentence(NamedTuple):
    text: str
    words: list[Word]
    spaced: str  # the text, with each word on its own and multiword tokens as their words
    places: list[int]  # of the words in `spaced`


def read(block):
    """Read one sentence of a CoNLL-U file, and find its words in its text."""
    lines = block.splitlines()
    text = next(line.split("=", 1)[1].strip() for line in lines if line.startswith("# text ="))
    words, spaced, places, at, last = [], "", [], 0, 0
    for number, form in (line.split("\t")[:2] for line in lines if line and not line.startswith("#")):
        if "." in number:
            continue
        if "-" in number or int(number) > last:  # a token of the text
            start = text.index(form, at)
            assert not text[at:start].strip(), f"{text!r}: {text[at:start]!r} before {form!r} is no word"
            gap, at = text[at:start], start + len(form)
        if "-" in number:
            last = int(number.split("-")[1])
            continue
        part = int(number) <= last
        touches = not part and bool(text[max(start - 1, 0) : start].strip() or text[at : at + 1].strip())
        words.append(Word(form, None if part else start, touches))
        spaced += (gap or " ") if words[1:] else ""
        gap = " "
        places.append(len(spaced))
        spaced += form
    assert not text[at:].strip(), f"{text!r}: {text[at:]!r} belongs to no word"
    return Sentence(text, words, spaced, places)


def by_offsets(encoding, start, stop):
    """Return the pieces that touch a stretch of characters."""
    return [
        piece
        for piece, (first, last) in zip(encoding.ids, encoding.offsets, strict=True)
        if first < stop and last > start
    ]


def compare(sentence, tokenizer, counts):
    """Compare the library's pieces with those of the running text, and return the words that nothing explains."""
    cut = segment([[word.form for word in sentence.words]], tokenizer, 10**6)
    written, spaced = (tokenizer.encode(text, add_special_tokens=False) for text in (sentence.text, sentence.spaced))
    unexplained = []
    for number, word in enumerate(sentence.words):
        own = cut.ids[cut.first[number] : cut.stop[number]].tolist()
        place, length = sentence.places[number], len(word.form)
        reason = "multiword" if word.start is None else "glued" if word.glued else None
        same = word.start is not None and own == by_offsets(written, word.start, word.start + length)
        counts["same" if same else reason or "unexplained"] += 1
        if own != by_offsets(spaced, place, place + length) or not (same or reason):
            unexplained.append((word.form, own))
    return unexplained


def sample(path):
    blocks = path.read_text(encoding="utf-8").split("\n\n")[:-1]
    return blocks[:: max(len(blocks) // SENTENCES, 1)]


def texts(shared):
    """About five thousand characters of each language."""
    for path in sorted((shared / "text").glob("*.txt.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            yield from file.read(5_000).splitlines()[:-1]


@pytest.fixture(scope="module")
def folder(shared, tmp_path_factory):
    return tmp_path_factory.mktemp("tokenizer")


@pytest.fixture(scope="module")
def sentencepiece(shared, folder):
    return train(folder, texts(shared), VOCABULARY)


@pytest.fixture(scope="module")
def tokenizer(folder, sentencepiece):
    return load(folder / "tokenizer.json")


@pytest.mark.shared
@pytest.mark.slow
def test_every_word_of_every_treebank(shared, tokenizer):
    total, lines, unexplained = Counter(), [], []
    for folder in sorted((shared / "ud").glob("UD_*")):
        counts = Counter()
        for path in sorted(folder.glob("*.conllu")):
            for block in sample(path):
                unexplained += [(path.name, *word) for word in compare(read(block), tokenizer, counts)]
        total += counts
        lines.append(f"{folder.name:32}" + "".join(f"{counts[key]:>8}" for key in ("same", *REASONS)))
    assert len(lines) >= 60
    assert not unexplained, unexplained[:10]
    assert not total["unexplained"]
    assert set(total) == {"same", *REASONS}, "every reason occurs"
    print("words with the same pieces as in running text;", "; ".join(REASONS.values()))  # shown by pytest -s
    print("\n".join(lines))


def test_the_classifier_knows_the_reasons(tmp_path):
    """The check itself, on a sentence that has all of them."""
    lines = ["the cat can not sleep", "I am in the house of the cats"] * 30
    train(tmp_path, lines, 20)
    tokenizer = load(tmp_path / "tokenizer.json")
    rows = [("1-2", "cannot"), ("1", "can"), ("2", "not"), ("2.1", "sleep"), ("3", "the cat"), ("4", "."), ("5", "of")]
    block = "# text = cannot the cat. of\n" + "".join(f"{number}\t{form}\t_\n" for number, form in rows)
    sentence = read(block)
    assert [word.form for word in sentence.words] == ["can", "not", "the cat", ".", "of"]
    assert [word.start for word in sentence.words] == [None, None, 7, 14, 16]
    assert [word.glued for word in sentence.words] == [False, False, True, True, False]
    assert sentence.spaced == "can not the cat . of"
    counts = Counter()
    assert compare(sentence, tokenizer, counts) == []
    assert counts == {"multiword": 2, "glued": 1, "same": 2}, "the full stop lacks its own space"
    wrong = sentence._replace(places=[place + 1 for place in sentence.places])
    assert compare(wrong, tokenizer, Counter())


@pytest.mark.shared
def test_characters_are_those_of_sentencepiece_in_every_language(shared, tokenizer, sentencepiece):
    differing = Counter()
    for path in sorted((shared / "text").glob("*.txt.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            lines = file.read(4000).splitlines()[:-1]
        cut = segment([[line] for line in lines], tokenizer, 10**6, whole=True)
        expected = [len(sentencepiece.Normalize(line).removeprefix("▁")) for line in lines]
        differing[path.stem] = sum(own != its for own, its in zip(cut.characters.tolist(), expected, strict=True))
    assert not +differing
