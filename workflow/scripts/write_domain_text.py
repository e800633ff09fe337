"""Write the text of a language about other domains, without its held-out sentences."""

from polychron.data import text
from polychron.pretraining import texts
from polychron.storage import files
from polychron.synthetic import domains
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    source = snakemake.output[0] if spec["world"] else snakemake.input.text[0]
    lines = domains.text(**spec["world"]) if spec["world"] else text.corpus_lines(source)
    heldout = {*files.read_table(snakemake.input.heldout, ["sentence"])["sentence"].to_pylist()}
    texts.write(texts.without(lines, heldout, lambda line: [line], source), snakemake.output[0], source)
