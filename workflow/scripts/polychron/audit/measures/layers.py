"""Claims about layers (section 5, Appendix C)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polychron.analysis.dynamics import ROUNDING
from polychron.audit import readings
from polychron.audit.curves import Curve
from polychron.audit.evidence import NAMES, Evidence, Found, Missing, curves, listed

Stack = tuple[Sequence[int], Sequence[Curve]]


def stacks(evidence: Evidence, task: str, transfer: bool, only: str | None = None) -> dict[str, Stack]:
    """Return the curves of all layers for each language, or pair of languages, of the layer-wise study.

    In-language these are layers 0 to 12, across languages every other one; word alignment is from English (A28).

    Parameters
    ----------
    only : str, optional
        A language, or a pair as "ja to en", that alone is needed; the others may be missing.
    """
    final = evidence.said("setup.layers")
    if task == "alignment":
        pairs = evidence.paper.get("aligned") or [("en", target) for target in evidence.paper["alignment"]]
    else:
        languages = evidence.said("s51.langs_xnli" if task == "xnli" else "s51.langs_arc")
        pairs = [(one, other) for one in languages for other in languages if transfer == (one != other)]
    pairs = [pair for pair in pairs if only in (None, _named(pair, transfer))]
    if not pairs:
        raise Missing(f"layers of {NAMES[task]}{' across languages' if transfer else ''}")
    layers = range(0, final + 1, evidence.said("s52.every_other") if transfer else 1)
    if evidence.study is not None and evidence.study.final != final:
        raise Missing(f"the paper's {final} layers: the study's model has {evidence.study.final}")
    split = transfer and task != "alignment"
    found = curves(evidence, [(task, *pair, layer, split) for pair in pairs for layer in layers])
    return {
        _named(pair, transfer): (
            list(layers),
            [found[task, *pair, layer, split] for layer in layers],
        )
        for pair in pairs
    }


def _named(pair: tuple[str, str], transfer: bool) -> str:
    return " to ".join(pair) if transfer else pair[0]


def falls(evidence: Evidence, task: str, transfer: bool, only: str | None = None) -> dict[str, float]:
    """Return the fall of the expected layer in each language or pair (A26, A28).

    Raises
    ------
    Missing
        There is no expected layer at the first or last step, or it is noise there: the layers do not differ.

    Examples
    --------
    Layers 0 and 1 swap places. Above the lowest score of all they have 0 and 0.4, then 0.4 and 0.2: E is 1, then 1/3.

    >>> from polychron.audit import specimens
    >>> one = specimens.evidence({"xnli": {"de": [[0.5, 0.9], [0.9, 0.7]]}})
    >>> {language: round(fall, 6) for language, fall in falls(one, "xnli", transfer=False).items()}
    {'de': 0.666667}
    """
    choice = [evidence.reading[name] for name in ("expected_layer", "fall", "layers")]
    known = stacks(evidence, task, transfer, only)
    flat = [one for one, (_, stack) in known.items() if _flat(evidence, task, transfer, one, stack)]
    if flat:
        raise Missing(f"layers that differ beyond noise at the first and last step in {listed(flat)}")
    found = {one: readings.fall(*stack, *choice) for one, stack in known.items()}
    lost = [one for one, value in found.items() if not np.isfinite(value)]
    if lost:
        raise Missing(f"an expected layer at the first and last step in {listed(lost)}")
    return found


def _flat(evidence: Evidence, task: str, transfer: bool, name: str, stack: Sequence[Curve]) -> bool:
    """Whether the layers do not differ at one of the steps that the fall is taken from (see `Curves.flat`)."""
    source, _, target = name.partition(" to ")
    place = (task, source, target or source, transfer and task != "alignment")
    ends = stack[0].steps[[-1] if evidence.reading["fall"] == "peak" else [0, -1]].tolist()
    return any((*place, step) in evidence.study.flat for step in ends)


def fall(evidence: Evidence, task: str, transfer: bool, of: str) -> Found:
    """The mean, smallest or largest fall of the expected layer over languages or pairs.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> one = specimens.evidence({"xnli": {"de": [[0.5, 0.9], [0.9, 0.5]], "en": [[0.5, 0.5], [0.9, 0.9]]}})
    >>> [fall(one, "xnli", False, of).value for of in ("mean", "min", "max")]
    [0.5, 0.0, 1.0]
    """
    found = falls(evidence, task, transfer)
    if of == "mean":
        return Found(float(np.mean([*found.values()])), f"over {len(found)}")
    one = (min if of == "min" else max)(found, key=found.get)
    return Found(found[one], f"{one}, of {len(found)}")


def fall_of(evidence: Evidence, task: str, language: str) -> Found:
    """Return the fall of the expected layer in a language.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> one = specimens.evidence({"xnli": {"de": [[0.5, 0.9], [0.9, 0.5]], "en": [[0.5, 0.5], [0.9, 0.9]]}})
    >>> fall_of(one, "xnli", "de").value
    1.0
    """
    return Found(falls(evidence, task, transfer=False, only=language)[language])


def internal_gain(evidence: Evidence, task: str, transfer: bool) -> Found:
    """Average over languages or pairs how much better the best inner layer is than the final one, in points (A27).

    Examples
    --------
    Layer 0 has at most 0.75 in German and 0.5 in English, layer 1 at most 0.5 and 0.5: 25 and 0 points.

    >>> from polychron.audit import specimens
    >>> one = specimens.evidence({"xnli": {"de": [[0.25, 0.75], [0.5, 0.25]], "en": [[0.25, 0.5], [0.5, 0.25]]}})
    >>> internal_gain(one, "xnli", transfer=False)
    Found(value=12.5, detail='de 25.00, en 0.00')
    """
    choice = [evidence.reading[name] for name in ("gain", "layers")]
    gains = {one: 100 * readings.gain(*stack, *choice) for one, stack in stacks(evidence, task, transfer).items()}
    return Found(float(np.mean([*gains.values()])), listed([f"{one} {gain:.2f}" for one, gain in gains.items()]))


def low_layers_worse(
    evidence: Evidence, task: str, source: str, target: str, low: Sequence[int], high: Sequence[int], points: float
) -> Found:
    """Whether each low layer is much worse than each of the others throughout: at every checkpoint after the first.

    Examples
    --------
    Of three layers, the first has 0.25 and 0.5 at the last two steps, the worse one of the others 0.5 and 0.625:

    >>> from polychron.audit import specimens
    >>> rows = {("en", "cs"): [[0.25, 0.25, 0.5], [0.25, 0.5, 0.75], [0.25, 0.5, 0.625]]}
    >>> one = specimens.evidence(across={"alignment": rows})
    >>> low_layers_worse(one, "alignment", "en", "cs", low=[0, 0], high=[1, 2], points=5)
    Found(value=True, detail='the best of them is 12.50 to 25.00 points below the worst of the others')
    """
    pair = f"{source} to {target}"
    layers, stack = stacks(evidence, task, transfer=True, only=pair)[pair]
    worse, others = (
        np.stack([curve.values for layer, curve in zip(layers, stack, strict=True) if first <= layer <= last])
        for first, last in (low, high)
    )
    gaps = 100 * (others.min(axis=0) - worse.max(axis=0))[1:]
    if not len(gaps):
        raise Missing("two checkpoints or more")
    return Found(
        bool((gaps >= points - ROUNDING).all()),
        f"the best of them is {gaps.min():.2f} to {gaps.max():.2f} points below the worst of the others",
    )


def last_layer_beaten(evidence: Evidence, points: float) -> Found:
    """Whether an inner layer is better than the last one, by points, at the last checkpoint in most languages.

    The inner layer is the one that was best at the checkpoint before: the best of many noisy layers is partly luck.

    Raises
    ------
    Missing
        There is a single checkpoint.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> rows = {"de": [[0.25, 0.75], [0.5, 0.25]], "en": [[0.25, 0.25], [0.5, 0.5]]}
    >>> one = specimens.evidence({"xnli": rows, "arc_classification": {"de": rows["de"]}})
    >>> last_layer_beaten(one, points=0.5)
    Found(value=True, detail='2 of 3: de layer 0 by 50.00, de layer 0 by 50.00')
    """
    beaten, every = [], 0
    for task in ("arc_classification", "xnli"):
        for language, (layers, stack) in stacks(evidence, task, transfer=False).items():
            values = 100 * np.stack([curve.values for curve in stack])
            if values.shape[1] < 2:
                raise Missing("two checkpoints or more")
            every += 1
            if len(values) < 2:
                continue
            best = int(np.argmax(values[:-1, -2]))
            gap = values[best, -1] - values[-1, -1]
            if gap >= points - ROUNDING:
                beaten.append(f"{language} layer {layers[best]} by {gap:.2f}")
    return Found(2 * len(beaten) > every, f"{len(beaten)} of {every}: {listed(beaten)}")


MEASURES = {
    function.__name__: function for function in (fall, fall_of, internal_gain, low_layers_worse, last_layer_beaten)
}
