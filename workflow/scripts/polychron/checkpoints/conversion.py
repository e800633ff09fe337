"""Conversion of a checkpoint of any origin to one Hugging Face directory, with a proof that it computes the same.

Original and result get the same sentences of random pieces, and must compute the same hidden states at every layer and
the same logits. Originals of fairseq are run by fairseq, those of Hugging Face by transformers' own class: one sentence
after the other, without padding, with its head. The result is computed as in a study, in a padded batch.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from polychron.checkpoints import admission, directory, own_code, settings
from polychron.errors import InputError
from polychron.models import extent, huggingface, loading
from polychron.pretraining import fairseq_process
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint
from polychron.storage import files

logger = logging.getLogger("polychron")

TOLERANCE = 1e-4
"""The largest difference that passes, as a share of the largest number of a layer; rounding stays far below."""

LENGTHS = (3, 7, 12, 31)
"""Lengths, in pieces, of the sentences that are computed by both."""


def convert(
    original: str | Path,
    paths: Mapping[str, str],
    *,
    final_layer: int,
    window: int,
    tokenizer: str | Path | None = None,
    tokenizer_config: str | Path | None = None,
    precision: str = "float32",
    agreed: str | None = None,
) -> dict[str, Any]:
    """Write a checkpoint as a Hugging Face directory, and prove that it computes the same.

    Parameters
    ----------
    original : path-like
        A Hugging Face directory, or a file of fairseq.
    paths : mapping of str to path-like
        Where ``weights``, ``config``, ``tokenizer`` and ``tokenizer_config`` are written, in one folder.
    final_layer, window : int
        The number of layers and the longest input in pieces, as the study's config has them.
    tokenizer, tokenizer_config : path-like, optional
        For a file of fairseq, which has no tokenizer: the files that belong to its vocabulary.
    precision : {'float32', 'float16'}
        Precision of the weights on disk. The proof is of float32 in either case, and rounding comes after it.
    agreed : str, optional
        ``ignore`` where transformers' class may be used though a directory asks for code of its own (see `own_code`).

    Returns
    -------
    dict
        The keys of `prove`, and: ``precision``; ``rounding``, the largest difference of a hidden state or logit that
        rounding makes, as a share of the largest number, None where nothing was rounded; ``gpus``, the number of GPUs
        of the run that saved a file of fairseq, None where it is not known; ``own_code``, the classes that a directory
        asks for and that were not run.

    Raises
    ------
    InputError
        The original cannot be read, asks for code of its own, has another number of layers or fewer positions than the
        study expects, computes something else than what was written, or has a number that does not fit into float16.
    """
    original = Path(original)
    opened, gpus, own = original, None, []
    if original.is_dir():
        own = admit(original / "config.json", final_layer, window, agreed)
        tensors, config, text, about = directory.read(original)
    elif tokenizer is None:
        raise InputError(
            "a file of fairseq, which has no vocabulary",
            file=original,
            remedy="name its SentencePiece model in the config: models.vocabulary.sentencepiece",
        )
    else:
        text = Path(tokenizer).read_text(encoding="utf-8")
        entries = len(json.loads(text)["model"]["vocab"])
        opened = FairseqCheckpoint(original)
        (tensors, config), gpus = opened.convert(layers=final_layer, vocabulary=entries), opened.gpus()
        about = files.read_json(tokenizer_config)
    files.write_json(paths["config"], config)
    with _foreign(original, paths["config"]):
        _check(huggingface.facts(paths["config"]), original, final_layer, window)
    extent.check(paths["config"], sum(tensor.size for tensor in tensors.values()), original)
    files.write_tensors(paths["weights"], tensors, {"format": "pt"})
    files.write_text(paths["tokenizer"], text)
    files.write_json(paths["tokenizer_config"], about)
    with _foreign(original, paths["config"]):
        proof = prove(opened, paths["weights"], paths["config"]) | {"gpus": gpus, "own_code": own}
    if own:
        logger.warning("the checkpoint's own code was not run: %s", ", ".join(own))
    if precision == "float32":
        return proof | {"precision": precision, "rounding": None}
    head = proof["logits"] is not None
    exact = _computed(paths["weights"], paths["config"], head)
    _round(tensors, paths["weights"], paths["config"])
    differences = map(_difference, _computed(paths["weights"], paths["config"], head), exact)
    return proof | {"precision": precision, "rounding": float(f"{max(differences):.1e}")}


@contextlib.contextmanager
def _foreign(original: Path, config: str | Path) -> Iterator[None]:
    """Turn what fails inside transformers, which has hundreds of classes, into a message that names the checkpoint."""
    try:
        yield
    except InputError as error:
        if original.is_file() or error.file is None or Path(error.file).is_relative_to(original):
            raise
        file = original / "config.json" if str(error.file) == str(config) else original
        raise InputError(error.what, file=file, remedy=error.remedy) from error
    except OSError:
        raise
    except Exception as error:
        logger.info("the error in full:", exc_info=error)
        said = " ".join(str(error).split())
        raise InputError(
            f"it cannot be computed ({type(error).__name__}: {said[:200]})",
            file=original,
            remedy="compare its config.json with its weights, or get it again; the log has the error in full",
        ) from error


def _round(tensors: Mapping[str, np.ndarray], weights: str | Path, config: str | Path) -> None:
    """Write the weights again, in float16."""
    with np.errstate(over="ignore"):
        rounded = {name: a.astype(np.float16) if a.dtype.kind == "f" else a for name, a in tensors.items()}
    unfit = [name for name, array in rounded.items() if np.isinf(array).any() and np.isfinite(tensors[name]).all()]
    if unfit:
        raise InputError(
            f"{len(unfit)} tensors have numbers that do not fit into float16, the first is {unfit[0]!r}",
            file=weights,
            remedy="keep the checkpoints in float32: checkpoints.precision",
        )
    files.write_json(config, files.read_json(config) | {"dtype": "float16"})
    files.write_tensors(weights, rounded, {"format": "pt"})


def admit(config: str | Path, final_layer: int, window: int, agreed: str | None = None) -> list[str]:
    """Refuse what cannot be studied, by the JSON files of a Hugging Face directory alone.

    Parameters
    ----------
    config : path-like
        The ``config.json``.
    final_layer, window, agreed
        As in `convert`.

    Returns
    -------
    list of str
        The classes that the directory asks for and that are not run.

    Raises
    ------
    InputError
        The family is none that is known to be measured rightly, its sizes are not those of the study, or it asks for
        code of its own.
    """
    config = Path(config)
    admission.admit(config)
    with tempfile.TemporaryDirectory(prefix="polychron-") as folder:
        clean = Path(folder) / "config.json"
        files.write_json(clean, settings.model(config))
        with _foreign(config.parent, clean):
            _check(huggingface.facts(clean), config.parent, final_layer, window)
    return own_code.check(config.parent, agreed)


def _check(known: huggingface.Facts, original: Path, final_layer: int, window: int) -> None:
    if known.layers != final_layer:
        raise InputError(
            f"{known.layers} layers, expected {final_layer}",
            file=original,
            remedy=f"set the model's final_layer to {known.layers}",
        )
    if known.window is not None and known.window < window:
        raise InputError(
            f"positions for {known.window} pieces, expected {window} or more",
            file=original,
            remedy=f"set the model's window to {known.window} or less",
        )


def prove(original: Path | FairseqCheckpoint, weights: str | Path, config: str | Path) -> dict[str, Any]:
    """Compare what a conversion wrote with its original.

    Parameters
    ----------
    original : Path or FairseqCheckpoint
        A Hugging Face directory, or a checkpoint of fairseq.
    weights, config : path-like
        The files that were written.

    Returns
    -------
    dict
        ``compared_with``: the program that ran the original. ``layers`` and ``logits``: the largest difference, as a
        share of the largest number; ``logits`` is None for a model without its language-model head.

    Raises
    ------
    InputError
        A number differs by more than `TOLERANCE`.
    """
    import torch

    torch.manual_seed(0)
    known = huggingface.facts(config)
    ids, mask = _sentences(known)
    fit = huggingface.contents(config)
    if fit.mismatched:
        name, found, wanted = fit.mismatched[0]
        raise InputError(
            f"{len(fit.mismatched)} tensors have other shapes than its config.json says: {name} has {list(found)}, "
            f"expected {list(wanted)}",
            file=original if isinstance(original, Path) else original.path,
            remedy="correct config.json, or get the checkpoint again",
        )
    head = not fit.headless
    if isinstance(original, FairseqCheckpoint):
        file, program = original.path, f"fairseq {version('fairseq')}"
        expected = _of_fairseq(original, ids, mask, Path(weights).parent)
    else:
        file, program = original, f"transformers {version('transformers')}"
        expected = _of_transformers(original, ids, mask, head)
    found = _computed(weights, config, head)
    differences = [_difference(mine, theirs) for mine, theirs in zip(found, expected, strict=True)]
    for place, (difference, numbers) in enumerate(zip(differences, expected, strict=True)):
        if not np.isfinite(numbers).all():
            raise InputError(
                f"it computes numbers that are not finite at {_place(place, known)}",
                file=file,
                remedy="look for such numbers in its weights and its config.json, or take its step out of the study",
            )
        if not difference <= TOLERANCE:
            raise InputError(
                f"what was written differs from the original at {_place(place, known)}: by {difference:.2g} of its "
                "largest number",
                file=file,
                remedy=f"report it: {program} computes something else from this checkpoint",
            )
    _prove_part(weights, config, known, expected)
    layers, logits = max(differences[: known.layers + 1]), differences[-1] if head else None
    logger.info("equal to %s: layers within %.2g, predictions within %s", program, layers, logits)
    return {"compared_with": program, "layers": float(f"{layers:.1e}"), "logits": logits and float(f"{logits:.1e}")}


def _prove_part(weights: str | Path, config: str | Path, known: huggingface.Facts, expected: list[np.ndarray]) -> None:
    """Compare an inner layer, of a model that is loaded up to it, with the same layer of the original."""
    depth, (ids, mask) = (known.layers - 1) // 2, _sentences(known)
    found = loading.load(weights, config, upto=depth, device="cpu").at(depth, ids, mask)[mask].numpy()
    difference = _difference(found, expected[depth])
    if not difference <= TOLERANCE:
        raise InputError(
            f"the model up to layer {depth} differs from the whole one: by {difference:.2g} of its largest number",
            file=weights,
            remedy=f"report it, with the family ({known.family}): its layers are not to be loaded one by one",
        )


def _place(place: int, known: huggingface.Facts) -> str:
    return f"layer {place}" if place <= known.layers else "its predictions"


def _computed(weights: str | Path, config: str | Path, head: bool) -> list[np.ndarray]:
    """Return the hidden states of every layer, and the logits where there is a head, of what was written."""
    ids, mask = _sentences(huggingface.facts(config))
    return _run(loading.load(weights, config, head=head, device="cpu"), ids, mask, head)


def _run(model: Any, ids: Any, mask: Any, head: bool) -> list[np.ndarray]:
    states = model(ids, mask)
    return [*(state[mask].numpy() for state in states), *([model.predict(states[-1][mask]).numpy()] if head else [])]


def _sentences(known: huggingface.Facts) -> tuple[Any, Any]:
    import torch

    random = np.random.default_rng(0)
    lengths = np.minimum(LENGTHS, known.window or max(LENGTHS))
    mask = np.arange(lengths.max()) < lengths[:, None]
    # ids below 5 are special in most vocabularies: the id of padding would be masked
    ids = np.where(mask, random.integers(min(5, known.vocabulary - 1), known.vocabulary, mask.shape), 0)
    return torch.from_numpy(ids), torch.from_numpy(mask)


def _of_transformers(folder: Path, ids: Any, mask: Any, head: bool) -> list[np.ndarray]:
    safe = directory.weights_of(folder)[0].suffix == ".safetensors"
    with directory.alone(folder) as copy:
        computed = huggingface.reference(copy / "config.json", ids, mask, head=head, safe=safe)
    return [part.numpy() for part in computed]


def _of_fairseq(original: FairseqCheckpoint, ids: Any, mask: Any, folder: Path) -> list[np.ndarray]:
    tensors, arguments = original.tensors(), original.arguments()
    arguments["entries"] = next(len(tensor) for name, tensor in tensors.items() if name.endswith("embed_tokens.weight"))
    with fairseq_process.workplace(folder) as work:
        files.write_tensors(work / "tensors.safetensors", tensors)
        (work / "arguments.json").write_text(json.dumps(arguments), encoding="utf-8")
        np.save(work / "pieces.npy", np.where(mask.numpy(), ids.numpy(), 1))
        names = ("tensors.safetensors", "arguments.json", "pieces.npy", "computed.npz")
        fairseq_process.run("forward", [str(work / name) for name in names])
        with np.load(work / "computed.npz") as computed:
            layers, logits = computed["layers"], computed["logits"]
    return [*(layer[mask.numpy()] for layer in layers), logits[mask.numpy()]]


def _difference(mine: np.ndarray, theirs: np.ndarray) -> float:
    with np.errstate(invalid="ignore"):  # what is not finite is told by `prove`
        return float(np.abs(mine - theirs).max() / max(np.abs(theirs).max(), 1e-30))
