"""Join the vocabularies of several languages: fairseq's dictionary, and which pieces are of which language."""

from pathlib import Path

from polychron.pretraining import separate
from polychron.storage import files
from polychron.tokenization import vocabularies
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    models = [Path(path).read_bytes() for path in snakemake.input.models]
    joined = vocabularies.join(dict(zip(spec["languages"], models, strict=True)), spec["vocabularies"])
    files.write_text(snakemake.output.vocabulary, joined.dictionary())
    own = {language: joined.own(language) for language in spec["languages"]}
    separate.write(own, Path(snakemake.output.own).parent)
