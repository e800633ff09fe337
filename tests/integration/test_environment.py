"""The environment that `make` installs: the versions of uv.lock, and no file with another checksum."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version

import pytest


def locked(root):
    lock = tomllib.loads((root / "uv.lock").read_text())
    return {
        package["name"]: package["version"] for package in lock["package"] if package["name"] != "polychron-probing"
    }


def test_what_is_installed_is_what_is_locked(root):
    versions = locked(root)
    project = tomllib.loads((root / "pyproject.toml").read_text())
    asked = sum(project["dependency-groups"].values(), project["project"]["dependencies"])
    for requirement in asked:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)[0]
        assert version(name).split("+")[0] == versions[name.lower()], name


def test_all_that_installs_is_named_with_its_checksum(root):
    for file in ("envs/uv.txt", "envs/build.txt", "envs/torch-cpu.txt", "benchmarks/peers.txt"):
        text = (root / file).read_text().replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert lines and all("==" in line and "--hash=sha256:" in line for line in lines), file
    versions = locked(root)
    assert f"torch=={versions['torch']}+cpu " in (root / "envs/torch-cpu.txt").read_text()
    tools = dict(re.findall(r"^(\S+)==(\S+)", (root / "envs/build.txt").read_text(), re.MULTILINE))
    assert {name: tools[name] for name in ("cython", "numpy")} == {name: versions[name] for name in ("cython", "numpy")}
    pinned = re.search(r"^uv==(\S+)", (root / "envs/uv.txt").read_text(), re.MULTILINE)[1]
    assert f"uv ={pinned}\n" in (root / "envs/polychron.yaml").read_text()


def test_make_and_conda_install_by_the_lock(root):
    assert "envs/install.sh $(BIN)/python" in (root / "Makefile").read_text()
    assert "install.sh" in (root / "envs/polychron.post-deploy.sh").read_text()
    for line in (root / "Makefile").read_text().splitlines():
        assert "pip install" not in line or "--require-hashes" in line, line


def copied(root, lines):
    """Return what an image of envs/Dockerfile has when it makes the environment."""
    found = []
    for line in lines:
        if line.startswith("RUN make"):
            return found
        if line.startswith("COPY"):
            found += line.split()[1:-1]
    raise AssertionError("the image makes no environment")


def test_the_image_makes_the_environment_from_what_it_has_by_then(root, tmp_path):
    text = (root / "envs/Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for name in copied(root, lines):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copyfile
        copy(root / name, tmp_path / name)
    command = next(line for line in lines if line.startswith("RUN make")).split("&&")[0].split()[1:]
    command = [part.replace('"$TORCH"', "cu126") for part in command]
    plan = subprocess.run([*command, "--dry-run"], cwd=tmp_path, capture_output=True, text=True)
    assert plan.returncode == 0, plan.stderr
    assert "TORCH=cu126 bash envs/install.sh" in plan.stdout
    for path in re.findall(r"(?<= )envs/[\w.-]+", plan.stdout):
        assert (tmp_path / path).is_file(), path
    # what the Makefile asks of a machine is installed
    asked = next(line for line in lines if "apt-get install" in line).split("&&")[1].split()
    assert {"g++", "make"} <= set(asked)
    entry = json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).removeprefix("ENTRYPOINT"))
    assert entry == ["snakemake", "--snakefile", "/opt/polychron/Snakefile"]


def test_an_image_that_lacks_a_file_of_the_environment_is_found(root, tmp_path):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copyfile(root / name, tmp_path / name)
    plan = subprocess.run(["make", ".venv/.installed", "--dry-run"], cwd=tmp_path, capture_output=True, text=True)
    assert plan.returncode != 0 and "uv.lock" in plan.stderr


# what is installed is compared with the lock

LOCK = """version = 1
revision = 5
requires-python = ">=3.11"

[manifest]
constraints = [{{ name = "tiny", specifier = "<2" }}]
build-constraints = [{{ name = "wheel" }}]

[[package]]
name = "project"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "tiny" }}]

[[package]]
name = "tiny"
version = "1.0"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [
    {{ url = "https://example.org/tiny-1.0-py3-none-any.whl", hash = "sha256:{checksum}", size = 1 }},
]

