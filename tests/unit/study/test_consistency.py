"""Faults of a study that its schema cannot find, each with its remedy."""

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.study import SLICE

TOY = "studies/toy.yaml"
MODEL = {
    "name": "hub",
    "provider": "hub",
    "source": "org/model",
    "revision": "step{step}",
    "final_layer": 2,
    "window": 64,
}

DRAWN = {"name": "drawn", "provider": "random", "like": "hub", "final_layer": 2, "window": 64, "parts": ["geometry"]}

NUMBER = {
    "tasks": ["pos", "number"],
    "token_labels": {"number": {"column": "feats", "attribute": "Number", "languages": ["qsa"]}},
    "layerwise": [],
}

FAULTS = {
    "a language without a treebank": (
        {"probing": {"treebank_languages": ["qsa", "qxx"]}},
        r"treebank: the language 'qxx' is asked for.*Next: add files\.treebank\.qxx",
    ),
    "a target without a parallel treebank": (
        {"probing": {"transfer": {"treebank_languages": ["qxx"]}}},
        r"parallel: the language 'qxx'",
    ),
    "a pair without a gold alignment": ({"alignment": {"pairs": [["qsa", "qxx"]]}}, r"alignment: .*'qsa/qxx'"),
    "a world without a file for the sentences of a language": (
        {"files": {"alignment": {"qsa/qsb": {"source": None}}}},
        r"files\.alignment\.qsa/qsb: .* and 'source' names none.*Next: add files\.alignment\.qsa/qsb\.source",
    ),
    "a world without a file for distances": (
        {"files": {"distances": None}},
        r"files\.distances: a world writes .*Next: name one",
    ),
    "links alone of a format with sentences apart": (
        {"world": None, "files": {"alignment": {"qsa/qsb": {"format": "talp", "source": None, "target": None}}}},
        r"files\.alignment\.qsa/qsb\.source: the format 'talp' needs the file of its sentences.*Next: name it",
    ),
    "numbered sentences without translations": (
        {"world": None, "files": {"alignment": {"qsa/qsb": {"target": None}}}},
        r"files\.alignment\.qsa/qsb\.target: the format 'naacl' needs",
    ),
    "a file of sentences that would not be read": (
        {"world": None, "files": {"alignment": {"qsa/qsb": {"format": "jsonl"}}}},
        r"files\.alignment\.qsa/qsb\.source: the format 'jsonl' has its sentences in the file of links",
    ),
    "a treebank whose splits are one file": (
        {"files": {"treebank": {"qsa": "./my/qsa.conllu"}}},
        r"files\.treebank\.qsa: \./my/qsa\.conllu has no \{split\} in it.*Next: .*write \{split\}",
    ),
    "one text for all languages": (
        {"files": {"text": "./my/text.txt"}},
        r"files\.text: \./my/text\.txt has no \{language\} in it.* of qoe, qpf, qsa.*Next: give each language a file",
    ),
    "sentence pairs of all languages in a file that does not name them": (
        {"files": {"inference": {"dev": {"file": "./my/dev.tsv", "format": "tsv"}}}},
        r"files\.inference\.dev\.file: \./my/dev\.tsv has no \{language\}",
    ),
    "rows that are in two splits of sentence pairs": (
        {
            "files": {
                "inference": {
                    "train": {"file": "./my/{language}.tsv", "format": "tsv", "rows": [0, 60]},
                    "dev": {"file": "./my/{language}.tsv", "format": "tsv", "rows": [50, 80]},
                }
            }
        },
        r"files\.inference\.dev: \./my/\{language\}\.tsv is the file of train too, .* rows in common.*Next: give each",
    ),
    "two splits of sentence pairs that are one file": (
        {"files": {"inference": {"test": {"file": "xnli/XNLI-1.0/xnli.dev.tsv", "format": "xnli"}}}},
        r"files\.inference\.test: xnli/XNLI-1\.0/xnli\.dev\.tsv is the file of dev too",
    ),
    "two models of one name": ({"models": [MODEL, MODEL]}, "two models have the same name"),
    "a layer beyond the model": ({"probing": {"layers": [2, 7]}}, "7 is asked for, .* has the layers 0 to 2"),
    "a layer of alignment beyond the model": ({"alignment": {"layers": [9]}}, "9 is asked for"),
    "a task beyond the study": (
        {"models": [{**MODEL, "tasks": ["xnli"]}], "probing": {"tasks": ["pos"]}},
        "the task 'xnli' of 'hub' is not in probing.tasks",
    ),
    "a task that nothing defines": (
        {"probing": {"tasks": ["pos", "ner"]}},
        "unknown task 'ner', known are pos, arc_pred",
    ),
    "an unknown task in the examples of figures": (
        {"analysis": {"examples": [["ner", "qsa", "qsa"]]}},
        r"analysis\.examples: unknown task 'ner'",
    ),
    "a task that no probe is trained for": (
        {"probing": NUMBER | {"treebank_languages": ["qsb"]}},
        r"probing\.token_labels\.number\.languages: none of qsa is in probing\.treebank_languages",
    ),
    "a layer of a language without the task": (
        {"probing": NUMBER | {"layerwise": [{"task": "number", "languages": ["qsb"], "layers": [1], "transfer": []}]}},
        r"probing\.layerwise: 'qsb' does not have the task 'number'",
    ),
    "an untrained model that is like none": (
        {"models": [MODEL, {**DRAWN, "like": None}]},
        "has the provider 'random' and no 'like'",
    ),
    "an untrained model that is like a stranger": (
        {"models": [MODEL, {**DRAWN, "like": "hubb"}]},
        "'drawn' is to be like 'hubb', which is no trained model of this study.*Next: name one of these: hub",
    ),
    "an untrained model that is like another": (
        {"models": [MODEL, DRAWN, {**DRAWN, "name": "again", "like": "drawn"}]},
        "'again' is to be like 'drawn', which is no trained model",
    ),
    "an untrained model of another depth": (
        {"models": [MODEL, {**DRAWN, "window": 32}]},
        "'drawn' has window 32, and 'hub', which it is to be like, 64.*Next: set its window to 64",
    ),
    "an untrained model with an address": (
        {"models": [MODEL, {**DRAWN, "source": "org/model"}]},
        "'drawn' is untrained and has 'source'",
    ),
    "a trained model that is like another": (
        {"models": [{**MODEL, "like": "toy"}]},
        "'hub' has 'like', which is for the provider 'random' alone",
    ),
    "a hub without a revision": ({"models": [{**MODEL, "revision": None}]}, "has the provider 'hub' and no 'revision'"),
    "a password in an address": (
        {"models": [{**MODEL, "source": "https://joe:secret@example.org/step-{step}"}]},
        r"^models\[0\]\.source: a password or token is in the address.*Next: .* ~/\.netrc(?!.*secret)",
    ),
    "a token in an address": ({"note": "see https://example.org/?token=secret"}, "^note: a password or token"),
    "one address for all steps": ({"models": [{**MODEL, "revision": "main"}]}, "'hub' have the same address"),
    "two steps of one address": (
        {"models": [{**MODEL, "revisions": {0: "a", 50: "b", 150: "b"}, "revision": None}], "steps": [0, 50, 150]},
        "'revisions' of 'hub' names the steps 50 and 150 alike: 'b' and 'b' are one checkpoint",
    ),
    "two spellings of one folder": (
        {
            "models": [
                {
                    **MODEL,
                    **{"provider": "folder", "source": "./m/{revision}", "revision": None, "steps": [0, 50, 150]},
                    "revisions": {0: "a", 50: "b", 150: "c/../b"},
                }
            ]
        },
        r"the steps 50 and 150 alike: 'b' and 'c/\.\./b' are one checkpoint",
    ),
    "a step without a name": (
        {"models": [{**MODEL, "revision": None, "revisions": {"0": "s0-t1B", 150: "s150-t3B"}, "steps": [0, 50, 150]}]},
        r"'revisions' of 'hub' has no name for 1 of 3 steps, as 50.*Next: add them there",
    ),
    "a step with two names": (
        {"models": [{**MODEL, "revision": None, "revisions": {0: "a", "0": "b", 50: "c"}, "steps": [0, 50]}]},
        "'revisions' of 'hub' has a step twice",
    ),
    "a place for names without any": (
        {"models": [{**MODEL, "revision": "{revision}"}]},
        r"has \{revision\} in source or revision, and no 'revisions'",
    ),
    "names that are not used": (
        {
            "models": [
                {**MODEL, "provider": "folder", "source": "./m", "revisions": {0: "a", 50: "b"}, "steps": [0, 50]}
            ]
        },
        r"'revisions' of 'hub' is not used.*Next: write \{revision\} in source",
    ),
    "a sensitivity analysis of the study's own setting": (
        {"probing": {"sensitivity": {"scaling": ["standard"], "tasks": ["pos"]}}},
        r"probing\.sensitivity: the study's own setting, scaling 'standard' and solver 'adam', is the only one",
    ),
    "a sensitivity analysis without a trained step": (
        {"steps": [0], "probing": {"sensitivity": {**dict.fromkeys(SLICE), "solver": ["lbfgs"]}}},
        r"probing\.sensitivity: the study has no cell at a trained step",
    ),
    "a sensitivity analysis of a language without cells": (
        {"probing": {"sensitivity": {"solver": ["lbfgs"], "languages": ["qsa", "qxx"]}}},
        r"probing\.sensitivity\.languages: no cell has 'qxx'",
    ),
    "a sensitivity analysis of a layer of another task": (
        {"probing": {"sensitivity": {"solver": ["lbfgs"], "tasks": ["arc_prediction"], "layers": [0, 2]}}},
        r"probing\.sensitivity\.layers: no cell has 0 together with what the other keys name",
    ),
    "a step beyond the schedule": ({"steps": [0, 5000]}, "5000 is beyond pretraining.updates, 4800"),
    "a compared language without parallel sentences": (
        {"geometry": {"languages": ["qsa", "qxx"]}},
        r"parallel: the language 'qxx' is asked for.*Next: add files\.parallel\.qxx",
    ),
    "a dictionary without a file": (
        {"geometry": {"words": {"dictionary": [["qsa", "qsb"]]}}},
        r"dictionary: the language 'qsa/qsb' is asked for, and files\.dictionary names no file for it",
    ),
    "a dictionary of a language without text": (
        {
            "geometry": {"words": {"dictionary": [["qsa", "en"]]}},
            "files": {"dictionary": {"qsa/en": {"format": "muse", "file": "./qsa-en.txt"}}},
        },
        r"geometry\.words\.dictionary: words of 'en' are averaged over its text, and none is read",
    ),
    "two dictionaries of a pair, each in both directions": (
        {
            "geometry": {"words": {"dictionary": [["qsa", "qsb"], ["qsb", "qsa"]], "both_directions": True}},
            "files": {"dictionary": {pair: {"format": "muse", "file": "./d.txt"} for pair in ("qsa/qsb", "qsb/qsa")}},
        },
        r"dictionaries of qsa/qsb and qsb/qsa would both .*Next: take \[qsb, qsa\] out of geometry\.words\.dictionary",
    ),
    "a dictionary of dictd by another name": (
        {
            "geometry": {"words": {"dictionary": [["qsa", "qsb"]]}},
            "files": {"dictionary": {"qsa/qsb": {"format": "freedict", "file": "./qsa-qsb.txt"}}},
        },
        r"qsa-qsb\.txt: a dictionary of the format freedict is a file NAME\.dict\.dz",
    ),
    "geometry of one language": (
        {"geometry": {"languages": None}, "probing": {"transfer": {"treebank_languages": ["qsa"]}}},
        "geometry: at least two languages are compared; there are 1.*or set geometry: null",
    ),
    "a set of sentences beside which parallel ones are missing": (
        {"geometry": {"sets": ["inference_parallel"]}},
        r"geometry\.sets: 'inference_parallel' stands alone.*Next: add parallel",
    ),
    "a set of sentences in one of the compared languages": (
        {"geometry": {"sets": ["parallel", "inference_parallel"], "languages": ["qsa", "qsb"]}}
        | {"probing": {"inference_languages": ["qsa", "qsc"], "transfer": {"inference_languages": ["qsc"]}}},
        r"geometry\.sets: the set 'inference_parallel' needs two of the languages that are compared, and has 1\.",
    ),
    "a compared layer beyond the model": (
        {"geometry": {"layers": [0, 5]}},
        r"geometry\.layers: 5 is asked for, and the final_layer of 'toy' is 2",
    ),
    "centred transfer of a task that nothing defines": (
        {"geometry": {"transfer": ["pos", "po"]}},
        r"geometry\.transfer: there is no task 'po'.*Next: name some of arc_classification, arc_prediction, entities, ",
    ),
    "a mixture in another language": (
        {"probing": {"mixture": ["qsa", "qxx"]}},
        r"probing\.mixture: 'qxx' is not in probing\.treebank_languages",
    ),
    "a mixture without treebanks": (
        {"probing": {"tasks": ["xnli"], "layerwise": [], "sensitivity": None, "mixture": ["qsa"]}},
        r"probing\.mixture: no task of probing\.tasks is on treebanks.*Next: add one there, such as pos",
    ),
    "structural probes without treebanks": (
        {"probing": {"tasks": ["xnli"], "layerwise": [], "sensitivity": None, "structural": {"rank": 8}}},
        r"probing\.structural: the study reads no treebanks.*Next: add one there, such as pos",
    ),
    "structural probes of another language": (
        {"probing": {"structural": {"languages": ["qsa", "qxx"]}}},
        r"probing\.structural\.languages: 'qxx' is not in probing\.treebank_languages",
    ),
    "structural probes of a layer beyond the model": (
        {"probing": {"structural": {"layers": [0, 5]}}},
        r"probing\.structural\.layers: 5 is asked for, and the final_layer of 'toy' is 2",
    ),
    "alignment without itermax": (
        {"alignment": {"methods": ["argmax"]}},
        r"alignment\.methods: itermax is not among them.*Next: add itermax",
    ),
    "an onset that is not measured": (
        {"analysis": {"correlation": {"onset": 0.5}}},
        r"analysis\.correlation\.onset: 0\.5 is not in analysis\.onset",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused(name):
    overlay, message = FAULTS[name]
    with pytest.raises(InputError, match=message):
        consistency.check(study(TOY, overlay))


def test_a_mirror_may_have_a_password_which_no_spec_holds():
    consistency.check(study(TOY, {"mirror": "https://joe:secret@example.org/m"}))


@pytest.mark.parametrize("overlays", [[], [TOY], ["studies/mini.yaml"], ["studies/pretrained.yaml"]])
def test_the_studies_pass(overlays):
    consistency.check(study(*overlays))


def test_files_of_tasks_that_a_study_lacks_are_not_asked_for():
    overlay = {"probing": {"tasks": ["xnli"], "layerwise": [], "treebank_languages": ["qxx"], "sensitivity": None}}
    consistency.check(study(TOY, overlay))
