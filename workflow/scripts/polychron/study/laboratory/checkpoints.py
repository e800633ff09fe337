"""Where the files of checkpoints are."""

from __future__ import annotations


def directory_of(model: str, step: int | str) -> dict[str, str]:
    """Return the files of a checkpoint's directory by what they contain; both parameters may be wildcards in braces."""
    folder = f"results/{model}/checkpoints/step-{step}"
    return {
        "weights": f"{folder}/model.safetensors",
        "config": f"{folder}/config.json",
        "tokenizer": f"{folder}/tokenizer.json",
        "tokenizer_config": f"{folder}/tokenizer_config.json",
        "conversion": f"{folder}/conversion.json",
    }


def checkpoint_files(model: str = "{model}", step: int | str = "{step}") -> dict[str, str]:
    """Return the files of a checkpoint that a job reads: its weights and its config."""
    files = directory_of(model, step)
    return {name: files[name] for name in ("weights", "config")}


def admission(model: str, step: int | str) -> str:
    """Return the file that says that a checkpoint may be measured."""
    return f"results/{model}/checkpoints/step-{step}/admission.json"
