"""Join parallel sentences that are no treebank, and say which can be compared."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import numpy as np
import pyarrow

from polychron.geometry import parallel
from polychron.storage import files
from polychron.tokenization import coverage, pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    languages = {}
    for language, examples, cut in zip(
        spec["languages"], snakemake.input.examples, snakemake.input.pieces, strict=True
    ):
        words = pieces.from_table(files.read_table(cut))
        # a whole sentence counts as one word, and is kept as far as the window reaches
        whole = coverage.whole(words) & (words.lengths < spec["window"])
        languages[language] = parallel.Sentences(files.read_table(examples, ["id"])["id"].to_pylist(), whole)
    joined = parallel.join(languages)
    files.write_table(snakemake.output[0], pyarrow.table({name: np.asarray(column) for name, column in joined.items()}))
