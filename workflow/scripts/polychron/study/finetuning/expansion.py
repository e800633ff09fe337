"""All models of a study: those that are named, those of its laboratory, and fine-tuned ones that are kept."""

from __future__ import annotations

from typing import Any

from polychron.study.finetuning.patterns import KEPT
from polychron.study.laboratory import variants
from polychron.study.study import Study


def expanded(config: dict[str, Any]) -> dict[str, Any]:
    """Add the models of the laboratory, and those whose fine-tuned encoders are kept, in place.

    Parameters
    ----------
    config : dict
        A valid config, with its defaults filled in.

    Returns
    -------
    dict
        The same config.

    Raises
    ------
    InputError
        As `polychron.study.laboratory.variants.expanded`.
    """
    config = variants.expanded(config)
    if config["finetuning"]["keep"] is None:
        return config
    study, made = Study(config), {}
    for job in study.keeping:
        model, name = study.models[job["model"]], KEPT.format(**job)
        entry = {
            **variants.EMPTY,
            **{key: model[key] for key in ("final_layer", "window")},
            "name": name,
            "provider": "finetuned",
            "of": job["model"],
            "tuned": {key: job[key] for key in ("task", "source", "seed")},
            "languages": model.get("languages"),
            "steps": [],
            "tasks": [],
            "parts": ["geometry"] if "geometry" in model["parts"] else [],
        }
        made.setdefault(name, entry)["steps"].append(job["step"])
    config["models"] = [*config["models"], *made.values()]
    return config
