"""A program: many calls of Snakemake, two at a time, each in a fork of a Python that has imported it already.

Reads a JSON list from standard input; each entry has the ``arguments`` of a call, a file for what it says (``output``),
and folders that come first in the search for packages (``path``).
"""

import json
import os
import sys

import snakemake.api
import snakemake.cli
import snakemake.dag
import snakemake.scheduling.job_scheduler
import snakemake.workflow


def call(arguments: list[str], output: str, path: list[str]) -> None:
    said = os.open(output, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o666)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.path[:0] = path
    sys.argv = ["snakemake", *arguments]
    status = 1
    try:
        snakemake.cli.main(arguments)
    except SystemExit as end:
        status = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    waiting, running = json.load(sys.stdin), 0
    while waiting or running:
        if waiting and running < 2:
            entry = waiting.pop(0)
            if os.fork() == 0:
                call(**entry)
            running += 1
        else:
            os.wait()
            running -= 1
