"""Meanings, and how they are drawn: who does what to whom, where, and what is true of whom.

A meaning belongs to no language. Its leaves are the concepts of `polychron.lexicon`; verbs choose the classes of their
subjects and objects, adjectives those of their nouns, and frequencies within a class fall as one over the rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polychron.lexicon import ADJECTIVES, ADVERBS, ANTONYMS, CLASS_OF, NAMES, NOUNS, VERBS


@dataclass(frozen=True)
class Thing:
    """A participant: a noun, a name or a pronoun, with what is said of it.

    `role` of the relative clause says what the noun is in it, ``subject`` or ``object``.
    """

    noun: str
    definite: bool = True
    adjective: str | None = None
    number: int | None = None
    relative: Event | None = None
    role: str | None = None
    other: Thing | None = None


@dataclass(frozen=True)
class Event:
    """Somebody does something. A participant that a relative clause has taken out is None."""

    verb: str
    subject: Thing | None
    object: Thing | None = None
    places: tuple[tuple[str, Thing], ...] = ()
    adverb: str | None = None
    negated: bool = False
    past: bool = False
    passive: bool = False
    content: Event | State | None = None


@dataclass(frozen=True)
class State:
    """Something is something: an adjective or a noun is true of it."""

    subject: Thing
    predicate: str
    negated: bool = False
    past: bool = False


@dataclass(frozen=True)
class Statement:
    """A sentence: clauses joined by *and*. With `gap`, the second clause leaves out the verb of the first."""

    clauses: tuple[Event | State, ...]
    question: bool = False
    gap: bool = False


class Imagination:
    """Draws meanings.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the draws come from.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def chance(self, probability: float) -> bool:
        """Say yes with a probability."""
        return bool(self.rng.random() < probability)

    def pick(self, options: Sequence) -> object:
        """Draw one of several, all alike."""
        return options[int(self.rng.random() * len(options))]

    def pick_ranked(self, options: Sequence) -> object:
        """Draw one of several, the k-th with a probability in proportion to 1 / (k + 1)."""
        weights = np.cumsum(1.0 / np.arange(2, len(options) + 2))
        return options[int(np.searchsorted(weights, self.rng.random() * weights[-1], side="right"))]

    def statement(self) -> Statement:
        """Draw a sentence."""
        if self.chance(0.03):
            first = self.event(transitive=True, plain=True)
            second = self.event(first.verb, plain=True)
            return Statement((first, second), gap=True)
        clauses = [self.clause()]
        if self.chance(0.08):
            clauses.append(self.clause(depth=1))
        return Statement(tuple(clauses), question=self.chance(0.06))

    def long_statement(self, clauses: int) -> Statement:
        """Draw a sentence of many clauses."""
        return Statement(tuple(self.clause() for _ in range(clauses)))

    def clause(self, depth: int = 0) -> Event | State:
        """Draw a clause; at depth 0 it may hold further clauses."""
        if self.chance(0.22):
            return self.state(depth)
        return self.event(depth=depth)

    def state(self, depth: int = 0) -> State:
        """Draw what something is: an adjective of its class, or the hypernym."""
        subject = self.thing(self.pick(list(NOUNS)), depth, bare=True)
        of = CLASS_OF.get(subject.noun, "person")
        if self.chance(0.35) and subject.noun not in NOUNS and subject.noun not in ("he", "she"):
            return State(subject, of, self.chance(0.1), self.chance(0.2))
        return State(subject, self.adjective_of(of), self.chance(0.25), self.chance(0.3))

    def event(self, verb: str | None = None, *, depth: int = 0, transitive: bool = False, plain: bool = False) -> Event:
        """Draw an event, of a given verb or of any; a plain one has two simple participants and nothing else."""
        if verb is None:
            verbs = [name for name, (_, objects) in VERBS.items() if not transitive or objects not in ("", "clause")]
            verb = self.pick_ranked([name for name in verbs if depth == 0 or VERBS[name][1] != "clause"])
        agents, patients = VERBS[verb]
        subject = self.thing(self.pick(agents.split()), 2 if plain else depth)
        if patients == "clause":
            return Event(verb, subject, past=self.chance(0.5), content=self.clause(depth=2))
        target = self.thing(self.pick(patients.split()), 2 if plain else depth, pronoun=False) if patients else None
        if plain:
            return Event(verb, subject, target)
        return Event(
            verb,
            subject,
            target,
            self.places(depth),
            self.pick_ranked(ADVERBS) if self.chance(0.2) else None,
            self.chance(0.18),
            self.chance(0.35),
            passive=target is not None and self.chance(0.12),
        )

    def places(self, depth: int) -> tuple[tuple[str, Thing], ...]:
        """Draw where, with whom or whereto something happens, if at all."""
        if depth > 1 or not self.chance(0.4):
            return ()
        role, of = self.pick((("in", "place"), ("in", "place"), ("with", "person"), ("with", "tool"), ("to", "place")))
        return ((role, self.thing(of, 2, pronoun=False)),)

    def thing(self, of: str, depth: int = 0, *, bare: bool = False, pronoun: bool = True) -> Thing:
        """Draw a participant of a class; a bare one carries no adjective."""
        if of == "person" and pronoun and self.chance(0.35):
            return Thing(self.pick_ranked(NAMES) if self.chance(0.6) else self.pick(("he", "she")))
        noun = of if self.chance(0.12) else self.pick_ranked(NOUNS[of])
        adjective = self.adjective_of(of) if not bare and self.chance(0.35) else None
        if self.chance(0.06):
            return Thing(noun, adjective=adjective, number=int(self.rng.random() * 8) + 2)
        relative, role = self.relative(noun, of) if depth == 0 and self.chance(0.3) else (None, None)
        other = Thing(self.pick_ranked(NOUNS[of])) if depth == 0 and relative is None and self.chance(0.04) else None
        return Thing(noun, self.chance(0.65), adjective, None, relative, role, other)

    def relative(self, noun: str, of: str) -> tuple[Event, str]:
        """Draw a relative clause in which the noun is subject or object."""
        role = "object" if self.chance(0.5) else "subject"
        place = 0 if role == "subject" else 1
        verbs = [verb for verb, classes in VERBS.items() if of in classes[place].split() and classes[1] != "clause"]
        if not verbs:
            role, place = "object", 1
            verbs = [verb for verb, classes in VERBS.items() if of in classes[1].split()]
        event = self.event(self.pick_ranked(verbs), depth=2)
        places = self.places(0)
        if role == "subject":
            return Event(event.verb, None, event.object, places, event.adverb, past=event.past), role
        return Event(event.verb, event.subject, None, places, event.adverb, past=event.past), role

    def adjective_of(self, of: str) -> str:
        """Draw an adjective that describes a class of nouns."""
        fitting = [name for pair, classes in ANTONYMS.items() if of in classes.split() for name in pair]
        return self.pick_ranked(fitting or ADJECTIVES)
