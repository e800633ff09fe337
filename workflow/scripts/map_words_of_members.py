"""Search for the translations of words by the gold links of one pair, at all layers of two members of an ensemble."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.features import sides as features
from polychron.geometry.words import links, search
from polychron.models import loading
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces, sides
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    bitext = files.read_table(given.examples, ["sure", "possible"])
    words = sides.joined(*(pieces.from_table(files.read_table(path)) for path in given.pieces))
    rows = links.one_to_one(bitext["sure"].to_pylist(), bitext["possible"].to_pylist())
    chosen = links.chosen(bitext.num_rows, spec.get("linked_sentences"))
    rows = rows[chosen[rows[:, 0]]]
    kept = (words.status == pieces.KEPT) & chosen[words.word_sentence % bitext.num_rows]
    halves, left_out = links.halves(rows, words.word_sentence, kept, bitext.num_rows)
    upto, precision = max(spec["layers"]), spec.get("precision", "float32")
    both = zip(given.weights, given.config, strict=True)
    models = [loading.load(*paths, upto=upto, precision=precision) for paths in both]
    states = features.at_layers(models, words, spec["layers"], spec["tokens_per_batch"])
    place = {"model": spec["model"], "step": spec["step"], "split": "bitext"}
    names = spec["source"], spec["target"]
    counted = {"task": "word_retrieval", "source": names[0], "target": names[1], "metric": "excluded_links"}
    counted |= {"value": float(left_out), "examples": len(rows)}
    further = [counted]
    if not chosen.all():
        number = {"metric": "excluded_pairs", "value": float((~chosen).sum()), "examples": len(chosen)}
        further.append(counted | number)
    scores = []
    for layer, vectors in states.items():
        found = [*search.retrieve(vectors, halves, names, spec), *further]
        scores += [place | row | {"layer": layer} for row in found]
    write_scores(snakemake.output[0], scores)
