# What the study costs, before anything runs: its axes as plain values, and polychron.planning.costs does the rest.

from pathlib import PurePosixPath

SIZES = rates.sizes()


def first_known(*names):
    """Give the first of some names that the table of sizes has."""
    return next(name for name in names if name in SIZES)


def amount(dataset):
    """Say what a dataset is in the table of sizes, and how many times that."""
    kind, language = dataset.split("/", 1)
    sentences = config["world"] and config["world"]["sentences"]
    if kind == "heldout":
        return {"heldout": config["bits"]["sentences"]}
    if kind == "bitext":
        return (
            {"heldout": sentences["alignment"]}
            if sentences
            else {first_known(f"bitext/{language.replace('/', '-')}", "bitext"): 1}
        )
    if kind in ("treebank", "parallel"):
        if sentences:
            number = sum(sentences["treebank"]) if kind == "treebank" else sentences["parallel"]
            return {first_known(f"world/{kind}/{language}", f"world/{kind}"): number}
        stem = PurePosixPath(file_of(kind, language)).name.split("-ud-")[0]
        return {first_known(f"ud/{stem}", "ud" if kind == "treebank" else "pud"): 1}
    splits = inference_splits(kind)
    if sentences:
        pairs = sum(sentences["inference"][("train", "dev", "test").index(split)] for split in splits)
        return {"xnli/pair": pairs / (1 + pairs / SIZES["world/inference"].number)}
    found = {}
    for split in splits:
        rows = config["files"]["inference"][split]["rows"]
        name, number = ("xnli/pair", rows[1] - rows[0]) if rows else (f"xnli/{split}", 1)
        found[name] = found.get(name, 0) + number
    return found


def rules_named(start):
    return sum(rule.name.startswith(start) for rule in workflow.rules)


def known_bytes(path):
    """Give the size of a source file, recorded with it or assumed in the table of sizes; None where there is none."""
    recorded = None if config["world"] or path not in KNOWN else KNOWN[path].bytes
    assumed = SIZES.get(f"file/{path}")
    return assumed.number if recorded is None and assumed else recorded


def grid(model):
    """Describe what is done with one model to polychron.planning.costs, in plain values; cells and transfers of one step."""
    at = steps_of(model)[0]
    first, moved = (
        [cell for cell in cells if (cell["model"], cell["step"]) == (model, at)] for cells in (CELLS, TRANSFERS)
    )
    controls = [(job["task"], job["language"], job["layer"]) for job in CONTROLS if job["model"] == model]
    cells = [
        {
            "task": cell["task"],
            "layer": cell["layer"],
            "sets": [f"{kind}/{cell['language']}" for kind in training_kinds(cell["task"])],
            "stored": [stored(kind, cell["language"], cell["layer"]) for kind in training_kinds(cell["task"])],
            "controls": controls.count((cell["task"], cell["language"], cell["layer"])),
        }
        for cell in first
    ]
    transfers = [
        {
            "task": cell["task"],
            "layer": cell["layer"],
            "sets": [f"{transfer_kind(cell['task'])}/{target}" for target in targets_of(cell["task"], cell["layer"])],
            "stored": [
                stored(transfer_kind(cell["task"]), target, cell["layer"])
                for target in targets_of(cell["task"], cell["layer"])
            ],
        }
        for cell in moved
    ]
    read = [
        (name, job["layer"], written) for job in cells + transfers for name, written in zip(job["sets"], job["stored"])
    ]
    pairs = [
        f"bitext/{job['source']}/{job['target']}" for job in ALIGNMENTS if (job["model"], job["step"]) == (model, at)
    ]
    heldout = [f"heldout/{job['language']}" for job in BITS if (job["model"], job["step"]) == (model, at)]
    examples = {name for name, _, _ in read} | {*pairs}
    for task in {cell["task"] for cell in moved}:
        examples |= {f"{transfer_kind(task)}/{target}" for target in transfer_languages(task)}
    whole = model in ANALYSED
    fetched = model not in PRETRAINED
    return {
        "steps": len(steps_of(model)),
        "cells": cells,
        "transfers": transfers,
        "features": sorted({(name, layer) for name, layer, written in read if written}),
        "datasets": {name: amount(name) for name in [*sorted(examples), *heldout]},
        "bits": heldout,
        "alignments": {pair: config["alignment"]["layers"] for pair in pairs},
        "each": {
            "fetch_vocabulary": int(fetched and model in FAIRSEQ),
            "resolve_checkpoint": len(steps_of(model)),
            "examine_checkpoint": len(steps_of(model)),
            "admit_checkpoint": len(steps_of(model)),
            "measure_displacement": len(steps_of(model)) - 1,
            "examine_checkpoints": 1,
            "score_baseline": sum(job["model"] == model for job in BASELINES),
            "trace_trajectories": 1,
            **{
                name: whole * number
                for name, number in (
                    ("estimate_intervals", 1),
                    ("correlate_factors", 1),
                    ("audit_claims", 1),
                    ("check_study", 1 if config["expect"] else 0),
                    ("examine_data", 1),
                    ("draw_figure", rules_named("draw_figure_")),
                    ("write_table", rules_named("write_table_")),
                )
            },
        },
    }


