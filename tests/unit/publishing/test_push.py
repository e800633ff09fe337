"""A folder is pushed as one commit: to a stand-in of the hub, which keeps what it was given."""

import hub
import pytest

from polychron.errors import InputError
from polychron.publishing import folder as dataset
from polychron.publishing import push
from polychron.storage import files

FILES = {"README.md": b"---\nlicense: mit\n---\n# x\n", "toy/scores.parquet": bytes(range(256)), "toy/a.csv": b"1,2\n"}
TOKEN = "hf_" + "a" * 30


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(content)
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)


@pytest.mark.parametrize("before", [{}, {"toy/old.parquet": b"gone", "toy/a.csv": b"0\n"}])
def test_the_repository_has_what_the_folder_has(folder, before):
    stand_in = hub.Hub(before)
    (folder / ".snakemake_timestamp").touch()  # Snakemake's, which is no part of the dataset
    with hub.serving(stand_in) as endpoint:
        made = push.push(folder, "me/toy", True, "polychron: toy", endpoint)
    assert stand_in.files == FILES
    assert made == {"repository": "me/toy", "commit": hub.COMMIT, "url": made["url"]} and hub.COMMIT in made["url"]
    (asked,) = stand_in.made
    assert (asked["name"], asked["organization"], asked["type"]) == ("toy", "me", "dataset")
    assert asked.get("private") is True or asked.get("visibility") == "private"
    assert stand_in.tokens == {TOKEN}


def test_nothing_private_is_pushed_to_what_all_can_see(folder):
    stand_in = hub.Hub({"theirs.txt": b"kept"}, private=False)
    with hub.serving(stand_in) as endpoint:
        with pytest.raises(InputError, match=r"publish\.private is true, and me/toy is there and can be seen by all"):
            push.push(folder, "me/toy", True, "polychron: toy", endpoint)
        assert stand_in.files == {"theirs.txt": b"kept"}
        push.push(folder, "me/toy", False, "polychron: toy", endpoint)
    assert stand_in.files == FILES


def test_a_folder_that_is_not_what_was_exported_is_refused(folder):
    known = {name: files.checksum(folder / name) for name in FILES}
    (folder / ".snakemake_timestamp").touch()
    dataset.check(folder, known)
    (folder / "toy/.env").write_text("SECRET=1")
    with pytest.raises(InputError, match=r"toy/\.env: was added, changed or taken away since"):
        dataset.check(folder, known)
    (folder / "toy/.env").unlink()
    (folder / "toy/a.csv").write_bytes(b"1,3\n")
    with pytest.raises(InputError, match=r"toy/a\.csv: was added, changed"):
        dataset.check(folder, known)


@pytest.mark.parametrize("where", ["/api/", "commit/main"])
def test_a_refusal_is_told_without_the_token(folder, where):
    stand_in = hub.Hub(refusing=where)
    with hub.serving(stand_in) as endpoint, pytest.raises(InputError) as error:
        push.push(folder, "me/toy", True, "polychron: toy", endpoint)
    assert "me/toy cannot be pushed" in str(error.value) and "403" in str(error.value)
    assert TOKEN not in str(error.value) and stand_in.files == {}


def test_without_a_token_nothing_is_asked(folder, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(InputError, match=r"no token of Hugging Face is here.*hf auth login.*hf upload me/toy"):
        push.push(folder, "me/toy", True, "polychron: toy", "http://127.0.0.1:9")


def test_a_name_that_is_no_repository_is_refused(folder):
    with pytest.raises(InputError, match=r"'toy' is no repository\. Next: write OWNER/NAME"):
        push.push(folder, "toy", True, "polychron: toy")
