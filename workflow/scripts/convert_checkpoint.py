"""Convert a fairseq checkpoint to a Hugging Face directory with its tokenizer, and check that it computes the same."""

from polychron.checkpoints import conversion
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, made = snakemake.input, snakemake.output
    proof = conversion.convert(
        given.checkpoint,
        dict(made.items()),
        final_layer=spec["final_layer"],
        window=spec["window"],
        precision=spec["precision"],
        tokenizer=given.tokenizer,
        tokenizer_config=given.tokenizer_config,
    )
    files.write_json(made.conversion, proof)
