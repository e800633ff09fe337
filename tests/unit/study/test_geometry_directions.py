"""Whether dictionaries are searched backwards as well: what a job is told."""

from configs import study

from polychron.study import consistency


def toy(**words):
    files = {"dictionary": {"qsa/qsd": {"format": "muse", "file": "./d.txt"}}}
    return study("studies/toy.yaml", {"geometry": {"words": {"dictionary": [["qsa", "qsd"]], **words}}, "files": files})


def test_a_job_is_told_of_both_directions_only_where_they_are_asked_for():
    assert toy().both_directions == {}
    both = toy(both_directions=True)
    consistency.check(both)
    assert both.both_directions == {"both_directions": True}
    # without a dictionary there is nothing to search
    assert study("studies/toy.yaml", {"geometry": {"words": {"both_directions": True}}}).both_directions == {}
