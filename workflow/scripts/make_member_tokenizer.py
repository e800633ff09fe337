"""Make the tokenizer of one of the languages that share a vocabulary."""

from pathlib import Path

from polychron.storage import files
from polychron.tokenization import tokenizer, vocabularies
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    models = dict(zip(spec["languages"], snakemake.input.models, strict=True))
    joined = vocabularies.join({name: Path(path).read_bytes() for name, path in models.items()}, spec["vocabularies"])
    content = vocabularies.member(models[spec["language"]], joined, spec["language"])
    files.write_text(snakemake.output.tokenizer, content)
    files.write_json(snakemake.output.config, tokenizer.configuration(spec["window"]))
