"""Export what one language sees of a checkpoint as a Hugging Face directory, and check that it computes the same."""

from pathlib import Path

from polychron.checkpoints import conversion, views
from polychron.pretraining import separate
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, made = snakemake.input, snakemake.output
    settings = {name: spec[name] for name in ("final_layer", "window", "precision")}
    settings |= {"tokenizer": given.tokenizer, "tokenizer_config": given.tokenizer_config}
    paths = dict(made.items())
    if separate.is_separate(spec):
        proof = views.export(
            given.checkpoint, spec["language"], separate.read(Path(given.own).parent), paths, **settings
        )
    else:
        proof = conversion.convert(given.checkpoint, paths, **settings)
    files.write_json(made.conversion, proof)
