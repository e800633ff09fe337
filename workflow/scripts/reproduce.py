"""Compare every result with its record and cells with repetitions of them, and report what differs."""

import sys
from pathlib import Path

from polychron.errors import InputError
from polychron.planning import report
from polychron.provenance import records, reproduction
from polychron.reporting import tables
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    unsound: list[InputError] = []
    past = list(records.read_records(spec["folders"], unsound).values())
    names = {name for record in past for name in reproduction.files_of(record)}
    found = reproduction.checksums(names, files.checksum, snakemake.threads)
    unreadable = {records.result_of(fault.file): fault.what for fault in unsound}
    results = reproduction.examine(past, spec["expected"], found, unreadable)
    results += reproduction.of_other_files(spec["originals"])
    stale = {result.file for result in results if result.verdict}
    here = records.hardware()
    again = []
    for file, *made in zip(spec["cells"], snakemake.input.scores, snakemake.input.weights, strict=True):
        kept = file, str(Path(file).with_suffix(".safetensors"))
        same = all(files.checksum(one) == files.checksum(other) for one, other in zip(kept, made, strict=True))
        apart = reproduction.difference(*(files.read_table(path).to_pylist() for path in (file, made[0])))
        record = records.read(records.record_of(file))
        again.append(reproduction.Again(file, same, apart, here.items() <= record.items()))
    results += reproduction.faults_of(again, stale, spec["tolerance"])
    wrong = [result for result in results if result.verdict]
    laid = reproduction.rows(results)
    told = reproduction.told(again, spec["drawn"], results, spec["tolerance"])
    place = Path("results/reproduction") / spec["study"]
    print(report.text(laid, told), flush=True)
    files.write_text(place.with_suffix(".html"), report.page(f"The results of the study {spec['study']}", laid, told))
    files.write_text(place.with_suffix(".csv"), tables.plain([result._asdict() for result in results]))
    files.write_text(place.with_suffix(".again"), "".join(f"{name}\n" for name in sorted({r.file for r in wrong})))
    print(f"All faults: {place.with_suffix('.csv')}; as a page: {place.with_suffix('.html')}", flush=True)

for scores, weights in zip(snakemake.input.scores, snakemake.input.weights, strict=True):
    reproduction.remove(scores, weights, records.record_of(scores))
if wrong:
    print(f"To make them again: snakemake ... --forcerun $(cat {place.with_suffix('.again')})", flush=True)
    sys.exit(1)
