"""Each claim says what was compared, and how much it rests on."""

from agreeing import CLAIMS, judged

from polychron.audit import report, sentences
from polychron.audit.measurement import MEASURES


def test_every_claim_has_a_sentence():
    said = {name: sentences.compared(claim, MEASURES[claim.measure]) for name, claim in CLAIMS.items()}
    for words in said.values():
        assert words.startswith(("the ", "whether ", "how ", "by how much ", "Spearman's rho ")) and len(words) > 15
        assert not {"{", "None"} & {*words.split()} and ("_" not in words or "config" in words)
    assert said["T5.step95.src.POS"].startswith("Spearman's rho of onset with pretraining data of the source in POS")
    assert said["s42.step98.XNLI"] == "the mean step to 98% of the best score of transfer in XNLI, over pairs"
    assert sentences.WORDS["share"](0.995) == "99.5%"
    cells = [name for name, claim in CLAIMS.items() if claim.measure == "correlation"]
    assert len({said[name] for name in cells}) == len(cells)
    assert said["s41.q3"].endswith("(en, it; one in 3)")
    assert "quantity the best score; tasks 4" in said["B.q5"] and "signs arc classification -1" in said["s41.q7"]


def test_the_evidence_is_counted(agreeing_evidence):
    seeds = {place: 5 for place in agreeing_evidence.study.values}
    study = agreeing_evidence.study
    counted = type(study)(study.steps, study.values, study.final, study.errors, study.chances, study.runs, seeds)
    evidence = type(agreeing_evidence)(
        **{name: getattr(agreeing_evidence, name) for name in ("claims", "paper", "reading", "config", "factors")},
        study=counted,
    )
    assert judged("F1.POS.min", evidence).strength == "44 languages; 39 checkpoints; 5 seeds each"
    assert judged("F1.POS.max", evidence).strength == "44 languages; 39 checkpoints; 5 seeds each"  # from the cache
    words, _, interval = judged("s42.step98.XNLI", evidence).strength.rpartition("; ")
    assert words == "15 languages and 210 pairs; 39 checkpoints; 5 seeds each"
    assert interval.startswith("95% interval 26") and interval.count(",000") <= 2
    shared = judged("s32.order_langs", evidence).strength
    assert shared == "n = 13; 46 languages in 4 tasks; 39 checkpoints; 5 seeds each; no interval"
    assert judged("s51.explayer_max.XNLI", evidence).strength == (
        "4 languages; 13 layers; 39 checkpoints; 5 seeds each"
    )
    assert judged("C.explayer.XNLI.bg", evidence).strength.startswith("1 language; 13 layers; ")
    assert judged("s52.low_layers", evidence).strength.startswith("1 pair; 7 layers; ")
    assert judged("setup.probe_batch", evidence).strength.startswith("the study's config")


def test_a_sentence_has_both_numbers(agreeing_evidence):
    found = judged("T4.perf.pretrain.BPC", agreeing_evidence)
    assert report.compared(found) == (
        "Compared: Spearman's rho of the best score with pretraining data in bits per character, over languages, here "
        "-0.597, with -0.597** in the paper."
    )
    assert "n = 94" in found.strength and "95% interval -0.647 to -0.547" in found.strength
