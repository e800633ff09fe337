"""Premises and hypotheses about a meaning: what follows from it, what it excludes, and what it leaves open.

A premise is an event. What follows from it says the same with hypernyms, or says of a participant what the premise says
of it; what it excludes is the reverse, by a negation or an antonym; what it leaves open is about something else.
Shapes, hypernyms and negations occur under all labels, so that a hypothesis alone tells little: what decides is whether
its words are related to those of the premise, and they are seldom the same words.
"""

from __future__ import annotations

from dataclasses import replace

from polychron.synthetic.concepts import DOMAINS, HYPERNYM, OPPOSITE, Domain
from polychron.synthetic.semantics import Event, Imagination, State, Statement, Thing

LABELS = ("entailment", "neutral", "contradiction")

GENERAL = 0.85
"""How often a hypothesis has a hypernym or a pronoun in place of the word of the premise."""


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
    domain = imagination.pick(DOMAINS)
    premise = _event(imagination, domain, negated=imagination.chance(0.1))
    hypotheses = {}
    for label in LABELS:
        about, turned = premise, label == "contradiction"
        if label == "neutral":
            elsewhere = imagination.pick([other for other in DOMAINS if other is not domain])
            about, turned = _event(imagination, elsewhere, premise.negated), imagination.chance(0.5)
        shape = _again if imagination.chance(0.7) else _description
        hypotheses[label] = Statement((shape(imagination, about, turned),))
    return Statement((premise,)), hypotheses


def _event(imagination: Imagination, domain: Domain, negated: bool) -> Event:
    """Draw an event with two participants, one of them described."""
    agent, thing = Thing(imagination.pick(domain.agents)), Thing(imagination.pick(domain.things))
    if imagination.chance(0.5):
        agent = replace(agent, adjective=imagination.pick(domain.adjectives))
    else:
        thing = replace(thing, adjective=imagination.pick(domain.adjectives))
    return Event(imagination.pick(domain.verbs), agent, thing, negated=negated, past=imagination.chance(0.3))


def _again(imagination: Imagination, event: Event, turned: bool) -> Event:
    """Express the event with hypernyms, or deny it."""
    verb = HYPERNYM[event.verb] if imagination.chance(GENERAL) else event.verb
    return Event(
        verb,
        _general(imagination, event.subject),
        _general(imagination, event.object),
        negated=event.negated != turned,
        past=event.past,
    )


def _description(imagination: Imagination, event: Event, turned: bool) -> State:
    """State what the event says of a participant, or the contrary, with or without a negation."""
    thing = event.subject if event.subject.adjective else event.object
    negated = imagination.chance(0.6 if turned else 0.2)
    predicate = thing.adjective if negated == turned else OPPOSITE[thing.adjective]
    return State(_general(imagination, thing), predicate, negated, event.past)


def _general(imagination: Imagination, thing: Thing) -> Thing:
    """Leave out what is said of a participant, and use the hypernym of a thing, or a pronoun for somebody."""
    if not imagination.chance(GENERAL):
        return Thing(thing.noun)
    return Thing(HYPERNYM[thing.noun] if thing.noun in HYPERNYM else imagination.pick(("he", "she")))
