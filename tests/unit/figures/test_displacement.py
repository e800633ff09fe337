"""How far weights moved: every part has its point at every step."""

from polychron.figures import chart, displacement

MOVED = [
    {"part": part, "norm": 2.0, "distance": 0.5, "relative": relative, "cosine": 0.9}
    for part, relative in (("embeddings", 0.1), ("1", 0.2), ("2", 0.3), ("head", None), ("all", 0.25))
]


def test_a_chart_has_every_part_at_every_step():
    figure = displacement.moves({5: [], 20: MOVED, 400: MOVED})
    spec = chart.specification(figure)
    rows = next(iter(spec["datasets"].values()))
    assert {(row["step"], row["part"]) for row in rows} == {
        (step, part) for step in (20, 400) for part in ("embeddings", "1", "2", "all")
    }
    assert figure.numbers[0]["relative distance"] == "0.25"
    assert "one checkpoint" in " ".join(displacement.moves({5: []}).caption)
