# The validated config as a study, constraints of wildcards, and spec() and other functions that the rules share.

import functools
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The checkout, also where another workflow uses this one as a module.
CHECKOUT = Path(str(workflow.current_basedir)).parent
sys.path.insert(0, str(CHECKOUT / "workflow" / "scripts"))

from polychron import paths
from polychron.checkpoints import providers
from polychron.errors import InputError
from polychron.reporting import pages
from polychron.storage import disk
from polychron.study import consistency, freshness, given_paths, surroundings
from polychron.study.configuration import yaml_files
from polychron.study.configuration.config import over, validated
from polychron.study.finetuning import expansion
from polychron.study.geometry import COMPARED, LINKED, PAIRED_SENTENCES, STABILITY, TRANSLATED
from polychron.study.inputs import ALTERNATIVE, CELL, Inputs
from polychron.study.laboratory.checkpoints import checkpoint_files, directory_of
from polychron.study.study import CONTROLS, SOLVERS, Study
from polychron.provenance import checkout, fingerprints, records
from polychron.workflow import locks, logs, metadata, snakemake_metadata
from polychron.workflow import snakemake_internals as internals

logger.addFilter(logs.shown)


def refuse(check, what=""):
    """Return what a check returns, and show an InputError as one message."""
    try:
        return check()
    except InputError as error:
        raise WorkflowError(f"{what}{error}")


CONFIG_FILES, SAID = internals.config_files(workflow), internals.command_line_config(workflow)
if internals.is_module(workflow):
    # The config is that which the other workflow gives, over this one's; values of whole entries are the given ones.
    config, CONFIG_FILES, SAID = refuse(lambda: over(CHECKOUT / "config.yaml", config)), [], {}

refuse(lambda: surroundings.check_paths([str(CHECKOUT), sys.prefix]))
if internals.is_main_process(workflow):
    refuse(lambda: yaml_files.check(CONFIG_FILES), "The config cannot be used:\n  ")
    refuse(
        lambda: surroundings.check_slurm(internals.requests(workflow, "gres", "slurm_partition", "slurm_account")),
        "The profile cannot be used:\n  ",
    )

snakemake_metadata.tolerate_damage(logger.warning)
# Folders that Snakemake itself writes to.
TEMPORARY = [".snakemake", os.environ.get("TMPDIR") or tempfile.gettempdir()]

if internals.is_main_process(workflow):
    surroundings.check_room(TEMPORARY)
    refuse(lambda: snakemake_metadata.check_folders(".snakemake"))
    # The lock of a killed run is released, so that the same command can continue. Where another run is at work, this
    # one stops in settle(), unless that has ended by then.
    dry = internals.is_dry_run(workflow)
    refuse(lambda: locks.begin(Path(".snakemake"), internals.command_line(), dry, logger.warning))
    # Results that Snakemake knows nothing of are compared with the records beside them.
    metadata.believe_records(logger.warning)


def checked_study():
    """Return the study of the config, once it has been checked."""
    made = Study(expansion.expanded(validated(config, SAID, CONFIG_FILES)))
    consistency.check(made)
    if internals.is_main_process(workflow):
        given_paths.check(made)
    return made


study = refuse(checked_study, "The config cannot be used:\n  ")

inputs = Inputs(study)

# Only for the records beside results: what decides a result is in its spec.
SETTINGS = given_paths.without_places(config)
os.environ[records.CONFIG] = hashlib.sha256(json.dumps(SETTINGS, sort_keys=True).encode()).hexdigest()
os.environ[checkout.PLACE] = str(paths.CHECKOUT)
if internals.is_main_process(workflow):
    os.environ[checkout.STATE] = json.dumps(checkout.state())


def stop(message):
    """End the run with a message only. Snakemake would wrap an exception of an input function, or pass over it."""
    logger.error(message)
    raise SystemExit(1)


def stopping_at(check, what=""):
    """Return what a check returns, and end the run at an InputError, with its message only."""
    try:
        return check()
    except InputError as error:
        stop(f"{what}{error}")


def among(names):
    """Return the constraint of a wildcard to some names, of which there may be none."""
    return "|".join(sorted(names)) or "-"


wildcard_constraints:
    model="|".join(study.models),
    task="|".join(study.probing["tasks"]),
    language="|".join(study.languages),
    source="|".join(study.languages),
    target="|".join(study.languages),
    kind="treebank|parallel|inference|inference_test|inference_parallel|heldout|entity_treebank|entities",
    dataset="(treebank|parallel|inference|inference_test|inference_parallel|heldout|bitext|tatoeba|entity_treebank|entities)/[^.]+",
    layer="|".join(map(str, study.layers)),
    set="parallel|inference_parallel",
    step=r"\d+",
    control="|".join(CONTROLS),
    scaling="none|standard",
    solver="|".join(SOLVERS),


def spec(script, enters=(), **values):
    """Return a rule's only param: a JSON string of all that decides its result besides its inputs, by name.

    `enters` names the modules of the library that the script imports by name, such as ``polychron.figures.onsets``:
    one, or a list. `enters` and the values are plain or functions of the wildcards. The fingerprint of the script and of
    the library modules that it and `enters` import is added, with the versions of the packages that those import.
    """

    @functools.cache
    def code(*entries):
        # Called for rules with jobs only: a Snakemake that is started for one job reads the code of one rule.
        return fingerprints.code_of(paths.SCRIPTS / f"{script}.py", *entries)

    def of(wildcards):
        known = {name: value(wildcards) if callable(value) else value for name, value in values.items()}
        entries = enters(wildcards) if callable(enters) else enters
        named = {"enters": entries} if entries else {}
        entries = [entries] if isinstance(entries, str) else entries
        return json.dumps({"rule": script, **named, **known, **code(*entries)}, sort_keys=True)

    return of


