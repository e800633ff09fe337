"""Tokenize the sentences of a table of examples into the model's pieces, word by word."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.storage import files
from polychron.tokenization import pieces, segmentation
from polychron.tokenization.sentences import sentences_of
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    sentences, whole = sentences_of(spec["kind"], files.read_table(snakemake.input.examples))
    tokenizer = segmentation.load(snakemake.input.tokenizer)
    mask = segmentation.mask_of(files.read_json(snakemake.input.config))
    cut = segmentation.segment(sentences, tokenizer, spec["window"], whole=whole, mask=mask)
    files.write_table(snakemake.output[0], pieces.to_table(cut))
