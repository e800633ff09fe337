"""Records: how they are read."""

from polychron.workflow import records


def test_records_are_read_by_path_in_order(tmp_path):
    for name in ("b", "a/c"):
        path = records.record_of(tmp_path / name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "b").write_text("the result itself")
    found = records.read_records([tmp_path], lambda path: path.read_text())
    assert list(found.items()) == [
        (str(tmp_path / "a/c.provenance.json"), "a/c"),
        (str(tmp_path / "b.provenance.json"), "b"),
    ]
