"""Write pairs of sentences as examples of fairseq's binary corpus, one language after the other."""

from pathlib import Path

from polychron.pretraining import corpus, translation_pairs
from polychron.storage import files
from polychron.tokenization import vocabularies
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    table = files.read_table(snakemake.input.pairs)
    pairs = zip(table["source"].to_pylist(), table["target"].to_pylist(), strict=True)
    models = snakemake.input.models if len(snakemake.input.models) == 2 else [*snakemake.input.models] * 2
    prefixes = [vocabularies.prefix(spec["vocabularies"], language) for language in spec["languages"]]
    examples = translation_pairs.encode(pairs, models, spec["window"], prefixes)
    corpus.write(examples, snakemake.input.vocabulary, Path(snakemake.output[0]).parent)
