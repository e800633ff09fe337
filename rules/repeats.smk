# The cells that are trained again to see whether they are reproduced, and the specs that results would have now.

from polychron.storage import files
from polychron.provenance import reproduction


def as_they_are(inputs):
    """Return a job's inputs as the existing files, whether or not their rules would make them again."""
    return lambda wildcards: {
        name: before_update(paths) if isinstance(paths, str) else [before_update(path) for path in paths]
        for name, paths in inputs(wildcards).items()
    }


@functools.cache
def cells_to_repeat():
    """Draw cells of the study whose files and inputs are those that their records name."""
    return reproduction.draw(
        study.cells,
        lambda cell: records.record_of(rules.train_probe.output.scores.format(**cell)),
        records.read,
        files.checksum,
        number=config["reproduction"]["cells"],
        seed=config["reproduction"]["seed"],
    )


def repeated(pattern):
    return lambda wildcards: [pattern.format(**cell) for cell in cells_to_repeat()]


def specs_of_results():
    """Return the fingerprints of the spec that each file of the study would be made with now."""
    paths = sorted(str(path) for folder in study.places for path in Path(folder).rglob("*") if path.is_file())
    specs = internals.specs_of(workflow, paths, without=["retrain_probe"])
    return {path: reproduction.fingerprints(json.loads(asked)) for path, asked in specs}


@functools.cache
def files_of_workflow():
    """Return the files of the workflow, relative to the checkout."""
    single = ["Snakefile", "config.yaml", "pyproject.toml", "uv.lock", "LICENSE", "README.md"]
    return checkout.files([*single, "rules", "workflow", "profiles", "envs", "studies"])


def content_of_workflow():
    """Return a checksum of the files of the workflow, which are no inputs because a clone would make them newer."""
    known = {name: files.checksum(paths.CHECKOUT / name) for name in files_of_workflow()}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def packed(targets):
    """Return an input function for the crate, which is made again if anything in it is newer, such as a record."""

    def ask(wildcards):
        from polychron.provenance import ro_crate

        archive = f"results/crate/{study.name}.zip"
        if ro_crate.outdated(archive):
            internals.force(workflow, archive)
        return within_reach(targets)(wildcards)

    return ask
