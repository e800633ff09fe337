# The validated config, the axes that follow from it, the wildcards that it allows, and spec().

import functools
import hashlib
import json
import os
import sys
from itertools import product
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from polychron import paths
from polychron.checkpoints import providers
from polychron.data.sources import own
from polychron.errors import InputError
from polychron.planning import costs, rates
from polychron.planning.report import too_large, ways_on
from polychron.storage import files as storage
from polychron.workflow import jobs as provenance
from polychron.workflow import locks, reproduction, slurm
from polychron.workflow.config import load, problems

if workflow.is_main_process:
    # The lock of a killed run is lifted, so that the same command goes on.
    holder = locks.claim(Path(".snakemake"))
    if holder:
        logger.warning(
            f"Another run is at work in this folder: {holder}. Wait for it, or look at it with snakemake -n."
        )
    if Path("results").is_dir() and not Path(".snakemake/metadata").is_dir():
        logger.warning(
            "There are results and no .snakemake/metadata: which code and config made them cannot be told, only which "
            "files are older than their inputs. Copy .snakemake/metadata along with results, times kept (cp -a)."
        )

with open(Path(workflow.basedir) / "workflow" / "schemas" / "config.schema.yaml", encoding="utf-8") as description:
    found = problems(config, load(description), workflow.config_settings.config)
if found:
    raise WorkflowError("The config cannot be used:\n" + "\n".join(f"  {problem}" for problem in found))

# For the records beside results alone: what decides a result stands in its spec.
os.environ[provenance.CONFIG] = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()

STUDY = config["study"]
RESOURCES = f"resources/{STUDY}"
STEPS = config["steps"]
PROBING = config["probing"]
MODELS = {model["name"]: model for model in config["models"]}
PRETRAINED = [name for name, model in MODELS.items() if model["provider"] == "pretrained"]
FAIRSEQ = [name for name, model in MODELS.items() if name in PRETRAINED or model["vocabulary"]]
ANALYSED = [name for name, model in MODELS.items() if "analysis" in model["parts"]]
FIRST = [*ANALYSED, *MODELS][0]
TREEBANK_TASKS = ("pos", "arc_prediction", "arc_classification")


def family(task):
    """Say which lists of languages a task follows: those of the treebanks or those of inference."""
    return "treebank" if task in TREEBANK_TASKS else "inference"


def training_kinds(task):
    """Name the kinds of dataset that a task is trained and tested on."""
    return ["treebank"] if family(task) == "treebank" else ["inference", "inference_test"]


def transfer_kind(task):
    """Name the kind of dataset that a task's probes are transferred to."""
    return "parallel" if family(task) == "treebank" else "inference_test"


def transfer_languages(task):
    return PROBING["transfer"][f"{family(task)}_languages"]


def among(names):
    """Constrain a wildcard of a rule to some names, of which there may be none."""
    return "|".join(sorted(names)) or "-"


def steps_of(model):
    """List the steps of a model: its own, or the study's."""
    return MODELS[model]["steps"] or STEPS


def tasks_of(model):
    """List the tasks of a model: its own, or the study's."""
    return MODELS[model]["tasks"] or PROBING["tasks"]


def with_part(part):
    """List the models for which a part of the study is done."""
    return [name for name, model in MODELS.items() if part in model["parts"]]


@functools.cache
def layers_of(model, task, language):
    """List the layers at which a task is probed in a language."""
    if model not in with_part("layerwise"):
        return sorted(PROBING["layers"])
    further = [
        entry["layers"] for entry in PROBING["layerwise"] if entry["task"] == task and language in entry["languages"]
    ]
    return sorted(set(PROBING["layers"]).union(*further))


@functools.cache
def targets_of(task, layer):
    """List the languages that a task's probes at a layer are transferred to."""
    if layer in PROBING["layers"]:
        return transfer_languages(task)
    asked = {
        language
        for entry in PROBING["layerwise"]
        if entry["task"] == task and layer in entry["transfer"]
        for language in entry["languages"]
    }
    return [language for language in transfer_languages(task) if language in asked]


