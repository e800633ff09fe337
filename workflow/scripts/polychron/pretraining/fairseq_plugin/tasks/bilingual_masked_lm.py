"""Masked language modelling of several languages, where the model is told the language of each example."""

from __future__ import annotations

import json
import os
from typing import Any

import torch
from fairseq import utils
from fairseq.data import Dictionary, MaskTokensDataset
from fairseq.tasks import register_task
from fairseq.tasks.multilingual_masked_lm import MultiLingualMaskedLMTask

OWN = "own.json"
"""Beside ``dict.txt``: the ids of each language's pieces."""


@register_task("bilingual_masked_lm")
class BilingualMaskedLMTask(MultiLingualMaskedLMTask):
    """fairseq's task, with the id of its language in each example, and random words of the example's own language.

    The id of a language is its place among the sorted names of the corpus' folders.

    Attributes
    ----------
    own : Tensor of bool, shape (languages, ids)
        Which ids are pieces of a language.
    """

    def __init__(self, args: Any, dictionary: Dictionary) -> None:
        super().__init__(args, dictionary)
        (data, *_) = utils.split_paths(args.data)
        with open(os.path.join(data, OWN), encoding="utf-8") as file:
            ids = json.load(file)
        folders = sorted(entry.name for entry in os.scandir(data) if entry.is_dir())
        if sorted(ids) != folders:
            raise ValueError(f"{data}: {OWN} has the languages {sorted(ids)}, and the corpus {folders}")
        self.own = torch.zeros(len(folders), len(dictionary), dtype=torch.bool)
        for number, language in enumerate(folders):
            self.own[number, ids[language]] = True

    def load_dataset(self, split: str, epoch: int = 1, combine: bool = False, **kwargs: Any) -> None:
        """Load a corpus; random words are drawn from the pieces of the language, each as likely as another."""
        super().load_dataset(split, epoch, combine, **kwargs)
        languages = self.datasets[split].dataset.datasets
        for own, dataset in zip(self.own.double().numpy(), languages, strict=True):
            _masked(dataset).weights = own / own.sum()

    def train_step(self, sample: dict[str, Any], *rest: Any, **named: Any) -> tuple[Any, Any, Any]:
        """Pass the ids of the languages on to the model, which fairseq computes and drops."""
        return super().train_step(_told(sample), *rest, **named)

    def valid_step(self, sample: dict[str, Any], *rest: Any, **named: Any) -> tuple[Any, Any, Any]:
        """Pass the ids of the languages on to the model, as in training."""
        return super().valid_step(_told(sample), *rest, **named)


def _told(sample: dict[str, Any]) -> dict[str, Any]:
    return {**sample, "net_input": {**sample["net_input"], "lang_id": sample["lang_id"]}}


def _masked(dataset: Any) -> MaskTokensDataset:
    """Find, in a language's dataset, the one that replaces pieces by the mask and by random words."""
    while not hasattr(dataset, "defn"):  # resampling
        dataset = dataset.dataset
    dataset = dataset.defn["net_input.src_tokens"]
    while not isinstance(dataset, MaskTokensDataset):  # padding, caches
        dataset = dataset.dataset
    return dataset
