#!/usr/bin/env bash
# To run it by hand: conda env create -f envs/polychron.yaml -n polychron && conda activate polychron && bash envs/polychron.post-deploy.sh
# TORCH=cu126 before either command takes a build of torch for V100s.
# (Not tested with conda, which was not available when this was written. `make` runs the same envs/install.sh.)
set -euo pipefail
# Snakemake runs a copy of this file elsewhere, and the Snakefile says where the checkout is.
envs="${POLYCHRON_CHECKOUT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}/envs"
bash "$envs/install.sh" "$CONDA_PREFIX/bin/python"
