"""The environment that `make` installs, and the same versions for conda users."""

import re
import tomllib
from importlib.metadata import version


def locked(root):
    lock = tomllib.loads((root / "uv.lock").read_text())
    return {package["name"]: package["version"] for package in lock["package"] if package["name"] != "polychron"}


def pinned(root):
    lines = (root / "envs/pins.txt").read_text().splitlines()
    return dict(line.split(";")[0].strip().split("==") for line in lines if line and not line.startswith("#"))


def test_the_pins_are_those_of_the_lock(root):
    assert pinned(root) == locked(root)


def test_what_is_installed_is_what_is_locked(root):
    versions = locked(root)
    project = tomllib.loads((root / "pyproject.toml").read_text())
    asked = sum(project["dependency-groups"].values(), project["project"]["dependencies"])
    for requirement in asked:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)[0]
        assert version(name).split("+")[0] == versions[name.lower()], name


def test_the_conda_environment_installs_the_pins(root):
    assert "pins.txt" in (root / "envs/polychron.post-deploy.sh").read_text()
    assert "python =3.11" in (root / "envs/polychron.yaml").read_text()
