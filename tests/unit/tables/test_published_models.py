"""Table 9: sizes, what follows from them, and what cannot be measured here."""

from tabled import check_files

from polychron.checkpoints import published
from polychron.tables import published_models

VERDICT = {"layers": 2, "dimension": 64, "vocabulary": 802, "parameters": 160802, "family": "xlm-roberta"}


def test_own_models_are_above_the_published_ones(tmp_path):
    table = published_models.models(published.table({"toy": VERDICT, "old": VERDICT}, {"toy": 6}))
    cells = [[cell.text for cell in row] for row in table.rows]
    assert cells[0] == ["This study", "toy", "2", "64", "802", "0.16", "0.15", "6", "–"]
    assert cells[1][:2] == ["", "old"] and cells[2][:2] == ["Published", "IndicBERT"] and cells[3][0] == ""
    bold = {row[1].text for row in table.rows if row[6].strong}
    assert bold == {"IndicBERT", "VECO-Large", "RemBERT"}
    check_files(table, tmp_path)


def test_the_caption_counts_what_is_left_out():
    said = " ".join(published_models.models(published.table({}, {})).caption)
    assert "Printed parameters of 17 of 20 published models follow within 6%." in said
    assert "11 published models can be measured here" in said
    assert "the languages of 11 models, of which no model card says them" in said


def test_why_a_model_cannot_be_measured_is_beside_it(monkeypatch):
    row = {**published.read()[0], "family": "xmod"}
    monkeypatch.setattr(published, "read", lambda: [row])
    table = published_models.models(published.table({}, {}))
    assert table.rows[0][-1].text.startswith("ai4bharat/indic-bert: models of type 'xmod' cannot be studied")
    assert "0 published models can be measured here" in " ".join(table.caption)
