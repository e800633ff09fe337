"""Untrained models: the architecture of a checkpoint with weights as they are drawn before training.

What such an encoder computes depends on its architecture, its tokenizer and the words alone, so it is the lower bound
of what a trained one has learned (Wu, Conneau et al. 2020). No weight of the checkpoint is read.
"""

from __future__ import annotations

from pathlib import Path

from polychron.models import huggingface
from polychron.storage import files


def draw(
    config: str | Path, tokenizer: str | Path, tokenizer_config: str | Path, folder: str | Path, seed: int
) -> None:
    """Write a Hugging Face directory with the config and tokenizer of a checkpoint, and weights of its class at random.

    Weights are drawn on the CPU in float32, as transformers initialises the model's class. The same seed gives the same
    bytes.

    Parameters
    ----------
    config, tokenizer, tokenizer_config : path-like
        Files of the checkpoint's directory.
    folder : path-like
        Where the directory is written.
    seed : int
        Seed of the weights.

    Raises
    ------
    InputError
        transformers does not know the family, or no model can be made of the config.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM
    from transformers.utils import logging as chatter

    folder = Path(folder)
    of_class = AutoModelForCausalLM if huggingface.facts(config).causal else AutoModelForMaskedLM
    told = AutoConfig.from_pretrained(str(config), local_files_only=True, trust_remote_code=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = of_class.from_config(told, dtype=torch.float32)
    chatter.disable_progress_bar()
    try:
        model.save_pretrained(folder)
    finally:
        chatter.enable_progress_bar()
    files.write_text(folder / "tokenizer.json", Path(tokenizer).read_text(encoding="utf-8"))
    files.write_json(folder / "tokenizer_config.json", files.read_json(tokenizer_config))
