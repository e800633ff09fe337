"""The plan: jobs, bytes and hours of planted studies, counted by hand."""

import re

import pytest
from place import ROOT

from polychron.errors import InputError
from polychron.planning import costs, rates, report, storage
from polychron.probing.tasks import registry

BASE = {"name": "m", "vocabulary": 98, "window": 10, "dimension": 8, "feedforward": 16, "layers": 2, "bytes": 4}


@pytest.fixture
def study():
    """Two languages, two steps, one task at one layer; English is stored, French is not."""
    cells = [
        {
            "task": "pos",
            "layer": 2,
            "sets": [f"treebank/{name}"],
            "stored": [name == "en"],
            "controls": 0,
            "described": 0,
            "alternatives": 0,
        }
        for name in ("en", "fr")
    ]
    transferred = {"task": "pos", "layer": 2, "sets": ["parallel/en", "parallel/fr"], "stored": [True, True]}
    transferred |= {"source": "treebank/en", "source_stored": True, "centred": False}
    return {
        "world": None,
        "gpus": 1,
        "steps": 2,
        "seeds": 5,
        "models": [BASE | {"provider": "folder", "fairseq": False}],
        "pretraining": {"languages": [], "updates": 0, "batch": 1, "length": 1, "steps": {}},
        "cells": cells,
        "transfers": [transferred] * 2,
        "targets": {"pos": ["parallel/en", "parallel/fr"]},
        "features": [["treebank/en", 2], ["parallel/en", 2], ["parallel/fr", 2]],
        "datasets": {
            "treebank/en": {"ud/one": 1},
            "treebank/fr": {"ud/two": 1},
            "parallel/en": {"pud": 1},
            "parallel/fr": {"pud": 1},
            "heldout/en": {"heldout": 100},
            "bitext/en/fr": {"bitext": 1},
        },
        "bits": ["heldout/en"],
        "draws": 1,
        "alignments": {"bitext/en/fr": [0, 2]},
        "matching": [],
        "geometry": None,
        "texts": {},
        "packed": True,
        "beginnings": 0,
        "files": dict.fromkeys(map(str, range(9))),
        "downloads": {},
        "beside": {},
        "once": {"fetch_source": 9, "tabulate_treebank": 4, "tabulate_bitext": 1, "split_text": 1},
        "each": {"draw_figure": 17, "score_baseline": 2},
    }


@pytest.fixture
def known():
    return rates.sizes() | {"ud/one": rates.Size(1000, "words", ""), "ud/two": rates.Size(500, "words", "")}


def by_rule(lines):
    return {line.rule: line for line in lines}


def test_jobs_are_the_products_of_the_axes(study, known):
    jobs = {line.rule: line.jobs for line in costs.lines(study, known, rates.rates())}
    assert jobs == {
        "fetch_source": 9,
        "tabulate_treebank": 4,
        "tabulate_bitext": 1,
        "split_text": 1,
        "extract_features": 6,
        "tokenize_examples": 6,
        "measure_bits": 2,
        "align_words": 2,
        "train_probe": 4,
        "transfer_probe": 4,
        "tabulate_targets": 1,
        "fetch_tokenizer": 1,
        "fetch_checkpoint": 2,
        "gather_scores": 1,
        "draw_figure": 17,
        "score_baseline": 2,
    }


def test_spans_are_scored_for_each_cell_that_has_some(study, known):
    named = {"uner/one": rates.Size(800, "words", "")}
    spans = [("entity_treebank/en", True), ("entities/fr", False)]
    cell = study["cells"][0] | {"task": "entities", "sets": ["entity_treebank/en"], "stored": [True]}
    sets = {"entity_treebank/en": {"uner/one": 1}, "entities/fr": {"pud": 1}}
    more = study | {"datasets": study["datasets"] | sets, "cells": [*study["cells"], cell | {"spans": spans}]}
    lines = by_rule(costs.lines(more, known | named, rates.rates()))
    assert lines["score_spans"].jobs == 2 and lines["train_probe"].jobs == 6
    stored = [(name, True) for name, _ in spans]
    less = by_rule(costs.lines(more | {"cells": [cell | {"spans": stored}]}, known | named, rates.rates()))
    assert 0 < less["score_spans"].gpu_hours < lines["score_spans"].gpu_hours, "what is not there is computed"


