"""Select sentences and their translations to pretrain on, without those that models are evaluated on."""

from itertools import islice

import pyarrow

from polychron.checks import overlap
from polychron.data.translations import reading
from polychron.errors import InputError
from polychron.pretraining import texts
from polychron.storage import files
from polychron.synthetic import bitext
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    languages, number, world = spec["languages"], spec["number"], spec["world"]
    known = {language: set() for language in languages}
    for path, dataset in zip(snakemake.input.tests, spec["tests"], strict=True):
        kind, _, name = dataset.partition("/")
        for split, language, sentence in overlap.sentences_of(name, files.read_table(path)):
            if split != "train" and language in known:
                known[language].add(overlap.spelling(sentence))
    tested = {f"{language}:{sentence}" for language, sentences in known.items() for sentence in sentences}

    def keys(pair):
        """Return both sentences, each with its language, as evaluation sentences are known."""
        return [f"{language}:{overlap.spelling(side)}" for language, side in zip(languages, pair, strict=True)]

    given = bitext.pairs(**world) if world else reading.read(snakemake.input.source[0], snakemake.input.target[0])
    pairs = list(islice(texts.without(given, tested, keys, "pairs of sentences"), number))
    if len(pairs) < number:
        raise InputError(
            f"{len(pairs)} pairs of sentences that no evaluation uses, and pretraining.bitext asks for {number}",
            file=snakemake.input.source[0],
            remedy=f"set pretraining.bitext to at most {len(pairs)}, or give more pairs in files.bitext",
        )
    sides = zip(*pairs, strict=True)
    files.write_table(snakemake.output[0], pyarrow.table(dict(zip(("source", "target"), sides, strict=True))))
