"""Compare the structural probes of all languages at one layer of one checkpoint."""

from polychron.probing.structural import scoring, subspaces
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    probes = {
        language: scoring.from_file(*files.read_tensors(path))
        for language, path in zip(spec["languages"], snakemake.input, strict=True)
    }
    common = {name: spec[name] for name in ("model", "layer", "step")}
    write_scores(snakemake.output[0], [common | row for row in subspaces.compare(probes)])
