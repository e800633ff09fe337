"""What a run needs besides a config: a path that shells take, and names that Slurm's plugin takes."""

import os
import re
import subprocess
from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_slurm.utils import set_gres_string
from snakemake_executor_plugin_slurm.validation import validate_slurm_extra
from snakemake_interface_common.exceptions import WorkflowError

from polychron.errors import InputError
from polychron.study import surroundings


def refusal(**requests):
    """Return the message on what jobs ask for, None if there is none."""
    try:
        surroundings.check_slurm({name: [value] for name, value in requests.items()})
    except InputError as error:
        return str(error)


class Resources(dict):
    __getattr__ = dict.get


def asking(**resources):
    return SimpleNamespace(resources=Resources(resources))


NAMES = [
    *("gpu:v100:1", "gpu:1", "gpu", "gpu:tesla_v100:8", "gpu:1g.5gb:1", "shard:4", "gpu:2T"),
    *(
        "gpu:tesla_v100-sxm2-16gb:1",
        "gpu:v100:1:1",
        "a'b:1",
        "gpu:v100(S:0):1",
        "gpu v100:1",
        "GPU:é:1",
        ":1",
        "gpu::1",
    ),
]


@pytest.mark.parametrize("gres", NAMES)
def test_the_names_that_the_plugin_takes_are_taken_and_no_others(gres):
    try:
        taken = set_gres_string(asking(gres=gres)) == f" --gres={gres}"
    except WorkflowError:
        taken = False
    assert (refusal(gres=gres) is None) == taken


def test_what_is_advised_in_place_of_a_name_is_taken_by_the_plugin():
    said = refusal(gres="gpu:tesla_v100-sxm2-16gb:1")
    assert "'gpu:tesla_v100-sxm2-16gb:1'" in said and "would submit nothing" in said
    extra = re.search(r"slurm_extra: \"'(.*?)'\"", said)[1]
    assert extra == "--gpus-per-node=tesla_v100-sxm2-16gb:1"
    validate_slurm_extra(asking(slurm_extra=extra))
    assert set_gres_string(asking(gres="gpu:1")) == " --gres=gpu:1" and "write v100: gpu," in said
    assert "write v100: gpu:v100, without a number" in refusal(gres="gpu:v100:2:1")
    assert "write v100: gpu:TYPE" in refusal(gres="v 100:1")


def test_partitions_accounts_and_how_states_are_asked_for():
    assert refusal(slurm_partition="gpu-long,gpu.short") is refusal(slurm_account="") is None
    assert refusal(slurm_account="proj_1 proj-2@site") is None
    assert "without the * that marks the default" in refusal(slurm_partition="gpu*")
    assert refusal(slurm_partition="") is None, "the default of the cluster"
    assert "profiles/slurm-v100/config.yaml: cpu or gpu: 'gpu*'" in refusal(slurm_partition="gpu*")
    assert 'account: "a\'b" is not' in refusal(slurm_account="a'b")
    for status in ("squeue", "sacct", None):
        surroundings.check_slurm({}, status)
    with pytest.raises(InputError, match=r"status: 'scontrol' is not known.*Next: write squeue"):
        surroundings.check_slurm({}, "scontrol")


FOLDERS = [*(f"my{character}study" for character in " $'\"`;&()<>|*?[]{}!#\\\t^"), "my\nstudy"]
SAFE = ["my-study_2.0", "naïve", "研究", "a+b,c=d@e%f~"]


@pytest.mark.parametrize("folder", FOLDERS + SAFE)
def test_a_checkout_where_a_shell_would_read_the_path_is_refused_by_snakemake_and_make(tmp_path, root, folder):
    place = tmp_path / folder
    place.mkdir()
    (place / "Makefile").write_text((root / "Makefile").read_text())
    made = subprocess.run(["make", "-n", "clean"], cwd=place, capture_output=True, text=True)
    if folder in SAFE:
        surroundings.check_paths([place])
        assert made.returncode == 0, made.stderr
        return
    with pytest.raises(InputError, match=r"which a shell reads.*Next: move the checkout"):
        surroundings.check_paths(["/home/me", place])
    assert made.returncode == 2 and "a shell reads" in made.stderr and "Next: move it" in made.stderr


def test_make_keeps_caches_in_the_checkout_where_the_home_folder_cannot_be_written_to(tmp_path, root):
    (tmp_path / "file").touch()
    for home, warned in ((tmp_path / "file", True), (tmp_path, False)):
        command = ["make", "--dry-run", "clean"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
        assert (f"{home}/.cache cannot be written to. Caches go to {root}/.snakemake" in done.stderr) == warned
