"""Configs of studies, merged as Snakemake merges them and filled in by the schema."""

import yaml
from place import ROOT

from polychron.study.configuration.config import validated
from polychron.study.finetuning import expansion
from polychron.study.study import Study


def merged(*overlays):
    """Merge overlays, mappings or names of files below the checkout, onto the paper's config."""
    study = yaml.safe_load((ROOT / "config.yaml").read_text())

    def merge(into, other):
        for key, value in other.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                merge(into[key], value)
            else:
                into[key] = value

    for overlay in overlays:
        merge(study, overlay if isinstance(overlay, dict) else yaml.safe_load((ROOT / overlay).read_text()))
    return study


def study(*overlays):
    """Return the study of a merged config."""
    return Study(expansion.expanded(validated(merged(*overlays))))
