"""Claims of other papers: read from their files, and judged."""

import math

import pytest
import yaml

from polychron import paths
from polychron.audit.evidence import Found, Missing
from polychron.audit.literature import page, rows, statements
from polychron.audit.literature.measures import MEASURES
from polychron.audit.literature.results import Results
from polychron.errors import InputError
from polychron.finetuning.ensembles import stacked

NOTHING = Results()


def claims_of(paper):
    return statements.load(statements.file_of(paper), MEASURES)


@pytest.fixture(scope="module")
def static():
    """The verdicts on all claims of both papers without a study."""
    found = {}
    for paper in statements.PAPERS:
        claims = claims_of(paper)
        for one in statements.audit(claims, Results(printed=claims), MEASURES):
            found[one.claim.id] = one
    return found


def test_the_papers_own_numbers_are_compared_with_each_other(static):
    checks = [one for one in static.values() if one.claim.needs == "paper"]
    assert len(static) == 312 and len(checks) == 78
    assert {one.claim.id for one in checks if one.verdict != "consistent"} == {
        "wu.derived.updates",
        "wu.text.more_anchors_ner",
        "wu.text.distant_lose_parsing",
        "wu.text.random_fr",
        "wu.text.similarity_ner",
        "wu.text.cka_formula",
        "primer.tab1.indicbert",
        "primer.tab1.veco-large",
        "primer.tab1.rembert",
        "primer.smoothing",
    }


def test_the_detail_of_a_check_that_fails_has_the_numbers(static):
    assert static["wu.text.more_anchors_ner"].detail == ("no_anchors 65.63, default_anchors 64.77, extra_anchors 67.53")
    assert static["wu.text.cka_formula"].detail.startswith("independent data: 1.000 as printed, 0.175 with")
    assert static["primer.tab1.rembert"].measured == 798.1


def test_without_a_study_nothing_else_is_run_and_it_says_what_it_needs(static):
    for one in static.values():
        if one.claim.needs != "paper":
            assert one.verdict == "not run" and one.measured is None
            assert one.detail.startswith("needs ") and len(one.detail) > 10, one.claim.id


def test_the_claim_on_fresh_layers_says_where_they_are():
    """The key finetuning.stacked.layers names the layers that are frozen: it is not compared with 4."""
    config = {"finetuning": {"stacked": {"layers": 4}}}
    found = statements.judge(
        claims_of("wu2020")["wu.setup.upper"], Results(config=config, languages=["en", "fr"]), MEASURES
    )
    assert found.verdict == "not run" and found.measured is None
    assert "finetuning.stacked, of ensembles alone" in found.detail and "a key '" not in found.detail
    assert stacked.LAYERS == 4 and "always have four" in found.detail


def test_every_measure_is_that_of_a_claim(static):
    assert {one.claim.measure for one in static.values()} - {""} == {*MEASURES}


def claim(**changes):
    known = {"id": "x", "section": "1", "kind": "qualitative", "statement": "s", "value": 0.0, "needs": "geometry"}
    return statements.Statement(**known | {"comparison": "more than", "compared": "c", "measure": "m"} | changes)


@pytest.mark.parametrize(
    ("changes", "found", "verdict"),
    [
        ({}, Found(0.2), "holds"),
        ({}, Found(-0.2), "fails"),
        ({}, Found(0.2, low=-0.1, high=0.5), "undecided"),
        ({}, Found(0.2, low=0.1, high=0.5), "holds"),
        ({}, Found(-0.2, low=-0.3, high=-0.1), "fails"),
        ({"comparison": "at most", "value": 0.5}, Found(0.4, low=0.3, high=0.6), "undecided"),
        ({"comparison": "true", "value": True}, Found(True), "holds"),
        ({"comparison": "within", "value": 3, "tolerance": 1, "needs": "paper"}, Found(4.5), "inconsistent"),
        ({}, Found(math.nan, "no pair has a value"), "not run"),
        ({"needs": "config", "tied_to": "laboratory"}, Found(0.2), "not comparable"),
        ({"needs": "config", "tied_to": "xlmr-base"}, Found(0.2), "not comparable"),
    ],
)
def test_a_claim_is_judged_by_its_value_and_interval(changes, found, verdict):
    assert statements.judge(claim(**changes), NOTHING, {"m": lambda results: found}).verdict == verdict


