"""Draw the weights of an untrained model, with the config and tokenizer of another one, and check the directory."""

from pathlib import Path

from polychron.checkpoints import conversion, untrained
from polychron.pretraining.fairseq_process import workplace
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, made = snakemake.input, snakemake.output
    with workplace(Path(made.weights).parent, prefix=".drawn-") as folder:
        original = Path(folder) / "untrained"
        original.mkdir()
        untrained.draw(given.config, given.tokenizer, given.tokenizer_config, original, spec["seed"])
        sizes = {name: spec[name] for name in ("final_layer", "window")}
        proof = conversion.convert(original, dict(made.items()), **sizes, precision=spec["precision"])
    files.write_json(made.conversion, proof | {"seed": spec["seed"]})
