"""What jobs read, by their wildcards."""

from types import SimpleNamespace

import pytest
from configs import study
from snakemake.cli import parse_config

from polychron.errors import InputError
from polychron.provenance import records
from polychron.storage import files
from polychron.study.inputs import Inputs
from polychron.workflow import passes
from polychron.workflow.snakemake_internals import Wanted

TOY = "studies/toy.yaml"


def wildcards(**values):
    return SimpleNamespace(**{name: str(value) for name, value in values.items()})


def cell(task, language="en", layer=12, step=5000, model="xlmr-replica"):
    return wildcards(task=task, language=language, layer=layer, step=step, model=model)


@pytest.fixture(scope="module")
def paper():
    return Inputs(study())


@pytest.fixture(scope="module")
def toy():
    return Inputs(study(TOY))


def test_a_cell_whose_features_are_stored_reads_no_checkpoint(paper):
    read = paper.cell(cell("pos"))
    assert read["weights"] == read["config"] == []
    assert read["features"] == ["results/xlmr-replica/features/treebank/en/layer-12/step-5000.npy"]
    assert read["examples"] == ["resources/paper/examples/treebank/en.parquet"]


def test_a_cell_whose_features_are_not_all_stored_reads_the_checkpoint(paper):
    read = paper.cell(cell("xnli"))
    assert read["weights"] == "results/xlmr-replica/checkpoints/step-5000/model.safetensors"
    assert read["features"] == ["results/xlmr-replica/features/inference_test/en/layer-12/step-5000.npy"]
    assert paper.cell_stored(cell("xnli")) == [False, True]
    assert paper.cell(cell("pos", language="cs"))["features"] == []


def test_a_transfer_reads_pieces_and_checkpoint_only_for_what_is_not_stored(paper, toy):
    read = paper.transfer(cell("pos"))
    assert len(read["features"]) == 18 and read["pieces"] == read["checkpoint"] == []
    inline = Inputs(study(TOY, {"features": {"store": []}}))
    read = inline.transfer(cell("pos", "qsa", 2, 50, "toy"))
    assert read["features"] == [] and len(read["pieces"]) == 6 and len(read["checkpoint"]) == 2
    assert all(path.startswith("results/toy/pieces/parallel/") for path in read["pieces"])
    assert len(toy.target_tables(wildcards(task="pos", model="toy"))["examples"]) == 6


def test_transfer_with_centred_targets_reads_what_its_source_was_trained_on():
    compared = Inputs(study("studies/geometry.yaml"))
    read = compared.transfer_centred(cell("pos"))
    assert read["examples"] == "resources/paper/examples/treebank/en.parquet"
    assert read["source_pieces"] == "results/xlmr-replica/pieces/treebank/en.parquet"
    assert read["source_features"] == ["results/xlmr-replica/features/treebank/en/layer-12/step-5000.npy"]
    assert read["checkpoint"] == [] and len(read["features"]) == 18
    for where in (cell("pos", "cs"), cell("xnli")):  # whose features are not stored
        read = compared.transfer_centred(where)
        assert read["source_features"] == [] and not compared.source_stored(where)
        assert [path.rpartition("/")[2] for path in read["checkpoint"]] == ["model.safetensors", "config.json"]
    assert read["examples"] == "resources/paper/examples/inference/en.parquet"
    made = compared.geometry(wildcards(model="xlmr-replica"))
    assert sum("/transfer_centred/" in path for path in made) == 39 * (18 * 3 + 4 * 6)
    assert not any("/transfer_centred/xnli/" in path for path in made)


def test_other_methods_of_alignment_have_files_of_their_own(toy):
    asked = Inputs(study(TOY, {"alignment": {"methods": ["match", "itermax", "argmax"]}}))
    assert asked.study.matching == ["argmax", "match"] and toy.study.matching == []
    further = {*asked.scores(wildcards(model="toy"))} - {*toy.scores(wildcards(model="toy"))}
    assert len(further) == 8 * 4 and "results/toy/matching/qsa/qsb/step-50.parquet" in further


def test_a_set_has_the_languages_that_have_its_sentences():
    sets = {"geometry": {"sets": ["parallel", "inference_parallel"]}}
    compared = study("studies/geometry.yaml", sets)
    assert compared.languages_of("parallel") == compared.compared_languages and len(compared.compared_languages) == 18
    found = compared.languages_of("inference_parallel")
    assert len(found) == 15 and "th" in found and "inference_parallel/th" in compared.datasets
    read = Inputs(compared).parallel(wildcards(model="xlmr-replica", set="inference_parallel"))
    assert read["examples"][0] == "resources/paper/examples/inference_parallel/ar.parquet" and len(read["pieces"]) == 15
    assert len(compared.pooled) == 39 * (18 + 15) and len(compared.comparisons) == 2 * 13 * 39
    named = study("studies/geometry.yaml", {"geometry": {**sets["geometry"], "languages": ["cs", "de", "en"]}})
    assert named.languages_of("inference_parallel") == ["de", "en"]
    without = study("studies/geometry.yaml")
    assert not any(name.startswith("inference_parallel/") for name in without.datasets)


