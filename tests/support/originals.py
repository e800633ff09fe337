"""Raw files of the mini study as their publishers have them, made from the folder of real data where that has others.

``PYTHONPATH=workflow/scripts .venv/bin/python tests/support/originals.py FOLDER`` writes a mirror of them.
"""

import sys
from pathlib import Path

from configs import study
from place import SHARED

from polychron.data import sources
from polychron.data.derived import joins


def mini_files():
    """Return the files of the mini study that are of the table of sources."""
    return study("studies/mini.yaml").source_files


def original(file, shared=SHARED):
    """Return the bytes of a file at its address; None for one that comes with the workflow."""
    if (shared / file).is_file():
        return (shared / file).read_bytes()
    if file == "align/en-cs/czenali.jsonl":  # the other 1,000 lines are not here
        return (shared / "align/en-cs/czenali.first1500.jsonl").read_bytes() + b'{"lines": "that are not read"}\n'
    if file.startswith("xnli/xtreme/"):
        rows = (shared / "xnli" / Path(file).name).read_bytes().splitlines()
        cells = 2 if "/test-" in file else 3  # the labels of the test set were joined to it
        return b"".join(b"\t".join(row.split(b"\t")[:cells]) + b"\r\n" for row in rows)
    return None


def main(folder):
    """Write a mirror of what the mini study downloads."""
    for file in joins.parts_of(sources.catalogue(), mini_files()):
        if content := original(file):
            path = Path(folder) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1])
