"""Tabulate what the languages of each pair share: pieces of the tokenizer, script, order and family."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import numpy as np

from polychron.analysis.pairs import factors
from polychron.storage import files
from polychron.tokenization import pieces, sentences
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    joined = files.read_table(given.parallel)
    whole = ~joined["excluded"].to_numpy(zero_copy_only=False)
    cut = {
        language: pieces.from_table(files.read_table(path))
        for language, path in zip(spec["languages"], given.pieces, strict=True)
    }
    vocabulary = 1 + max(int(of_one.ids.max(initial=0)) for of_one in cut.values())
    languages = {}
    for language, path in zip(spec["languages"], given.examples, strict=True):
        rows = joined[language].to_numpy()[whole]
        words, _ = sentences.sentences_of(spec["set"], files.read_table(path))
        said = [*words]
        order, family = factors.related(language)
        languages[language] = factors.Language(
            *factors.counted(cut[language], np.asarray(rows), vocabulary),
            script=factors.script(word for row in rows for word in said[row]),
            order=spec["orders"].get(language, order),
            family=family,
        )
    files.write_table(snakemake.output[0], factors.table(spec["model"], languages))
