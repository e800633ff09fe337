"""Fetch a resolved checkpoint, convert it to a Hugging Face directory, and check that it computes the same."""

from pathlib import Path

from polychron.checkpoints import conversion, providers
from polychron.data import fetch
from polychron.pretraining.fairseq_process import workplace
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, made, config = snakemake.input, snakemake.output, snakemake.config
    place = fetch.place(config["mirror"], config["by_hand"], config["downloads"])
    origin, sizes = providers.read(given.origin), {name: spec[name] for name in ("final_layer", "window")}
    known = providers.config_of(origin)
    if known:  # before the weights are downloaded
        conversion.admit(known, **sizes, agreed=spec["own_code"])
    with workplace(Path(made.weights).parent, prefix=".fetched-") as folder:
        original = providers.obtain(origin, folder, place)
        proof = conversion.convert(
            original,
            dict(made.items()),
            **sizes,
            precision=spec["precision"],
            tokenizer=given.get("tokenizer"),
            tokenizer_config=given.get("tokenizer_config"),
            agreed=spec["own_code"],
        )
    files.write_json(made.conversion, proof)
