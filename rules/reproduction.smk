# Whether results are what their records say, and cells trained again: nothing else reads it, and nothing is made anew.

import random
from itertools import islice

from snakemake.iocontainers import Wildcards

PLACES = [RESOURCES, *(f"results/{model}" for model in MODELS)]


def as_they_lie(inputs):
    """Take a job's inputs as the files that are there, whatever their rules would make of them now."""
    return lambda wildcards: {
        name: before_update(paths) if isinstance(paths, str) else [before_update(path) for path in paths]
        for name, paths in inputs(wildcards).items()
    }


use rule train_probe as retrain_probe with:
    input:
        unpack(as_they_lie(cell_inputs)),
    output:
        # taken away once they were compared, whatever came of it: the next audit trains them afresh
        scores=f"results/reproduction/{{model}}/{CELL}.parquet",
        weights=f"results/reproduction/{{model}}/{CELL}.safetensors",
    log:
        f"logs/{{model}}/retrain_probe/{CELL}.log",


@functools.cache
def cells_to_repeat():
    """Draw cells of the study that are, with their inputs, the files that their records name."""

    def repeatable(cell):
        record = provenance.record_of(rules.train_probe.output.scores.format(**cell))
        return record.exists() and reproduction.repeatable(json.loads(record.read_text()), storage.checksum)

    order = random.Random(config["reproduction"]["seed"]).sample(CELLS, len(CELLS))
    return list(islice(filter(repeatable, order), config["reproduction"]["cells"]))


def repeated(pattern):
    return lambda wildcards: [pattern.format(**cell) for cell in cells_to_repeat()]


def specs_of_results():
    """Give the fingerprints of the spec that each file of the study would be made with now."""
    makers = [rule for rule in workflow.rules if rule.name != "retrain_probe" and rule.output and rule.params]
    found = {}
    for path in sorted(str(path) for folder in PLACES for path in Path(folder).rglob("*") if path.is_file()):
        maker = next((maker for maker in makers if maker.is_producer(path)), None)
        if maker is not None:
            makers.sort(key=lambda other: other is not maker)  # the next file is likely to be its as well
            asked = maker.params.spec
            if callable(asked):
                asked = asked(Wildcards(fromdict=maker.get_wildcards(path)))
            found[path] = reproduction.fingerprints(json.loads(asked))
    return found


if workflow.is_main_process and workflow.resource_settings.cores is None and "reproduce" in sys.argv:
    workflow.resource_settings.cores = os.cpu_count()  # `snakemake reproduce` needs no more than its name


localrules:
    reproduce,


rule reproduce:
    input:
        scores=repeated(rules.retrain_probe.output.scores),
        weights=repeated(rules.retrain_probe.output.weights),
    log:
        f"logs/{STUDY}/reproduce.log",
    conda:
        "../envs/polychron.yaml"
    threads: 4
    params:
        spec=lambda wildcards: spec(
            "reproduce",
            study=STUDY,
            folders=PLACES,
            expected=specs_of_results(),
            cells=[rules.train_probe.output.scores.format(**cell) for cell in cells_to_repeat()],
            drawn=config["reproduction"]["cells"],
            tolerance=config["reproduction"]["tolerance"],
        )(wildcards),
    script:
        "../workflow/scripts/reproduce.py"
