"""Which tests one worker runs: those of modules that share a study, a cluster or a folder."""

from pathlib import Path

from place import ROOT

THE_TOY_STUDY = "the toy study"
"""The group of the tests that use tests/workflow's fixture `toy`. It runs where `make` does, so in one worker alone."""
TOGETHER = {
    "the small study": (
        "test_study.py",
        "test_reproduce.py",
        "test_export.py",
        "test_full_disk.py",
        "test_elsewhere.py",
        "test_ensembles.py",
        "test_finetuning.py",
        "test_two_variants.py",
        "test_gallery.py",
    ),
    "a cluster": tuple(path.name for path in (ROOT / "tests/slurm").glob("test_*.py")),
    "changes of a study": ("test_blast_radius.py",),
    THE_TOY_STUDY: (
        *("test_toy.py", "test_gathered.py", "test_report.py", "test_worlds.py", "test_geometry.py"),
        *("test_entities.py", "test_laboratory.py", "test_notebook.py"),
    ),
    "checkpoints from elsewhere": ("test_providers.py",),
    "a model with separate parts": (
        *("test_separate.py", "test_views.py", "test_bilingual_roberta.py"),
        *("test_pretraining_of_languages.py", "test_shared_parameters.py"),
    ),
}
"""Modules that share work of minutes, or take minutes: one worker has each group. The longest come first."""


def group(nodeid: str) -> str:
    """Return the group that a test runs in: that of the modules that share its work, or its own module."""
    module = nodeid.partition("::")[0]
    return next((name for name, modules in TOGETHER.items() if Path(module).name in modules), module)


def astray(tests: list[tuple[str, list[str]]]) -> list[str]:
    """Return a message for each module that uses the toy study and is not in the group that runs it.

    Parameters
    ----------
    tests
        Identifier and names of the fixtures of each test.
    """
    users = {nodeid.partition("::")[0] for nodeid, fixtures in tests if "toy" in fixtures}
    return [
        f"{module} uses the fixture `toy`: list it under {THE_TOY_STUDY!r} in tests/support/workers.py"
        for module in sorted(users)
        if module.startswith("tests/workflow/") and group(module) != THE_TOY_STUDY
    ]
