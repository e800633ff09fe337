"""Join the parallel sentences of all languages, and say which can be compared."""

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
        table = files.read_table(examples, ["sentence", "sent_id"])
        ids = parallel.ids_of(table["sent_id"].to_pylist(), table["sentence"].to_pylist(), language)
        words = pieces.from_table(files.read_table(cut))
        languages[language] = parallel.Sentences(ids, coverage.whole(words))
    joined = parallel.join(languages)
    files.write_table(snakemake.output[0], pyarrow.table({name: np.asarray(column) for name, column in joined.items()}))
