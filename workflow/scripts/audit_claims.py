"""Hold every claim of the paper against what was measured, and write the verdicts as tables and as a page."""

import logging

from polychron import audit, claims, cost, distance, factor, language, measure, outlook, store
from polychron.evidence import Evidence
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    known, paper = claims.load()
    scores, trajectories = (store.read_table(snakemake.input[name]) for name in ("scores", "trajectories"))
    conversion, told = map(store.read_json, snakemake.input.checkpoint) if snakemake.input.checkpoint else (None, None)
    cells = outlook.read_records([spec["cells"]] if spec["cells"] else [], store.read_json)
    original = map(store.read_table, snakemake.input.original)
    facts = factor.Facts(
        sizes=language.read_sizes(snakemake.input.sizes),
        distances=distance.read(snakemake.input.distances),
        examples=factor.training_examples(scores),
        reference=spec["config"]["analysis"]["reference"],
    )
    evidence = Evidence(
        claims=known,
        paper=paper,
        reading=spec["readings"],
        config={**spec["config"], "checkpoint": told},
        facts={
            "sizes": {code: size.gib for code, size in facts.sizes.items()},
            **cost.facts(conversion, list(cells.values())),
        },
        study=measure.curves(trajectories, scores, spec["config"]["model"]["final_layer"]),
        reference=measure.reference([*original], spec["original"]),
        correlations=store.read_table(snakemake.input.correlations).to_pylist(),
        factors=facts,
    )
    verdicts = claims.audit(known, evidence)
    logging.getLogger("polychron").info("%s", audit.summary(verdicts))
    store.write_text(snakemake.output.table, audit.table(verdicts))
    store.write_text(snakemake.output.readings, audit.readings(verdicts))
    page = audit.page(verdicts, "The paper's claims", spec["config"]["model"]["name"], spec["readings"])
    store.write_text(snakemake.output.page, page)
