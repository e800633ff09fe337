"""The correlation studies and tables: planted facts are found, every file can be read, and what is missing is said."""

import csv
import html.parser
import io
import math
import re
import time

import numpy as np
import planted
import pyarrow
import pytest

from polychron.analysis import factors, trajectories, uncertainty
from polychron.data import languages
from polychron.data.languages import Size
from polychron.errors import InputError
from polychron.reporting import tables
from polychron.tables import correlations, dynamics, final_scores, tasks_and_languages

STEPS = [0, 10, 20, 30, 40]
CODES = ["ar", "cs", "de", "en", "es", "fi", "fr", "hi", "it", "ja", "ko", "ru"]
SETTINGS = {"layer": 2, "onset": 0.95, "forgetting": "relative", "permutations": 199, "seed": 0}


def facts(codes=CODES, **more):
    """Sizes in the order of the codes; distances as between numbers."""
    known = {
        (languages.iso(a), languages.iso(b)): abs(i - j) / 10 for i, a in enumerate(CODES) for j, b in enumerate(CODES)
    }
    given = {
        "sizes": {code: Size(code, 1.0 + place) for place, code in enumerate(codes)},
        "distances": languages.Distances(known),
        "examples": {("pos", code): 100 * (len(codes) - place) for place, code in enumerate(codes)},
        "reference": "ar",
    }
    return factors.LanguageFacts(**{**given, **more})


def curve(top, at=20, loss=0.05):
    """Best at step 30, 95% of it first at `at`, and a loss at the end."""
    return [0.2 * top, *(top * (0.96 if step >= at else 0.5) for step in (10, 20)), top, top - loss]