def test_what_profiles_give_a_gpu_has_hours_of_a_gpu():
    """Rules of the profile whose jobs ask for a card, by the lists of them in it."""
    profile = (ROOT / "profiles/slurm-h100/config.yaml").read_text(encoding="utf-8")
    lines = profile.splitlines()
    given = {"pretrain"}
    for place, line in enumerate(lines):
        if "?for " in line and any("gres:" in one for one in lines[place + 1 : place + 6]):
            given |= {*re.findall(r'"(\w+)"', line.partition(" in ")[2])}
    given -= {"retrain_probe"}  # of `reproduce`, which no plan has
    assert {"transfer_probe", "score_spans"} < given and given <= costs.ON_GPU


def test_geometry_has_states_of_each_step_and_comparisons_of_each_layer(study, known):
    compared = {"layers": 3, "sets": {"parallel": ["parallel/en", "parallel/fr"]}, "permutations": 99}
    compared |= {"linked": ["bitext/en/fr"], "paired": [], "translated": 3, "sentences": 20_000}
    wide = study | {"geometry": compared | {"searches": True, "identities": True}}
    lines = by_rule(costs.lines(wide, known, rates.rates()))
    jobs = {
        name: line.jobs for name, line in lines.items() if name not in by_rule(costs.lines(study, known, rates.rates()))
    }
    assert jobs == {
        "tabulate_parallel": 1,
        "pool_sentences": 4,
        "compare_languages": 6,
        "compare_steps": 3,
        "retrieve_sentences": 6,
        "identify_languages": 6,
        "map_words": 2,
        "map_dictionary": 6,
        "gather_geometry": 1,
        "tabulate_factors": 1,
        "describe_models": 1,
        "explain_transfer": 1,
    }
    # float16 states of all layers
    states = 0.0488 * known["pud"].number * 2 * BASE["dimension"] * (BASE["layers"] + 1)
    assert lines["pool_sentences"].bytes == pytest.approx(4 * states, rel=0.3, abs=4 * 2000)
    assert lines["pool_sentences"].gpu_hours > 0 and lines["retrieve_sentences"].core_hours > 0
    narrow = study | {"geometry": compared | {"searches": False, "identities": False, "linked": [], "translated": 0}}
    left = by_rule(costs.lines(narrow, known, rates.rates()))
    assert not {"retrieve_sentences", "identify_languages", "map_words", "map_dictionary"} & {*left}


def test_pairs_of_sentences_are_searched_at_each_step(study, known):
    compared = {"layers": 3, "sets": {"parallel": ["parallel/en", "parallel/fr"]}, "permutations": 0}
    compared |= {"linked": [], "paired": ["tatoeba/fr/en"], "translated": 0, "sentences": None, "identities": False}
    wide = study | {"datasets": study["datasets"] | {"tatoeba/fr/en": {"heldout": 2000}}}
    lines = by_rule(costs.lines(wide | {"geometry": compared | {"searches": True}}, known, rates.rates()))
    assert lines["retrieve_translations"].jobs == 2 and lines["retrieve_translations"].core_hours > 0
    none = by_rule(costs.lines(wide | {"geometry": compared | {"searches": False}}, known, rates.rates()))
    assert "retrieve_translations" not in none


def test_transfer_with_centred_targets_costs_what_its_source_has_to_be_encoded_again(study, known):
    centred = [{**cell, "centred": True} for cell in study["transfers"]]
    stored = by_rule(costs.lines(study | {"transfers": centred}, known, rates.rates()))
    assert stored["transfer_centred"].jobs == stored["transfer_probe"].jobs == 4
    inline = [{**cell, "source_stored": False} for cell in centred]
    computed = by_rule(costs.lines(study | {"transfers": inline}, known, rates.rates()))
    assert computed["transfer_centred"].gpu_hours > stored["transfer_centred"].gpu_hours > 0
    assert computed["transfer_probe"] == stored["transfer_probe"]


