"""Ensembles: whose files their jobs read, what is refused, and what a member more changes."""

from types import SimpleNamespace

import pytest
from configs import study

from polychron.errors import InputError
from polychron.planning import costs, rates
from polychron.study import consistency
from polychron.study.axes import Axes
from polychron.study.inputs import Inputs
from polychron.study.laboratory import ensembles

TOY = "studies/toy.yaml"
ALL = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}
LANGUAGES = ("qoe", "qpf", "qsa", "qsb", "qsc", "qsd")
APART = {"tasks": [], "parts": ["bits"]}
ONE = {**ALL, **APART, "name": "one", "languages": ["qsa"], "pretraining": {"languages": ["qsa"]}}
OTHER = {**ALL, **APART, "name": "other", "languages": ["qoe"], "pretraining": {"languages": ["qoe"]}}
BOTH = {
    **ALL,
    "name": "both",
    "provider": "ensemble",
    "members": {"qsa": "one", "qoe": "other"},
    "languages": ["qsa", "qoe"],
}


def with_models(*models, **overlay):
    return study(TOY, {"models": [ALL, *models], **overlay})


@pytest.fixture(scope="module")
def ensemble():
    found = with_models(ONE, OTHER, BOTH)
    consistency.check(found)
    return found


def wildcards(**values):
    return SimpleNamespace(**{"model": "both", "step": "50", "layer": "2", **values})


def jobs_of(grid, model):
    return [{key: value for key, value in job.items() if key != "model"} for job in grid if job["model"] == model]


def test_an_ensemble_is_measured_in_its_languages_and_its_members_have_their_bits_alone(ensemble):
    assert {job["language"] for job in jobs_of(ensemble.cells, "both")} == {"qsa", "qoe"}
    assert jobs_of(ensemble.cells, "one") == [] and ensemble.tasks("one") == []
    assert {(job["model"], job["language"]) for job in ensemble.bits if job["model"] != "toy"} == {
        ("one", "qsa"),
        ("other", "qoe"),
    }
    assert {(job["source"], job["target"]) for job in jobs_of(ensemble.alignments, "both")} == {("qsa", "qoe")}
    assert ensemble.of("both").targets_of("pos", 2) == ["qoe", "qsa"] and len(ensemble.targets_of("pos", 2)) == 6
    assert ensemble.described == ["toy", "both"] and ensemble.single == ["toy", "one", "other"]


def test_maps_of_an_ensemble_are_fitted_on_the_states_of_its_members():
    sets = {"sets": ["parallel", "inference_parallel"], "fit": "inference_parallel"}
    found = Inputs(with_models(ONE, OTHER, BOTH, geometry=sets)).searched(wildcards(set="parallel"))
    assert found["fit_states"] == [
        "results/other/sentences/inference_parallel/qoe/step-50.npy",
        "results/one/sentences/inference_parallel/qsa/step-50.npy",
    ]
    assert found["states"] == [path.replace("inference_", "") for path in found["fit_states"]]
    assert len(found["fit_examples"]) == len(found["examples"]) == 2
    assert found["fit_parallel"] == "results/both/parallel/inference_parallel.parquet"


def test_jobs_of_an_ensemble_read_the_files_of_its_members(ensemble):
    inputs = Inputs(ensemble)
    cell = inputs.cell(wildcards(task="pos", language="qsa"))
    assert cell["weights"] == [] and cell["pieces"] == ["results/one/pieces/treebank/qsa.parquet"]
    assert cell["features"] == ["results/one/features/treebank/qsa/layer-2/step-50.npy"]
    embeddings = inputs.cell(wildcards(task="pos", language="qoe", layer="0"))
    assert embeddings["features"] == ["results/other/features/treebank/qoe/layer-0/step-50.npy"]  # layerwise alone
    assert inputs.cell(wildcards(model="toy", task="pos", language="qoe", layer="0"))["features"] == []
    transfer = inputs.transfer(wildcards(task="pos", language="qsa"))
    assert transfer["checkpoint"] == transfer["pieces"] == []
    assert transfer["features"] == [
        "results/other/features/parallel/qoe/layer-2/step-50.npy",
        "results/one/features/parallel/qsa/layer-2/step-50.npy",
    ]
    assert inputs.states_at(wildcards(set="parallel")) == [
        "results/other/sentences/parallel/qoe/step-50.npy",
        "results/one/sentences/parallel/qsa/step-50.npy",
    ]
    pair = inputs.bitext_sides(wildcards(source="qsa", target="qoe"))
    assert pair["pieces"] == [f"results/{member}/pieces/bitext/qsa/qoe.parquet" for member in ("one", "other")]
    assert pair["weights"] == [f"results/{member}/checkpoints/step-50/model.safetensors" for member in ("one", "other")]
    scores = inputs.scores(SimpleNamespace(model="both"))
    assert {path for path in scores if "/bits/" in path} == {
        f"results/{member}/bits/{language}/step-{step}.parquet"
        for member, language in (("one", "qsa"), ("other", "qoe"))
        for step in (0, 50, 800, 4800)
    }