def scores(codes=CODES, seeds=(0, 1, 2), task="pos", transfer=True):
    """Best rises with a language's place, its onset falls and its loss rises; transfer falls with distance."""
    rows = []
    for place, code in enumerate(codes):
        values = curve(0.7 + 0.01 * place, at=20 if place < len(codes) // 2 else 10, loss=0.01 * (1 + place))
        rows += planted.rows(values, task=task, source=code, target=code, steps=STEPS, seeds=seeds)
        rows += planted.rows([3.0], task=task, source=code, target=code, split="train", metric="kept_epoch", steps=[40],
                             seeds=seeds, examples=100 * (len(codes) - place))  # fmt: skip
        for name, value in (("majority", 0.3), ("word_majority", 0.6)):
            rows.append({**rows[-1], "layer": None, "step": None, "seed": None, "split": "test", "metric": name,
                         "value": value})  # fmt: skip
        rows += planted.rows([0.35], task=task, source=code, target=code, metric="control_accuracy", steps=[40],
                             seeds=seeds)  # fmt: skip
        for other, target in enumerate(codes if transfer else []):
            top = 0.6 - 0.02 * abs(place - other) + 0.0005 * place
            rows += planted.rows(curve(top), task=task, source=code, target=target, split="parallel", steps=STEPS,
                                 seeds=seeds)  # fmt: skip
    return planted.table(rows)


def studied(table, given=None, **changed):
    settings = {**SETTINGS, **changed}
    traced, spread = trajectories.study(table, [0.95], "minmax"), uncertainty.study(table, [0.95])
    return factors.study(traced, spread, given or facts(), **settings)


def by_cell(found):
    return {(row["table"], row["task"], row["quantity"], row["factor"]): row for row in found.to_pylist()}


# the correlation study


@pytest.fixture(scope="module")
def correlated():
    return studied(scores())


def test_planted_correlations_are_found(correlated):
    assert correlated.schema == factors.schema()
    cells = by_cell(correlated)
    size = cells[4, "pos", "best", "pretraining_size"]
    assert (size["rho"], size["n"], size["stars"]) == (1.0, 12, "**")
    assert size["p_permutation"] == 1 / 200
    assert cells[4, "pos", "best", "task_data"]["rho"] == -1.0
    assert cells[4, "pos", "best", "distance"]["rho"] == 1.0
    assert cells[4, "pos", "onset", "pretraining_size"]["rho"] < -0.8
    assert cells[4, "pos", "forgetting", "pretraining_size"]["rho"] == 1.0
    assert cells[4, "pos", "cross_fitted_forgetting", "pretraining_size"]["rho"] == 1.0
    apart = cells[5, "pos", "best", "distance"]
    assert apart["n"] == 132 and apart["languages"] == 12 and apart["rho"] < -0.95
    assert apart["low"] < apart["rho"] < apart["high"] and apart["p_permutation"] == 1 / 200
    assert cells[5, "pos", "asymmetry", "source_size"]["rho"] > 0.5


def test_asymmetry_mirrors_source_and_target_and_has_no_row_with_distance(correlated):
    cells = by_cell(correlated)
    source, target = (cells[5, "pos", "asymmetry", f"{role}_size"] for role in ("source", "target"))
    assert source["rho"] == pytest.approx(-target["rho"], abs=1e-12)
    assert source["p_permutation"] == target["p_permutation"]
    assert (5, "pos", "asymmetry", "distance") not in cells
    assert (5, "pos", "forgetting", "best") in cells


def test_q_is_over_each_table(correlated):
    for table in (4, 5):
        mine = [row for row in correlated.to_pylist() if row["table"] == table and row["rho"] is not None]
        assert all(row["q"] >= row["p_permutation"] for row in mine)
        assert max(row["q"] for row in mine) == max(row["p_permutation"] for row in mine)


def test_the_same_again(correlated):
    assert correlated == studied(scores())


def test_readings_of_forgetting_and_onset():
    cells = by_cell(studied(scores(), forgetting="absolute"))
    assert cells[4, "pos", "forgetting", "pretraining_size"]["rho"] == 1.0
    nothing = by_cell(studied(scores(), onset=0.5))
    assert nothing[4, "pos", "onset", "distance"]["rho"] is None


def test_missing_facts_are_left_out_and_named():
    few = facts(sizes={code: Size(code, 1.0 + place) for place, code in enumerate(CODES[:-1])})
    row = by_cell(studied(scores(), few))[4, "pos", "best", "pretraining_size"]
    assert row["n"] == 11 and row["rho"] == 1.0
    assert row["note"] == "no pretraining data of 1 of 12 (ru)"
    row = by_cell(studied(scores(), few))[5, "pos", "best", "target_size"]
    assert row["n"] == 121 and "no pretraining data of the target of 11 of 132" in row["note"]
    unknown = facts(distances=languages.Distances({}), examples={})
    cells = by_cell(studied(scores(), unknown))
    assert cells[4, "pos", "best", "distance"]["rho"] is None
    assert "there are 1" in cells[4, "pos", "best", "distance"]["note"]
    assert cells[5, "pos", "best", "task_data"]["n"] == 0


def test_a_constant_factor_keeps_its_row():
    same = facts(examples={("pos", code): 7 for code in CODES})
    row = by_cell(studied(scores(), same))[4, "pos", "best", "task_data"]
    assert row["rho"] is None and row["note"] == "task data is the same everywhere" and row["stars"] == ""


def test_what_keeps_coefficients_from_being_is_said_once(correlated):
    notes = ["onset is the same everywhere; task data is the same everywhere", "onset is the same everywhere"]
    rows = [row | {"rho": None, "note": note} for row, note in zip(correlated.to_pylist(), notes, strict=False)]
    said = correlations.correlations(pyarrow.Table.from_pylist(rows), 4, 0.95).caption[-1]
    assert said == (
        "2 of 2 have no coefficient (–): onset is the same everywhere (POS tagging); "
        "task data is the same everywhere (POS tagging)."
    )


def test_bits_have_the_pretraining_data_as_task_data():
    rows = [
        row
        for place, code in enumerate(CODES)
        for row in planted.rows(
            [3.0, 2.0, 1.0 + 0.05 * place],
            task="bits",
            source=code,
            target=code,
            split="heldout",
            metric="bits_per_character",
            steps=[10, 20, 30],
            seeds=(None,),
        )
    ]
    cells = by_cell(studied(planted.table(rows)))
    assert cells[4, "bits", "best", "task_data"]["rho"] == cells[4, "bits", "best", "pretraining_size"]["rho"] == 1.0
    assert (4, "bits", "cross_fitted_forgetting", "distance") not in cells


def test_training_examples_are_read_off_the_scores():
    assert factors.training_examples(scores())["pos", "ar"] == 1200
    assert factors.training_examples(scores().slice(0, 0)) == {}


# distances


def test_distances_by_either_code_and_for_both_scripts(tmp_path):
    file = tmp_path / "distances.tsv"
    file.write_text(
        "kind\tlang1\tlang2\tdistance\nsyntactic\teng\tzho\t0.5\nsyntactic\tfr\ten\t0.4\ngenetic\teng\tzho\t1\n"
    )
    known = languages.read_distances(file)
    assert known("en", "zh-Hant") == known("zh-Hans", "en") == known("zh", "en") == 0.5
    assert known("en", "fr") == 0.4 and known("zh-Hans", "zh-Hant") == 0 and math.isnan(known("fr", "zh"))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("lang1\tlang2\tdistance\n", 1, "kind"),
        ("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\tnear\n", 2, "near"),
        ("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\t-1\n", 2, "-1"),
        ("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\t0.1\nsyntactic\tfra\teng\t0.2\n", 3, "0.1 further up"),
    ],
)
def test_faulty_distances_name_their_line(tmp_path, text, line, what):
    file = tmp_path / "distances.tsv"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(what)) as fault:
        languages.read_distances(file)
    assert fault.value.line == line


