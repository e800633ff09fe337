"""The encoder of a fine-tuned model, written as a checkpoint like any other."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from polychron.errors import InputError
from polychron.finetuning.network import Network, load
from polychron.finetuning.splits import Split
from polychron.models import huggingface, loading, transformer
from polychron.storage import files

logger = logging.getLogger("polychron")

TOLERANCE = 1e-4
"""By how much states of what was written may differ from those of the network, as a share of the largest number."""

COMPARED = 16
"""How many inputs are compared."""


def write(
    network: Network, weights: str | Path, config: str | Path, paths: Mapping[str, str], sample: Split
) -> dict[str, Any]:
    """Write the encoder of a network in float32, without the head that predicted pieces: it was not trained along.

    Where the training diverged in its first epoch there is no finite encoder, and that of the checkpoint is written.

    Parameters
    ----------
    network : Network
        It is moved to the CPU.
    weights, config : path-like
        ``model.safetensors`` and ``config.json`` of the checkpoint that was fine-tuned. Names of tensors are its own.
    paths : mapping of str to str
        Where ``weights`` and ``config`` are written.
    sample : Split
        Inputs on which the states of what was written are compared with those of the network.

    Returns
    -------
    dict
        What the conversion of a checkpoint says of it, see `polychron.checkpoints.conversion.convert`.

    Raises
    ------
    InputError
        The checkpoint has other names than transformers' class for its encoder, or what was written computes something
        else.
    """
    encoder = network.encoder.cpu()
    if not all(bool(torch.isfinite(tensor).all()) for tensor in encoder.parameters()):
        logger.warning("no epoch ended with finite weights: the encoder is kept as it was before the training")
        encoder = load(config, "cpu")
    names = files.read_tensors(weights)[0].keys()
    kept, lacking = {}, []
    for name, tensor in encoder.state_dict().items():
        known = next((one for one in (f"{encoder.base_model_prefix}.{name}", name) if one in names), None)
        if known:
            kept[known] = tensor.float().numpy()
        elif not huggingface.NOT_NEEDED.search(name) and name in dict(encoder.named_parameters()):
            lacking.append(name)
    if lacking:
        raise InputError(
            f"the checkpoint has no tensor {lacking[0]!r} ({len(lacking)} such names), so that the fine-tuned encoder "
            "cannot take the place of its own",
            file=weights,
            remedy="leave this model's fine-tuned encoders alone: finetuning.keep: null",
        )
    files.write_json(paths["config"], files.read_json(config) | {"dtype": "float32"})
    files.write_tensors(paths["weights"], kept, {"format": "pt"})
    difference = _difference(encoder, paths, sample)
    if not difference <= TOLERANCE:
        raise InputError(
            f"what was written differs from the fine-tuned encoder by {difference:.2g} of its largest state",
            file=paths["weights"],
            remedy="report it, with the family of the model",
        )
    logger.info("the encoder is kept: states of %d tensors within %.2g of the network", len(kept), difference)
    return {
        "compared_with": f"transformers {version('transformers')}",
        "layers": float(f"{difference:.1e}"),
        "logits": None,
        "gpus": None,
        "own_code": [],
        "precision": "float32",
        "rounding": None,
    }


def _difference(encoder: Any, paths: Mapping[str, str], sample: Split) -> float:
    """Return the largest difference of states as a share of their layer's largest; infinite if one is not finite."""
    encoder.eval()
    chosen = np.arange(min(COMPARED, len(sample.inputs)))
    given = sample.inputs.pad(chosen, transformer.filling_of(encoder.config), torch.device("cpu"))
    given.pop("token_type_ids", None)  # what is read again takes all pieces for those of one sentence
    mask = given["attention_mask"].bool()
    with torch.inference_mode():
        expected = encoder(**given, output_hidden_states=True).hidden_states
        found = loading.load(paths["weights"], paths["config"], device="cpu")(given["input_ids"], mask)
    pairs = [(one[mask].double(), other[mask].double()) for one, other in zip(expected, found, strict=True)]
    if not all(bool(torch.isfinite(one).all() and torch.isfinite(other).all()) for one, other in pairs):
        return float("inf")
    return max(float((one - other).abs().max() / one.abs().max().clamp(min=1e-30)) for one, other in pairs)
