"""Compare the claims of a paper on cross-lingual representations with what was measured, and write table and page."""

import logging

import pyarrow.compute as pc

from polychron.analysis import factors, gathering, sizes
from polychron.analysis.pairs import factors as pairs
from polychron.audit.literature import page, results, rows, statements, tuned
from polychron.audit.literature.measures import MEASURES
from polychron.data import languages
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    claims = statements.load(statements.file_of(spec["paper"]), MEASURES)
    whole = files.read_table(snakemake.input.scores)
    scores = gathering.without_fine_tuned(whole)
    last = results.last_step(scores)
    means, counted = results.of_scores(scores, last)
    geometry = files.read_table(snakemake.input.geometry)
    # structural probes and mixtures of layers are scored on a task's own test sets
    further = geometry.filter((pc.field("split") == "test") & (pc.field("step") == last))
    probed = factors.languages_of(scores)
    amounts = sizes.read(files.read_table(snakemake.input.sizes))
    known = {language: pairs.related(language)[0] for language in probed}
    config, forgetting = spec["config"], snakemake.input.get("forgetting")
    evidence = results.Results(
        printed=claims,
        config=config,
        languages=config["pretraining"].get("languages", ()),
        final=config["model"]["final_layer"],
        scores=means | results.of_scores(further, last)[0],
        counted=counted,
        geometry=results.of_geometry(geometry, spec["set"]),
        tuned=tuned.of_scores(whole),
        forgotten=tuned.of_forgetting(files.read_table(forgetting), spec["set"]) if forgetting else {},
        factors=results.of_factors(files.read_table(snakemake.input.factors)),
        distances=languages.read_distances(snakemake.input.distances, probed),
        sizes={code: size.gib for code, size in amounts.items() if size.gib},
        orders={language: order for language, order in known.items() if order} | spec["orders"],
        permutations=spec["correlation"]["permutations"],
        seed=spec["correlation"]["seed"],
    )
    verdicts = statements.audit(claims, evidence, MEASURES)
    logging.getLogger("polychron").info("%s", page.summary(verdicts))
    files.write_text(snakemake.output.table, rows.table(verdicts))
    files.write_text(
        snakemake.output.page, page.page(verdicts, statements.PAPERS[spec["paper"]], config["model"]["name"])
    )