def arguments(script, *packages, **values):
    """Return a param like that of spec(), with versions of packages and without a fingerprint of code."""
    versions = fingerprints.versions_of(*packages)
    return json.dumps({"rule": script, **values, "packages": versions}, sort_keys=True)


def wildcard(name, convert=str):
    """Return a function that returns a wildcard, converted."""
    return lambda wildcards: convert(wildcards[name])


def refusing(ask):
    """Return an input function that shows an InputError as one message.

    It ends the run: Snakemake passes over an exception of a job whose output is there.
    """

    @functools.wraps(ask)
    def asked(wildcards):
        ended = stopping_at if internals.is_main_process(workflow) else refuse
        return ended(lambda: ask(wildcards))

    return asked


def admitted(wildcards):
    """Return the files that admit checkpoints to measurement. They decide no number, so newer ones rerun nothing."""
    return [ancient(file) for file in inputs.admissions(wildcards)]


def targets_of(wildcards):
    """Return the languages that a cell's probes are transferred to."""
    return study.of(wildcards.model).targets_of(wildcards.task, int(wildcards.layer))


def compared_languages(wildcards):
    """Return the languages of a model that are compared."""
    return study.of(wildcards.model).compared_languages


def resolved_from(wildcards):
    """Return what a checkpoint is resolved from, if a rule makes it; force the job if the checkpoint was replaced.

    What it was resolved to before must be readable, unless it is resolved again.
    """
    origin = str(freshness.origin_of(wildcards.model, wildcards.step))
    if Path(origin).exists() and not internals.is_forced(workflow, "resolve_checkpoint", origin):
        stopping_at(lambda: providers.read(origin))
    if origin in REPLACED:
        internals.force(workflow, origin)
    return [] if wildcards.model in study.fetched else inputs.address(wildcards)


def outdated_source(wildcards):
    """Whether a raw file was copied from a folder where it is another one now."""
    return freshness.original_changed(study, wildcards.file, PLACE, KNOWN)


def outdated_beginning(wildcards):
    """Whether the beginning of a text was read in a folder where it is another one now."""
    return freshness.beginning_changed(study, wildcards.language, PLACE, KNOWN)


def outdated_vocabulary(wildcards):
    """Whether a vocabulary was copied from a file that is another one now."""
    return freshness.vocabulary_changed(study, wildcards.model)


def forced_if(outdated, pattern):
    """Return an input function of a job without inputs, which forces it if its output is outdated."""

    def ask(wildcards):
        if internals.is_main_process(workflow) and outdated(wildcards):
            internals.force(workflow, pattern.format(**wildcards))
        return []

    return ask


def task_entry(wildcards):
    """Return the module of a task, which its script enters."""
    return study.entries[wildcards.task].entry


def task_spec(script, enters=task_entry, options=study.options, **values):
    """Return the spec of a script that enters the module of its task."""
    return spec(
        script,
        enters=enters,
        task=wildcard("task"),
        options=lambda wildcards: options(wildcards.task),
        **values,
    )


def cell_spec(script="train_probe", **values):
    """Return the spec of a script that trains probes of a cell."""
    solver, settings = SOLVERS[study.probing["solver"]]
    return task_spec(
        script,
        enters=lambda wildcards: [task_entry(wildcards), solver],
        options=study.training_options,
        language=wildcard("language"),
        layer=wildcard("layer", int),
        step=wildcard("step", int),
        model=wildcard("model"),
        **study.computed_in,
        threads=1,
        **{key: study.probing[key] for key in settings},
        **values,
    )


def caption_of(name):
    """Return the caption in the report: a text of the item's own, or what its script writes and nothing before it."""
    own = CHECKOUT / "workflow" / "report" / f"{name}.rst"
    return f"../workflow/report/{own.name if own.is_file() else 'written.rst'}"


def figure_files(number, title, category):
    """Name a figure's files; the page and the drawing are in the report, with the caption that the script writes."""

    def reported(ending, form):
        return report(
            f"results/{{model}}/figures/figure-{number}.{ending}",
            caption=caption_of(f"figure-{number}"),
            category=category,
            labels={"figure": f"Figure {number} {title}", "model": "{model}", "form": form},
        )

    return {
        "page": reported("html", "interactive"),
        "svg": reported("svg", "print"),
        "png": f"results/{{model}}/figures/figure-{number}.png",
        "caption": f"results/{{model}}/figures/figure-{number}.rst",
    }


def table_files(number, title):
    """Name a table's files; the page is in the report, with the caption that the script writes."""
    return {
        "page": report(
            f"results/{{model}}/tables/table-{number}.html",
            caption=caption_of(f"table-{number}"),
            category="6 Tables",
            labels={"figure": f"Table {number} {title}", "model": "{model}", "form": "table"},
        ),
        **{
            part: f"results/{{model}}/tables/table-{number}.{ending}"
            for part, ending in (("csv", "csv"), ("tex", "tex"), ("caption", "rst"))
        },
    }


def settings_of(settings):
    """Return a function of the wildcards: settings, some of which are functions of the wildcards."""
    return lambda wildcards: {name: value(wildcards) if callable(value) else value for name, value in settings.items()}