@pytest.mark.shared
def test_the_real_distances(shared):
    known = languages.read_distances(shared / "lang2vec" / "distance_examples.tsv")
    assert known("fr", "en") == 0.4569 and known("da", "de") == 0.4852


# the tables


def tables_of(table, given=None, **changed):
    settings = {**SETTINGS, **changed}
    layer = settings["layer"]
    traced, spread = trajectories.study(table, [0.95], "minmax"), uncertainty.study(table, [0.95])
    found = factors.study(traced, spread, given or facts(), **settings)
    return [
        tasks_and_languages.tasks(table),
        tasks_and_languages.languages(table),
        final_scores.final(["planted"], [table], [traced], layer),
        correlations.correlations(found, 4, 0.95),
        correlations.correlations(found, 5, 0.95),
        dynamics.dynamics(traced, spread, layer, 0.95),
    ]


@pytest.fixture(scope="module")
def made():
    return tables_of(scores())


def test_table_1_counts(made):
    (row,) = made[0].records
    assert (row["task"], row["languages"], row["sources"], row["targets"], row["pairs"]) == ("pos", 12, 12, 12, 132)
    assert (row["train_min"], row["train_max"], row["test_min"], row["test_max"]) == (100, 1200, 1000, 1000)


def test_table_1_counts_shared_languages_once():
    def said(trees, inference):
        counts = {
            "pos": {"inside": [(one, one) for one in trees]},
            "xnli": {"inside": [(one, one) for one in inference]},
        }
        return tasks_and_languages._union(counts)

    assert said("abc", "bcd")[0].startswith("3 + 3 = 6 counts the 2 languages twice that have a treebank")
    assert said("abc", "bcd")[0].endswith(": 4 languages in all.")
    assert said("a", "a") == ["1 + 1 = 2 counts a twice, which has a treebank and inference data: 1 language in all."]
    assert said("ab", "c") == []


def test_table_2_lists(made):
    assert [row["languages"] for row in made[1].records] == [", ".join(CODES)] * 2
    assert [row["use"] for row in made[1].records] == ["in-language", "transfer"]


