"""Faults of a study that its schema cannot find: files, layers, tasks and steps that do not fit together."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.checkpoints import addresses
from polychron.data.bitext_formats import SENTENCES
from polychron.data.sources import own
from polychron.errors import InputError
from polychron.probing.tasks import registry
from polychron.redaction import credentials
from polychron.study import geometry, surroundings, world_files
from polychron.study.configuration.config_paths import NO_DISTANCES
from polychron.study.finetuning import cells
from polychron.study.laboratory import ensembles, expected, pretraining, twins
from polychron.study.study import SLICE, Study


def check(study: Study) -> None:
    """Check what the schema of a study's config cannot check.

    Raises
    ------
    InputError
        The first fault, with its remedy.
    """
    if key := credentials({name: value for name, value in study.config.items() if name != "mirror"}):
        raise InputError(
            f"{key}: a password or token is in the address, and what is in the config is in every record",
            remedy="write the address without it, and put user and password into ~/.netrc; or fetch the files by hand, "
            "and name their folder in by_hand",
        )
    _ = study.entries  # refuses tasks that nothing defines
    _ = study.source_rows  # refuses tables of sources with faults
    surroundings.check_fairseq([] if study.config["scores"] else study.fairseq)
    treebanks = study.has("treebank")
    for kind, languages in (
        ("treebank", study.probing["treebank_languages"] if treebanks else []),
        ("parallel", study.parallel_languages),
        ("alignment", [f"{pair['source']}/{pair['target']}" for pair in study.pairs]),
        *study.entity_datasets.items(),
    ):
        for language in languages:
            study.file_of(kind, language)
    _check_shared(study)
    if study.config["world"] and study.config["files"]["distances"] == NO_DISTANCES:
        raise InputError(
            "files.distances: a world writes the distances of its languages, and null names no file for them",
            remedy="name one, such as lang2vec/distances.tsv",
        )
    for kind, languages in study.entity_datasets.items() if study.config["world"] else ():
        of = {language: study.file_of(kind, language) for language in languages}
        if lacking := [language for language in languages if not own(of[language])]:
            raise InputError(
                f"files.{kind}.{lacking[0]}: a world writes no named entities, and {of[lacking[0]]} is no file of your "
                "own",
                remedy="write a path that begins with ./, or take the task out of probing.tasks",
            )
    twins.check_twins(study.config, study.text_languages)
    written = world_files.layout_of(study.config["files"])["alignment"] if study.config["world"] else {}
    for pair, entry in written.items():
        if lacking := [part for part in ("source", "target") if not entry[part]]:
            raise InputError(
                f"files.alignment.{pair}: a world writes the sentences of each language to a file, and {lacking[0]!r} "
                "names none",
                remedy=f"add files.alignment.{pair}.{lacking[0]}",
            )
    for pair in study.pairs:
        _check_sentences(study, f"{pair['source']}/{pair['target']}")
    if len(study.models) < len(study.config["models"]):
        raise InputError(
            "models: two models have the same name",
            remedy="give each a name of its own: a model's name is its folder below results/",
        )
    if "itermax" not in study.config["alignment"]["methods"]:
        raise InputError(
            "alignment.methods: itermax is not among them, whose scores figures, tables and claims are about",
            remedy="add itermax to the list",
        )
    _check_tasks(study)
    _check_transfer(study)
    _check_geometry(study)
    _check_further_probes(study)
    cells.check(study)
    _ = study.default_variant  # refuses a laboratory without one
    expected.check_expectations(study.config)
    for name in study.models:
        _check_model(study, name)
    _check_sensitivity(study)
    correlation, shares = study.config["analysis"]["correlation"]["onset"], study.config["analysis"]["onset"]
    if correlation not in shares:
        raise InputError(
            f"analysis.correlation.onset: {correlation} is not in analysis.onset, {shares}",
            remedy="add it to analysis.onset, or name one of those",
        )


def _check_shared(study: Study) -> None:
    """Refuse a file that would be read as that of several languages or splits, and has no column that tells them."""
    for kind, family in (("treebank", "treebank"), ("entity_treebank", "entity")):
        for language in study.probing[f"{family}_languages"] if study.has(family) else ():
            path = study.file_of(kind, language)
            if "{split}" not in path:
                raise InputError(
                    f"files.{kind}.{language}: {path} has no {{split}} in it, and would be train, dev and test",
                    remedy="name the three files alike, and write {split} where their names have train, dev and test",
                )
    files, probing = study.config["files"], study.probing
    inferred = {*probing["inference_languages"], *probing["transfer"]["inference_languages"]}
    named = {"files.text": (files["text"], {*study.text_languages})}
    for split, entry in files["inference"].items() if study.has("inference") else ():
        if entry["format"] != "xnli":  # whose rows name their language
            named[f"files.inference.{split}.file"] = entry["file"], inferred
    if study.has("inference"):
        _check_rows(files["inference"])
    for key, (path, languages) in named.items():
        if "{language}" not in path and len(languages) > 1:
            raise InputError(
                f"{key}: {path} has no {{language}} in it, and would be read as that of {', '.join(sorted(languages))}",
                remedy="give each language a file, and write {language} where their names have its code",
            )


def _check_rows(splits: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse two splits of sentence pairs that have rows of a file in common."""
    for one, other in itertools.combinations(splits, 2):
        entries = splits[one], splits[other]
        if entries[0]["file"] != entries[1]["file"]:
            continue
        ranges = [entry["rows"] or (0, math.inf) for entry in entries]
        if max(first for first, _ in ranges) < min(stop for _, stop in ranges):
            raise InputError(
                f"files.inference.{other}: {entries[0]['file']} is the file of {one} too, and they have rows in common",
                remedy=f"give each of the two a file of its own, or rows of its own (files.inference.{other}.rows)",
            )


