"""Print what the study costs, and what it took so far; write the same as a page and as data."""

import logging
from dataclasses import asdict
from pathlib import Path

from polychron.errors import InputError
from polychron.planning import costs, rates, report, storage
from polychron.provenance import records
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    study = spec["study"]
    speeds = {card: rates.rates(card=card, precision=study["precision"]) for card in rates.CARDS}
    speed = speeds[study["card"]]
    counted = storage.count_rows(spec["resources"], study["datasets"])
    lines = costs.lines(study, rates.sizes(), speed, counted)
    folders = [spec["resources"], *(f"results/{model['name']}" for model in study["models"])]
    unsound: list[InputError] = []
    past = records.read_records(folders, unsound)
    for fault in unsound:
        logging.getLogger("polychron").warning("%s", fault)
    found = report.spent(((storage.size_of(path), record) for path, record in past.items()), storage.size_of)
    laid = report.rows(lines, found)
    notes = report.notes(lines, spec["limits"], speed, report.sources(study, counted))
    if study["gpus"]:
        found_on = {card: costs.lines(study, rates.sizes(), one, counted) for card, one in speeds.items()}
        notes.insert(1, report.on_cards({card: report.total(each).gpu_hours for card, each in found_on.items()}))
    print(report.text(laid, notes), flush=True)
    place = Path("results/plan") / study["study"]
    files.write_text(place.with_suffix(".html"), report.page(f"Plan of the study {study['study']}", laid, notes))
    spent = {rule: fact._asdict() for rule, fact in found.items()}
    data = {"study": study, "counted": counted, "lines": [asdict(line) for line in lines], "found": spent}
    files.write_json(place.with_suffix(".json"), data)
    print(f"The same as a page: {place.with_suffix('.html')}", flush=True)
