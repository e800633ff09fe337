#!/usr/bin/env bash
# Install what uv.lock names, each file only if it has the checksum that is recorded: envs/install.sh PYTHON [FOLDER ...]
# Of torch, the lock has PyPI's builds, which on Linux need 3 GB of CUDA. If one of the folders of wheels has a build for
# the CPU that envs/torch-cpu.txt records, that one is installed instead. Nothing else is taken from the folders.
set -euo pipefail
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
if [ $# -gt 0 ]; then
  if said="$(install --no-index "${links[@]}" -r "$envs/torch-cpu.txt" 2>&1)"; then
    for name in torch $(sed -n 's/^name = "\(nvidia-.*\|cuda-.*\|triton\)"$/\1/p' "$envs/../uv.lock"); do
      left_out+=(--no-emit-package "$name")
    done
  elif [[ "$said" == *"Hash mismatch"* ]]; then
    printf '%s\n' "$said" "The torch in $* is none that envs/torch-cpu.txt records. Next: replace it, or take PyPI's: make WHEELS=" >&2
    exit 1
  fi
fi
list="$(mktemp)"
trap 'rm -f "$list"' EXIT
"$uv" export --quiet --project "$envs/.." --frozen --all-groups --no-annotate --no-header "${left_out[@]}" --output-file "$list"
# what has no wheel, such as fairseq, is built by tools whose checksums are recorded too
install --require-build-hashes --build-constraints "$envs/build.txt" -r "$list"
