"""Export of what one language sees of a model with separate parts, with a proof that it computes the same.

The plug-in of fairseq computes the states and predictions of sentences of the language's own pieces, and the exported
Hugging Face directory those of the same sentences in a padded batch, as in a study. Probabilities are compared and not
logits, since those of other languages' pieces are large numbers that mean nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from polychron.checkpoints.conversion import LENGTHS, TOLERANCE
from polychron.errors import InputError
from polychron.models import loading
from polychron.pretraining import fairseq_process
from polychron.pretraining.views import View
from polychron.storage import files

logger = logging.getLogger("polychron")


def export(
    original: str | Path,
    language: str,
    ids: Mapping[str, Sequence[int]],
    paths: Mapping[str, str],
    *,
    final_layer: int,
    window: int,
    tokenizer: str | Path,
    tokenizer_config: str | Path,
    precision: str = "float32",
) -> dict[str, Any]:
    """Write a language's view of a checkpoint as a Hugging Face directory, and prove that it computes the same.

    Parameters
    ----------
    original : path-like
        A checkpoint of fairseq with the plug-in (`polychron.pretraining.separate`).
    language : str
    ids : mapping of str to sequence of int
        The ids of each language's pieces.
    paths, final_layer, window, precision
        As in `polychron.checkpoints.conversion.convert`.
    tokenizer, tokenizer_config : path-like
        The files of the language.

    Returns
    -------
    dict
        As `polychron.checkpoints.conversion.convert`. ``logits`` is the largest difference of a probability.

    Raises
    ------
    InputError
        The checkpoint is of another model or corpus, has other sizes than the study expects, computes something else
        than what was written, or has a number that does not fit into float16.
    """
    opened = View(original, language, ids)
    text = Path(tokenizer).read_text(encoding="utf-8")
    tensors, config = opened.convert(layers=final_layer, vocabulary=len(json.loads(text)["model"]["vocab"]))
    positions = config["max_position_embeddings"] - 2
    if positions < window:
        raise InputError(
            f"positions for {positions} pieces, expected {window} or more",
            file=original,
            remedy=f"set the model's window to {positions} or less",
        )
    files.write_json(paths["config"], config)
    files.write_tensors(paths["weights"], tensors, {"format": "pt"})
    files.write_text(paths["tokenizer"], text)
    files.write_json(paths["tokenizer_config"], files.read_json(tokenizer_config))
    given, mask = _sentences(opened, min(positions, max(LENGTHS)))
    exact = _of_directory(paths, given, mask)
    expected = _of_plugin(opened, given, mask, Path(paths["weights"]).parent)
    layers, predictions = (_difference(*pair) for pair in zip(exact, expected, strict=True))
    if not max(layers, predictions) <= TOLERANCE:
        raise InputError(
            f"the view of {language} differs from the plug-in: layers by {layers:.2g} of their largest number, "
            f"probabilities by {predictions:.2g}",
            file=original,
            remedy="report it, with the separate parts of the model",
        )
    logger.info("%s: layers within %.2g of the plug-in, probabilities within %.2g", language, layers, predictions)
    proof = {
        "compared_with": f"fairseq {version('fairseq')} with the plug-in",
        "layers": float(f"{layers:.1e}"),
        "logits": float(f"{predictions:.1e}"),
        "gpus": opened.gpus(),
        "own_code": [],
        "precision": precision,
        "rounding": None,
    }
    if precision == "float32":
        return proof
    _round(tensors, config, paths)
    rounding = max(_difference(*pair) for pair in zip(_of_directory(paths, given, mask), exact, strict=True))
    return proof | {"rounding": float(f"{rounding:.1e}")}


def _sentences(view: View, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sentences of pieces that the language has, with padding, and where no padding is."""
    lengths = np.minimum(LENGTHS, longest)
    mask = np.arange(lengths.max()) < lengths[:, None]
    known = np.append(np.flatnonzero(view.kept)[4:], len(view.kept) - 1)  # its pieces, and the mask
    return np.where(mask, np.random.default_rng(0).choice(known, mask.shape), 1), mask


def _of_directory(paths: Mapping[str, str], ids: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the states, shape (layers, pieces, dimensions), and the probabilities, by what was written."""
    import torch

    model = loading.load(paths["weights"], paths["config"], head=True, device="cpu")
    with torch.inference_mode():
        kept = torch.from_numpy(mask)
        states = model(torch.from_numpy(ids), kept)
        logits = model.predict(states[-1][kept])
        return torch.stack([state[kept] for state in states]).numpy(), logits.softmax(-1).numpy()


def _of_plugin(view: View, ids: np.ndarray, mask: np.ndarray, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the states and the probabilities by the plug-in."""
    import torch

    tensors = view.tensors()
    arguments = view.arguments() | {"entries": len(view.kept)}
    with fairseq_process.workplace(folder) as work:
        files.write_tensors(work / "tensors.safetensors", tensors)
        files.write_json(work / "arguments.json", arguments)
        np.save(work / "pieces.npy", ids)
        names = ("tensors.safetensors", "arguments.json", "pieces.npy", "computed.npz")
        fairseq_process.run("forward", [str(work / name) for name in names])
        with np.load(work / "computed.npz") as computed:
            layers, logits = computed["layers"][:, mask], computed["logits"][mask]
    return layers, torch.from_numpy(logits).softmax(-1).numpy()


def _difference(mine: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference as a share of the largest number; infinite where a number is not finite."""
    if mine.shape != theirs.shape or not (np.isfinite(mine).all() and np.isfinite(theirs).all()):
        return float("inf")
    return float(np.abs(mine - theirs).max() / max(np.abs(theirs).max(), 1e-30))


def _round(tensors: Mapping[str, np.ndarray], config: Mapping[str, Any], paths: Mapping[str, str]) -> None:
    """Write the weights again, in float16."""
    with np.errstate(over="ignore"):
        rounded = {name: tensor.astype(np.float16) for name, tensor in tensors.items()}
    unfit = [name for name, tensor in rounded.items() if not np.isfinite(tensor).all()]
    if unfit:
        raise InputError(
            f"{len(unfit)} tensors have numbers that do not fit into float16, the first is {unfit[0]!r}",
            file=paths["weights"],
            remedy="keep the checkpoints in float32: checkpoints.precision",
        )
    files.write_json(paths["config"], {**config, "dtype": "float16"})
    files.write_tensors(paths["weights"], rounded, {"format": "pt"})
