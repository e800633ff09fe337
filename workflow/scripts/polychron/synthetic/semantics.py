"""Meanings, and how they are drawn: who does what to whom, where, and what is true of whom.

A meaning belongs to no language. Its leaves are the concepts of `polychron.synthetic.concepts`. A sentence is about one
domain, from which nearly all of its words come, so that they predict each other. Within it, frequencies fall with
the rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polychron.synthetic.concepts import ADVERBS, DOMAINS, HYPERNYM, NAMES, SPEECH, Domain

STRAY = 0.06
"""How often a word comes from any domain, and not from that of its sentence."""


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
        """Return True with a probability."""
        return bool(self.rng.random() < probability)

    def pick(self, options: Sequence) -> object:
        """Draw one of several, with equal probabilities."""
        return options[int(self.rng.random() * len(options))]

    def pick_ranked(self, options: Sequence) -> object:
        """Draw one of several, the k-th with a probability in proportion to 1 / (k + 1)."""
        weights = np.cumsum(1.0 / np.arange(2, len(options) + 2))
        return options[int(np.searchsorted(weights, self.rng.random() * weights[-1], side="right"))]

    def statement(self) -> Statement:
        """Draw a sentence about something."""
        domain = self.pick(DOMAINS)
        if self.chance(0.03):
            first = self.event(domain, plain=True)
            return Statement((first, self.event(domain, first.verb, plain=True)), gap=True)
        clauses = [self.clause(domain)]
        if self.chance(0.08):
            clauses.append(self.clause(domain, depth=1))
        return Statement(tuple(clauses), question=self.chance(0.06))

    def long_statement(self, clauses: int) -> Statement:
        """Draw a sentence of many clauses."""
        return Statement(tuple(self.clause(self.pick(DOMAINS)) for _ in range(clauses)))

    def clause(self, domain: Domain, depth: int = 0) -> Event | State:
        """Draw a clause; at depth 0 it may hold further clauses."""
        return self.state(domain, depth) if self.chance(0.22) else self.event(domain, depth=depth)

    def state(self, domain: Domain, depth: int = 0) -> State:
        """Draw what something is: an adjective of its domain, or the hypernym."""
        if self.chance(0.5):
            return State(
                self.agent(domain, depth, plain=True), self.adjective(domain), self.chance(0.25), self.chance(0.3)
            )
        subject = self.thing(domain, depth, plain=True)
        if self.chance(0.4) and subject.noun != domain.kind:
            return State(subject, HYPERNYM.get(subject.noun, domain.kind), self.chance(0.1), self.chance(0.2))
        return State(subject, self.adjective(domain), self.chance(0.25), self.chance(0.3))

    def event(self, domain: Domain, verb: str | None = None, *, depth: int = 0, plain: bool = False) -> Event:
        """Draw an event, of a given verb or of any; a plain one has two simple participants and nothing else."""
        if plain:
            verb = verb or self.verb(domain)
            return Event(verb, self.agent(domain, 2, plain=True), self.thing(domain, 2, plain=True))
        subject = self.agent(domain, depth)
        if depth == 0 and self.chance(0.08):
            return Event(self.pick(SPEECH), subject, past=self.chance(0.5), content=self.clause(domain, depth=2))
        transitive = self.chance(0.75)
        return Event(
            self.verb(domain) if transitive else self.near(domain).stays,
            subject,
            self.patient(domain, depth) if transitive else None,
            self.places(domain),
            self.pick_ranked(ADVERBS) if self.chance(0.2) else None,
            self.chance(0.18),
            self.chance(0.35),
            passive=transitive and self.chance(0.12),
        )

    def relative(self, noun: str, domain: Domain) -> tuple[Event, str]:
        """Draw a relative clause in which the noun is subject or object."""
        verb = self.verb(domain)
        past = self.chance(0.35)
        if noun in domain.agents and self.chance(0.6):
            return Event(verb, None, self.patient(domain, 2), self.places(domain), past=past), "subject"
        return Event(verb, self.agent(domain, 2), None, self.places(domain), past=past), "object"

    def places(self, domain: Domain) -> tuple[tuple[str, Thing], ...]:
        """Draw a place, a companion, an instrument or a destination, or none."""
        if not self.chance(0.4):
            return ()
        if self.chance(0.6):
            place = Thing(self.near(domain).place, self.chance(0.8))
            return (("in" if self.chance(0.7) else "to", place),)
        draw = self.agent if self.chance(0.5) else self.thing
        return (("with", draw(domain, 2, plain=True)),)

    def patient(self, domain: Domain, depth: int) -> Thing:
        """Draw what is acted upon: a thing, or somebody."""
        return self.agent(domain, depth, named=False) if self.chance(0.2) else self.thing(domain, depth)

    def agent(self, domain: Domain, depth: int, *, plain: bool = False, named: bool = True) -> Thing:
        """Draw who acts: a name, a pronoun, or a noun; a plain one carries no adjective."""
        if named and self.chance(0.25):
            return Thing(self.pick_ranked(NAMES) if self.chance(0.6) else self.pick(("he", "she")))
        return self.described(self.pick_ranked(self.near(domain).agents), domain, depth, plain)

    def thing(self, domain: Domain, depth: int, *, plain: bool = False) -> Thing:
        """Draw what is acted upon, sometimes by its hypernym; a plain one carries no adjective."""
        about = self.near(domain)
        noun = about.kind if self.chance(0.2) else self.pick_ranked(about.things)
        return self.described(noun, domain, depth, plain)

    def described(self, noun: str, domain: Domain, depth: int, plain: bool = False) -> Thing:
        """Draw what is said of a noun: its article or number, an adjective, a relative clause, another noun."""
        adjective = self.adjective(domain) if not plain and self.chance(0.35) else None
        if self.chance(0.06):
            return Thing(noun, adjective=adjective, number=int(self.rng.random() * 8) + 2)
        relative, role = self.relative(noun, domain) if depth == 0 and self.chance(0.2) else (None, None)
        other = None
        if depth == 0 and relative is None and self.chance(0.04):
            other = Thing(self.pick_ranked(domain.agents if noun in domain.agents else domain.things))
        return Thing(noun, self.chance(0.65), adjective, None, relative, role, other)

    def verb(self, domain: Domain) -> str:
        """Draw a transitive verb, sometimes the hypernym."""
        about = self.near(domain)
        return about.does if self.chance(0.25) else self.pick_ranked(about.verbs)

    def adjective(self, domain: Domain) -> str:
        """Draw an adjective."""
        return self.pick_ranked(self.near(domain).adjectives)

    def near(self, domain: Domain) -> Domain:
        """Stay with the domain, or stray from it."""
        return self.pick(DOMAINS) if self.chance(STRAY) else domain
