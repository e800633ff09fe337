"""Search for the translations of word types by a dictionary of one pair, at all layers of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from itertools import islice

import torch

from polychron.data import dictionaries, text
from polychron.features import type_embeddings, type_means
from polychron.geometry.words import translations
from polychron.models import loading
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import running_words, segmentation
from polychron.tokenization.pieces import KEPT
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    pairs = dictionaries.read(spec["format"], snakemake.input.dictionary[0])
    pairs = [(running_words.folded(head), running_words.folded(word)) for head, word in pairs]
    upto, precision = max(spec["layers"]), spec.get("precision", "float32")
    # one model reads both languages, or each is read by a member of an ensemble
    given = [getattr(snakemake.input, name) for name in ("weights", "config", "tokenizer")]
    given = [[paths] if isinstance(paths, str) else paths for paths in given]
    readers = [
        (loading.load(weights, config, upto=upto, precision=precision), segmentation.load(tokenizer))
        for weights, config, tokenizer in zip(*given, strict=True)
    ]
    known, vectors, rows_of_table = [], [], []
    for (model, tokenizer), path in zip(readers * (2 // len(readers)), snakemake.input.texts, strict=True):
        lines = text.each_line(path) if path.endswith(".txt") else files.read_table(path)["sentence"].to_pylist()
        sentences = [running_words.split(line) for line in islice(lines, spec["sentences"])]
        if not known:
            running_words.coverage({head for head, _ in pairs}, sentences)
        cut = segmentation.segment(sentences, tokenizer, spec["window"])
        names, types = running_words.frequent(sentences, cut.status == KEPT)
        known.append(names)
        vectors.append(type_means.average(model, cut, types, spec["layers"], spec["tokens_per_batch"]))
        alone = segmentation.segment([[name] for name in names], tokenizer, spec["window"])
        which, table = type_embeddings.of_one_piece(model, alone)
        rows_of_table.append(([names[one] for one in which], table))
    names, rows = (spec["source"], spec["target"]), []
    place = {"model": spec["model"], "task": "word_retrieval", "step": spec["step"], "split": "dictionary"}
    for source, target, turned in translations.directions(pairs, spec.get("both_directions", False)):
        parts = translations.divide(turned, known[source], known[target])
        place |= {"source": names[source], "target": names[target]}
        rows += [
            place | {"layer": layer} | row
            for layer in spec["layers"]
            for row in translations.retrieve(vectors[source][layer], vectors[target][layer], parts, spec)
        ]
        (sources, left), (targets, right) = rows_of_table[source], rows_of_table[target]
        rows += [
            place | {"task": "embedding_retrieval", "layer": type_embeddings.LAYER} | row
            for row in translations.retrieve(left, right, translations.divide(turned, sources, targets), spec)
        ]
    write_scores(snakemake.output[0], rows)