def _check_sentences(study: Study, pair: str) -> None:
    """Refuse an alignment whose files of sentences are not those that its format has."""
    entry = study.file_of("alignment", pair)
    layout, named = entry["format"], tuple(part for part in ("source", "target") if entry[part])
    if named in SENTENCES[layout]:
        return
    if strange := [part for part in named if all(part not in parts for parts in SENTENCES[layout])]:
        raise InputError(
            f"files.alignment.{pair}.{strange[0]}: the format {layout!r} has its sentences in the file of links, so "
            f"{entry[strange[0]]} would not be read",
            remedy=f"take this key out, or correct files.alignment.{pair}.format",
        )
    lacking = next(part for part in SENTENCES[layout][0] if part not in named)
    raise InputError(
        f"files.alignment.{pair}.{lacking}: the format {layout!r} needs the file of its sentences beside that of links",
        remedy=f"name it, or correct files.alignment.{pair}.format",
    )


def _check_tasks(study: Study) -> None:
    for task, entry in study.entries.items():
        if entry.languages is None:
            continue
        if not study.sources(task):
            raise InputError(
                f"probing.token_labels.{task}.languages: none of {', '.join(entry.languages)} is in "
                "probing.treebank_languages, so no probe would be trained",
                remedy="name a language there that the tasks on treebanks are probed in",
            )
        asked = {name for part in study.probing["layerwise"] if part["task"] == task for name in part["languages"]}
        if strange := sorted(asked - {*entry.languages}):
            raise InputError(
                f"probing.layerwise: {strange[0]!r} does not have the task {task!r}",
                remedy=f"take it out there, or add it to probing.token_labels.{task}.languages",
            )


def _check_transfer(study: Study) -> None:
    """Refuse sources of transfer that have no probes, or nothing to be transferred to."""
    transfer = study.probing["transfer"]
    for family in ("treebank", "inference", "entity"):
        named = transfer[f"{family}_sources"] or []
        key = f"probing.transfer.{family}_sources"
        if strange := sorted({*named} - {*study.probing[f"{family}_languages"]}):
            raise InputError(
                f"{key}: {strange[0]!r} has no probes that could be transferred, for it is not in "
                f"probing.{family}_languages",
                remedy="add it there, or take it out here",
            )
        if named and not transfer[f"{family}_languages"]:
            raise InputError(
                f"{key}: there is no language to transfer to",
                remedy=f"name targets in probing.transfer.{family}_languages, or take {key} out",
            )


