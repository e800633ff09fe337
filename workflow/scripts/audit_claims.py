"""Compare every claim of the paper with what was measured, and write the verdicts as tables and as a page."""

import logging

from polychron.analysis import factors, sizes
from polychron.audit import claims, measurement, report
from polychron.audit.evidence import Evidence
from polychron.data import languages
from polychron.provenance.records import read_records
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    known, paper = claims.load()
    scores, trajectories = (files.read_table(snakemake.input[name]) for name in ("scores", "trajectories"))
    conversion, told = [files.read_json(path, dict) for path in snakemake.input.checkpoint] or (None, None)
    cells = read_records([spec["cells"]] if spec["cells"] else [])
    original = map(files.read_table, snakemake.input.original)
    amounts = files.read_table(snakemake.input.sizes)
    facts = factors.LanguageFacts(
        sizes=sizes.read(amounts),
        distances=languages.read_distances(snakemake.input.distances, factors.languages_of(trajectories)),
        examples=factors.training_examples(scores),
        reference=spec["config"]["analysis"]["reference"],
    )
    evidence = Evidence(
        claims=known,
        paper=paper,
        reading=spec["readings"],
        config={**spec["config"], "checkpoint": told},
        facts={
            "sizes": {code: size.gib for code, size in facts.sizes.items() if size.gib},
            "sizes_known": sizes.said(amounts),
            **measurement.facts(conversion, list(cells.values())),
        },
        study=measurement.curves(trajectories, scores, spec["config"]["model"]["final_layer"]),
        reference=measurement.reference([*original], spec["original"]),
        correlations=files.read_table(snakemake.input.correlations).to_pylist(),
        factors=facts,
    )
    verdicts = claims.audit(known, evidence)
    logging.getLogger("polychron").info("%s", report.summary(verdicts))
    files.write_text(snakemake.output.table, report.table(verdicts))
    files.write_text(snakemake.output.readings, report.readings(verdicts))
    page = report.page(verdicts, "The paper's claims", spec["config"]["model"]["name"], spec["readings"])
    files.write_text(snakemake.output.page, page)