def test_a_job_waits_for_the_checkpoints_of_its_own_languages(ensemble):
    inputs = Inputs(ensemble)
    admission = "results/{}/checkpoints/step-50/admission.json".format
    assert inputs.admissions(wildcards(language="qsa")) == [admission("one")]
    assert inputs.admissions(wildcards(source="qsa", target="qoe")) == [admission("one"), admission("other")]
    assert inputs.admissions(wildcards(model="toy", language="qsa")) == [admission("toy")]


def test_the_text_of_an_ensemble_is_counted_with_its_members(ensemble):
    counts = Inputs(ensemble).counts(SimpleNamespace(model="both"))
    assert counts == ["results/other/binarized/qoe/counts.json", "results/one/binarized/qsa/counts.json"]
    fetched = {**OTHER, "provider": "folder", "source": "./runs/{step}", "pretraining": None}
    assert Inputs(with_models(ONE, fetched, BOTH)).counts(SimpleNamespace(model="both")) == []


def test_a_member_more_changes_no_job_of_the_others(ensemble):
    third = {**ALL, **APART, "name": "third", "languages": ["qpf"], "pretraining": {"languages": ["qpf"]}}
    wider = {**BOTH, "members": {**BOTH["members"], "qpf": "third"}, "languages": ["qsa", "qoe", "qpf"]}
    more = with_models(ONE, OTHER, third, wider)
    consistency.check(more)
    assert [cell for cell in jobs_of(more.cells, "both") if cell["language"] != "qpf"] == jobs_of(
        ensemble.cells, "both"
    )
    before, after = Inputs(ensemble), Inputs(more)
    for language in ("qsa", "qoe"):
        here = wildcards(task="pos", language=language)
        assert before.cell(here) == after.cell(here) and before.admissions(here) == after.admissions(here)


def test_the_plan_counts_what_members_compute_once(ensemble):
    """Of 2 languages; the third model computes, for itself, what one of its members would for it."""

    def planned(found):
        made = costs.lines(Axes(found, rates.sizes(), {}, {}).values, rates.sizes(), rates.rates())
        return {line.rule: line.jobs for line in made}

    alone, both = planned(with_models(ONE, OTHER)), planned(ensemble)
    more = {rule: both[rule] - alone.get(rule, 0) for rule in both}
    assert more["align_members"] == more["map_words_of_members"] == 4 and more["align_words"] == 0
    assert more["measure_bits"] == more["pretrain"] == more["convert_checkpoint"] == more["make_tokenizer"] == 0
    assert more["pool_sentences"] == 2 * 4 and more["gather_ensemble"] == 1
    # each side of a bitext is cut by the member that speaks it
    names = ["bitext/qsa/qoe", "treebank/qsa"]
    assert ensembles.cut_by_members(ensemble, "both", names) == {"bitext/qsa/qoe": 2}
    assert Axes(ensemble, rates.sizes(), {}, {}).grid("both")["cut"] == {"bitext/qsa/qoe": 2}
    of_one = with_models({**BOTH, "members": dict.fromkeys(("qsa", "qoe"), "toy")})
    itself = planned(of_one)
    assert not ensembles.cut_by_members(of_one, "both", names)
    assert itself["pool_sentences"] == planned(with_models())["pool_sentences"]


