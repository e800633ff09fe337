"""What a study costs, estimated from the sizes of its axes before anything runs.

Jobs are counted. Bytes are computed from the shapes of what is written, and hours from a small table of rates
(workflow/data/rates.tsv). While a dataset is not there yet, a published size is used for it (workflow/data/sizes.tsv).
A GB is 10^9 bytes.

A study is described by plain values, as `polychron.study.axes` makes them:

=============== ====================================================================================================
steps           number of checkpoints
analysed        whether there are figures, tables and claims of the model
card, precision which GPUs they are, and the precision of encoders; see `polychron.planning.rates.rates`
models          their ``name, layers, dimension, feedforward, vocabulary, window``; ``provider``; ``fairseq``: whether
                its files are fairseq's; ``bytes`` of a weight on disk; ``grid``: the axes in which it differs from the
                first
pretraining     ``steps``: the share of ``updates`` that each job makes; ``batch`` and ``length``; ``languages``
cells           one for each task, language and layer: ``task, language, layer, sets, stored, controls, described,
                alternatives``, and ``spans``: ``[dataset, stored]`` of each dataset that spans are scored on
transfers       one for each task, source and layer: ``task, layer, sets, stored``; its ``source``, ``source_stored``,
                and whether it is ``centred`` as well; ``targets`` of each task
features        datasets and layers whose features are stored: ``[dataset, layer]``
datasets        the entries of the table of sizes that a dataset consists of: ``{dataset: {name: times}}``
seeds           number of seeds of probing
world           what a synthesised world writes, or None: its ``languages``, their ``datasets`` (see above) and the
                number of sentences of ``text``
texts           bytes of the text of each language that is read whole, unpacked; None if they are not known
packed          whether these texts are fetched, and not the user's own
beginnings      number of texts of which only the beginning is fetched, and only the examples are kept
files           bytes of each file that is fetched, None if they are not known
downloads       the same of what is downloaded for them: files, and archives, which are kept beside them
beside          the same of those files that belong to no dataset
bits            the held-out dataset of each language that is measured, with ``draws`` of the masked pieces
alignments      the layers of each pair, and ``matching``: the methods besides itermax
geometry        None, or what is compared: ``layers``, ``sets`` with the datasets whose sentences are pooled, those of
                them that another model has ``pooled``, ``permutations``, and whether there are ``searches`` and
                ``identities``; datasets of ``linked`` words, the most ``linked_sentences`` that are searched of each,
                and the number of ``translated`` pairs and of ``sentences`` of text for each language
further         of structural probes ``cells`` and ``transfers``, as above, ``comparisons`` (the number of layers at
                which languages are compared), ``rank`` and ``epochs``; ``mixtures``: ``task, layer, sets, stored``
finetuning      ``cells``: ``task, sets, targets``, ``points`` of its grid (epochs, and examples of an epoch or None);
                ``jobs`` of each point, over steps and seeds; of how many of these the encoder is ``kept``, and with how
                many models geometry is ``compared``; whether the recipe is a ``grid``
once, each      number of further jobs by rule: of the study, and of each model
=============== ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from polychron.planning import comparisons, ensembles, fine_tuning, further_probes, storage
from polychron.planning.amounts import Amounts, deepest, read_bytes, taken, text_bytes, vectors
from polychron.planning.rates import Rate, Size
from polychron.probing.tasks import registry

ON_GPU = frozenset(
    {
        *("extract_features", "train_probe", "train_control", "measure_description_length", "train_alternative"),
        *("train_structural_probe", "transfer_structural_probe", "train_mixture", "measure_bits", "align_words"),
        *("align_members", "match_words", "pool_sentences", "map_dictionary"),
        *("transfer_probe", "transfer_centred", "score_spans"),
        *("fine_tune", "fine_tune_and_keep", "fine_tune_members", "fine_tune_stacked", "pretrain"),
    }
)

RECORD, INPUT = 850, 125
"""Bytes of a record of provenance, and of each input that it names (measured: toy study)."""


@dataclass
class Line:
    """What one rule costs: its jobs, the bytes of its results and of temporary files, and its hours."""

    rule: str
    jobs: int = 0
    bytes: float = 0.0
    temporary: float = 0.0
    gpu_hours: float = 0.0
    core_hours: float = 0.0


class _Work(NamedTuple):
    """A number of equal jobs of a rule, and the bytes and the amount of work of one of them."""

    rule: str
    jobs: int
    bytes: float = 0.0
    inputs: int = 1
    tera: float = 0.0  # 10^12 operations of an encoder
    batches: float = 0.0  # batches of a probe's training
    seconds: float = 0.0  # further seconds on a core
    training: float = 0.0  # 10^12 operations of pretraining
    updates: float = 0.0
    temporary: float = 0.0  # bytes of temporary files, of all these jobs together


def _cells(study: Mapping[str, Any], model: Mapping[str, Any], amounts: Amounts) -> Iterator[_Work]:
    encoding = deepest(study["cells"], study["gpus"])
    for cell in study["cells"]:
        passed = (cell["task"], cell["sets"][0], cell["layer"]) in encoding
        width = registry.of(cell["task"]).width * model["dimension"]
        labels = amounts.of_task("labels", cell["task"])
        examples = amounts.rows[cell["sets"][0]] * amounts.of_task("examples", cell["task"])
        one = _Work(
            "train_probe",
            study["steps"],
            bytes=study["seeds"] * labels * (width + 1) * 4 + 20 * labels + 3700,
            inputs=2 * len(cell["sets"]) + (len(cell["sets"]) if all(cell["stored"]) else 2 + sum(cell["stored"])),
            batches=amounts.known["epochs"].number * examples * width * study["seeds"] / (256 * 768 * 5),
            tera=amounts.encoding(cell["sets"], cell["stored"], model, cell["layer"]) if passed else 0,
        )
        yield one
        for rule, jobs in (
            ("train_control", cell["controls"]),
            ("measure_description_length", cell["described"]),
            ("train_alternative", cell["alternatives"]),
        ):
            yield one._replace(rule=rule, jobs=jobs, bytes=3700)
        if spans := cell.get("spans"):
            yield _Work(
                "score_spans",
                study["steps"],
                bytes=3300 + 12 * study["seeds"] * len(spans),
                inputs=1 + 3 * len(spans),
                tera=amounts.encoding(*map(list, zip(*spans, strict=True)), model, cell["layer"]),
                seconds=len(spans) * amounts.known["spans"].number,
            )
    for cell in study["transfers"]:
        one = _Work(
            "transfer_probe",
            study["steps"],
            bytes=3300 + 12 * study["seeds"] * len(cell["sets"]),
            inputs=2 + len(cell["sets"]) + (0 if all(cell["stored"]) else 2),
            tera=amounts.encoding(cell["sets"], cell["stored"], model, cell["layer"]),
            seconds=len(cell["sets"]) * amounts.known["transfer"].number,
        )
        yield one
        if cell["centred"]:
            source, written = cell["source"], [cell["source_stored"]]
            yield one._replace(
                rule="transfer_centred",
                inputs=one.inputs + 3,
                tera=one.tera + amounts.encoding([source], written, model, cell["layer"]),
                seconds=2 * one.seconds + 3e-6 * amounts.rows[source],
            )


def _model(study: Mapping[str, Any], model: Mapping[str, Any], amounts: Amounts) -> Iterator[_Work]:
    known, steps = amounts.known, study["steps"]
    for name, layer in study["features"]:
        yield _Work(
            "extract_features",
            steps,
            bytes=128 + 2 * amounts.rows[name] * model["dimension"],
            inputs=3,
            tera=amounts.encoding([name], [False], model, layer),
        )
    for name in study["datasets"]:
        yield _Work(
            "tokenize_examples",
            study.get("cut", {}).get(name, 1),
            bytes=taken(known, "bytes", "tokenize_examples") + known["pieces/bytes"].number * amounts.pieces(name),
            inputs=2,
        )
    for name in study["bits"]:
        tera = amounts.encoding([name], [False], model, model["layers"])
        head = 2e-12 * amounts.pieces(name) * known["masked"].number * model["dimension"] * model["vocabulary"]
        yield _Work("measure_bits", steps, bytes=3150, inputs=3, tera=study["draws"] * (tera + head))
    for name, layers in study["alignments"].items():
        tera = amounts.encoding([name], [False], model, max(layers))
        one = _Work("align_words", steps, bytes=3250, inputs=4, tera=tera, seconds=amounts.rows[name] * 2e-3)
        yield one
        if study["matching"]:
            yield one._replace(rule="match_words")
    yield from _cells(study, model, amounts)
    yield from _geometry(study, model, amounts)
    for part in (further_probes, fine_tuning):
        yield from (_Work(**one) for one in part.work(study, model, amounts))
    weights = storage.weights(model)
    tokenizer = 317e3 + 40 * model["vocabulary"]
    for task in {cell["task"] for cell in study["transfers"]}:
        size = sum(8 * amounts.rows[name] for name in study["targets"][task])
        yield _Work("tabulate_targets", 1, bytes=size + 5000, inputs=2 * len(study["targets"][task]))
    grid = (len(study["cells"]) + len(study["transfers"]) + len(study["bits"]) + len(study["alignments"])) * steps
    yield _Work("gather_scores", int(grid > 0), bytes=40 * grid, inputs=grid, seconds=2e-3 * grid)
    for rule, jobs in study["each"].items():
        yield _Work(rule, jobs, bytes=taken(known, "bytes", rule), inputs=3, seconds=taken(known, "seconds", rule))
    if model["provider"] in ("ensemble", "divided"):
        yield from _pretraining(study, model, known) if model["provider"] == "divided" else ()
        return
    yield _Work("make_tokenizer" if model["fairseq"] else "fetch_tokenizer", 1, bytes=tokenizer, inputs=2)
    if model["provider"] == "finetuned":  # its checkpoints are among the jobs of fine-tuning
        return
    here = model["provider"] == "pretrained"
    fetched = storage.original(model) if model["provider"] in ("published", "hub") else 0
    drawn = model["provider"] == "random"
    yield _Work(
        "draw_checkpoint" if drawn else "convert_checkpoint" if here else "fetch_checkpoint",
        steps,
        bytes=weights * model["bytes"] + 5500 + tokenizer,
        inputs=3,
        seconds=1 + weights * known["convert"].number + fetched / known["download"].number,
    )
    if here:
        yield from _pretraining(study, model, known)


def _geometry(study: Mapping[str, Any], model: Mapping[str, Any], amounts: Amounts) -> Iterator[_Work]:
    """Yield the work on the states of parallel sentences; a map of d dimensions takes time like d^3."""
    asked, steps, known = study["geometry"], study["steps"], amounts.known
    if not asked:
        return
    rows = 0.0
    for kind, datasets in asked["sets"].items():
        languages, cells = len(datasets), asked["layers"] * steps
        # the words of a treebank are fewer sentences; each of the others is one
        share = known[f"sentences/{amounts.origin}"].number if kind == "parallel" else 1
        sentences = max(amounts.rows[name] * share for name in datasets)
        joining = "tabulate_parallel" if kind == "parallel" else "join_sentences"
        yield _Work(joining, 1, bytes=sentences * (20 + 4 * languages), inputs=2 * languages)
        for name in datasets:
            if name in asked.get("pooled", ()):
                continue
            yield _Work(
                "pool_sentences",
                steps,
                bytes=128 + 2 * sentences * model["dimension"] * (model["layers"] + 1),
                inputs=3,
                tera=amounts.encoding([name], [False], model, model["layers"]),
            )
        for rule, jobs, number, seconds in comparisons.of(asked, model["dimension"], languages, sentences, steps):
            yield _Work(rule, jobs, bytes=3500 + 6 * number, inputs=languages + 1, seconds=seconds)
        rows += languages * (languages - 1) / 2 * cells
    first = len(asked["sets"]["parallel"])
    for name in asked["linked"]:
        # the words of one half and side
        sentences = min(amounts.rows[name], asked.get("linked_sentences") or amounts.rows[name])
        words = sentences * known[f"words/{amounts.origin}"].number / 2
        yield _Work(
            "map_words",
            steps,
            bytes=3500 + 6 * 54 * asked["layers"],
            inputs=4,
            tera=amounts.encoding([name], [False], model, model["layers"]),
            seconds=asked["layers"] * words**2 * (0.05 + 0.5 * model["dimension"] / 768) * 1e-6,
        )
    for name in asked["paired"] if asked["searches"] else ():
        half = amounts.rows[name] / 4
        each = 0.5 * (model["dimension"] / 768) ** 3 + 0.27 * (half / 500) ** 2
        yield _Work(
            "retrieve_translations",
            steps,
            bytes=3500 + 6 * 92 * asked["layers"],
            inputs=4,
            tera=amounts.encoding([name], [False], model, model["layers"]),
            seconds=asked["layers"] * each,
        )
    if asked["translated"]:
        # two texts, and some 10,000 types, of which 1,500 are searched
        pieces = 2 * asked["sentences"] * known[f"pieces/{amounts.origin}/heldout"].number
        yield _Work(
            "map_dictionary",
            asked["translated"] * steps,
            bytes=3500 + 6 * 25 * asked["layers"],
            inputs=6,
            tera=2e-12 * pieces * model["layers"] * storage.architecture(model).layer,
            seconds=asked["layers"] * (8 + 17 * model["dimension"] / 768),
        )
    yield _Work("tabulate_factors", 1, bytes=6000 + 10 * first * (first - 1), inputs=2 * first + 1)
    if study.get("analysed", True):
        yield _Work("describe_models", 1, bytes=9e3, inputs=1)
        yield _Work("explain_transfer", 1, bytes=30e3, inputs=6, seconds=0.05 * first * (first - 1))
    cells = asked["layers"] * steps * len(asked["sets"])
    yield _Work("gather_geometry", 1, bytes=600 * rows, inputs=4 * cells, seconds=5e-3 * cells)


def _pretraining(study: Mapping[str, Any], model: Mapping[str, Any], known: Mapping[str, Size]) -> Iterator[_Work]:
    chain, text = study["pretraining"], read_bytes(study, known)
    languages = len(chain["languages"])
    weights = storage.weights(model)
    operations = 6e-12 * chain["updates"] * chain["batch"] * chain["length"]
    each = operations * (weights - model["vocabulary"] * model["dimension"] * (1 - known["masked"].number))
    apart = languages if model["provider"] == "divided" else 1
    yield _Work("train_sentencepiece", apart, bytes=237e3 + 40 * model["vocabulary"] / apart, inputs=languages // apart)
    if model["provider"] == "divided":
        yield _Work("join_vocabularies", 1, bytes=30 * model["vocabulary"], inputs=languages)
    yield _Work("binarize_text", languages, bytes=known["text/tokens"].number * text / languages, inputs=3)
    if study.get("analysed", True):
        yield _Work("count_text", languages, bytes=120, inputs=2, seconds=text / languages * known["count"].number)
    for share in chain["steps"].values():
        # fairseq keeps Adam's two moments beside the weights, and the matrix of pieces twice more
        kept = (47e3 + 12 * weights) if share else (20e3 + 4 * weights)
        kept += 8 * model["vocabulary"] * model["dimension"]
        made = share * chain["updates"]
        yield _Work("pretrain", 1, bytes=kept, inputs=2 + 2 * languages, training=share * each, updates=made)


def _recorded(files: Mapping[str, float | None]) -> float:
    """Return the sum of the known sizes of some files."""
    return sum(size for size in files.values() if size is not None)


def _raw(known: Mapping[str, Size], rows: Mapping[str, float]) -> float:
    """Return the bytes of the sources of some datasets, from the number of vectors of each."""
    return sum(known[f"raw/{name.split('/')[0]}"].number * number for name, number in rows.items())


def _sources(study: Mapping[str, Any], amounts: Amounts) -> Iterator[_Work]:
    """Yield the work on raw data and on tables of examples."""
    known, world = amounts.known, study["world"]
    if world:
        size = _raw(known, {name: vectors(known, parts) for name, parts in world["datasets"].items()})
        size += known["text/xz"].number * text_bytes(study, known, world["languages"])
        yield _Work("synthesise_world", 1, bytes=size, inputs=90, seconds=6)
    text, raw = text_bytes(study, known, study["texts"]), _raw(known, amounts.rows)
    for rule, jobs in study["once"].items():
        if not jobs:
            continue
        if rule == "fetch_source":
            size = raw + _recorded(study["beside"]) + known["text/xz"].number * text * study["packed"]
            if None not in study["files"].values():
                size = _recorded(study["files"])
            size += _recorded({name: each for name, each in study["downloads"].items() if name not in study["files"]})
            yield _Work(rule, jobs, bytes=size / jobs, inputs=0, seconds=size / jobs / known["download"].number)
        elif rule == "split_text":
            yield _Work(rule, jobs, bytes=text / jobs + taken(known, "bytes", rule), seconds=text / jobs / 2e7)
        elif rule == "fetch_heldout":
            size = known["examples/heldout"].number * sum(
                rows for name, rows in amounts.rows.items() if name.startswith("heldout/")
            )
            yield _Work(rule, jobs, bytes=size / jobs + taken(known, "bytes", "split_text"), inputs=0)
        else:
            kinds = {
                "tabulate_treebank": ("treebank", "parallel"),
                "tabulate_inference": ("inference", "inference_test"),
                "tabulate_inference_sentences": ("inference_parallel",),
                "tabulate_translations": ("tatoeba",),
                "tabulate_bitext": ("bitext",),
                "tabulate_entities": ("entity_treebank", "entities"),
            }
            mine = kinds.get(rule, ())
            size = sum(
                amounts.row(name.split("/")[0]) * rows
                for name, rows in amounts.rows.items()
                if name.split("/")[0] in mine
            )
            yield _Work(rule, jobs, bytes=size / jobs + taken(known, "bytes", rule), inputs=2)


def lines(
    study: Mapping[str, Any],
    known: Mapping[str, Size],
    speed: Mapping[str, Rate],
    counted: Mapping[str, int] | None = None,
) -> list[Line]:
    """Estimate what each rule of a study costs.

    Parameters
    ----------
    study : mapping
        Its axes, as described in this module's docstring.
    known, speed : mapping
        The tables of sizes and rates.
    counted : mapping of str to int, optional
        The number of vectors of each dataset that is there already and could be counted.

    Returns
    -------
    list of Line
        One for each rule that has jobs, in the order of the work. Hours are those of a GPU if the study has GPUs and
        the rule uses one, and those of one core otherwise.
    """
    grids = [study, *(model.get("grid", {}) for model in study["models"])]
    datasets = {name: amount for grid in grids for name, amount in grid.get("datasets", {}).items()}
    amounts = Amounts({**study, "datasets": datasets}, known, counted or {})
    work = [*_sources(study, amounts)]
    for model in study["models"]:
        own = {**study, **model.get("grid", {})}
        mine = [*_model(own, model, amounts)]
        mine = [item._replace(rule=ensembles.rule_of(model, item.rule)) for item in mine]
        later = sum(item.jobs * item.bytes for item in mine if item.rule in storage.MEASURING)
        meanwhile = storage.meanwhile(model, own["steps"], later)
        work += [item._replace(temporary=meanwhile) if item.rule in storage.CONVERTING else item for item in mine]
    found: dict[str, Line] = {}
    for item in work:
        line = found.setdefault(item.rule, Line(item.rule))
        on_gpu = study["gpus"] > 0 and item.rule in ON_GPU
        quantities = {"start": 1, "encode": item.tera, "probe": item.batches, "pretrain": item.training}
        quantities |= {"cell": 1 if item.batches else 0, "update": item.updates}
        seconds = sum(number * getattr(speed[name], "gpu" if on_gpu else "core") for name, number in quantities.items())
        hours = item.jobs * (seconds + item.seconds) / 3600
        line.jobs += item.jobs
        line.bytes += item.jobs * (item.bytes + RECORD + INPUT * item.inputs)
        line.temporary += item.temporary
        line.gpu_hours += hours if on_gpu else 0
        line.core_hours += 0 if on_gpu else hours
    return [line for line in found.values() if line.jobs]
