"""A world of artificial languages: meanings are drawn from a seed, and each is expressed in six languages.

It has everything that the study of real languages downloads, with gold labels: text, treebanks, a parallel test
treebank, inference triples, word alignments, distances, corpus sizes. The formats are those of the real files, so that
nothing downstream knows the difference. Since it is known how the languages were made, what the study finds can be
checked against it (`polychron.synthetic.languages.relations`).
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from polychron.synthetic import nli, writers
from polychron.synthetic.concepts import concepts
from polychron.synthetic.grammar import Grammar
from polychron.synthetic.languages import LANGUAGES, distances
from polychron.synthetic.lexicon import Lexicon, lexica
from polychron.synthetic.semantics import Imagination, Statement

SPLITS = ("train", "dev", "test")

HESITANT = 0.01
"""Share of the text's words that are followed by a comma for no reason."""


class World:
    """The world of a seed. Every dataset has draws of its own, so that the size of one changes no other.

    Parameters
    ----------
    seed : int
        Seed of everything that is drawn.
    window : int
        The longest input of the model that will read it, in pieces: some sentences are made longer.
    """

    def __init__(self, seed: int, window: int) -> None:
        self.seed, self.window = seed, window
        self.lexica: dict[str, Lexicon] = lexica(self.rng("lexicon"))

    def rng(self, name: str) -> np.random.Generator:
        """Return the random numbers of a dataset."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def grammar(self, language: str, name: str) -> Grammar:
        """Return a language's grammar, with the choices of a dataset."""
        return Grammar(self.lexica[language], self.rng(f"grammar {language} {name}"))

    def orthography(self, name: str, **shares: float) -> writers.Orthography:
        """Return a dataset's way of writing words."""
        return writers.Orthography(self.rng(f"orthography {name}"), **shares)

    def statements(self, name: str, number: int, avoid: frozenset[Statement] = frozenset()) -> list[Statement]:
        """Draw the meanings of a treebank or a bitext, none of them twice, one in fifty longer than the window."""
        imagination = Imagination(self.rng(name))
        drawn: dict[Statement, None] = {}
        while len(drawn) < number:
            if len(drawn) % 50 == 25:
                statement = imagination.long_statement(self.window // 5)
            else:
                statement = imagination.statement()
            if statement not in avoid:
                drawn[statement] = None
        return list(drawn)

    def text(self, language: str, sentences: int) -> bytes:
        """Write a language's pretraining text, ``.txt.xz``."""
        imagination = Imagination(self.rng(f"text {language}"))
        orthography, grammar = self.orthography(f"text {language}"), self.grammar(language, "text")
        return writers.packed(
            orthography.line(
                grammar.say(
                    imagination.long_statement(self.window // 5) if place % 400 == 399 else imagination.statement()
                ).words,
                HESITANT,
            )
            for place in range(sentences)
        )

    def parallel_statements(self, number: int) -> list[Statement]:
        """Draw the meanings of the parallel test treebanks, the same for all languages."""
        return self.statements("parallel", number)

    def treebank(self, language: str, sizes: Mapping[str, int], avoid: Sequence[Statement] = ()) -> dict[str, str]:
        """Write a language's treebank, CoNLL-U by split; no sentence is in two splits, or among `avoid`."""
        name = f"treebank {language}"
        drawn = self.statements(name, sum(sizes.values()), frozenset(avoid))
        files, start, grammar = {}, 0, self.grammar(language, "treebank")
        for split, size in sizes.items():
            identifiers = [f"{language}-world-{split}-{place:04d}" for place in range(1, size + 1)]
            trees = [grammar.say(statement) for statement in drawn[start : start + size]]
            files[split] = writers.conllu(
                trees, self.orthography(f"{name} {split}"), f"{language}-world-{split}", identifiers
            )
            start += size
        return files

    def parallel(self, language: str, statements: Sequence[Statement]) -> str:
        """Write a language's parallel test treebank, with the same ``sent_id`` in all languages."""
        identifiers = [f"w{place:04d}" for place in range(1, len(statements) + 1)]
        grammar = self.grammar(language, "parallel")
        trees = [grammar.say(statement) for statement in statements]
        return writers.conllu(trees, self.orthography(f"parallel {language}"), "parallel", identifiers)

    def inference(self, split: str, languages: Sequence[str], pairs: int) -> dict[str, list[tuple[str, str, str]]]:
        """Draw premise, hypothesis and label, by language the same meanings; three labels to each premise."""
        imagination = Imagination(self.rng(f"inference {split}"))
        triples = [nli.triple(imagination) for _ in range(-(-pairs // 3))]
        rows = {}
        for language in languages:
            line = self._line(language, f"inference {split} {language}")
            rows[language] = [
                (spoken, line(hypotheses[label]), label)
                for premise, hypotheses in triples
                for spoken in [line(premise)]
                for label in nli.LABELS
            ][:pairs]
        return rows

    def bitext(self, source: str, target: str, sentences: int) -> tuple[str, str, str]:
        """Write numbered sentences in two languages, and their gold links."""
        statements = self.statements("bitext", sentences)
        grammars = [self.grammar(code, "bitext") for code in (source, target)]
        left, right = ([grammar.say(each).words for each in statements] for grammar in grammars)
        return writers.numbered(left), writers.numbered(right), writers.links(left, right)

    def _line(self, language: str, name: str) -> Callable[[Statement], str]:
        orthography, grammar = self.orthography(name), self.grammar(language, name)
        return lambda statement: orthography.line(grammar.say(statement).words)


def cognates(words: Mapping[str, Lexicon], first: str, second: str) -> float:
    """Return the share of concepts whose form two languages inherit from the common ancestor."""
    return len(words[first].inherited & words[second].inherited) / len(concepts())


def files(seed: int, window: int, layout: Mapping[str, Any], sizes: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Make every file of a world.

    Parameters
    ----------
    seed : int
        Seed of the world.
    window : int
        The model's longest input, in pieces.
    layout : mapping
        Path of each dataset: ``text``, ``treebank``, ``parallel``, ``inference``, ``alignment``, ``distances``,
        ``sizes``, as in the config's ``files``.
    sizes : mapping
        Numbers of sentences: ``text`` (all languages together), ``treebank`` and ``inference`` (train, dev, test),
        ``parallel``, ``alignment``.

    Yields
    ------
    path, content : str, bytes
        Each file once.
    """
    world = World(seed, window)
    spoken = world.parallel_statements(sizes["parallel"])
    volumes = ["language,code,tokens_millions,size_gib"]
    for code, language in LANGUAGES.items():
        content = world.text(code, round(sizes["text"] * language.text))
        yield layout["text"].format(language=code), content
        raw = lzma.decompress(content)
        volumes.append(f"{language.name},{code},{len(raw.split()) / 1e6:.6f},{len(raw) / 2**30:.9f}")
    yield layout["sizes"], ("\n".join(volumes) + "\n").encode()
    yield layout["distances"], distances().encode()
    splits = dict(zip(SPLITS, sizes["treebank"], strict=True))
    for code, path in layout["treebank"].items():
        for split, content in world.treebank(code, splits, spoken).items():
            yield path.format(split=split), content.encode()
    for code, path in layout["parallel"].items():
        yield path, world.parallel(code, spoken).encode()
    for split, pairs in zip(SPLITS, sizes["inference"], strict=True):
        rows = world.inference(split, sorted(LANGUAGES), pairs)
        path = layout["inference"][split]["file"]
        if split == "train":
            for code, examples in rows.items():
                yield path.format(language=code), writers.multinli(examples).encode()
        else:
            yield path, writers.xnli(_together(rows)).encode()
    for pair, entry in layout["alignment"].items():
        parts = world.bitext(*pair.split("/"), sizes["alignment"])
        for part, content in zip(("source", "target", "links"), parts, strict=True):
            yield entry[part], content.encode()


def _together(rows: Mapping[str, list[tuple[str, str, str]]]) -> Iterator[tuple[str, str, str, str, str]]:
    for language, examples in rows.items():
        for number, (premise, hypothesis, label) in enumerate(examples, start=1):
            yield language, label, premise, hypothesis, str(number)
