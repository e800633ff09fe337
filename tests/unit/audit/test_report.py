"""The audit from a study's gathered tables to its page: at the paper's full size, and on a study of other languages."""

import csv
import html.parser
import io
import re
import time

import agreeing
import browser
import numpy as np
import planted
import pytest
import yaml
from agreeing import CLAIMS, PAPER

from polychron.analysis import factors, trajectories, uncertainty
from polychron.audit import claims, measurement, readings, report
from polychron.audit.evidence import Evidence
from polychron.audit.measures import correlations
from polychron.audit.readings import DEFAULTS


def from_tables(scores, config, facts=None):
    """What the script makes of a study's tables, and the seconds of processor time that the audit takes."""
    traced = trajectories.study(scores, [0.9, 0.95, 0.98], "minmax")
    settings = dict(layer=config["model"]["final_layer"], onset=0.95, forgetting="relative", permutations=99, seed=0)
    facts = facts or agreeing.facts_of(scores)
    nothing = uncertainty.schema().empty_table()
    rows = factors.study(traced, nothing, facts, **settings).to_pylist()
    start = time.process_time()
    evidence = Evidence(
        claims=CLAIMS,
        paper=PAPER,
        reading=DEFAULTS,
        config=config,
        facts={"sizes": {code: size.gib for code, size in facts.sizes.items()}},
        study=measurement.curves(traced, scores, config["model"]["final_layer"]),
        correlations=rows,
        factors=facts,
    )
    return evidence, claims.audit(CLAIMS, evidence), time.process_time() - start


@pytest.fixture(scope="module")
def paper_scale():
    world = agreeing.world()
    return world, *from_tables(agreeing.scores(world), agreeing.config())


@pytest.fixture(scope="module")
def toy_config():
    config = {}
    for name in ("config.yaml", "studies/toy.yaml"):
        for key, value in yaml.safe_load((planted.ROOT / name).read_text()).items():
            config[key] = {**(config.get(key) or {}), **value} if isinstance(value, dict) else value
    chosen = {name: config[name] for name in ("pretraining", "probing", "alignment", "analysis")}
    return {"model": config["models"][0], **chosen}


@pytest.fixture(scope="module")
def toy(toy_config):
    return from_tables(planted.toy(), toy_config)


@pytest.mark.slow
def test_the_papers_full_size_takes_seconds(paper_scale):
    *_, seconds = paper_scale
    assert seconds < 30


@pytest.mark.slow
def test_the_tables_give_the_curves_that_were_planted(paper_scale):
    world, evidence, *_ = paper_scale
    known = world.curves().values
    assert evidence.study.values.keys() == known.keys()
    for place, values in known.items():
        assert evidence.study.values[place] == pytest.approx(values, abs=1e-12)


@pytest.mark.slow
def test_claims_hold_from_the_tables_as_from_the_facts(paper_scale):
    _, _, verdicts, _ = paper_scale
    found = {one.claim.id: one for one in verdicts}
    failed = {name for name, one in found.items() if one.verdict == "fails" and one.claim.needs != "correlations"}
    assert not failed
    silent = {name for name, one in found.items() if one.verdict == "not run"}
    base = {name for name, claim in CLAIMS.items() if claim.needs == "reference"}
    assert silent == base | {"setup.gpus_pretrain", "setup.probe_time_max"}


def test_the_original_is_read_from_its_own_tables():
    """XLM-R base at one step, as a second model: Table 3's claims about it hold, and fail for a worse one."""
    known = agreeing.reference()
    rows = []
    for (task, source, target, layer, transfer), values in known.values.items():
        metric = "bits_per_character" if task == "bits" else "accuracy"
        split = "parallel" if transfer else "heldout" if task == "bits" else "test"
        place = dict(task=task, source=source, target=target, layer=layer, split=split, metric=metric)
        rows += planted.rows(values, **place, steps=[1_500_000], seeds=(0,))
    scores = planted.table(rows)
    found = measurement.reference([scores, trajectories.study(scores, [0.95], "minmax")], 12)
    assert measurement.reference([], None) is None
    assert found.steps.tolist() == [1_500_000] and found.values.keys() == known.values.keys()
    evidence = agreeing.evidence(agreeing.world(), reference=found)
    base = [claim for claim in CLAIMS.values() if claim.needs == "reference"]
    assert len(base) > 5 and {claims.judge(claim, evidence).verdict for claim in base} == {"holds"}
    none = agreeing.evidence(agreeing.world(), reference=None)
    assert "models.original" in claims.judge(base[0], none).detail