[[package]]
name = "torch"
version = "2.13.0"
source = {{ registry = "https://pypi.org/simple" }}
"""


def wheel(folder, name, version, text, needs=()):
    """Write a wheel with one module, and return its checksum."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {other}\n" for other in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in {**files, f"{info}/RECORD": "".join(f"{one},,\n" for one in files)}.items():
            archive.writestr(file, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def install(root, tmp_path):
    """A project with one small package in its lock, installed from a folder in place of PyPI."""
    uv = root / ".uv/bin/uv"
    if not uv.exists():
        pytest.skip("uv is installed by make")
    (tmp_path / "envs").mkdir()
    for name in ("install.sh", "build.txt", "torch-cpu.txt"):
        shutil.copy(root / "envs" / name, tmp_path / "envs")
    project = '[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["tiny"]\n'
    project += '[tool.uv]\nconstraint-dependencies = ["tiny<2"]\nbuild-constraint-dependencies = ["wheel"]\n'
    (tmp_path / "pyproject.toml").write_text(project)
    checksum = wheel(tmp_path / "pypi", "tiny", "1.0", "")
    (tmp_path / "uv.lock").write_text(LOCK.format(checksum=checksum))
    offline = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": f"{tmp_path}/pypi"}
    environment = {**os.environ, **offline, "UV_CACHE_DIR": f"{tmp_path}/cache", "UV": str(uv)}
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True, env=environment)

    def run(*folders, **more):
        command = ["bash", tmp_path / "envs/install.sh", tmp_path / "env/bin/python", *folders]
        done = subprocess.run(command, cwd=tmp_path, env=environment | more, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr, list(tmp_path.glob("env/lib/*/site-packages/tiny.py"))

    return run


def test_a_package_of_the_lock_is_installed_and_another_of_its_name_is_not(install, tmp_path):
    right = (tmp_path / "pypi/tiny-1.0-py3-none-any.whl").read_bytes()
    wheel(tmp_path / "pypi", "tiny", "1.0", "print('not the one that was locked')")
    status, said, found = install()
    assert status != 0 and "Hash mismatch" in said and not found, said
    (tmp_path / "pypi/tiny-1.0-py3-none-any.whl").write_bytes(right)
    status, said, found = install()
    assert status == 0 and found, said


def test_of_a_folder_of_wheels_only_a_known_torch_is_taken(install, tmp_path):
    other = tmp_path / "wheels"
    wheel(other, "tiny", "1.0", "print('not the one that was locked')")
    status, said, found = install(other)
    assert status == 0 and found[0].read_text() == "", said
    wheel(other, "torch", "2.13.0+cpu", "print('not the one that is known')")
    status, said, _ = install(other)
    assert status == 1 and "torch-cpu.txt" in said and "make WHEELS=" in said
    assert not list(tmp_path.glob("env/lib/*/site-packages/torch.py"))


def test_another_build_of_torch_is_the_version_of_the_lock_and_changes_no_other_package(install, tmp_path):
    other = tmp_path / "wheels"
    wheel(other, "tiny", "2.0", "print('not the version that was locked')")
    wheel(other, "nvidia_runtime", "12.6", "")
    for build in ("2.13.0+cu126", "2.13.0+cu130", "2.14.0+cu126"):
        wheel(other, "torch", build, f"build = {build!r}", ["tiny", "nvidia_runtime==12.6"])
    status, said, found = install(other, TORCH="cu126")
    assert status == 0 and found[0].read_text() == "", said
    (torch,) = tmp_path.glob("env/lib/*/site-packages/torch.py")
    assert torch.read_text() == "build = '2.13.0+cu126'"
    assert list(tmp_path.glob("env/lib/*/site-packages/nvidia_runtime.py"))


def test_without_such_a_wheel_pytorchs_own_index_is_asked(install):
    assert install()[0] == 0  # all but torch
    nowhere = {"UV_NO_INDEX": "0", "UV_OFFLINE": "0", "HTTPS_PROXY": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}
    status, said, _ = install(TORCH="cu126", **nowhere)
    assert status != 0 and "download.pytorch.org/whl/cu126" in said
    status, said, _ = install(TORCH="12.6")
    assert status == 1 and "Next: TORCH=cu126 for V100s" in said


def planned(folder, root, *words, program=()):
    """Return what make would do in a folder whose environment was set up before, with what was asked for then."""
    for name in ("Makefile", "pyproject.toml", "uv.lock", "envs"):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(root / name)
    command = [*program, "make", "--dry-run", *words, f"PYTHON={sys.executable}", ".venv/.installed"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_make_remembers_which_build_of_torch_it_installed(root, tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.torch").write_text("cu126\n")
    (tmp_path / ".venv/.installed").touch()
    assert "install.sh" not in planned(tmp_path, root) and "install.sh" not in planned(tmp_path, root, "TORCH=cu126")
    assert "TORCH= bash envs/install.sh" in planned(tmp_path, root, "TORCH=")
    (tmp_path / ".venv/.installed").unlink()
    assert "TORCH=cu126 bash envs/install.sh" in planned(tmp_path, root)


def test_make_leaves_out_fairseq_where_it_is_told_so_and_remembers_it(root, tmp_path):
    (tmp_path / ".venv").mkdir()
    assert "FAIRSEQ=yes" in planned(tmp_path, root)
    assert "FAIRSEQ=no" in planned(tmp_path, root, "FAIRSEQ=no")
    (tmp_path / ".venv/.fairseq").write_text("no\n")
    assert "FAIRSEQ=no" in planned(tmp_path, root)  # of a lock that has changed since
    (tmp_path / ".venv/.installed").touch()
    assert "install.sh" not in planned(tmp_path, root) and "FAIRSEQ=yes" in planned(tmp_path, root, "FAIRSEQ=yes")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        planned(tmp_path, root, "FAIRSEQ=maybe")
    assert "FAIRSEQ=maybe is neither yes nor no" in refused.value.stderr


def test_without_fairseq_nothing_is_compiled_and_all_else_is_there(root):
    """What is in no other group's tree is left out, and what has no wheel but fairseq is pure Python."""
    uv = root / ".uv/bin/uv"
    if not uv.exists():
        pytest.skip("uv is installed by make")
    command = [uv, "export", "--quiet", "--project", root, "--frozen", "--all-groups", "--no-header", "--no-hashes"]
    command += ["--no-annotate"]
    names = [
        {line.partition("==")[0] for line in subprocess.check_output([*command, *more], text=True).splitlines()}
        for more in ([], ["--no-group", "pretraining"])
    ]
    assert names[1] < names[0] and "fairseq" in names[0] - names[1]
    assert {"torch", "transformers", "huggingface-hub", "snakemake", "sentencepiece", "altair"} <= names[1]
    left_out = 'if [ "${FAIRSEQ:-yes}" = no ]; then groups+=(--no-group pretraining); fi'
    assert left_out in (root / "envs/install.sh").read_text()
