"""Examine one checkpoint before it is probed."""

from pathlib import Path

from polychron import inspection, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    given = snakemake.input
    own, expected = (Path(path).read_text(encoding="utf-8") for path in (given.tokenizer, given.expected))
    sizes = {name: spec[name] for name in ("final_layer", "window")}
    verdict = inspection.examine(given.weights, given.config, own, expected, **sizes)
    known = {"origin": store.read_json(given.origin), "conversion": store.read_json(given.conversion)}
    store.write_json(snakemake.output[0], verdict | known)