CELLS = [
    {"model": model, "task": task, "language": language, "layer": layer, "step": step}
    for model in MODELS
    for task in tasks_of(model)
    for language in PROBING[f"{family(task)}_languages"]
    for layer in layers_of(model, task, language)
    for step in steps_of(model)
]
TRANSFERS = [cell for cell in CELLS if cell["language"] in targets_of(cell["task"], cell["layer"])]
BITS = [
    {"model": model, "language": language, "step": step}
    for model in with_part("bits")
    for language, step in product(config["bits"]["languages"], steps_of(model))
]
PAIRS = [{"source": source, "target": target} for source, target in config["alignment"]["pairs"]]
ALIGNMENTS = [
    {"model": model, **pair, "step": step}
    for model in with_part("alignment")
    for pair, step in product(PAIRS, steps_of(model))
]
BASELINES = [
    {"model": model, "task": task, "language": language}
    for model in MODELS
    for task in tasks_of(model)
    for language in PROBING[f"{family(task)}_languages"]
]
CONTROLS = (
    [cell for cell in CELLS if cell["step"] == steps_of(cell["model"])[-1] and cell["layer"] == max(PROBING["layers"])]
    if PROBING["control"]
    else []
)

TREEBANK_LANGUAGES = [*PROBING["treebank_languages"]]
TEXT_LANGUAGES = sorted({*(config["pretraining"]["languages"] if PRETRAINED else []), *config["bits"]["languages"]})
LANGUAGES = sorted(
    {
        *TEXT_LANGUAGES,
        *TREEBANK_LANGUAGES,
        *PROBING["inference_languages"],
        *PROBING["transfer"]["treebank_languages"],
        *PROBING["transfer"]["inference_languages"],
        *(language for pair in config["alignment"]["pairs"] for language in pair),
    }
)
LAYERS = sorted({cell["layer"] for cell in CELLS} | set(config["alignment"]["layers"]))


def refuse(what, remedy):
    raise WorkflowError(f"The config cannot be used:\n  {what}\n  Next: {remedy}")


def file_of(kind, language):
    """Look a language's dataset up in the config."""
    files = config["files"][kind]
    if language not in files:
        refuse(
            f"{kind}: the language {language!r} is asked for, and files.{kind} names no file for it",
            f"add files.{kind}.{language}, or take {language!r} out of the list that asks for it",
        )
    return files[language]


for kind, languages in (
    ("treebank", TREEBANK_LANGUAGES if set(TREEBANK_TASKS) & set(PROBING["tasks"]) else []),
    ("parallel", PROBING["transfer"]["treebank_languages"] if set(TREEBANK_TASKS) & set(PROBING["tasks"]) else []),
    ("alignment", [f"{pair['source']}/{pair['target']}" for pair in PAIRS]),
):
    for language in languages:
        file_of(kind, language)

if len(MODELS) < len(config["models"]):
    refuse("models: two models have one name", "name them apart: a model's name is its folder below results/")
for name, model in MODELS.items():
    asked = {cell["layer"] for cell in CELLS if cell["model"] == name}.union(
        PROBING["layers"], config["alignment"]["layers"] if PAIRS and name in with_part("alignment") else []
    )
    beyond = [layer for layer in sorted(asked) if layer > model["final_layer"]]
    if beyond:
        refuse(
            f"layers: {beyond[0]} is asked for, and the model {name!r} has the layers 0 to {model['final_layer']}",
            "take it out of probing.layers, probing.layerwise or alignment.layers",
        )
    unknown = [task for task in tasks_of(name) if task not in PROBING["tasks"]]
    if unknown:
        refuse(
            f"models: the task {unknown[0]!r} of {name!r} is none of probing.tasks",
            f"add it to probing.tasks, or take it out of the tasks of {name!r}",
        )
    needed = {"pretrained": [], "published": ["source", "vocabulary"], "hub": ["source", "revision"]}
    lacking = [key for key in needed.get(model["provider"], ["source"]) if not model[key]]
    if lacking:
        refuse(
            f"models: {name!r} has the provider {model['provider']!r} and no {lacking[0]!r}",
            f"add {lacking[0]} to the model; workflow/schemas/config.schema.yaml describes it",
        )
    places = [providers.of_step(f"{model['source']} {model['revision']}", step) for step in steps_of(name)]
    if name not in PRETRAINED and len(set(places)) < len(places):
        refuse(
            f"models: all steps of {name!r} have one address, {model['source']}",
            "write {step} or {thousands} where the step stands in source or revision",
        )
    if name in PRETRAINED and config["pretraining"]["updates"] < max(steps_of(name)):
        refuse(
            f"steps: {max(steps_of(name))} lies beyond pretraining.updates, {config['pretraining']['updates']}",
            "raise pretraining.updates (a new learning-rate schedule, so a new model) or take the step out",
        )


