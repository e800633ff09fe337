"""A planted study of correlations with its tables, and checks of the files of a table."""

import csv
import html.parser
import io
import re

import numpy as np
import planted
import pyarrow

from polychron.analysis import chance, factors, sensitivity, sizes, trajectories, uncertainty
from polychron.analysis.pairs import factors as pairs
from polychron.analysis.pairs import references, regressions
from polychron.data import languages
from polychron.data.languages import Size
from polychron.reporting import tables
from polychron.storage.sensitivity import sensitivity_schema
from polychron.tables import correlations, dynamics, final_scores, tasks_and_languages
from polychron.tables import sensitivity as sensitivity_table

STEPS = [0, 10, 20, 30, 40]
CODES = ["ar", "cs", "de", "en", "es", "fi", "fr", "hi", "it", "ja", "ko", "ru"]
OF_CODES = languages.Sizes({code: Size(code, 1.0 + place) for place, code in enumerate(CODES)})
SIZES = sizes.published(OF_CODES, "sizes.csv")
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
        rows += planted.rows(values, task=task, source=code, target=code, split="dev", steps=STEPS, seeds=seeds)
        rows += planted.rows([3.0], task=task, source=code, target=code, split="train", metric="kept_epoch", steps=[40],
                             seeds=seeds, examples=100 * (len(codes) - place))  # fmt: skip
        for name, value in (("majority", 0.3), ("word_majority", 0.6)):
            rows.append({**rows[-1], "layer": None, "step": None, "seed": None, "split": "test", "metric": name,
                         "value": value})  # fmt: skip
        for name, value in (("shuffled_accuracy", 0.35), ("word_type_accuracy", 0.25), ("description_length", 1.5),
                            ("compression", 2.5)):  # fmt: skip
            split = "test" if name.endswith("accuracy") else "train"
            rows += planted.rows([value], task=task, source=code, target=code, split=split, metric=name, steps=[40],
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


def shared(codes):
    """What languages in a row share: they use ever more of a piece that all have, all are in one script."""
    counts = [np.array([10 + 2 * place, 20, 3]) for place in range(len(codes))]
    languages = [pairs.Language(often, 20 + place, "LATIN") for place, often in enumerate(counts)]
    return pairs.table("planted", dict(zip(codes, languages, strict=True)))


def related(table, codes=CODES):
    """Return the regressions of scores and transfer on the factors of languages and pairs, known of some languages."""
    traced, spread = trajectories.study(table, [0.95], "minmax"), uncertainty.study(table, [0.95])
    both = (one.study(traced, spread, shared(codes), facts(), **SETTINGS) for one in (references, regressions))
    return regressions.tabulate("planted", [row for rows in both for row in rows])


def tables_of(table, given=None, **changed):
    settings = {**SETTINGS, **changed}
    layer = settings["layer"]
    traced, spread = trajectories.study(table, [0.95], "minmax"), uncertainty.study(table, [0.95])
    spread = pyarrow.concat_tables([spread, chance.study(table, [0.95])])
    found = factors.study(traced, spread, given or facts(), **settings)
    return [
        tasks_and_languages.tasks(table),
        tasks_and_languages.languages(table),
        final_scores.final(["planted"], [table], [traced], layer),
        correlations.correlations(found, SIZES, 4, 0.95),
        correlations.correlations(found, SIZES, 5, 0.95),
        dynamics.dynamics(traced, spread, layer, 0.95, table),
        sensitivity_table.sensitivity(compared(table), 0.95, ["none", "adam"]),
    ]


def compared(table):
    """The same scores under another setting, under which the languages before Spanish are three points better."""
    rows = [row for row in table.to_pylist() if row["metric"] == "accuracy" and row["split"] == "test"]
    under = [
        {**row, "scaling": scaling, "solver": "adam", "value": row["value"] + more * (row["source"] < "es")}
        for scaling, more in (("none", 0.0), ("standard", 0.03))
        for row in rows
    ]
    return sensitivity.findings(pyarrow.Table.from_pylist(under, schema=sensitivity_schema()), ("none", "adam"), 0.95)


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


def check_files(table, folder, braces=False):
    paths = {part: folder / f"table.{part}" for part in ("csv", "tex", "page", "caption")}
    tables.save(table, **paths)
    rows = list(csv.DictReader(io.StringIO(paths["csv"].read_text())))
    assert len(rows) == len(table.records)
    page = Tags()
    page.feed(paths["page"].read_text())
    assert not page.open and not page.loads
    check_latex(paths["tex"].read_text(), len(table.head))
    caption = paths["caption"].read_text()
    assert caption.strip() and (braces or not re.search(r"[{}]", caption))
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
