"""An encoder with a head, which are trained together."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from polychron.errors import InputError
from polychron.features.batching import batches
from polychron.finetuning.heads import Batch, Classifier, Parser
from polychron.finetuning.splits import Split
from polychron.models import huggingface, transformer


class Network(nn.Module):
    """An encoder of transformers and a head for one task.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
    classes : tuple of str
        The labels, or relations, that it can predict.
    task : str
        One of `polychron.finetuning.recipes.TASKS`.
    seed : int
        Of the weights that the head begins with.
    hidden : bool
        Whether the head for pairs of sentences has a layer of its own.

    Attributes
    ----------
    classes : tuple of str
    """

    def __init__(self, encoder: Any, classes: Sequence[str], task: str, *, seed: int, hidden: bool = True) -> None:
        super().__init__()
        self.encoder, self.classes = encoder, tuple(classes)
        config = encoder.config.get_text_config()
        dimension = config.hidden_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if task == "parsing":
                self.head: Any = Parser(dimension, len(self.classes))
            else:
                dropout = getattr(config, "hidden_dropout_prob", None)
                self.head = Classifier(
                    dimension,
                    len(self.classes),
                    0.1 if dropout is None else dropout,
                    hidden=hidden and task == "xnli",
                    deviation=getattr(config, "initializer_range", 0.02),
                )
        self.head.to(self.device)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return next(self.encoder.parameters()).device

    def _hidden(self, split: Split, chosen: np.ndarray, encoder: Any = None) -> torch.Tensor:
        encoder = self.encoder if encoder is None else encoder
        filling = transformer.filling_of(encoder.config)
        return encoder(**split.inputs.pad(chosen, filling, self.device)).last_hidden_state

    def loss(self, split: Split, chosen: np.ndarray) -> torch.Tensor:
        """Return the mean loss of the examples of some inputs."""
        return self.head.loss(self._hidden(split, chosen), Batch(split, chosen, self.device))

    @torch.inference_mode()
    def predict(self, split: Split, tokens_per_batch: int, encoder: Any = None) -> list[np.ndarray]:
        """Return what is predicted of a split's examples.

        Parameters
        ----------
        split : Split
        tokens_per_batch : int
            The most pieces in a batch, padding included.
        encoder : transformers.PreTrainedModel, optional
            Another one that computes the states, such as the member of an ensemble that speaks the language.

        Returns
        -------
        list of ndarray of int64, each of shape (examples,)
            The classes; of a parser the heads, and then the relations.
        """
        self.eval()
        if encoder is not None:
            encoder.eval()
        found: list[np.ndarray] = []
        for chosen in batches(split.inputs.lengths, tokens_per_batch):
            batch = Batch(split, chosen, self.device)
            parts = self.head.predict(self._hidden(split, chosen, encoder), batch)
            found = found or [np.empty(len(split), np.int64) for _ in parts]
            for array, part in zip(found, parts, strict=True):
                array[batch.examples] = part
        return found


def load(config: str | Path, device: str) -> Any:
    """Read the encoder of a checkpoint's folder as transformers' ``AutoModel`` does.

    Parameters
    ----------
    config : path-like
        Its ``config.json``, with the weights in the same folder.
    device : str

    Raises
    ------
    InputError
        transformers does not know the family, it is a causal model, or its weights are not whole.
    """
    if huggingface.facts(config).causal:
        raise InputError(
            "a causal language model, in which the first piece of a word has not seen the rest of it",
            file=config,
            remedy="name the other models in finetuning.models: only masked language models are fine-tuned",
        )
    from transformers import AutoModel

    with _silent(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of parts that the checkpoint lacks, and that nothing reads
        model, found = AutoModel.from_pretrained(
            str(Path(config).parent),
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    if missing := [name for name in sorted(found["missing_keys"]) if not huggingface.NOT_NEEDED.search(name)]:
        raise InputError(
            f"the weights lack {missing[0]!r} ({len(missing)} such tensors)",
            file=Path(config).with_name("model.safetensors"),
            remedy="fetch or convert this checkpoint again",
        )
    return model.to(device)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep transformers' report of unread tensors and its progress bar out of the log."""
    from transformers.utils import logging as chatter

    level, bar = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity(logging.CRITICAL)
    chatter.disable_progress_bar()
    try:
        yield
    finally:
        chatter.set_verbosity(level)
        if bar:
            chatter.enable_progress_bar()