def test_a_claim_on_two_languages_is_comparable_for_a_model_of_two():
    one = claim(needs="config", tied_to="laboratory")
    judged = statements.judge(one, Results(languages=("en", "fr")), {"m": lambda results: Found(0.2)})
    assert judged.verdict == "holds"


def test_the_pool_of_tatoeba_is_judged_where_the_study_names_all_of_it():
    claim = claims_of("doddapaneni2021")["primer.tab2.tatoeba"]
    with open(paths.DATA / "sources.tsv", encoding="utf-8") as file:
        names = {line.split(".")[1].split("-")[0] for line in file if line.startswith("tatoeba/")} - {"eng"}
    pool = [f"{name}/en" for name in sorted(names)]
    assert len(pool) == claim.arguments["pool"]

    def verdict(pairs):
        return statements.judge(claim, Results(config={"tatoeba": pairs}), MEASURES)

    assert (verdict(pool).verdict, verdict(pool).measured) == ("fails", 112)
    assert verdict([*pool, *(f"en/x{number}" for number in range(10))]).verdict == "holds"
    assert verdict(pool[1:]).verdict == "not run" and "names 111" in verdict(pool[1:]).detail
    assert verdict([]).verdict == "not run" and "files.tatoeba" in verdict([]).detail


def test_a_claim_that_needs_other_models_is_not_run_and_has_the_value_of_this_one_beside_it():
    judged = statements.judge(claim(needs="lab"), NOTHING, {"m": lambda results: Found(0.7)})
    assert (judged.verdict, judged.measured, judged.own) == ("not run", None, 0.7)

    def missing(results):
        raise Missing("geometry")

    assert statements.judge(claim(needs="lab"), NOTHING, {"m": missing}).own is None
    assert statements.judge(claim(), NOTHING, {"m": missing}).detail == "needs geometry"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"needs": "magic"}, "needs is 'magic', expected one of paper"),
        ({"measure": "nothing"}, "no measure is called 'nothing'"),
        ({"measure": ""}, "no measure is called ''"),
        ({"tolerance": 1.0}, "a tolerance belongs to the comparison 'within'"),
        ({"compared": None}, "no field 'compared'"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_a_wrong_claim_is_named(tmp_path, changes, message):
    entry = {"id": "x", "section": "1", "kind": "result", "statement": "s", "value": 1, "comparison": "equal"}
    entry |= {"needs": "paper", "compared": "c", "measure": "setting"} | changes
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [{k: v for k, v in entry.items() if v is not None}]}))
    with pytest.raises(InputError) as error:
        statements.load(path, MEASURES)
    assert str(path) in str(error.value) and "claim x" in str(error.value) and message in str(error.value)


@pytest.mark.parametrize("text", ["claims: {a: 1}", "claims: [1]", "[", "3"])
def test_a_file_without_claims_is_named(tmp_path, text):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"claims\.yaml"):
        statements.load(path, MEASURES)


def test_the_table_and_the_page_have_every_claim(static):
    verdicts = [one for one in static.values() if one.claim.id.startswith("primer.")]
    lines = rows.table(verdicts).splitlines()
    assert len(lines) == 1 + 74 and lines[0].split(",") == [*rows.COLUMNS]
    text = page.page(verdicts, "A <title>", "m")
    assert text.count("data-verdict=") == 74 and "A &lt;title&gt;" in text
    assert text.count('data-verdict="inconsistent"') == 4
    assert page.summary(verdicts).endswith("17 of 21 checks of the paper's own numbers are consistent")
