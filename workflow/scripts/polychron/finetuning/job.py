"""A job of fine-tuning: its files are read, and one model is trained and scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polychron import device
from polychron.finetuning import cell, datasets, recipes, sequences, splits
from polychron.finetuning.network import Network, load
from polychron.finetuning.splits import Split
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.tokenization import pieces

DATASETS = {"xnli": 2}
"""How many datasets of a source are read, where it is not one."""

TOGETHER = "*"
"""The source in rows of a model that is trained on several languages together."""


def run(
    spec: Mapping[str, Any], given: Any, encoder: Any = None, speakers: Mapping[str, Any] | None = None
) -> tuple[Network, Mapping[str, Split], list[dict[str, Any]]]:
    """Train a model, and score it on its source and on all targets.

    Parameters
    ----------
    spec : mapping
        What the rules say of the job, see ``rules/finetuning.smk``.
    given : object
        The paths of its inputs, by attribute: ``config`` of the checkpoint, ``examples`` and ``pieces`` of the source,
        of the targets and of oracles, in this order, and ``tokenizer``, empty where no pairs are read, and else one
        or one of each of these datasets.
    encoder : transformers.PreTrainedModel, optional
        The encoder that is trained, if it is not that of the checkpoint.
    speakers : mapping of str to transformers.PreTrainedModel, optional
        See `polychron.finetuning.cell.run`.

    Returns
    -------
    Network
        As it was after the epoch that is best on dev of the source.
    mapping of str to Split
        ``train``, ``dev`` and ``test`` of the source.
    list of dict
        Rows with the columns of `polychron.storage.scores.score_schema`.
    """
    task = spec["task"]
    recipe = recipes.grid(spec["recipe"], task, spec["own"])[spec.get("point", 0)]
    asked = base.load(spec["enters"][0], task, spec["options"]) if spec.get("enters") else None
    readers = [datasets.Reader(asked, template, min(recipe.length, spec["window"])) for template in _templates(given)]
    tables = [files.read_table(path) for path in given.examples]
    words = [pieces.from_table(files.read_table(path)) for path in given.pieces]
    sets, targets = spec["datasets"], spec["targets"]
    each = DATASETS.get(task, 1)
    parts = [
        readers[place].own(tables[place : place + each], words[place : place + each], file=given.examples[place])
        for place in range(0, sets, each)
    ]
    own = {name: splits.joined([part[name] for part in parts]) for name in parts[0]}
    tested = {
        target: readers[place].target(tables[place], words[place], file=given.examples[place])
        for place, target in enumerate(targets, start=sets)
    }
    oracles = {
        target: readers[place].own([tables[place]], [words[place]], names=["dev"], file=given.examples[place])["dev"]
        for place, target in enumerate(spec["oracles"], start=sets + len(targets))
    }
    network, scored = cell.run(
        load(given.config, device.choose()) if encoder is None else encoder,
        task,
        own,
        tested,
        recipe,
        seed=spec["seed"],
        tokens_per_batch=spec["tokens_per_batch"],
        oracles=oracles,
        speakers=speakers,
    )
    common = {name: spec[name] for name in ("model", "source", "layer", "step")} | {"task": f"{task}_tuned"}
    if len(parts) > 1:
        common["source"] = TOGETHER
    return network, own, [common | {"target": target or common["source"]} | row for target, row in scored]


def _templates(given: Any) -> list[sequences.Template | None]:
    """Return what the tokenizer of each dataset puts around two sentences; None where no pairs are read."""
    if not given.tokenizer:
        return [None] * len(given.examples)
    if isinstance(given.tokenizer, str):
        return [sequences.template_of(given.tokenizer)] * len(given.examples)
    known = {path: sequences.template_of(path) for path in {*given.tokenizer}}
    return [known[path] for path in given.tokenizer]
