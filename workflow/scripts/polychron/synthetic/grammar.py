"""How a language expresses a meaning: words in order, each with its part of speech, its head and its relation.

The languages differ in the order of subject, verb and object, in the side of adjectives and adverbs, and in how they
mark roles (`polychron.synthetic.languages.Language`). All of them open a relative clause with the definite article. The
trees follow Universal Dependencies; every word remembers which element of the meaning it expresses (`Word.key`) and
which others it expresses besides (`Word.covers`), so that words of two languages can be linked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polychron.synthetic.concepts import ADJECTIVES, ADPOSITIONS, NAMES
from polychron.synthetic.languages import Language
from polychron.synthetic.lexicon import Lexicon
from polychron.synthetic.semantics import Event, State, Statement, Thing

Key = tuple[str, ...]

FRONTED = 0.4
"""How often a place or an adverb opens its clause."""

HESITANT = 0.25
"""How often an interjection opens the sentence: so words of the same meaning are seldom at the same place."""


@dataclass(eq=False)
class Word:
    """A word of a sentence.

    Attributes
    ----------
    form, gloss, upos, deprel : str
        The written form, the concept, the part of speech, the relation to the head.
    key : tuple of str
        The element of the meaning that the word expresses: a path through the meaning.
    covers : tuple of keys
        Elements that it expresses besides: a role by its case, the past by its ending.
    head : Word or None
        The word on which it depends; None for the root.
    fuses : bool
        Whether it may be written as one with the next word.
    """

    form: str
    gloss: str
    upos: str
    deprel: str
    key: Key
    covers: tuple[Key, ...] = ()
    head: Word | None = None
    fuses: bool = False


@dataclass
class Sentence:
    """Words in order, with what is not among them.

    Attributes
    ----------
    words : list of Word
        The words.
    elided : Word or None
        A verb that is left out; it depends on the same verb of the first clause.
    after : Word or None
        The word after which it would come.
    """

    words: list[Word]
    elided: Word | None = None
    after: Word | None = None


class Grammar:
    """Expresses meanings in one language.

    Parameters
    ----------
    lexicon : Lexicon
        Its words.
    rng : numpy.random.Generator
        Where the choices come from that the language leaves free: what opens a clause or a sentence.
    """

    def __init__(self, lexicon: Lexicon, rng: np.random.Generator) -> None:
        self.lexicon, self.rng = lexicon, rng
        self.language: Language = lexicon.language
        self.case = self.language.marking == "case"

    def say(self, statement: Statement) -> Sentence:
        """Return a sentence, with its full stop or question mark."""
        words, elided, after = [], None, None
        first = None
        for place, clause in enumerate(statement.clauses):
            key = (f"clause {place}",)
            if first is None:
                words, first = self.clause(clause, key)
                continue
            gap = statement.gap and place == 1
            spoken, head = self.clause(clause, key, spoken=not gap)
            if gap:
                elided, spoken, head, after = self._leave_out(spoken, head)
                elided.head = first
            comma = Word(",", ",", "PUNCT", "punct", (*key, "comma"), head=head)
            conjunction = self._word("and", "CCONJ", "cc", (*key, "and"), head)
            head.head, head.deprel = first, "conj"
            if gap and self.language.order == "VSO":
                after = conjunction
            words += [comma, conjunction, *spoken]
        if self.rng.random() < HESITANT:
            opening = self._word("oh", "INTJ", "discourse", ("oh",), first)
            words = [opening, Word(",", ",", "PUNCT", "punct", ("oh", "comma"), head=opening), *words]
        stop = "?" if statement.question else "."
        words.append(Word(stop, stop, "PUNCT", "punct", ("stop",), head=first))
        first.deprel = "root"
        return Sentence(words, elided, after)

    def clause(self, clause: Event | State, key: Key, *, spoken: bool = True) -> tuple[list[Word], Word]:
        """Return the words of a clause, and its head."""
        return self.state(clause, key) if isinstance(clause, State) else self.event(clause, key, spoken=spoken)

    def event(self, event: Event, key: Key, role: str | None = None, *, spoken: bool = True) -> tuple[list[Word], Word]:
        """Return the words of an event, and its verb; `role` is that of the relative pronoun at its beginning."""
        verb = self._word(event.verb, "VERB", "root", (*key, "verb"))
        before = self._past(event.past, verb, key)
        after = []
        if event.negated:
            negation = self._word("not", "PART", "advmod", (*key, "not"), verb)
            if self.language.order == "SOV":
                after.append(negation)
                verb.fuses = True
            else:
                before.append(negation)
                negation.fuses = self.case and not event.passive
        if event.passive:
            before.append(self._word("passive", "AUX", "aux:pass", (*key, "passive"), verb))
        actor, patient = event.subject, event.object
        subject, object_, obliques = [], [], []
        if event.passive:
            subject = self.thing(patient, (*key, "object"), verb, "nsubj:pass")
            obliques += self.thing(actor, (*key, "subject"), verb, "obl:agent", "by")
        else:
            if actor is not None:
                subject = self.thing(actor, (*key, "subject"), verb, "nsubj")
            if patient is not None:
                object_ = self.thing(patient, (*key, "object"), verb, "obj", "accusative")
        for preposition, place in event.places:
            obliques += self.thing(place, (*key, preposition), verb, "obl", preposition)
        content = self._content(event, key, verb)
        adverb = [self._word(event.adverb, "ADV", "advmod", (*key, "adverb"), verb)] if event.adverb else []
        pronoun = []
        if role is not None:
            relation = {"subject": "nsubj", "object": "obj"}[role]
            pronoun = [self._word("the", "PRON", relation, (*key, "relative"), verb)]
        core = [*before, verb, *after] if spoken else [verb]
        opening = []
        if role is None and adverb and self.rng.random() < FRONTED:
            opening, adverb = adverb, []
        if role is None and obliques and self.rng.random() < FRONTED:
            opening, obliques = [*opening, *obliques], []
        core = [*adverb, *core] if self.language.adverb == "before" else [*core, *adverb]
        order = {
            "SVO": [*subject, *core, *object_, *obliques, *content],
            "SOV": [*subject, *obliques, *object_, *content, *core],
            "VSO": [*core, *subject, *object_, *obliques, *content],
        }[self.language.order]
        return [*pronoun, *opening, *order], verb

    def state(self, state: State, key: Key) -> tuple[list[Word], Word]:
        """Return the words of a state, and the predicate, which is the head."""
        upos = "ADJ" if state.predicate in ADJECTIVES else "NOUN"
        predicate = self._word(state.predicate, upos, "root", (*key, "predicate"))
        before = [] if self.case else self._past(state.past, predicate, key)
        copula = self._word("be", "AUX", "cop", (*key, "be"), predicate)
        if self.case and state.past:
            self._mark_past(copula, key)
        negation = [self._word("not", "PART", "advmod", (*key, "not"), predicate)] if state.negated else []
        subject = self.thing(state.subject, (*key, "subject"), predicate, "nsubj")
        article = []
        if upos == "NOUN" and self.language.indefinite:
            article = [self._word("a", "DET", "det", (*key, "predicate", "article"), predicate)]
        elif upos == "NOUN":
            predicate.covers = ((*key, "predicate", "article"),)
        order = {
            "SVO": [*subject, *before, copula, *negation, *article, predicate],
            "SOV": [*subject, *article, predicate, copula, *negation],
            "VSO": [*before, *negation, copula, *subject, *article, predicate],
        }[self.language.order]
        return order, predicate

    def thing(self, thing: Thing, key: Key, governor: Word, relation: str, role: str | None = None) -> list[Word]:
        """Return the words of a participant, with its adposition or its case."""
        upos = "PROPN" if thing.noun in NAMES else "PRON" if thing.noun in ("he", "she") else "NOUN"
        noun = self._word(thing.noun, upos, relation, (*key, "noun"), governor)
        words = [noun]
        if thing.adjective:
            adjective = self._word(thing.adjective, "ADJ", "amod", (*key, "adjective"), noun)
            words = [adjective, noun] if self.language.adjective == "before" else [noun, adjective]
        if thing.number:
            digit = str(thing.number)
            words.insert(0, Word(digit, digit, "NUM", "nummod", (*key, "number"), head=noun))
        elif upos == "NOUN" and (thing.definite or self.language.indefinite):
            words.insert(0, self._word("the" if thing.definite else "a", "DET", "det", (*key, "article"), noun))
        elif upos == "NOUN":
            noun.covers = ((*key, "article"),)
        if thing.relative is not None:
            clause, verb = self.event(thing.relative, (*key, "clause"), thing.role)
            verb.head, verb.deprel = noun, "acl:relcl"
            words += clause
        if thing.other is not None:
            other = self.thing(thing.other, (*key, "other"), noun, "conj", role if self.case else None)
            head = next(word for word in other if word.deprel == "conj")
            words += [self._word("and", "CCONJ", "cc", (*key, "and"), head), *other]
        if role is None:
            return words
        if self.case:
            for word in words:
                if word is noun or (word.head is noun and word.deprel == "amod"):
                    word.form += self.lexicon.suffixes[role]
            if role in ADPOSITIONS:
                noun.covers += ((*key, "adposition"),)
        elif role in ADPOSITIONS:
            words.insert(0, self._word(role, "ADP", "case", (*key, "adposition"), noun))
            words[0].fuses = words[1].upos == "DET"
        return words

    def _content(self, event: Event, key: Key, verb: Word) -> list[Word]:
        if event.content is None:
            return []
        words, head = self.clause(event.content, (*key, "content"))
        head.head, head.deprel = verb, "ccomp"
        that = self._word("that", "SCONJ", "mark", (*key, "that"), head)
        return [*words, that] if self.language.order == "SOV" else [that, *words]

    def _past(self, past: bool, verb: Word, key: Key) -> list[Word]:
        if not past:
            return []
        if self.case:
            self._mark_past(verb, key)
            return []
        return [self._word("past", "AUX", "aux", (*key, "past"), verb)]

    def _mark_past(self, verb: Word, key: Key) -> None:
        verb.form += self.lexicon.suffixes["accusative"]
        verb.covers += ((*key, "past"),)

    def _leave_out(self, words: list[Word], verb: Word) -> tuple[Word, list[Word], Word, Word]:
        """Remove the verb of a clause: its subject takes its place, its object becomes an orphan."""
        subject = next(word for word in words if word.head is verb and word.deprel == "nsubj")
        for word in words:
            if word.head is verb and word is not subject:
                word.head, word.deprel = subject, "orphan"
        place = words.index(verb)
        after = words[place - 1]
        return verb, [word for word in words if word is not verb], subject, after

    def _word(self, concept: str, upos: str, deprel: str, key: Key, head: Word | None = None) -> Word:
        return Word(self.lexicon.forms[concept], concept, upos, deprel, key, head=head)