def test_scores_are_those_of_all_jobs_of_a_model_or_gathered_elsewhere(paper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = paper.scores(wildcards(model="xlmr-base"))
    assert len(found) == 44 + 15 + (18 + 15) + 94 + (44 + 15)
    assert len(set(found)) == len(found)
    gathered = Inputs(study({"scores": "elsewhere"}))
    with pytest.raises(InputError, match=r"elsewhere/xlmr-base/scores\.parquet: no scores .*Next: put it there"):
        gathered.scores(wildcards(model="xlmr-base"))
    # a folder that is gone after its scores were gathered is missed by nothing
    record = records.record_of(tmp_path / "results/xlmr-base/scores.parquet")
    for place in ("results", "elsewhere"):
        (tmp_path / place / "xlmr-base").mkdir(parents=True)
        (tmp_path / place / "xlmr-base/scores.parquet").touch()
        assert gathered.scores(wildcards(model="xlmr-base")) == ["elsewhere/xlmr-base/scores.parquet"]
    (tmp_path / "elsewhere/xlmr-base/scores.parquet").unlink()
    for given, known in (("elsewhere", True), ("another", False)):
        read = {f"{given}/xlmr-base/scores.parquet": "0" * 64}
        files.write_json(record, records.made({"rule": "gather_scores"}, read, {"scores.parquet": "1" * 64}, 1.0))
        if known:
            assert gathered.scores(wildcards(model="xlmr-base")) == [*read]
        else:
            with pytest.raises(InputError, match="no scores of the model 'xlmr-base' are there") as caught:
                gathered.scores(wildcards(model="xlmr-base"))
            setting = str(caught.value).split("(--config ")[-1].rstrip(").")
            assert setting == "scores=" and parse_config([setting]) == {"scores": None}
    tasks = [
        *("arc_classification", "arc_prediction", "entities", "entities_stacked_tuned", "entities_tuned"),
        *("parsing_stacked_tuned", "parsing_tuned", "pos", "pos_stacked_tuned", "pos_tuned"),
        *("xnli", "xnli_stacked_tuned", "xnli_tuned"),
    ]
    assert gathered.elsewhere(wildcards(model="xlmr-base")) == {
        "model": "xlmr-base",
        "tasks": tasks,
        "final_layer": 12,
    }
    assert gathered.last_checkpoint(wildcards(model="xlmr-base")) == []


def test_checkpoints_of_a_model(paper, toy):
    replica, base = (wildcards(model=f"xlmr-{name}", step=5000) for name in ("replica", "base"))
    assert paper.address(replica).endswith("/checkpoint_5000.pt") and paper.revision(replica) is None
    assert paper.address(base) == "FacebookAI/xlm-roberta-base" and paper.revision(base).startswith("e73636d4")
    assert toy.address(wildcards(model="toy", step=50)) == "results/toy/pretraining/step-50/checkpoint_last.pt"
    assert set(paper.own_tokenizer(replica)) == {"tokenizer", "tokenizer_config"} and paper.own_tokenizer(base) == {}
    assert paper.original(replica) == [f"results/xlmr-base/{name}.parquet" for name in ("scores", "trajectories")]
    assert paper.original(base) == []


def test_pretrained_checkpoints_are_admitted_one_by_one_and_fetched_ones_together(paper, toy):
    assert toy.examination(wildcards(place="toy/checkpoints/step-50")) == "results/toy/checkpoints/step-50/verdict.json"
    fetched = paper.examination(wildcards(place="xlmr-base/checkpoints/step-50"))
    assert fetched == "results/xlmr-base/checkpoints/examination.csv"


def test_an_interval_starts_from_the_link_before(toy):
    assert toy.previous_checkpoint(wildcards(model="toy", step=50)) == []
    found = toy.previous_checkpoint(wildcards(model="toy", step=4800))
    assert found == "results/toy/pretraining/step-800/checkpoint_last.pt"
    assert toy.weights_before(wildcards(model="toy", step=50)) == "results/toy/checkpoints/step-0/model.safetensors"
    moved = toy.of_steps("displacement", first=1)(wildcards(model="toy"))
    assert moved == [f"results/toy/checkpoints/step-{step}/displacement.json" for step in (50, 800, 4800)]


def test_sizes_are_counted_of_a_model_that_is_pretrained_here(paper, toy, tmp_path):
    counts = [f"results/toy/binarized/{code}/counts.json" for code in ("qoe", "qpf", "qsa", "qsb", "qsc", "qsd")]
    assert toy.counts(wildcards(model="toy")) == counts
    assert paper.counts(wildcards(model="xlmr-base")) == [] and toy.sizes_elsewhere(wildcards(model="toy")) == []
    elsewhere = Inputs(study(TOY, {"scores": str(tmp_path)}))
    assert elsewhere.counts(wildcards(model="toy")) == []
    assert elsewhere.sizes_elsewhere(wildcards(model="toy")) == []
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/sizes.parquet").touch()
    assert elsewhere.sizes_elsewhere(wildcards(model="toy")) == [str(tmp_path / "toy/sizes.parquet")]


OWN = {
    "world": None,
    "files": {
        "treebank": {"qsa": "./my/qsa-{split}.conllu", "qoe": "ud/qoe-{split}.conllu"},
        "alignment": {"qsa/qoe": {"format": "naacl", "source": "./my/a", "target": "~/b", "links": "./my/nowhere"}},
        "text": "./my/{language}.text.xz",
        "inference": {"dev": {"file": "./my/{language}/dev.tsv", "format": "xnli"}},
        "sizes": "./my/sizes.csv",
    },
}


@pytest.mark.parametrize(
    ("ask", "values", "key", "path"),
    [
        ("treebank", {"kind": "treebank", "language": "qsa"}, "files.treebank.qsa", "./my/qsa-train.conllu"),
        ("alignment", {"source": "qsa", "target": "qoe"}, "files.alignment.qsa/qoe.source", "./my/a"),
        ("text", {"language": "qsa"}, "files.text", "./my/qsa.text.xz"),
        ("inference", {"kind": "inference", "language": "qoe"}, "files.inference.dev", "./my/qoe/dev.tsv"),
        ("sizes", {}, "files.sizes", "./my/sizes.csv"),
    ],
)
def test_an_own_file_that_is_not_there_is_refused_with_its_key(tmp_path, monkeypatch, ask, values, key, path):
    """Whatever was made before: Snakemake takes a result whose source is not there as given."""
    monkeypatch.chdir(tmp_path)
    inputs = Inputs(study(TOY, OWN))
    asks = {"sizes": inputs.raw_file("sizes"), "inference": lambda wildcards: inputs.inference(wildcards, str)}
    asked = asks.get(ask) or getattr(inputs, ask)
    with pytest.raises(InputError) as fault:
        asked(wildcards(**values))
    assert str(fault.value).startswith(f"{key}: {path} is not there")
    assert f"correct {key} in the config" in str(fault.value)
    if ask == "treebank":
        assert "nor are ./my/qsa-dev.conllu, ./my/qsa-test.conllu" in str(fault.value)


def test_own_files_that_are_there_and_files_of_the_sources_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs = Inputs(study(TOY, OWN))
    (tmp_path / "my").mkdir()
    for split in ("train", "dev", "test"):
        (tmp_path / f"my/qsa-{split}.conllu").touch()
    (tmp_path / "my/sizes.csv").touch()
    assert inputs.treebank(wildcards(kind="treebank", language="qsa"))[0] == "my/qsa-train.conllu"
    assert inputs.treebank(wildcards(kind="treebank", language="qoe"))[0] == "resources/toy/ud/qoe-train.conllu"
    assert inputs.raw_file("sizes")(None) == "my/sizes.csv"


def test_layers_of_training_pairs_are_what_the_paper_s_jobs_can_leave_each_other(paper):
    own = paper.study
    jobs = [Wanted(0, "train_probe", {name: str(value) for name, value in job.items()}) for job in own.cells]
    jobs = [job for job in jobs if job.wildcards["step"] == "5000"]
    (found,) = passes.read(jobs, paper.cell, paper.cell_stored).values()
    languages = ("bg", "en", "hi", "zh")
    pairs = {f"results/xlmr-replica/pieces/inference/{language}.parquet": {*range(13)} for language in languages}
    # the features of the last layer are stored, but for those of three large treebanks
    several = {"cs": 13, "en": 12, "hi": 12, "ja": 12}
    trees = {f"results/xlmr-replica/pieces/treebank/{name}.parquet": {*range(n)} for name, n in several.items()}
    assert {path: set(layers) for path, layers in found.items()} == pairs | trees
