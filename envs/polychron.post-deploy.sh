#!/usr/bin/env bash
# By hand: conda env create -f envs/polychron.yaml -n polychron && conda activate polychron && bash envs/polychron.post-deploy.sh
# (Not run so far: there was no conda where this was written. The same uv command makes the environment of `make`.)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
printf "torchaudio ; sys_platform == 'never'\n" > "$CONDA_PREFIX/polychron-overrides.txt"
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode \
  -r "$here/pins.txt" --override "$CONDA_PREFIX/polychron-overrides.txt"
