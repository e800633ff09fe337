# What the study costs, before anything runs: its axes as plain values, and polychron.plan does the rest.

from pathlib import PurePosixPath

SIZES = rate.sizes()


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
        return {
            "world/inference": sum(sentences["inference"][("train", "dev", "test").index(split)] for split in splits)
        }
    found = {}
    for split in splits:
        rows = config["files"]["inference"][split]["rows"]
        name, number = ("xnli/pair", rows[1] - rows[0]) if rows else (f"xnli/{split}", 1)
        found[name] = found.get(name, 0) + number
    return found


def rules_named(start):
    return sum(rule.name.startswith(start) for rule in workflow.rules)


def known_bytes(path):
    """Give the recorded size of a source file, None where there is none."""
    return None if config["world"] or path not in KNOWN else KNOWN[path].bytes


def axes():
    """Describe the study to polychron.plan, in plain values."""
    # models that are compared at a step of their own are a few jobs beside the grid, and not counted
    first, moved = (
        [cell for cell in cells if cell["model"] == FIRST and cell["step"] == steps_of(FIRST)[0]]
        for cells in (CELLS, TRANSFERS)
    )
    cells = [
        {
            "task": cell["task"],
            "layer": cell["layer"],
            "sets": [f"{kind}/{cell['language']}" for kind in training_kinds(cell["task"])],
            "stored": [stored(kind, cell["language"], cell["layer"]) for kind in training_kinds(cell["task"])],
            "controls": sum(
                (control["task"], control["language"], control["layer"])
                == (cell["task"], cell["language"], cell["layer"])
                for control in CONTROLS
                if control["model"] == FIRST
            ),
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
    examples = {name for name, _, _ in read} | {f"bitext/{pair['source']}/{pair['target']}" for pair in PAIRS}
    for task in {cell["task"] for cell in moved}:
        examples |= {f"{transfer_kind(task)}/{target}" for target in transfer_languages(task)}
    heldout = [f"heldout/{language}" for language in config["bits"]["languages"]]
    kinds = [name.split("/")[0] for name in sorted(examples)]
    here = [model["name"] for model in MODELS.values() if model["provider"] == "pretrained"]
    return {
        "study": STUDY,
        "gpus": config["plan"]["gpus"],
        "steps": len(STEPS),
        "seeds": len(PROBING["seeds"]),
        "world": config["world"] and config["world"]["sentences"],
        "models": [
            {
                **{key: PRETRAINING[key] for key in ("vocabulary", "dimension", "feedforward")},
                "name": model["name"],
                "layers": model["final_layer"],
                "window": model["window"],
                "pretrained": model["name"] in here,
                "bytes": 4 if model["name"] in here else 2,
            }
            for model in MODELS.values()
            if model["name"] in ANALYSED
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
        "cells": cells,
        "transfers": transfers,
        "targets": {
            task: [f"{transfer_kind(task)}/{target}" for target in transfer_languages(task)]
            for task in PROBING["tasks"]
        },
        "features": sorted({(name, layer) for name, layer, written in read if written}),
        "datasets": {name: amount(name) for name in [*sorted(examples), *heldout]},
        "bits": heldout,
        "alignments": {f"bitext/{pair['source']}/{pair['target']}": config["alignment"]["layers"] for pair in PAIRS},
        "texts": {language: known_bytes(text_file(language)) for language in TEXT_LANGUAGES},
        "files": {path: known_bytes(path) for path in SOURCE_FILES},
        "once": {
            **({} if config["world"] else {"fetch_source": len(SOURCE_FILES)}),
            "tabulate_treebank": kinds.count("treebank") + kinds.count("parallel"),
            "tabulate_inference": kinds.count("inference") + kinds.count("inference_test"),
            "tabulate_bitext": kinds.count("bitext"),
            "split_text": len(TEXT_LANGUAGES),
            "bundle_javascript": 1,
        },
        "each": {
            "score_baseline": sum(job["model"] == FIRST for job in BASELINES),
            "trace_trajectories": 1,
            "estimate_intervals": 1,
            "correlate_factors": 1,
            "audit_claims": 1,
            "check_study": 1 if config["expect"] else 0,
            "examine_data": 1,
            "draw_figure": rules_named("draw_figure_"),
            "write_table": rules_named("write_table_"),
        },
    }


@functools.cache
def planned():
    """Work out what the study costs; the rules of all files are known by then."""
    return plan.lines(axes(), SIZES, rate.rates())


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