FAULTS = {
    "no members": ({"members": None}, r"'both' has the provider 'ensemble' and no 'members'"),
    "a member that is no model": (
        {"members": {"qsa": "one", "qoe": "none"}},
        r"members\.qoe of 'both': there is no model 'none'.*Next: name one of these: toy, one, other",
    ),
    "a language without a member": (
        {"languages": ["qsa", "qoe", "qsd"]},
        r"no member of 'both' speaks 'qsd'.*Next: add members\.qsd to it, or .*languages: \[qoe, qsa\]",
    ),
    "languages of the study without a member": ({"languages": None}, r"no member of 'both' speaks 'qpf'"),
    "a member of a language that the study does not have": (
        {"members": {**BOTH["members"], "qzz": "one"}},
        r"members\.qzz of 'both': 'qzz' is no language of the study",
    ),
    "a language that the study does not have": (
        {"languages": ["qsa", "qzz"]},
        r"'both' is to be measured in 'qzz', which is no language of the study",
    ),
    "a member of an ensemble that is an ensemble": (
        {"members": {"qsa": "one", "qoe": "both"}},
        r"members\.qoe of 'both': 'both' is an ensemble itself.*Next: name the members of that one",
    ),
    "another number of layers": (
        {"final_layer": 3},
        r"members\.qsa of 'both': 'one' has final_layer 2, and the ensemble 3",
    ),
    "another window": ({"window": 32}, r"members\.qsa of 'both': 'one' has window 64, and the ensemble 32"),
    "a step that a member lacks": (
        {"steps": [0, 60]},
        r"members\.qsa of 'both': 'one' has no step 60, which 'both' has.*Next: add it to the steps of 'one'",
    ),
    "a checkpoint of its own": ({"source": "./runs/{step}"}, r"'both' is an ensemble and has 'source'"),
    "settings of pretraining": ({"pretraining": {"seed": 2}}, r"'both' has 'pretraining', which is for the provider"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_an_ensemble_is_found_while_the_run_is_planned(fault):
    change, message = FAULTS[fault]
    with pytest.raises(InputError, match=message):
        consistency.check(with_models(ONE, OTHER, {**BOTH, **change}))


def test_members_of_other_widths_are_refused():
    wide = {**OTHER, "pretraining": {"languages": ["qoe"], "dimension": 32}}
    with pytest.raises(InputError, match=r"of other widths: 'one' of 64 dimensions, 'other' of 32"):
        consistency.check(with_models(ONE, wide, BOTH))


def test_methods_for_models_that_read_both_languages_are_refused():
    with pytest.raises(
        InputError, match=r"alignment\.methods: argmax .* 'both' is an ensemble.*Next: .*leave alignment"
    ):
        consistency.check(with_models(ONE, OTHER, BOTH, alignment={"methods": ["itermax", "argmax"]}))
    apart = {**BOTH, "parts": ["layerwise", "bits", "geometry"]}
    consistency.check(with_models(ONE, OTHER, apart, alignment={"methods": ["itermax", "argmax"]}))


def test_no_model_is_drawn_like_an_ensemble_and_no_other_model_has_members():
    drawn = {**ALL, "name": "drawn", "provider": "random", "like": "both"}
    with pytest.raises(InputError, match=r"to be like 'both', which is no trained model.*Next: .*: toy, one, other\.$"):
        consistency.check(with_models(ONE, OTHER, BOTH, drawn))
    folder = {**BOTH, "provider": "folder", "source": "./runs/{step}"}
    with pytest.raises(InputError, match=r"'both' has 'members', which is for the provider 'ensemble' alone"):
        consistency.check(with_models(ONE, OTHER, folder))


def test_a_model_of_one_language_is_not_compared():
    found = with_models({**ONE, "tasks": None, "parts": ["geometry", "bits"]})
    assert found.described == ["toy"]
    assert {job["language"] for job in jobs_of(found.cells, "one")} == {"qsa"}
    assert {job["language"] for job in jobs_of(found.transfers, "one")} == {"qsa"}


def test_members_of_unknown_width_are_compared_before_their_languages_are():
    given = {"provider": "folder", "source": "./runs/{step}"}
    fetched = {**OTHER, **given, "pretraining": None}
    found = with_models(ONE, fetched, BOTH)
    consistency.check(found)
    assert found.unsized == ["both"] and found.member_jobs == {"compare_members": 1}
    inputs = Inputs(found)
    assert "results/both/members.json" in inputs.admissions(wildcards(language="qsa"))
    assert "results/one/members.json" not in inputs.admissions(wildcards(model="one", language="qsa"))
    folder = "checkpoints/step-0/config.json"
    assert inputs.member_configs(wildcards()) == [f"results/one/{folder}", f"results/other/{folder}"]


def test_members_of_known_width_are_compared_by_the_config(ensemble):
    assert ensemble.unsized == [] and ensemble.member_jobs == {}
    assert not any("members.json" in file for file in Inputs(ensemble).admissions(wildcards(language="qsa")))
    union = {"languages": ["qsa", "qoe"], "vocabularies": "union"}
    assert with_models({**ALL, "name": "divided", "pretraining": union}).unsized == []  # views of one model
