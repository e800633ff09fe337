#!/usr/bin/env bash
# Install what uv.lock names, each file only if it has the checksum that is recorded: envs/install.sh PYTHON [FOLDER ...]
# Of torch, the lock has PyPI's builds, which on Linux need 3 GB of CUDA 13. If one of the folders of wheels has a build
# for the CPU that envs/torch-cpu.txt records, that one is installed instead. Nothing else is taken from the folders.
#
# TORCH=cu126 in the environment names another build of the same version: torch and what it needs of CUDA then come from
# download.pytorch.org, or from a wheel of that build in one of the folders. The lock has no checksums of these.
#
# FAIRSEQ=no in the environment leaves out fairseq and what it alone needs (the group `pretraining` of pyproject.toml).
# Models of the hub and folders of transformers are probed without it, and it is all that takes a compiler.
set -euo pipefail
build="${TORCH:-}"
if ! [[ "$build" =~ ^(cpu|cu[0-9]+)?$ ]]; then
  echo "TORCH=$build is no build of torch. Next: TORCH=cu126 for V100s, TORCH=cpu for none, or leave it out" >&2
  exit 1
fi
groups=(--all-groups)
if [ "${FAIRSEQ:-yes}" = no ]; then groups+=(--no-group pretraining); fi
envs="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
absolute() {
  if [ -e "$1" ]; then printf '%s/%s' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"; else printf '%s' "$1"; fi
}
uv="$(absolute "$(command -v "${UV:-uv}")")"
python="$(absolute "$1")"
shift
links=()
for folder in "$@"; do links+=(--find-links "$(absolute "$folder")"); done
install() { # in / because the constraints of pyproject.toml, which are in the lock, have no checksums
  (cd / && "$uv" pip install --quiet --python "$python" --compile-bytecode --no-deps --require-hashes "$@")
}
left_out=(--no-emit-package torchaudio) # fairseq requires it, and it is not imported here
without_torch() { # triton stays: the tests run its kernels on a CPU
  for name in torch $(sed -n 's/^name = "\(nvidia-.*\|cuda-.*\)"$/\1/p' "$envs/../uv.lock"); do
    left_out+=(--no-emit-package "$name")
  done
}
if [ -n "$build" ]; then
  without_torch
elif [ $# -gt 0 ]; then
  if said="$(install --no-index "${links[@]}" -r "$envs/torch-cpu.txt" 2>&1)"; then
    without_torch
  elif [[ "$said" == *"Hash mismatch"* ]]; then
    printf '%s\n' "$said" "The torch in $* is none that envs/torch-cpu.txt records. Next: replace it, or take PyPI's: make WHEELS=" >&2
    exit 1
  fi
fi
list="$(mktemp)"
trap 'rm -f "$list"' EXIT
"$uv" export --quiet --project "$envs/.." --frozen "${groups[@]}" --no-annotate --no-header "${left_out[@]}" --output-file "$list"
# what has no wheel, such as fairseq, is built by tools whose checksums are recorded too
install --require-build-hashes --build-constraints "$envs/build.txt" -r "$list"
if [ -n "$build" ]; then
  torch="torch==$(sed -n '/^name = "torch"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$envs/../uv.lock")+$build"
  source=(--torch-backend "$build")
  for folder in "$@"; do
    if compgen -G "$(absolute "$folder")/${torch/==/-}-*.whl" > /dev/null; then source=("${links[@]}"); fi
  done
  # all other packages keep the versions of the lock
  sed -n 's/^\([^ #]*==[^ ;]*\).*/\1/p' "$list" > "$list.constraints"
  trap 'rm -f "$list" "$list.constraints"' EXIT
  (cd / && "$uv" pip install --quiet --python "$python" --compile-bytecode --constraints "$list.constraints" "${source[@]}" "$torch")
fi