def test_table_3_means_and_baselines(made):
    inside, across = made[2].records
    expected = np.mean([0.7 + 0.01 * place - 0.01 * (1 + place) for place in range(12)])
    assert inside["final"] == pytest.approx(expected)
    assert inside["best"] == pytest.approx(np.mean([0.7 + 0.01 * place for place in range(12)]))
    assert (inside["majority"], inside["lexical"]) == (pytest.approx(0.3), pytest.approx(0.6))
    assert inside["shuffled"] == pytest.approx(0.35) and inside["selectivity"] == pytest.approx(expected - 0.35)
    assert inside["untrained"] == pytest.approx(0.2 * inside["best"])
    assert across["n"] == 132 and across["majority"] is None
    assert across["final_low"] < across["final"] < across["final_high"]


def test_table_3_says_what_was_not_run(made):
    assert made[2].head[-2:] == ["Shuffled", "Selectivity"]
    assert "not run" not in {cell.text for row in made[2].rows for cell in row}
    table = scores().filter(pyarrow.compute.field("metric") == "accuracy")
    table = table.filter(pyarrow.compute.field("step") > 0)
    bare = tables_of(table)[2]
    assert bare.head == made[2].head
    inside, across = ([cell.text for cell in row[5:]] for row in bare.rows)
    assert inside == ["not run"] * 5 and across == ["not run", *["–"] * 4]
    assert bare.caption[-1].startswith("Not run in this study: step 0, majority, lexical, shuffled, selectivity.")
    assert "probing.control" in bare.caption[-1]


def test_table_3_of_two_models_has_their_paired_difference():
    """The second model is better by 0.01 in every other language, and worse by 0.005 in the rest: 0.0025 on average."""
    table = scores()
    better = {code: 0.01 if place % 2 else -0.005 for place, code in enumerate(CODES)}
    other = planted.table(
        {**row, "value": row["value"] + better[row["source"]] * (row["metric"] == "accuracy")}
        for row in table.to_pylist()
    )
    traced = [trajectories.study(one, [0.95], "minmax") for one in (table, other)]
    both = final_scores.final(["one", "two"], [table, other], traced, 2)
    assert [row[0].text for row in both.rows] == [
        f"{model}: {setting}" for model in ("one", "two") for setting in ("in-language", "across languages")
    ]
    own, _, inside, across = both.records
    assert own["difference"] is None and own["difference_n"] == 0
    assert inside["difference"] == pytest.approx(0.0025) == across["difference"]
    assert (inside["difference_n"], across["difference_n"]) == (12, 132)
    half = 2.2009851600 * np.std([*better.values()], ddof=1) / math.sqrt(12)
    assert inside["difference_high"] - inside["difference"] == pytest.approx(half, rel=1e-6)
    assert "difference 0.25 [" in both.rows[2][3].below[-1]
    assert "their difference from one" in " ".join(both.caption)
    alone = final_scores.final(["one"], [table], traced[:1], 2)
    assert "difference" not in " ".join(alone.caption)


def test_tables_4_and_5_print_stars_and_dashes(made):
    printed = {(row[1].text, place): row for place, row in enumerate(made[3].rows)}
    assert made[3].head[2] == "POS tagging (n = 12)"
    assert printed["Pretraining data", 0][2].text == "1.000**" and printed["Pretraining data", 0][2].strong
    assert made[4].head[2] == "POS tagging (n = 132)"
    assert any("p <0.001" in line or "p 0.005" in line for line in made[4].rows[3][2].below)


def test_table_6_finds_the_planted_dynamics(made):
    inside = made[5].records[0]
    assert inside["onset"] == pytest.approx(15) and inside["onset_after"] == pytest.approx(5)
    assert inside["forgetting"] == pytest.approx(np.mean([0.01 * (1 + place) for place in range(12)]))
    assert inside["cross_fitted_forgetting"] == pytest.approx(inside["forgetting"])
    assert inside["clear"] == 1.0


