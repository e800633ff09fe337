"""What is made of the gathered scores of a study: its tables, figures, audits, and what it expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from polychron.checks import geometry as expectations
from polychron.checks import laboratory
from polychron.study.laboratory.ablation import LABORATORY_FIGURES, LABORATORY_TABLES

PAPERS = ("wu2020", "doddapaneni2021")
"""The papers whose claims are compared with the geometry of a model; see `polychron.audit.literature.statements`."""

COMPARING = (8, 9)
"""The tables of models whose languages are compared."""

FINETUNED = "29"
"""The figure of fine-tuned models."""

FORGETTING = "30"
"""The figure of geometry before and after fine-tuning."""

Job = dict[str, Any]


class Results:
    """What a study makes of its scores; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    geometry: Mapping[str, Any] | None
    finetuning: Mapping[str, Any]
    analysed: list[str]
    described: list[str]
    compared_again: list[str]
    laboratories: list[str]
    alternatives: list[Job]
    with_part: Callable[[str], list[str]]

    @property
    def papers(self) -> tuple[str, ...]:
        """The other papers whose claims are audited: those on geometry, if there is any."""
        return PAPERS if self.described else ()

    @property
    def expected_of_geometry(self) -> list[Job]:
        """What the study must show in the geometry of a model."""
        return expectations.expected(self.config["expect"])

    @property
    def expected_of_scores(self) -> list[Job] | None:
        """What it must show in the scores: all else that it expects. None if nothing is expected at all."""
        expect = self.config["expect"]
        apart = [*self.expected_of_geometry, *self.expected_of_laboratory]
        return expect and [line for line in expect if line not in apart]

    @property
    def expected_of_laboratory(self) -> list[Job]:
        """What the study must show in the models of its laboratory."""
        return laboratory.expected(self.config["expect"])

    @property
    def checked_geometries(self) -> list[str]:
        """The models whose geometry must show something; without any geometry the check fails and says so."""
        asked = self.with_part("geometry") if self.expected_of_geometry else []
        return [model for model in self.analysed if model in asked]

    @property
    def checks(self) -> list[str]:
        """The pages that say whether the study shows what it must: of scores, of geometry, and of its laboratory."""
        scores = self.analysed if self.expected_of_scores else []
        pages = [f"results/{model}/checks/checks.html" for model in scores]
        pages += [f"results/{model}/checks/geometry.html" for model in self.checked_geometries]
        return pages + self.laboratory_checks

    @property
    def laboratory_checks(self) -> list[str]:
        """The page that says whether the models of the laboratory show what they must."""
        return [f"results/{lab}/checks/laboratory.html" for lab in self.laboratories if self.expected_of_laboratory]

    @property
    def audits(self) -> list[str]:
        """The pages that compare claims of papers with what was measured."""
        own = [f"results/{model}/audit/claims.html" for model in self.analysed]
        described = [model for model in self.analysed if model in self.described]
        own += [f"results/{model}/audit/{paper}.html" for model in described for paper in self.papers]
        return own + [f"results/{lab}/audit/laboratory.html" for lab in self.laboratories]

    def tables(self, lines: Mapping[int, tuple], more: Mapping[str, Any]) -> dict[int, tuple]:
        """Return the lines of the tables that this study has.

        Where languages are compared, Tables 4 and 5 read `more` and have further factors; without that, `COMPARING` are
        left out. Without alternatives to the setting of the probes, there is no Table 7, and without a laboratory there
        are none of `LABORATORY_TABLES`.
        """
        missing = () if self.alternatives else (7,)
        missing += () if self.geometry else COMPARING
        missing += () if self.laboratories else LABORATORY_TABLES
        found = {number: line for number, line in lines.items() if number not in missing}
        for number in (4, 5) if self.geometry else ():
            title, _, reads, settings = found[number]
            settings = {**settings, "reference": self.config["analysis"]["reference"]}
            found[number] = (title, "further_factors.correlations", {**reads, **more}, settings)
        return found

    def figures(self, lines: Mapping[str, tuple], compared: str) -> dict[str, tuple]:
        """Return the lines of the figures that this study has.

        Those of the category `compared` need languages that are compared, `FINETUNED` fine-tuned models, and
        `FORGETTING` some of these whose encoders are kept, `LABORATORY_FIGURES` a laboratory.
        """
        missing = () if self.finetuning["tasks"] else (FINETUNED,)
        missing += () if self.compared_again else (FORGETTING,)
        missing += () if self.geometry else tuple(number for number, line in lines.items() if line[1] == compared)
        missing += () if self.laboratories else LABORATORY_FIGURES
        return {number: line for number, line in lines.items() if number not in missing}

    @property
    def statistics(self) -> list[str]:
        """The tables of intervals and correlations of all models that are analysed."""
        return [f"results/{name}/{of}.parquet" for name in self.analysed for of in ("intervals", "correlations")]

    def table_files(self, numbers: Iterable[int]) -> list[str]:
        """Return the files of tables of all models, and of the laboratory.

        Those of `COMPARING` are of the models that are compared.
        """
        items = [
            (model, number)
            for model in self.analysed
            for number in numbers
            if number not in LABORATORY_TABLES and (number not in COMPARING or model in self.described)
        ]
        items += [(lab, number) for lab in self.laboratories for number in numbers if number in LABORATORY_TABLES]
        endings = ("html", "tex", "csv")
        return [f"results/{place}/tables/table-{number}.{ending}" for place, number in items for ending in endings]

    def figure_files(self, numbers: Mapping[str, bool]) -> list[str]:
        """Return the files of figures of all models, and of the laboratory.

        Those whose value is true are of the models that are compared.
        """
        items = [
            (model, number)
            for model in self.analysed
            for number, compares in numbers.items()
            if number not in LABORATORY_FIGURES
            and (not compares or model in (self.compared_again if number == FORGETTING else self.described))
        ]
        items += [(lab, number) for lab in self.laboratories for number in numbers if number in LABORATORY_FIGURES]
        endings = ("html", "svg", "png")
        return [f"results/{place}/figures/figure-{number}.{ending}" for place, number in items for ending in endings]
