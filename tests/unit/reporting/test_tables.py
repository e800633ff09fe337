"""What a table holds is printed as it is."""

from tabled import check_files

from polychron.reporting import tables


def test_special_signs_are_printed_as_they_are(tmp_path):
    hard = r"50% & $x_1$ #2 ~a^b \c {d} <e> → – −"
    row = [tables.Cell(hard, [hard], strong=True), tables.Cell("[0, 1]")]
    table = tables.Table(9, hard, [hard, "b"], [row, row], [hard], [{"a": hard}])
    check_files(table, tmp_path, braces=True)
    page = (tmp_path / "table.page").read_text()
    assert "&lt;e&gt;" in page and "<e>" not in page
    text = (tmp_path / "table.tex").read_text()
    assert r"50\% \& \$x\_1\$ \#2 \textasciitilde{}a\textasciicircum{}b \textbackslash{}c \{d\}" in text
