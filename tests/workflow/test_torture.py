"""The small study is killed at random moments, again and again, and ends with the bytes of an undisturbed run.

Slow: `make torture`. A short form, at three chosen moments, is in test_study.py.
"""

import tempfile
import time
from pathlib import Path

import pytest
from killing import Torment, results

from studies import LEAN, SMALL

pytestmark = pytest.mark.check

SEED, ATTACKS = 12, 24
WHOLE = [*SMALL, "--cores", "2", *LEAN, "all"]


def test_killed_at_random_moments_a_study_ends_with_the_same_bytes(snakemake, small, tmp_path_factory, record_property):
    """Every kind of attack in turn; when a study is finished before there were enough, another is begun."""
    expected = results(small)
    assert len(expected) > 250
    latest = float((small / "seconds.txt").read_text()) / 6
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torture-") as sockets:
        torment = Torment(expected, Path(sockets), SEED, latest)
        studies = 0
        while len(torment.made) < ATTACKS:
            folder = tmp_path_factory.mktemp("tormented")
            torment.finish(folder, *WHOLE, attacks=ATTACKS)
            dry = snakemake(folder, *WHOLE, "--dry-run")
            assert "Nothing to be done" in dry.stdout + dry.stderr
            studies += 1
    record_property("studies", studies)
    record_property("results compared in each", len(expected))
    for way, number in torment.told().items():
        record_property(way, number)
    record_property("results there at the attacks", sorted(number for _, number in torment.made))
    record_property("minutes", round((time.monotonic() - begin) / 60, 1))
