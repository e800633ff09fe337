"""Check one checkpoint before it is probed."""

from pathlib import Path

from polychron.checks import checkpoints
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    own, expected = (Path(path).read_text(encoding="utf-8") for path in (given.tokenizer, given.expected))
    settings = {name: spec[name] for name in ("final_layer", "window", "bits")}
    verdict = checkpoints.examine(given.weights, given.config, own, expected, **settings)
    known = {"origin": files.read_json(given.origin, dict), "conversion": files.read_json(given.conversion, dict)}
    files.write_json(snakemake.output[0], verdict | known)
