"""Train the SentencePiece model of one of the languages that share a vocabulary."""

from polychron.storage import files
from polychron.tokenization import vocabularies
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    models = vocabularies.train(
        {spec["language"]: snakemake.input.text},
        size=spec["size"],
        character_coverage=spec["character_coverage"],
        alpha=spec["sampling_alpha"],
        seed=spec["seed"],
    )
    with files.whole(snakemake.output.model) as temporary:
        temporary.write_bytes(models[spec["language"]])
