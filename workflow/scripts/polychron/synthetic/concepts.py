"""Concepts of the artificial languages, by the domains that their sentences are about.

A concept is named by an English gloss (``teacher``, ``in``); concepts that belong to no domain are used in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """A domain that a sentence can be about, with its words from frequent to rare.

    Attributes
    ----------
    agents, things : tuple of str
        Nouns for who acts and for what is acted upon.
    kind : str
        The hypernym of the things.
    place : str
        Where it happens.
    stays : str
        An intransitive verb.
    verbs : tuple of str
        Transitive verbs.
    does : str
        The hypernym of the transitive verbs.
    adjectives : tuple of (str, str)
        Two adjectives that exclude each other.
    """

    agents: tuple[str, str]
    things: tuple[str, str, str]
    kind: str
    place: str
    stays: str
    verbs: tuple[str, str]
    does: str
    adjectives: tuple[str, str]

    @property
    def nouns(self) -> tuple[str, ...]:
        """All nouns of the domain."""
        return (*self.agents, *self.things, self.kind, self.place)


DOMAINS = (
    Domain(
        ("farmer", "horse"), ("hay", "corn", "plum"), "crop", "field", "toil", ("sow", "mow"), "grow", ("ripe", "green")
    ),
    Domain(
        ("sailor", "gull"),
        ("boat", "raft", "ship"),
        "vessel",
        "harbour",
        "float",
        ("row", "moor"),
        "steer",
        ("fast", "slow"),
    ),
    Domain(
        ("cook", "baker"),
        ("soup", "bread", "cheese"),
        "food",
        "kitchen",
        "dine",
        ("fry", "bake"),
        "prepare",
        ("hot", "cold"),
    ),
    Domain(
        ("teacher", "pupil"),
        ("poem", "novel", "letter"),
        "text",
        "school",
        "study",
        ("read", "copy"),
        "learn",
        ("long", "short"),
    ),
    Domain(
        ("smith", "joiner"),
        ("hammer", "saw", "nail"),
        "tool",
        "forge",
        "sweat",
        ("cast", "mend"),
        "make",
        ("heavy", "light"),
    ),
    Domain(
        ("trader", "thief"),
        ("coin", "ring", "gem"),
        "treasure",
        "market",
        "haggle",
        ("sell", "steal"),
        "take",
        ("cheap", "dear"),
    ),
    Domain(
        ("tailor", "weaver"),
        ("coat", "hat", "scarf"),
        "garment",
        "mill",
        "sit",
        ("sew", "wash"),
        "tend",
        ("clean", "dirty"),
    ),
    Domain(
        ("hunter", "wolf"),
        ("deer", "hare", "fox"),
        "beast",
        "forest",
        "roam",
        ("chase", "shoot"),
        "hunt",
        ("wild", "tame"),
    ),
)

ADVERBS = ("often", "today", "here", "quietly", "again", "soon")
NAMES = ("Anna", "Bela", "Chidi", "Dora", "Emil", "Fatu", "Goran", "Hana", "Ivo", "Juno")
ADPOSITIONS = ("in", "with", "to", "by")
FUNCTION = ("oh", "the", "a", "not", "past", "be", "passive", "that", "and", "he", "she", *ADPOSITIONS)
CASES = ("accusative", *ADPOSITIONS)

SPEECH = ("say", "think")

NOUNS = tuple(noun for domain in DOMAINS for noun in domain.nouns)
VERBS = (*(verb for domain in DOMAINS for verb in (*domain.verbs, domain.does, domain.stays)), *SPEECH)
ADJECTIVES = tuple(adjective for domain in DOMAINS for adjective in domain.adjectives)
HYPERNYM = {
    **{thing: domain.kind for domain in DOMAINS for thing in (*domain.things, domain.kind)},
    **{verb: domain.does for domain in DOMAINS for verb in (*domain.verbs, domain.does)},
}
"""What a thing is a kind of, and what a transitive verb is a way of; a hypernym is its own."""
OPPOSITE = {a: b for domain in DOMAINS for a, b in (domain.adjectives, domain.adjectives[::-1])}


def concepts() -> list[str]:
    """List every concept."""
    return [*NOUNS, *VERBS, *ADJECTIVES, *ADVERBS, *NAMES, *FUNCTION]