def test_further_probes_are_planned_without_geometry_too(study, known):
    read = {"layer": 2, "stored": [True]}
    cells = [read | {"sets": [f"treebank/{name}"]} for name in ("en", "fr")]
    moved = [read | {"sets": ["parallel/en", "parallel/fr"], "stored": [True, True]}]
    asked = {"cells": cells, "transfers": moved, "comparisons": 1, "rank": 64, "epochs": 30, "mixtures": []}
    nothing = {"cells": [], "transfers": [], "mixtures": [], "comparisons": 0}
    before, lines = (
        by_rule(costs.lines(study | {"further": which}, known, rates.rates())) for which in (nothing, asked)
    )
    assert before == by_rule(costs.lines(study, known, rates.rates()))
    jobs = {name: line.jobs for name, line in lines.items() if name not in before}
    assert jobs == {
        "train_structural_probe": 4,
        "transfer_structural_probe": 2,
        "compare_subspaces": 2,
        "gather_geometry": 1,
    }
    # float32 maps of five seeds and two languages at two steps
    maps = 4 * 4 * 5 * 64 * BASE["dimension"]
    assert lines["train_structural_probe"].bytes == pytest.approx(maps, rel=0.3, abs=4 * 6000)
    # two epochs of 41,931 words took 0.65 s of a core at 768 dimensions
    words = sum(known[name].number for name in ("ud/one", "ud/two"))
    hours = 2 * 5 * 30 * words * 8e-6 * BASE["dimension"] / 768 / 3600
    assert lines["train_structural_probe"].gpu_hours > hours
    # all layers of a treebank are computed in the job, and each example read at all of them
    mixed = {"task": "pos", "layer": BASE["layers"], "sets": ["treebank/en"], "stored": [False]}
    lines = by_rule(costs.lines(study | {"further": nothing | {"mixtures": [mixed]}}, known, rates.rates()))
    assert lines["train_mixture"].jobs == 2 and lines["gather_geometry"].jobs == 1
    assert lines["train_mixture"].gpu_hours > lines["train_probe"].gpu_hours / 2


def test_other_methods_of_alignment_cost_as_much_again(study, known):
    lines = by_rule(costs.lines(study | {"matching": ["argmax", "match"]}, known, rates.rates()))
    assert lines["match_words"].jobs == lines["align_words"].jobs == 2
    assert lines["match_words"].gpu_hours == lines["align_words"].gpu_hours > 0


def test_cells_under_other_settings_cost_what_cells_cost_and_keep_no_weights(study, known):
    study["cells"][0]["alternatives"] = 4
    lines = by_rule(costs.lines(study, known, rates.rates()))
    assert lines["train_alternative"].jobs == lines["train_probe"].jobs == 4
    assert lines["train_alternative"].gpu_hours > 0
    assert lines["train_alternative"].bytes < lines["train_probe"].bytes


def test_a_task_of_the_config_costs_what_pos_tagging_costs(study, known):
    def renamed(cells):
        return [{**cell, "task": "number"} for cell in cells]

    targets = {"number": study["targets"]["pos"]}
    other = study | {"cells": renamed(study["cells"]), "transfers": renamed(study["transfers"]), "targets": targets}
    assert costs.lines(other, known, rates.rates()) == costs.lines(study, known, rates.rates())


def test_downloads_of_known_size_are_their_size(study, known):
    line = by_rule(costs.lines(study | {"files": dict.fromkeys("abcdefghi", 7)}, known, rates.rates()))["fetch_source"]
    assert line.bytes == 9 * (7 + costs.RECORD)


def test_text_is_as_long_as_its_file_says(study, known):
    split = by_rule(costs.lines(study | {"texts": {"en": 15}}, known, rates.rates()))["split_text"]
    none = by_rule(costs.lines(study, known, rates.rates()))["split_text"]
    assert split.bytes - none.bytes == pytest.approx(15)


def test_a_second_model_doubles_what_is_its_own_and_nothing_else(study, known):
    one = by_rule(costs.lines(study, known, rates.rates()))
    two = by_rule(costs.lines(study | {"models": study["models"] * 2}, known, rates.rates()))
    assert {*two} == {*one}
    for rule, line in one.items():
        shared = rule in study["once"]
        assert two[rule].jobs == line.jobs * (1 if shared else 2)
        assert two[rule].bytes == pytest.approx(line.bytes * (1 if shared else 2))


