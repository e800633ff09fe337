"""How the tests call Snakemake on the toy study, and on a smaller one."""

TOY = ["--configfile", "studies/toy.yaml"]

SMALL = [*TOY, "tests/workflow/small.yaml"]
LEAN = ["--scheduler", "greedy", "--scheduler-subsample", "16"]
"""As in the Makefile."""