@pytest.mark.slow
def test_correlations_are_the_same_from_the_table_and_from_the_curves(paper_scale):
    _, evidence, *_ = paper_scale
    cells = [claim for claim in CLAIMS.values() if claim.measure == "correlation"]
    assert len(cells) == 95
    for claim in cells:
        tabled = correlations.correlation(evidence, **claim.arguments)
        computed = correlations.recomputed(evidence, **claim.arguments)
        assert tabled.value == pytest.approx(computed.value, abs=1e-9), claim.id
        assert tabled.detail.startswith(computed.detail)


@pytest.mark.slow
def test_correlations_are_read_otherwise_too(paper_scale):
    found = {one.claim.id: one for one in paper_scale[2]}
    assert {"default", "sample without_english"} <= {*found["T4.perf.pretrain.POS"].differing}
    assert "size tokens" in found["T4.perf.pretrain.POS"].readings
    assert "task_data words" in found["T4.perf.taskdata.ArcP"].readings
    assert "onset interpolated" in found["T5.step95.src.POS"].differing
    assert "asymmetry relative" in found["T5.asym.src.POS"].readings
    assert "forgetting absolute" in found["T5.forget.src.POS"].readings


def test_claims_about_other_languages_are_not_run(toy):
    _, verdicts, _ = toy
    for one in verdicts:
        if one.claim.needs in ("scores", "layers", "correlations", "reference"):
            assert one.verdict == ("not comparable" if one.claim.tied_to == "model" else "not run"), one
            assert re.search(r"languages|pairs|layers|XLM-R base|the paper's model, of 270 million", one.detail), one
    found = {one.claim.id: one for one in verdicts}
    assert found["s42.pairs_in_order"].detail.startswith("needs scores of POS tagging across languages in 324 of 324")
    assert found["s41.en_target"].verdict == found["s32.order_langs"].verdict == "not run"
    assert found["setup.layers"].verdict == "not comparable" and found["setup.layers"].measured == 2
    assert found["s51.langs_arc"].detail == "languages of the paper (cs, en, hi, ja): the study has none of them"
    static = [one.verdict for one in verdicts if one.claim.needs == "paper"]
    assert static.count("consistent") == 36 and static.count("inconsistent") == 1


def test_what_was_not_run_is_counted_first(toy):
    _, verdicts, _ = toy
    number = sum(one.verdict == "not run" for one in verdicts)
    assert report.summary(verdicts).startswith(f"Of 205 claims {number} were not run, ")
    assert report.summary(verdicts).endswith("; 36 of 37 checks of the paper's own numbers are consistent")


def test_the_numbers_of_the_text_are_those_of_the_studys_own_languages(toy):
    evidence, verdicts, _ = toy
    own = {one.claim.id: one.own for one in verdicts}
    curves = [
        values for place, values in evidence.study.values.items() if place[0] == "pos" and place[3:] == (2, False)
    ]
    assert own["F1.POS.min"] == pytest.approx(100 * min(values.max() for values in curves))
    pairs = [
        readings.onset(evidence.study.of(place, np.arange(3)), 0.98, "first")
        for place in evidence.study.values
        if place[0] == "xnli" and place[1] != place[2] and place[3] == 2
    ]
    assert len(pairs) == 30 and own["s42.step98.XNLI"] == pytest.approx(np.mean(pairs))
    assert isinstance(own["s41.q5"], bool) and 0 <= own["s42.pairs_in_order"] <= 1
    assert own["s51.best_internal.ArcClass"] is not None
    assert own["s41.q4"] is None and own["T4.perf.pretrain.POS"] is None


@pytest.mark.parametrize(
    "keep",
    [
        lambda row: row["task"] == "pos",
        lambda row: row["source"] == row["target"] == "qsa",
        lambda row: row["layer"] == 2,
        lambda row: row["seed"] in (0, None),
        lambda row: row["step"] in (400, 1600, None),
        lambda row: row["split"] != "parallel",
        lambda row: row["step"] in (1600, None),
        lambda row: row["task"] == "bits",
    ],
)
def test_a_study_with_missing_pieces_is_audited(keep, toy_config):
    scores = planted.toy()
    rows = [row for row in scores.to_pylist() if keep(row)]
    _, verdicts, _ = from_tables(planted.table(rows), toy_config)
    assert len(verdicts) == 242
    found = {one.verdict for one in verdicts if one.claim.needs in ("scores", "layers")}
    assert found == {"not run", "not comparable"}
    assert "not run" in report.page(verdicts, "", "toy", DEFAULTS)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.rows, self.links, self.loaded, self.open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "data-verdict" in attrs:
            self.rows.append(attrs)
        if tag == "a":
            self.links.append(attrs["href"])
        if {"src"} & {*attrs} or tag == "link":
            self.loaded.append(attrs)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(toy):
    _, verdicts, _ = toy
    return report.page(verdicts, "Claims & more", "toy", DEFAULTS)