wildcard_constraints:
    model="|".join(MODELS),
    task="|".join(PROBING["tasks"]),
    language="|".join(LANGUAGES),
    source="|".join(LANGUAGES),
    target="|".join(LANGUAGES),
    kind="treebank|parallel|inference|inference_test|heldout",
    dataset="(treebank|parallel|inference|inference_test|heldout|bitext)/[^.]+",
    layer="|".join(map(str, range(max(model["final_layer"] for model in MODELS.values()) + 1))),
    step=r"\d+",


def spec(script, enters=(), **values):
    """Return a rule's only param: a JSON string with names, of all that decides its result besides its inputs.

    `enters` names the modules of the library that the script imports by name, such as ``polychron.figures.onsets``: one,
    or a list. `enters` and the values are plain, or functions of the wildcards. The fingerprint of the script and of the
    library modules that it and `enters` import comes with them, and the versions of the packages that those import.
    """

    @functools.cache
    def code(*entries):
        # Only of rules that have jobs: whoever starts Snakemake for one of them reads the code of one.
        return provenance.code_of(paths.SCRIPTS / f"{script}.py", *entries)

    def of(wildcards):
        known = {name: value(wildcards) if callable(value) else value for name, value in values.items()}
        entries = enters(wildcards) if callable(enters) else enters
        named = {"enters": entries} if entries else {}
        entries = [entries] if isinstance(entries, str) else entries
        return json.dumps({"rule": script, **named, **known, **code(*entries)}, sort_keys=True)

    return of


def resource(path):
    """Give the place of a source's file, which a mirror has under the same name; one's own is read where it is."""
    return own(path) or f"{RESOURCES}/{path}"


def example(dataset):
    """Give the table of examples of a dataset, such as treebank/en or bitext/en/cs."""
    return f"{RESOURCES}/examples/{dataset}.parquet"


@functools.cache
def stored(kind, language, layer):
    """Say whether a dataset's features at a layer are written to disk.

    Their kind is asked for (features.store), they are not left out (features.inline), and, of a treebank, the layer is
    one at which all tasks are probed. What a further entry of probing.layerwise reads is computed in its cells: whether
    a cell reads a file never hangs on which other cells there are, or a new one would run old ones again.
    """
    everywhere = kind != "treebank" or layer in PROBING["layers"]
    return (
        everywhere and kind in config["features"]["store"] and f"{kind}/{language}" not in config["features"]["inline"]
    )


def features(kind, language, layer, step):
    """Name the stored features of a dataset at a layer and step."""
    return f"results/{{model}}/features/{kind}/{language}/layer-{layer}/step-{step}.npy"


def stop(message):
    """End the run with a message of its own: what an input function raises, Snakemake would wrap."""
    logger.error(message)
    raise SystemExit(1)


def settle():
    """See to it that no Slurm job of an earlier run is at work in this folder; say whether there was one."""
    try:
        return slurm.settle(".", logger.warning)
    except InputError as error:
        raise WorkflowError(str(error))


def within_reach(targets):
    """Ask for targets, unless there is more behind them than the disk holds or one machine should start.

    A study whose scores were gathered once has its grid: a figure of it may be drawn anywhere.
    """

    def ask(wildcards):
        # What a killed run left half-written is made again, as with --rerun-incomplete.
        workflow.dag_settings.force_incomplete = True
        starts = workflow.executor_plugin is not None and not workflow.dryrun and not workflow.touch
        if starts and workflow.is_main_process:
            settle()
        alone = starts and workflow.local_exec
        if alone:
            # Snakemake's limit of jobs a second starts one more timer for ever with each job that ends (9.27).
            workflow.scheduling_settings.max_jobs_per_timespan = None
        if (
            starts
            and workflow.is_main_process
            and not config["scores"]
            and not all(Path(f"results/{name}/scores.parquet").exists() for name in MODELS)
        ):
            if alone and sum(line.jobs for line in planned()) > config["plan"]["local_jobs"]:
                stop(ways_on(STUDY, planned(), config["plan"]))
            if beyond := too_large(planned(), config["plan"]["max_disk"]):
                stop(beyond)
        return targets(wildcards) if callable(targets) else targets

    return ask


onstart:
    # Targets that are files do not pass through within_reach(), and the plan of this run does not know what ended.
    if settle():
        raise WorkflowError(
            "Slurm jobs of an earlier run have ended: the same command goes on from what they made."
        )
    report_progress()