def test_features_are_words_times_dimension_in_float16(study, known):
    line = by_rule(costs.lines(study, known, rates.rates()))["extract_features"]
    words = 1000 + 2 * known["pud"].number
    assert line.bytes == 2 * (words * 8 * 2 + 3 * 128) + 6 * (costs.RECORD + 3 * costs.INPUT)


def test_a_dataset_that_was_counted_goes_by_its_count(study, known):
    line = by_rule(costs.lines(study, known, rates.rates(), {"treebank/en": 10_000}))["extract_features"]
    before = by_rule(costs.lines(study, known, rates.rates()))["extract_features"]
    assert line.bytes - before.bytes == 2 * 9000 * 8 * 2


def test_what_is_not_stored_is_computed_in_the_cell(study, known):
    """There is more work in the cell, and the features are not on the disk."""
    stored = by_rule(costs.lines(study, known, rates.rates()))
    for cell in study["cells"]:
        cell["stored"] = [False]
    inline = by_rule(costs.lines(study | {"features": study["features"][1:]}, known, rates.rates()))
    assert inline["train_probe"].gpu_hours > stored["train_probe"].gpu_hours
    assert inline["extract_features"].jobs == 4
    assert inline["extract_features"].bytes < stored["extract_features"].bytes


def test_originals_take_their_place_before_anything_is_measured(study, known):
    """A file of fairseq and a copy of it are on the disk while it is converted; the hub's cache keeps all steps."""

    def extra(changes, **axes):
        models = [BASE | {"provider": "published", "fairseq": True} | changes]
        return by_rule(costs.lines(study | {"models": models} | axes, known, rates.rates()))[
            "fetch_checkpoint"
        ].temporary

    weights = storage.weights(BASE)
    nothing = {"cells": [], "transfers": [], "features": [], "bits": [], "alignments": {}, "geometry": None}
    whole = 12 * weights + 4 * (weights + 98 * 8)
    assert extra({}, **nothing) == whole
    assert extra({"bytes": 2}, **nothing) == whole + 2 * weights
    assert extra({"provider": "hub", "fairseq": False}, **nothing) == 2 * 4 * weights
    assert extra({"provider": "folder", "fairseq": False}, **nothing) == 0
    measured = by_rule(costs.lines(study, known, rates.rates()))
    assert extra({}) == 0 and sum(measured[rule].bytes for rule in storage.MEASURING & set(measured)) > whole


def test_a_machine_without_gpus_has_its_hours_on_cores(study, known):
    everything = report.total(costs.lines(study | {"gpus": 0}, known, rates.rates()))
    assert everything.gpu_hours == 0
    assert everything.core_hours > report.total(costs.lines(study, known, rates.rates())).core_hours


def test_pretraining_takes_its_share_for_each_interval(study, known):
    chain = {"languages": ["en"], "updates": 100, "batch": 4, "length": 10, "steps": {"0": 0, "10": 0.1, "100": 0.9}}
    models = [study["models"][0] | {"provider": "pretrained", "fairseq": True}]
    lines = by_rule(costs.lines(study | {"models": models, "pretraining": chain}, known, rates.rates()))
    assert (lines["pretrain"].jobs, lines["binarize_text"].jobs, lines["train_sentencepiece"].jobs) == (3, 1, 1)
    weights = storage.weights(BASE)
    kept = lines["pretrain"].bytes - 20e3 - 2 * 47e3 - 3 * (8 * 98 * 8 + costs.RECORD + 4 * costs.INPUT)
    assert kept == pytest.approx(weights * (4 + 12 + 12))


def test_a_broken_row_of_a_table_is_named(tmp_path):
    path = tmp_path / "sizes.tsv"
    path.write_text("name\tnumber\tunit\tsource\nud/one\t5\twords\n")
    with pytest.raises(InputError, match=r"sizes.tsv:2: expected the columns name, number, unit, source"):
        rates.sizes(path)


def test_every_size_and_rate_names_its_source():
    assert all(size.source for size in rates.sizes().values())
    assert all(rate.source and max(rate[:2]) > 0 and min(rate[:2]) >= 0 for rate in rates.rates().values())


