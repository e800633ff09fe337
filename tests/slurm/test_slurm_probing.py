"""The probing part of the study with the profile: the same bytes as on one machine, in few submissions."""

import re
from collections import Counter

from pretend import checksums, submissions

STEPS = (0, 8)
BUNDLED = {"extract_features": 3, "train_probe": 2, "transfer_probe": 1}
"""Jobs of a rule at a checkpoint: two languages are probed, and one is read in its parallel treebank."""


def test_scores_are_those_of_one_machine_in_one_submission_for_a_rule_and_a_checkpoint(start, copy, finished, cluster):
    folder = copy("features", "probes", "transfer")
    transferred = [path.relative_to(finished) for path in finished.glob("results/small/transfer/**/*.parquet")]
    probed = [path.relative_to(finished) for path in finished.glob("results/small/probes/**/*.parquet")]
    assert (len(transferred), len(probed)) == (2, 4)
    said = start(folder, "--", *map(str, transferred + probed)).end()
    assert checksums(folder) == checksums(finished)
    assert not list(folder.glob("results/**/.*"))
    found = Counter()
    for job in submissions(said):
        members = re.findall(r"(\w+):[^ ]*step=(\d+)", cluster.script(job))
        found[tuple(sorted(members))] += 1
    assert found == {((rule, str(step)),) * jobs: 1 for rule, jobs in BUNDLED.items() for step in STEPS}
