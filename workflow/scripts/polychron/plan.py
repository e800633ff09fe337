"""What a study costs, from the numbers of its axes alone, before anything runs."""

from __future__ import annotations


def jobs(*, cells: int, transfers: int, bits: int, alignments: int, models: int) -> dict[str, int]:
    """Count a study's jobs.

    Parameters
    ----------
    cells, transfers, bits, alignments : int
        Numbers of jobs for one model.
    models : int
        Number of models.

    Returns
    -------
    dict of str to int
        Jobs by what they do, and their total.

    Examples
    --------
    >>> jobs(cells=10, transfers=5, bits=3, alignments=2, models=2)["total"]
    40
    """
    counts = {
        "train and score a probe": cells * models,
        "transfer a probe's weights": transfers * models,
        "measure bits per character": bits * models,
        "align words": alignments * models,
    }
    return {**counts, "total": sum(counts.values())}


def ways_on(study: str, counts: dict[str, int], limit: int) -> str:
    """Say why a study does not start on a single machine, and what can be done instead."""
    lines = [f"The study {study!r} takes a cluster, and nothing was started. Its grid, features and pretraining apart:"]
    lines += [f"  {number:>9,}  {name}" for name, number in counts.items()]
    lines += [
        f"A single machine starts at most {limit:,} (plan.local_jobs). Ways on:",
        "  on a Slurm cluster:           snakemake --profile slurm-v100",
        "  the embedded toy study:       snakemake --configfile studies/toy.yaml -c all",
        "  real data on a laptop:        snakemake --configfile studies/mini.yaml -c all --config mirror=FOLDER",
        "  what would run, job by job:   snakemake -n",
        "  here all the same:            snakemake -c all --config 'plan={local_jobs: 1000000}'",
    ]
    return "\n".join(lines)