def _check_geometry(study: Study) -> None:
    """Refuse geometry of fewer than two languages, layers that a model does not have, and unknown tasks."""
    if not study.geometry:
        return
    if len(study.compared_languages) < 2:
        raise InputError(
            f"geometry: at least two languages are compared; there are {len(study.compared_languages)}",
            remedy="name them in geometry.languages, or set geometry: null",
        )
    if "parallel" not in study.sets:
        first = study.geometry["sets"][0]
        raise InputError(
            f"geometry.sets: {first!r} stands alone; factors of pairs are computed from the set 'parallel'",
            remedy="add parallel: other sets stand beside it",
        )
    if lacking := [name for name in study.sets if len(study.languages_of(name)) < 2]:
        raise InputError(
            f"geometry.sets: the set {lacking[0]!r} needs two of the languages that are compared, and has "
            f"{len(study.languages_of(lacking[0]))}",
            remedy="name languages of it in probing.inference_languages (and in geometry.languages), or take it out",
        )
    geometry.check_fit(study)
    geometry.check_directions(study)
    if geometry.PAIRED in study.geometry["sets"] and not study.translated_pairs:
        raise InputError(
            "geometry.sets: the set 'tatoeba' is asked for, and files.tatoeba names no pair of languages",
            remedy="add studies/tatoeba.yaml, name files in files.tatoeba, or take it out",
        )
    known = {*registry.TASKS, *study.probing["token_labels"]}
    if strange := [task for task in study.geometry["transfer"] or [] if task not in known]:
        raise InputError(
            f"geometry.transfer: there is no task {strange[0]!r}", remedy=f"name some of {', '.join(sorted(known))}"
        )
    for pair in study.dictionary_pairs:
        study.dictionary_files(**pair)
        if strange := [language for language in pair.values() if language not in study.text_languages]:
            raise InputError(
                f"geometry.words.dictionary: words of {strange[0]!r} are averaged over its text, and none is read",
                remedy=f"add {strange[0]!r} to bits.languages, or take the pair out",
            )
    for model in study.described:
        final = study.models[model]["final_layer"]
        if beyond := [layer for layer in study.own_layers(model, study.geometry["layers"] or []) if layer > final]:
            raise InputError(
                f"geometry.layers: {beyond[0]} is asked for, and the final_layer of {model!r} is {final}",
                remedy="take it out of the list, or leave geometry out of the model's parts",
            )


def _check_further_probes(study: Study) -> None:
    """Refuse further probes without treebanks, and of languages and layers that the study or a model lacks."""
    if study.config["scores"]:
        return
    if lacking := [name for name in study.probing["mixture"] if name not in study.probing["treebank_languages"]]:
        raise InputError(
            f"probing.mixture: {lacking[0]!r} is not in probing.treebank_languages",
            remedy="add it there, or take it out here",
        )
    if study.probing["mixture"] and not study.has("treebank"):
        raise InputError(
            "probing.mixture: no task of probing.tasks is on treebanks",
            remedy="add one there, such as pos, or take the languages out here",
        )
    if not study.structural:
        return
    if not study.has("treebank"):
        raise InputError(
            "probing.structural: the study reads no treebanks, for no task of probing.tasks is on treebanks",
            remedy="add one there, such as pos, or set probing.structural: null",
        )
    if strange := [name for name in study.structural_languages if name not in study.probing["treebank_languages"]]:
        raise InputError(
            f"probing.structural.languages: {strange[0]!r} is not in probing.treebank_languages",
            remedy="add it there, or take it out here",
        )
    for model in study.structured:
        final = study.models[model]["final_layer"]
        if beyond := [layer for layer in study.structural_layers(model) if layer > final]:
            raise InputError(
                f"probing.structural.layers: {beyond[0]} is asked for, and the final_layer of {model!r} is {final}",
                remedy="take it out of the list, or leave geometry out of the model's parts",
            )


def _check_sensitivity(study: Study) -> None:
    """Refuse a sensitivity analysis without another setting, or that names cells that the study does not have."""
    asked = study.probing["sensitivity"]
    if not asked or study.config["scores"]:
        return
    if not study.other_settings:
        raise InputError(
            f"probing.sensitivity: the study's own setting, scaling {study.setting[0]!r} and solver "
            f"{study.setting[1]!r}, is the only one",
            remedy="name another scaling or solver there, such as scaling: [none, standard]",
        )
    if not study.alternatives and not any(asked[key] for key in SLICE):
        raise InputError(
            "probing.sensitivity: the study has no cell at a trained step",
            remedy="add a step after 0 to steps, or take probing.sensitivity out",
        )
    for key, wildcard in SLICE.items():
        found = {cell[wildcard] for cell in study.compared}
        if lacking := [value for value in asked[key] or () if value not in found]:
            raise InputError(
                f"probing.sensitivity.{key}: no cell has {lacking[0]!r} together with what the other keys name",
                remedy="take it out there, or have it probed: probing.tasks, its languages, layers and layerwise, and "
                "steps say which cells there are",
            )