def world_axes():
    """Describe all that a world says, whatever the study reads of it, to polychron.planning.costs; None where there is none."""
    if not config["world"]:
        return None
    names = [f"{kind}/{language}" for kind in ("treebank", "parallel") for language in LAYOUT[kind]]
    names += [f"{kind}/{language}" for kind in ("inference", "inference_test") for language in SPOKEN]
    names += [f"bitext/{pair}" for pair in LAYOUT["alignment"]]
    return {
        "text": config["world"]["sentences"]["text"],
        "languages": list(SPOKEN),
        "datasets": {name: amount(name) for name in names},
    }


def axes():
    """Describe the study to polychron.planning.costs, in plain values: the grid of its first model, and that of every other."""
    first = grid(FIRST)
    kinds = [name.split("/")[0] for name in sorted({name for model in MODELS for name in grid(model)["datasets"]})]
    return {
        "study": STUDY,
        "gpus": config["plan"]["gpus"],
        "seeds": len(PROBING["seeds"]),
        "world": world_axes(),
        "models": [
            {
                **{key: PRETRAINING[key] for key in ("vocabulary", "dimension", "feedforward")},
                "name": name,
                "layers": model["final_layer"],
                "window": model["window"],
                "provider": model["provider"],
                "fairseq": name in FAIRSEQ,
                "bytes": {"float32": 4, "float16": 2}[config["checkpoints"]["precision"]],
                "grid": {} if name == FIRST else grid(name),
            }
            for name, model in sorted(MODELS.items(), key=lambda item: item[0] != FIRST)
        ],
        "pretraining": {
            "languages": PRETRAINING["languages"],
            "updates": PRETRAINING["updates"],
            "batch": PRETRAINING["sentences_per_batch"],
            "length": (
                max(model["window"] for model in MODELS.values())
                if PRETRAINING["sample_break_mode"] == "complete"
                else 14
            ),
            "steps": {
                step: (step - max([0, *(link for link in CHAIN if link < step)])) / PRETRAINING["updates"]
                for step in sorted({*STEPS, *(link for link in CHAIN if link < max(STEPS))})
            },
        },
        "targets": {
            task: [f"{transfer_kind(task)}/{target}" for target in transfer_languages(task)]
            for task in PROBING["tasks"]
        },
        "texts": {} if BEGINNINGS else {language: known_bytes(text_file(language)) for language in TEXT_LANGUAGES},
        "packed": not own(config["files"]["text"]),
        "beginnings": len(TEXT_LANGUAGES) if BEGINNINGS else 0,
        "files": {path: known_bytes(path) for path in SOURCE_FILES},
        "downloads": (
            {} if config["world"] else {one.file: known_bytes(one.file) for one in downloads(KNOWN, SOURCE_FILES)}
        ),
        "beside": {
            path: known_bytes(path)
            for path in SOURCE_FILES
            if path in [config["files"][k] for k in ("distances", "sizes")]
        },
        "once": {
            **({} if config["world"] else {"fetch_source": len(SOURCE_FILES)}),
            "tabulate_treebank": kinds.count("treebank") + kinds.count("parallel"),
            "tabulate_inference": kinds.count("inference") + kinds.count("inference_test"),
            "tabulate_bitext": kinds.count("bitext"),
            **{"fetch_heldout" if BEGINNINGS else "split_text": len(TEXT_LANGUAGES)},
            "bundle_javascript": 1,
        },
        **first,
    }


@functools.cache
def planned():
    """Work out what the study costs; the rules of all files are known by then."""
    return costs.lines(axes(), SIZES, rates.rates())


if workflow.is_main_process and workflow.resource_settings.cores is None and "plan" in sys.argv:
    workflow.resource_settings.cores = 1  # `snakemake plan` needs no more than its name


localrules:
    plan,


rule plan:
    log:
        f"logs/{STUDY}/plan_study.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: spec("plan_study", study=axes(), limits=config["plan"], resources=RESOURCES)(wildcards),
    script:
        "../workflow/scripts/plan_study.py"