class Tags(html.parser.HTMLParser):
    """Checks that what is opened is closed, and counts cells."""

    def __init__(self):
        super().__init__()
        self.open, self.cells, self.loads = [], 0, []

    def handle_starttag(self, tag, attrs):
        self.cells += tag in ("td", "th")
        self.loads += [value for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_files(table, folder):
    paths = {part: folder / f"table.{part}" for part in ("csv", "tex", "page", "caption")}
    tables.save(table, **paths)
    rows = list(csv.DictReader(io.StringIO(paths["csv"].read_text())))
    assert len(rows) == len(table.records)
    page = Tags()
    page.feed(paths["page"].read_text())
    assert not page.open and not page.loads
    check_latex(paths["tex"].read_text(), len(table.head))
    assert paths["caption"].read_text().strip()
    assert "nan" not in paths["tex"].read_text().split() and "None" not in paths["page"].read_text()


def check_latex(text, columns):
    """What LaTeX would stop at: columns that do not match, what is left open, signs that mean something to it."""
    assert [*re.findall(r"\\(?:begin|end)\{(\w+)\}", text)] == ["table", "tabular", "tabular", "table"]
    layout = re.search(r"\\begin\{tabular\}\{((?:[lr]|p\{[^}]*\})+)\}", text)[1]
    assert len(re.sub(r"p\{[^}]*\}", "p", layout)) == columns
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert lines and all(len(re.findall(r"(?<!\\)&", line)) == columns - 1 for line in lines)
    bare = re.sub(r"\\[&%$#_{}]", "", text.partition("\n")[2])
    assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0
    assert not re.search(r"(?<!\\)[%#_~^]", bare) and bare.isascii()


@pytest.mark.parametrize("number", range(1, 7))
def test_files_of_each_table(made, number, tmp_path):
    check_files(made[number - 1], tmp_path)


MISSING = {
    "one language": dict(codes=["en"]),
    "two languages": dict(codes=["de", "en"]),
    "no transfer": dict(transfer=False),
    "one seed": dict(seeds=(0,)),
    "another task": dict(task="xnli"),
}


@pytest.mark.parametrize("case", [*MISSING, "nothing", "one step", "all equal"])
def test_what_is_missing_is_said(case, tmp_path):
    if case == "nothing":
        table = scores().slice(0, 0)
    elif case == "one step":
        full = scores()
        table = full.filter(pyarrow.compute.is_in(full["step"].fill_null(-1), pyarrow.array([40, -1])))
    elif case == "all equal":
        full = scores()
        table = full.set_column(9, "value", pyarrow.array([0.5] * full.num_rows))
    else:
        table = scores(**MISSING[case])
    for place, one in enumerate(tables_of(table)):
        (tmp_path / str(place)).mkdir()
        check_files(one, tmp_path / str(place))
        empty = [row for row in one.records if row.get("rho", 0) is None]
        if one.number in (4, 5) and empty:
            assert f"{len(empty)} of {len(one.records)} have no coefficient" in " ".join(one.caption)
            assert all(row["note"] for row in empty)
        if case == "nothing":
            assert one.caption[0].startswith("Nothing to show")


def test_special_signs_are_printed_as_they_are(tmp_path):
    hard = r"50% & $x_1$ #2 ~a^b \c {d} <e> → – −"
    row = [tables.Cell(hard, [hard], strong=True), tables.Cell("[0, 1]")]
    table = tables.Table(9, hard, [hard, "b"], [row, row], [hard], [{"a": hard}])
    check_files(table, tmp_path)
    page = (tmp_path / "table.page").read_text()
    assert "&lt;e&gt;" in page and "<e>" not in page
    text = (tmp_path / "table.tex").read_text()
    assert r"50\% \& \$x\_1\$ \#2 \textasciitilde{}a\textasciicircum{}b \textbackslash{}c \{d\}" in text


@pytest.mark.slow
def test_the_study_of_the_paper_in_seconds():
    table = planted.paper()
    start = time.process_time()
    made = tables_of(table, facts(sizes={}), permutations=9999, layer=12)
    spent = time.process_time() - start
    print(f"{table.num_rows} scores: {spent:.1f} s")
    assert spent < 60
    assert min(len(one.rows) for one in made[:3]) >= 5
    assert len(made[4].records) > 60
