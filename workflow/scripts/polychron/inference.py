"""Premises and hypotheses about a meaning: what follows from it, what it excludes, and what it leaves open.

A premise is an event with two described participants and a place. Each kind of hypothesis is used for all three labels,
so that its shape tells little; what decides is how its words relate to those of the premise: a hypernym, an antonym,
a negation on one side, a word from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from polychron.lexicon import CLASS_OF, NOUNS, OPPOSITE, VERBS
from polychron.meaning import Event, Imagination, State, Statement, Thing

LABELS = ("entailment", "neutral", "contradiction")


def triple(imagination: Imagination) -> tuple[Statement, dict[str, Statement]]:
    """Draw a premise, and a hypothesis for each label.

    Parameters
    ----------
    imagination : Imagination
        Where the draws come from.

    Returns
    -------
    premise : Statement
        What is given.
    hypotheses : dict of str to Statement
        By label: what follows, what may or may not be, what cannot be.
    """
    premise = _premise(imagination)
    shapes: dict[str, Callable[[Imagination, Event, str], Event | State]] = {"event": _event, "state": _state}
    drawn = {}
    for label in LABELS:
        shape = shapes["event" if imagination.chance(0.5) else "state"]
        drawn[label] = Statement((shape(imagination, premise, label),))
    return Statement((premise,)), drawn


def _premise(imagination: Imagination) -> Event:
    verbs = [verb for verb, (_, objects) in VERBS.items() if objects not in ("", "clause")]
    agents, patients = VERBS[imagination.pick(verbs)]
    verb = next(name for name, classes in VERBS.items() if classes == (agents, patients))
    subject = _described(imagination, imagination.pick(agents.split()))
    target = _described(imagination, imagination.pick(patients.split()))
    return Event(verb, subject, target, negated=imagination.chance(0.15), past=imagination.chance(0.3))


def _described(imagination: Imagination, of: str) -> Thing:
    return Thing(imagination.pick(NOUNS[of]), adjective=imagination.adjective_of(of))


def _event(imagination: Imagination, premise: Event, label: str) -> Event:
    """Say the event with hypernyms; turned round for a contradiction, another event where it is open."""
    subject, target = (_general(imagination, thing) for thing in (premise.subject, premise.object))
    event = replace(premise, subject=subject, object=target)
    if label == "contradiction":
        return replace(event, negated=not premise.negated)
    if label == "entailment":
        return event
    return _another(imagination, premise)


def _another(imagination: Imagination, premise: Event) -> Event:
    """Draw an event that has nothing to do with the premise, but its subject."""
    while True:
        event = imagination.event(transitive=True, plain=True)
        if event.verb != premise.verb and CLASS_OF.get(event.object.noun) != CLASS_OF[premise.object.noun]:
            subject = Thing(premise.subject.noun) if imagination.chance(0.3) else Thing(imagination.pick(list(NOUNS)))
            return replace(event, subject=subject, past=premise.past, negated=imagination.chance(0.3))


def _state(imagination: Imagination, premise: Event, label: str) -> State:
    """Say what a participant is: as the premise has it, the opposite, or something else."""
    thing = premise.subject if imagination.chance(0.5) else premise.object
    negated = imagination.chance(0.3)
    if label == "neutral":
        of = CLASS_OF[thing.noun]
        predicate = thing.adjective
        while predicate in (thing.adjective, OPPOSITE[thing.adjective]):
            predicate = imagination.adjective_of(of)
        return State(_general(imagination, thing), predicate, negated, premise.past)
    holds = (label == "entailment") != negated
    return State(
        _general(imagination, thing), thing.adjective if holds else OPPOSITE[thing.adjective], negated, premise.past
    )


def _general(imagination: Imagination, thing: Thing) -> Thing:
    return Thing(CLASS_OF[thing.noun] if imagination.chance(0.5) else thing.noun)