def test_sizes_of_treebanks_agree_with_the_real_ones(shared):
    """If the treebank is complete in the real data, its words are as many as its authors say.

    If its training split is missing, the number is marked as recalled, and dev and test are a plausible share of it.
    """
    import csv

    words = {}
    with open(shared / "ud/STATS.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            stem, split = row["file"].split("/")[1].removesuffix(".conllu").split("-ud-")
            words.setdefault(stem, {})[split] = int(row["syntactic_words"])
    known, compared, recalled = rates.sizes(), 0, 0
    for stem, splits in words.items():
        if set(splits) == {"dev", "test"} and "recalled" in known.get(f"ud/{stem}", rates.Size(0, "", "")).source:
            recalled += 1
            assert 0.07 < sum(splits.values()) / known[f"ud/{stem}"].number < 0.45, stem
        if (set(splits) >= {"train", "dev", "test"} or stem.endswith("_pud")) and f"ud/{stem}" in known:
            compared += 1
            if stem not in ("ga_idt", "hy_armtdp"):  # that is of an earlier release, and the treebank has grown since
                assert known[f"ud/{stem}"].number == pytest.approx(sum(splits.values()), rel=0.02), stem
    assert compared > 25 and recalled > 25


LINES = [costs.Line("a", 10, 5e9, 0, 8.0, 0), costs.Line("b", 2, 1e9, 3e9, 0, 4.0)]


def test_a_study_beyond_the_disk_is_reported_with_remedies():
    assert report.too_large(LINES, 9) is None
    said = report.too_large(LINES, 8.9)
    assert "takes 9.00 GB, and plan.max_disk allows 8.90 GB" in said
    assert "a 5.00 GB, b 1.00 GB" in said
    assert "features.store" in said


def test_a_study_beyond_its_hours_of_gpus_is_reported_with_the_way_to_consent():
    limits = {"card": "a100", "max_gpu_hours": None}
    assert report.too_costly(LINES, limits) is None and report.too_costly(LINES, {**limits, "max_gpu_hours": 8}) is None
    said = report.too_costly(LINES, {**limits, "max_gpu_hours": 2}, "It is large.")
    assert "takes 8.0 h of one A100 by the plan, and plan.max_gpu_hours allows 2.0 h" in said
    assert "Most of it: a 8.0 h. It is large. Next: " in said and "max_gpu_hours: 10}" in said


def test_hours_from_start_to_end_are_those_of_the_busier_side():
    assert report.wall(LINES, 4, 1) == 4.0
    assert report.wall(LINES, 1, 2) == 8.0


def test_what_was_spent_is_added_up_from_the_records():
    records = [
        (100, {"spec": {"rule": "draw_figure"}, "outputs": {"x": "", "y": ""}, "seconds": 1800}),
        (100, {"spec": {"rule": "draw_figure"}, "outputs": {"z": ""}, "seconds": 1800}),
    ]
    found = report.spent(records, {"x": 1, "y": 2, "z": 3}.get)
    assert found == {"draw_figure": report.Spent(2, 206, 1.0)}


def test_the_table_and_the_page_hold_the_same_rows():
    laid = report.rows(LINES, {"b": report.Spent(2, 10**9, 3.0)})
    assert laid[1] == ("a", "10", "5.00 GB", "8.0 h", "", "", "", "")
    assert laid[-1] == ("in all", "12", "6.00 GB", "8.0 h", "4.0 h", "2", "1.00 GB", "3.0 h")
    text, page = report.text(laid, ["a <note>"]), report.page("Plan", laid, ["a <note>"])
    assert len({len(line) for line in text.splitlines()[: len(laid) + 2]}) == 1
    for cell in {cell for row in laid for cell in row}:
        assert cell in text
        assert cell in page
    assert "a &lt;note&gt;" in page


def test_a_task_that_the_table_of_sizes_lacks_costs_what_a_similar_one_does(study, known, monkeypatch):
    """A task more is an entry of the registry, and not of the table as well."""
    entry = registry.Task("Named entities", "Token labelling", module="ner")
    monkeypatch.setitem(registry.TASKS, "ner", entry)
    lines = {}
    for task in ("pos", "ner"):
        changed = {**study, "cells": [{**cell, "task": task} for cell in study["cells"]]}
        changed |= {"transfers": [{**cell, "task": task} for cell in study["transfers"]]}
        changed |= {"targets": {task: study["targets"]["pos"]}}
        lines[task] = costs.lines(changed, known, rates.rates())
    assert lines["ner"] == lines["pos"]
