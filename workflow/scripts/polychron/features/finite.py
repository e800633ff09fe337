"""What is said of states that are not finite: half precision is too narrow for them, or the checkpoint diverged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polychron.errors import InputError

if TYPE_CHECKING:  # torch takes a second to import
    import torch

    from polychron.models.xlmr import Encoder

DIVERGED = "look at the checkpoint's pretraining loss: it has diverged"


def refusal(what: str, encoder: Encoder) -> InputError:
    """Return the error about states that are not finite.

    Parameters
    ----------
    what : str
        What was found, such as ``word vectors at layer 3 are not finite``.
    encoder : Encoder
        What computed them.

    Returns
    -------
    InputError
        In half precision the next step is float32, since a sound model may have numbers that do not fit.
    """
    if encoder.precision == "float32":
        return InputError(what, remedy=DIVERGED)
    return InputError(
        f"{what}: the model was computed in {encoder.precision}, which may be too narrow for its numbers",
        remedy="set features.precision: float32 in the config, which makes all features anew; if they are not finite "
        "then either, the checkpoint has diverged",
    )


def require(vectors: torch.Tensor, layer: int, encoder: Encoder) -> torch.Tensor:
    """Return the word vectors of a layer if all of their values are finite.

    Raises
    ------
    InputError
        One is not.
    """
    import torch

    if not torch.isfinite(vectors).all().item():
        raise refusal(f"word vectors at layer {layer} are not finite", encoder)
    return vectors
