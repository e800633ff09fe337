#!/usr/bin/env bash
# To run it by hand: conda env create -f envs/polychron.yaml -n polychron && conda activate polychron && bash envs/polychron.post-deploy.sh
# (Not tested: conda was not available when this was written. `make` uses the same uv command.)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
printf "torchaudio ; sys_platform == 'never'\n" > "$CONDA_PREFIX/polychron-overrides.txt"
uv pip install --python "$CONDA_PREFIX/bin/python" --compile-bytecode \
  -r "$here/pins.txt" --override "$CONDA_PREFIX/polychron-overrides.txt"
