"""The library of polychron: pure functions of arrays and tables, which know neither Snakemake nor the config.

`polychron.Study` opens a finished study in a notebook.
"""


def __getattr__(name: str) -> object:
    """Return `Study`, imported when it is asked for: jobs and rules do not need it."""
    if name != "Study":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # by name, so that no fingerprint of code follows it

    return importlib.import_module("polychron.notebook.study").Study
