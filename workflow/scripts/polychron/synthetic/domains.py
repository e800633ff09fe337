"""Text of a world whose sentences are about some of its domains: two languages that are never about the same.

Wu et al. (2020, section 4.1) train one language on Wikipedia and the other on Common Crawl. Here a language has
sentences of the first half of the domains or of the second. Names, function words and adverbs belong to no domain, and
a word strays from the domain of its sentence as often as in all texts of the world, so these are common to both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from polychron.synthetic import twins as of_twins
from polychron.synthetic.concepts import DOMAINS, Domain
from polychron.synthetic.languages import LANGUAGES
from polychron.synthetic.semantics import STRAY, Imagination
from polychron.synthetic.world import HESITANT, World

HALVES: dict[str, Sequence[Domain]] = {
    "first": DOMAINS[: len(DOMAINS) // 2],
    "second": DOMAINS[len(DOMAINS) // 2 :],
}
"""The domains of the first and of the second of two languages that are apart."""


class Apart(Imagination):
    """Draws meanings of some domains.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the draws come from.
    domains : sequence of Domain
        What sentences are about. Words that stray are of any domain.
    """

    def __init__(self, rng: np.random.Generator, domains: Sequence[Domain]) -> None:
        super().__init__(rng)
        self.domains = domains

    def pick(self, options: Sequence) -> object:
        """Draw one of several, with equal probabilities; of all domains, one of its own."""
        return super().pick(self.domains if options is DOMAINS else options)

    def near(self, domain: Domain) -> Domain:
        """Stay with the domain, or stray from it to any."""
        return super().pick(DOMAINS) if self.chance(STRAY) else domain


def text(
    seed: int, window: int, language: str, half: str, sentences: int, twins: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Write the text of a language about one half of the domains.

    Parameters
    ----------
    seed, window : int
        Those of the world.
    language : str
        A language of the world, or one of its twins.
    half : {"first", "second"}
        The first four domains, or the others.
    sentences : int
        Sentences of the texts of all languages together, of which the language has its share, as in the world's text.
    twins : mapping of str to str, optional
        The twins of the world, each with the language that it is.

    Yields
    ------
    str
        A line. The draws are none of those of the world's other texts, so these stay as they are.

    Examples
    --------
    >>> len(list(text(1, 64, "qsa", "first", 100)))
    22
    """
    world, of = World(seed, window), (twins or {}).get(language, language)
    if language != of:
        world.lexica[language] = of_twins.transliterated(world.lexica[of], of_twins.twin_of(language, of))
    name = f"text of the {half} domains"
    imagination = Apart(world.rng(f"{name} {language}"), HALVES[half])
    orthography, grammar = world.orthography(f"{name} {language}"), world.grammar(language, name)
    for place in range(round(sentences * LANGUAGES[of].text)):
        long = place % 400 == 399  # as in the world's text
        meaning = imagination.long_statement(window // 5) if long else imagination.statement()
        yield orthography.line(grammar.say(meaning).words, HESITANT)
