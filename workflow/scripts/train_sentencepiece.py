"""Train the subword vocabulary on the text of all languages, and write its dictionary for fairseq."""

from polychron.storage import files
from polychron.tokenization import vocabulary
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    model = vocabulary.train(
        dict(zip(spec["languages"], snakemake.input.text, strict=True)),
        size=spec["vocabulary"],
        character_coverage=spec["character_coverage"],
        alpha=spec["sampling_alpha"],
        seed=spec["seed"],
    )
    files.write_text(snakemake.output.vocabulary, vocabulary.dictionary(model))
    with files.whole(snakemake.output.model) as temporary:
        temporary.write_bytes(model)
