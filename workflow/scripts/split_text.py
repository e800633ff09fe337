"""Split a language's text into training lines and a held-out end."""

import pyarrow

from polychron.data import text
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    with files.whole(snakemake.output.train) as name, open(name, "w", encoding="utf-8", newline="\n") as train:
        lines = text.corpus_lines(snakemake.input.text)
        heldout = text.hold_out(
            lines, spec["sentences"], lambda line: train.write(f"{line}\n"), file=snakemake.input.text
        )
    files.write_table(snakemake.output.heldout, pyarrow.table({"sentence": pyarrow.array(heldout, pyarrow.string())}))