def _check_model(study: Study, name: str) -> None:
    model, steps, alignment = study.models[name], study.steps(name), study.aligned_layers(name)
    asked = {cell["layer"] for cell in study.cells if cell["model"] == name}.union(
        study.of(name).probing["layers"], alignment if study.pairs and name in study.with_part("alignment") else []
    )
    if beyond := [layer for layer in sorted(asked) if layer > model["final_layer"]]:
        raise InputError(
            f"layers: {beyond[0]} is asked for, and the model {name!r} has the layers 0 to {model['final_layer']}",
            remedy="take it out of probing.layers, probing.layerwise or alignment.layers",
        )
    if unknown := [task for task in study.tasks(name) if task not in study.probing["tasks"]]:
        raise InputError(
            f"models: the task {unknown[0]!r} of {name!r} is not in probing.tasks",
            remedy=f"add it to probing.tasks, or take it out of the tasks of {name!r}",
        )
    needed = {
        "pretrained": [],
        "random": ["like"],
        "ensemble": ["members"],
        "view": [],
        "finetuned": [],
        "published": ["source", "vocabulary"],
        "hub": ["source", "revision"],
    }
    if model["revisions"] and addresses.NAME not in (model["source"] or ""):
        needed["hub"] = ["source"]
    if lacking := [key for key in needed.get(model["provider"], ["source"]) if not model[key]]:
        raise InputError(
            f"models: {name!r} has the provider {model['provider']!r} and no {lacking[0]!r}",
            remedy=f"add {lacking[0]} to the model; workflow/schemas/config.schema.yaml describes it",
        )
    geometry.check_likeness(study, model)
    if name in study.fetched:
        _check_addresses(model, steps)
    ensembles.check_ensemble(study, name)
    pretraining.check_pretraining(study, name, max(steps))


def _check_addresses(model: Mapping[str, Any], steps: Sequence[int]) -> None:
    """Check that each step of a model has an address, and one of its own."""
    name, names, patterns = model["name"], model["revisions"] or {}, f"{model['source']} {model['revision']}"
    if addresses.NAME in patterns and not names:
        raise InputError(
            f"models: {name!r} has {addresses.NAME} in source or revision, and no 'revisions'",
            remedy="add revisions: {STEP: NAME} to the model, with the name of each step",
        )
    if lacking := [step for step in steps if names and step not in {int(known) for known in names}]:
        raise InputError(
            f"models: 'revisions' of {name!r} has no name for {len(lacking)} of {len(steps)} steps, as {lacking[0]}",
            remedy="add them there, or take these steps out of the model's steps",
        )
    if len({int(known) for known in names}) < len(names):
        raise InputError(f"models: 'revisions' of {name!r} has a step twice", remedy="remove one of the two")
    hub = model["provider"] == "hub"
    if names and addresses.NAME not in patterns and (not hub or model["revision"]):
        raise InputError(
            f"models: 'revisions' of {name!r} is not used",
            remedy=f"write {addresses.NAME} in {'revision' if hub else 'source'}, where the name of a step is",
        )
    found = {step: _place(model, step) for step in steps}
    same = [step for step in steps if [*found.values()].count(found[step]) > 1]
    if same and names:
        other = next(step for step in same[1:] if found[step] == found[same[0]])
        raise InputError(
            f"models: 'revisions' of {name!r} names the steps {same[0]} and {other} alike: {_named(names, same[0])!r} "
            f"and {_named(names, other)!r} are one checkpoint",
            remedy="correct the name of one of them, or take the step out",
        )
    if same:
        which = (
            f"all steps of {name!r}" if len(same) == len(steps) else f"the steps {same[0]} and {same[1]} of {name!r}"
        )
        raise InputError(
            f"models: {which} have the same address, {model['source']}",
            remedy="write {step} or {thousands} in source or revision, or name each step in revisions",
        )


def _named(names: Mapping[str, str], step: int) -> str:
    return next(name for known, name in names.items() if int(known) == step)


def _place(model: Mapping[str, Any], step: int) -> tuple[str | None, ...]:
    """Return where a step of a model is: of folders, the same for all spellings of a path."""
    source, revision = addresses.located(model, step)
    if model["provider"] == "hub":
        return source, revision
    return (os.path.normpath(source) if model["provider"] == "folder" else source,)
