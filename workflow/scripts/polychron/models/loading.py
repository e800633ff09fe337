"""Load a checkpoint of any family, up to a layer."""

from __future__ import annotations

import logging
from pathlib import Path

from polychron.device import choose, of_precision
from polychron.models import behaviour, huggingface, transformer, xlmr
from polychron.storage import files

logger = logging.getLogger("polychron")

XLMR = "xlm-roberta"
"""The family that is computed by `polychron.models.xlmr`, which does not have to be asked how it behaves."""


def load(
    weights: str | Path,
    config: str | Path,
    *,
    upto: int | None = None,
    head: bool = False,
    device: str | None = None,
    precision: str = "float32",
) -> xlmr.Encoder | transformer.Transformer:
    """Read what is needed of a checkpoint up to a layer, and nothing else.

    XLM-R is computed by `polychron.models.xlmr`, any other family by transformers. The latter is asked whether its
    states depend on the rest of the batch: then each sentence is computed by itself.

    Parameters
    ----------
    weights, config : path-like
        ``model.safetensors`` and ``config.json``, with the names of the tensors in transformers' class of the family:
        ``XLMRobertaForMaskedLM`` for XLM-R. For other families, both are in one folder.
    upto : int, optional
        The last layer to compute; 0 is the embeddings. By default the model's last one.
    head : bool
        Read the head of the language model too, which needs the last layer.
    device : str, optional
        Where to compute. By default CUDA where there is one, else the CPU.
    precision : {"float32", "float16", "bfloat16"}
        The type of the weights and of the hidden states. Half precision is computed on a GPU alone.

    Returns
    -------
    Encoder or Transformer
        Both have the same interface.

    Raises
    ------
    InputError
        The model lacks the layer or a tensor, is of a kind that cannot be computed, or its file is cut short; or half
        precision is asked for on a device that does not have it.
    ValueError
        The head is asked for without the last layer.
    """
    found = None
    if precision != "float32" and files.read_json(config).get("model_type") != XLMR:
        # half precision rounds by more than what tells a model whose states depend on the batch
        of_precision(precision, device or choose())
        found = behaviour.of(read(weights, config, upto=upto, head=False, device=device))
    model = read(weights, config, upto=upto, head=head, device=device, precision=precision)
    if isinstance(model, transformer.Transformer):
        found = found or behaviour.of(model)
        model.alone, model.sees_ahead = found.alone, found.sees_ahead
        if model.alone:
            logger.warning("states depend on the rest of the batch: each sentence is computed by itself")
    return model


def read(
    weights: str | Path,
    config: str | Path,
    *,
    upto: int | None,
    head: bool,
    device: str | None,
    precision: str = "float32",
) -> xlmr.Encoder | transformer.Transformer:
    """Read a checkpoint as `load` does, and do not ask it anything."""
    device = device or choose()
    kind = of_precision(precision, device)
    if files.read_json(config).get("model_type") == XLMR:
        return xlmr.load(weights, config, upto=upto, head=head, device=device, precision=kind)
    return huggingface.load(config, upto=upto, head=head, device=device, precision=kind)
