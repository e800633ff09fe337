"""Tables of data are where the library is installed, and beside it in a checkout."""

from polychron import paths
from polychron.notebook import installed


def test_a_checkout_keeps_its_folder_of_data(monkeypatch):
    monkeypatch.setattr(paths, "DATA", before := paths.DATA)
    installed.find_data()
    assert before == paths.DATA and (before / "claims.yaml").is_file()


def test_an_installed_library_reads_what_was_installed_with_it(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "DATA", tmp_path / "elsewhere")
    monkeypatch.setattr(installed, "INSIDE", tmp_path)
    installed.find_data()
    assert tmp_path == paths.DATA
