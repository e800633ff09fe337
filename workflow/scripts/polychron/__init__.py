"""The library of polychron: pure functions of arrays and tables, which know neither Snakemake nor the config."""
