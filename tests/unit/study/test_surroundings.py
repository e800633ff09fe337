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
    assert set_gres_string(asking(gres="gpu:1")) == " --gres=gpu:1" and "write card: gpu," in said
    assert "write card: gpu:v100, without a number" in refusal(gres="gpu:v100:2:1")
    assert "write card: gpu:TYPE" in refusal(gres="v 100:1")


def test_partitions_accounts_and_how_states_are_asked_for():
    assert refusal(slurm_partition="gpu-long,gpu.short") is refusal(slurm_account="") is None
    assert refusal(slurm_account="proj_1 proj-2@site") is None
    assert "without the * that marks the default" in refusal(slurm_partition="gpu*")
    assert refusal(slurm_partition="") is None, "the default of the cluster"
    assert "profiles/slurm-*/config.yaml: cpu or gpu: 'gpu*'" in refusal(slurm_partition="gpu*")
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


def refused_build(gres, version, cuda):
    try:
        surroundings.check_torch([gres], version, cuda)
    except InputError as error:
        return str(error)


def test_a_build_of_torch_without_kernels_for_the_cards_of_the_profile_is_refused(monkeypatch):
    monkeypatch.delenv(surroundings.UNCHECKED, raising=False)
    said = refused_build("gpu:tesla_v100_sxm2:8", "2.13.0+cu130", "13.0")
    assert "built for CUDA 13.0, which has no kernels for v100 (compute capability 7.0" in said
    assert "Next: make TORCH=cu126, and run again" in said
    # an environment that Snakemake made earlier is found by its file, whatever TORCH says
    assert "rm -r .snakemake/conda, then TORCH=cu126 snakemake --sdm conda --conda-create-envs-only" in said
    assert refused_build("gpu:v100:1", "2.13.0+cu126", "12.6") is None
    for card in ("a100", "h100", "nvidia_a100_80gb", "gh200"):
        assert refused_build(f"gpu:{card}:1", "2.13.0", "13.0") is None
        assert refused_build(f"gpu:{card}:1", "2.13.0+cu126", "12.6") is None
    assert "make TORCH=cu130" in refused_build("gpu:b200:1", "2.13.0+cu126", "12.6")
    assert "make TORCH=cu126" in refused_build("gpu:v100:1", "2.13.0+cu128", "12.8")
    assert refused_build("gpu:strange:1", "2.13.0", "13.0") is refused_build("shard:1", "2.13.0+cpu", None) is None


def test_a_build_for_the_cpu_is_refused_where_jobs_ask_for_gpus(monkeypatch):
    monkeypatch.delenv(surroundings.UNCHECKED, raising=False)
    assert "leave it idle. Next: make TORCH=cu126" in refused_build("gpu:v100:1", "2.13.0+cpu", None)
    assert "make TORCH=cu130" in refused_build("gpu:1", "2.13.0+cpu", None)
    monkeypatch.setenv(surroundings.UNCHECKED, "unchecked")
    assert refused_build("gpu:v100:1", "2.13.0+cpu", None) is None


@pytest.mark.parametrize("gres", ["gpu:v100:1", "gpu:tesla_v100_sxm2:8", "gpu:t4:1"])
def test_a_card_without_bfloat16_is_refused_before_jobs_are_submitted(gres):
    said = (
        "features.precision is bfloat16, and jobs ask for gpu:.* does not compute in it. Next: set features.precision"
    )
    with pytest.raises(InputError, match=said):
        surroundings.check_precision(["gpu:a100:1", gres], "bfloat16")
    for precision in ("float16", "float32"):
        surroundings.check_precision([gres], precision)
    surroundings.check_precision(["gpu:a100:1", "gpu:l4:1", "gpu:strange:1", "gpu:1", "shard:1", ""], "bfloat16")


def test_both_checks_of_cards_are_made_when_a_run_starts(root):
    rules = (root / "rules/runtime.smk").read_text(encoding="utf-8")
    start = rules[rules.index("onstart:") : rules.index("onerror:")]
    assert "surroundings.check_torch(gpus, " in start
    assert 'surroundings.check_precision(gpus, config["features"]["precision"])' in start


def test_the_build_of_torch_is_read_without_importing_it():
    import torch

    assert surroundings.torch_here() == (torch.__version__, torch.version.cuda)


def test_a_card_is_known_by_its_whole_name():
    known = {"a100": "a100", "a10": "a10", "a10g": "a10", "l40s": "l40", "h100_nvl": "h100", "RTX-A6000": "rtx_a6000"}
    assert {name: surroundings.capability_of(f"gpu:{name}:1")[0] for name in known} == known
    assert surroundings.capability_of("gpu:a1000:1") is None and surroundings.capability_of("gpu:xv100:1") is None


def test_fairseq_is_asked_for_where_models_need_it_alone(monkeypatch):
    surroundings.check_fairseq(["toy"])
    monkeypatch.setattr(surroundings.importlib.util, "find_spec", lambda name: None)
    surroundings.check_fairseq([])
    with pytest.raises(InputError) as error:
        surroundings.check_fairseq(["toy", "replica"])
    assert "models: toy, replica: pretrained by fairseq" in str(error.value)
    assert "Next: run make FAIRSEQ=yes environment" in str(error.value)
