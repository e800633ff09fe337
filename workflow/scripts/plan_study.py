"""Print what the study costs, beside what it took where it has run, and write the same as a page and as data."""

from dataclasses import asdict
from pathlib import Path

from polychron import outlook, plan, rate, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    study, speed = spec["study"], rate.rates()
    counted = store.count_rows(spec["resources"], study["datasets"])
    lines = plan.lines(study, rate.sizes(), speed, counted)
    folders = [spec["resources"], *(f"results/{model['name']}" for model in study["models"])]
    records = outlook.read_records(folders, store.read_json)
    found = outlook.spent(((store.size_of(path), record) for path, record in records.items()), store.size_of)
    laid = outlook.rows(lines, found)
    notes = outlook.notes(lines, spec["limits"], speed, outlook.sources(study, counted))
    print(outlook.text(laid, notes), flush=True)
    place = Path("results/plan") / study["study"]
    store.write_text(place.with_suffix(".html"), outlook.page(f"Plan of the study {study['study']}", laid, notes))
    spent = {rule: fact._asdict() for rule, fact in found.items()}
    data = {"study": study, "counted": counted, "lines": [asdict(line) for line in lines], "found": spent}
    store.write_json(place.with_suffix(".json"), data)
    print(f"The same as a page: {place.with_suffix('.html')}", flush=True)