def test_the_page_has_all_claims_and_needs_nothing_besides_itself(page, toy):
    read = Page(page)
    assert len(read.rows) == 242 and not read.open
    ordered = sorted(toy[1], key=lambda one: one.claim.needs == "paper")
    assert [row["data-verdict"] for row in read.rows] == [one.verdict for one in ordered]
    assert not read.loaded and "http" not in page
    assert "Claims &amp; more" in page


def test_the_filters_work_in_a_browser(page, toy, tmp_path):
    (tmp_path / "claims.html").write_text(page)
    choose = """((input, value) => {
      input.value = value; input.dispatchEvent(new Event("input"));
      return rows.filter(row => row.offsetParent !== null).length;
    })"""
    silent = [one.claim for one in toy[1] if one.verdict == "not run"]
    statistics = [claim for claim in silent if claim.kind == "statistic"]
    with browser.chromium(tmp_path / "profile") as shown:
        shown.open(tmp_path / "claims.html")
        assert shown.run(f"{choose}(selects[0], 'not run')") == len(silent)
        assert shown.run(f"{choose}(selects[1], 'statistic')") == len(statistics)
        assert shown.run(f"{choose}(selects[2], 'B.2')") == sum(claim.section == "B.2" for claim in statistics)
        shown.run("for (const select of selects) select.value = ''")
        assert shown.run(f"{choose}(words, 'KOREAN')") == 1
        assert shown.run(f"{choose}(words, '')") == 242
        assert shown.run("document.querySelectorAll('#claims a').length") > 100
        for width in (900, 400):
            narrow = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
            shown.command("Emulation.setDeviceMetricsOverride", **narrow)
            assert shown.run("document.documentElement.scrollWidth") == width
        assert shown.run(f"{choose}(words, 'KOREAN')") == 1
        assert shown.errors == []


def test_the_page_links_figures_and_tables(page):
    links = {*Page(page).links}
    assert links <= {
        *(f"../figures/figure-{number:02d}.html" for number in range(1, 18)),
        *(f"../tables/table-{number}.html" for number in range(1, 6)),
    }
    assert {"../figures/figure-06.html", "../tables/table-5.html"} <= links


def test_the_page_says_of_each_claim_what_was_compared_and_of_what_was_measured_with_how_much_evidence(page, toy):
    assert page.count("Compared: ") + page.count("To be compared: ") == 242
    measured = [one for one in toy[1] if one.strength]
    assert page.count("Evidence: ") == len(measured)
    checks = page[page.index("<h2>Checks of the paper") :]
    assert checks.count("data-verdict") == 37 and 'data-verdict="holds"' not in checks


def test_the_page_says_what_the_paper_contradicts(page):
    assert page.count("The paper's own tables contradict it") == 1


def test_the_page_has_every_reading_with_its_default_in_bold(page):
    assert page.count("<b>") == 1 + len(DEFAULTS)


def test_the_table_has_a_row_for_each_claim(toy):
    rows = [*csv.DictReader(io.StringIO(report.table(toy[1])))]
    assert [row["id"] for row in rows] == [*CLAIMS]
    langs = rows[0]
    assert (langs["verdict"], langs["measured"], langs["paper"]) == ("inconsistent", "46", "59")
    assert (langs["closest_reading"], langs["closest_value"]) == ("languages summed", "59")
    assert {row["verdict"] for row in rows} == {*claims.VERDICTS, *claims.CHECKS} - {"undecided"}
    assert all(row["detail"].startswith("needs ") for row in rows if row["verdict"] == "not run")


def test_the_table_of_readings_has_one_closest_for_each_claim(toy):
    rows = [*csv.DictReader(io.StringIO(report.readings(toy[1])))]
    assert rows
    for name in {row["id"] for row in rows}:
        mine = [row for row in rows if row["id"] == name]
        assert len(mine) > 1 and sum(row["closest"] == "true" for row in mine) == 1
