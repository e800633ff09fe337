"""Premises and hypotheses about a meaning: what follows from it, what it excludes, and what it leaves open.

A premise is an event. What follows from it says the same with hypernyms, or says of a participant what the premise says
of it; what it excludes is that turned round, by a negation or an antonym; what it leaves open is about others. Shapes,
hypernyms and negations occur under all labels, so that a hypothesis alone tells little: what decides is whether its
words are related to those of the premise, which are seldom the same words.
"""

from __future__ import annotations

from dataclasses import replace

from polychron.lexicon import CLASS_OF, HYPERNYM, NOUNS, OPPOSITE, VERBS
from polychron.meaning import Event, Imagination, State, Statement, Thing

LABELS = ("entailment", "neutral", "contradiction")
TRANSITIVE = tuple(verb for verb in VERBS if verb in HYPERNYM and verb not in HYPERNYM.values())


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
    premise = _event(imagination, negated=imagination.chance(0.1))
    hypotheses = {}
    for label in LABELS:
        about = _elsewhere(imagination, premise) if label == "neutral" else premise
        turned = imagination.chance(0.5) if label == "neutral" else label == "contradiction"
        shape = _again if imagination.chance(0.65) else _description
        hypotheses[label] = Statement((shape(imagination, about, turned),))
    return Statement((premise,)), hypotheses


def _event(imagination: Imagination, negated: bool) -> Event:
    """Draw an event with two described participants."""
    verb = imagination.pick(TRANSITIVE)
    subject, target = (_described(imagination, imagination.pick(classes.split())) for classes in VERBS[verb])
    return Event(verb, subject, target, imagination.places(0), negated=negated, past=imagination.chance(0.3))


def _described(imagination: Imagination, of: str) -> Thing:
    return Thing(imagination.pick(NOUNS[of]), imagination.chance(0.7), imagination.adjective_of(of))


def _elsewhere(imagination: Imagination, premise: Event) -> Event:
    """Draw an event of another kind, with participants of other classes."""
    taken = {CLASS_OF[premise.subject.noun], CLASS_OF[premise.object.noun]}
    while True:
        event = _event(imagination, premise.negated)
        if HYPERNYM[event.verb] != HYPERNYM[premise.verb] and CLASS_OF[event.object.noun] not in taken:
            return replace(event, past=premise.past)


def _again(imagination: Imagination, event: Event, turned: bool) -> Event:
    """Say the event with hypernyms, or deny it."""
    verb = HYPERNYM[event.verb] if imagination.chance(0.6) else event.verb
    subject, target = (_general(imagination, thing) for thing in (event.subject, event.object))
    return Event(verb, subject, target, negated=event.negated != turned, past=event.past)


def _description(imagination: Imagination, event: Event, turned: bool) -> State:
    """Say of a participant what it is said to be, or the contrary, with or without a negation."""
    thing = event.subject if imagination.chance(0.5) else event.object
    negated = imagination.chance(0.6 if turned else 0.2)
    predicate = thing.adjective if negated == turned else OPPOSITE[thing.adjective]
    return State(_general(imagination, thing), predicate, negated, event.past)


def _general(imagination: Imagination, thing: Thing) -> Thing:
    return Thing(CLASS_OF[thing.noun] if imagination.chance(0.6) else thing.noun, thing.definite)
