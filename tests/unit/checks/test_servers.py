"""Servers are asked once each, and one that does not answer is named with what it is needed for."""

import queue
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from server import Answer, serving

from polychron.checks import servers
from polychron.data import transfer
from polychron.data.fetch import Place
from polychron.data.sources import Source
from polychron.errors import InputError
from polychron.workflow.snakemake_internals import Wanted


@pytest.fixture
def dead():
    """Return the address of a server that is not there: of a port that is held, and not listened to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/data"


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_server_that_answers_is_there_whatever_it_says(status):
    with serving(Answer(status=status)) as (url, _):
        servers.check({"a.txt": [url]})


def test_a_server_that_is_not_there_is_named_with_its_files(dead):
    needed = {f"{name}.txt": [f"{dead}/{name}.txt"] for name in "abcde"}
    with serving(Answer(status=404)) as (url, _), pytest.raises(InputError) as caught:
        servers.check({**needed, "other.txt": [url], "own.txt": [], "s3.txt": ["s3://bucket/s3.txt"]})
    host = dead.removesuffix("data")
    assert str(caught.value).startswith(f"{host} cannot be reached (")
    assert "needed for a.txt, b.txt, c.txt and 2 more files. Next: run again when they answer" in str(caught.value)
    assert "other.txt" not in str(caught.value) and "s3" not in str(caught.value)


def test_a_run_that_keeps_going_is_warned(dead):
    told = []
    servers.check({"a.txt": [dead]}, told.append)
    assert len(told) == 1 and "needed for a.txt" in told[0]


def test_one_server_of_several_is_enough(dead):
    with serving(Answer(status=404)) as (url, _):
        servers.check({"a.txt": [dead, url], "b.txt": [url, dead]})


def test_a_server_that_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/a.txt"
        with pytest.raises(InputError, match=r"does not answer in 0 s"):
            servers.check({"a.txt": [url]}, timeout=0.2)


def test_it_is_all_the_same_whether_the_socket_or_the_caller_gives_up_first():
    arrivals = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/a.txt"
        transfer._ask(("HEAD", url, {}, 0.2), arrivals, threading.Event())
    error = arrivals.get_nowait()
    assert isinstance(error, transfer.TooSlow) and str(error) == "no answer in 0 s"


def test_a_password_is_not_shown(dead):
    with pytest.raises(InputError) as caught:
        servers.check({"a.txt": [dead.replace("http://", "http://me:secret@")]})
    assert "secret" not in str(caught.value)


def test_of_a_joined_file_the_servers_of_its_parts_are_asked(tmp_path):
    of = {"a.txt": "https://a.org/a.txt", "b.txt": "https://b.org/b.txt", "all.txt": "join://a.txt+b.txt?sentences"}
    known = {name: Source(name, url, sha256="0" * 64) for name, url in of.items()}
    study = SimpleNamespace(resources=str(tmp_path), fetched=[], models={})
    jobs = [SimpleNamespace(rule="fetch_source", wildcards={"file": "all.txt"})]
    found = servers.needed(jobs, study, Place(), known)
    assert found == {"a.txt": [of["a.txt"]], "b.txt": [of["b.txt"]]}
    (tmp_path / "all.txt").write_text("x")
    assert servers.needed(jobs, study, Place(by_hand=str(tmp_path)), known) == {"all.txt": []}
    # the address of a mirror has the parts, and is not asked for what is joined from them
    there = {name: [f"https://mirror.org/{name}"] for name in ("a.txt", "b.txt")}
    assert servers.needed(jobs, study, Place("https://mirror.org"), known) == there


def test_what_is_at_hand_or_kept_is_not_asked_for(tmp_path):
    archive = Source("xnli/a.zip", "https://example.org/a.zip")
    member = Source("xnli/a/en.tsv", archive="xnli/a.zip", member="en.tsv")
    known = {archive.file: archive, member.file: member}
    assert servers.addresses(member, tmp_path / "resources", Place(), known) == ["https://example.org/a.zip"]
    online = Place("https://mirror.org/data/")
    assert servers.addresses(member, tmp_path / "resources", online, known) == ["https://mirror.org/data/xnli/a.zip"]
    assert servers.addresses(member, tmp_path / "resources", Place(str(tmp_path / "mirror")), known) == []
    (tmp_path / "hand/xnli").mkdir(parents=True)
    (tmp_path / "hand/xnli/a.zip").write_text("x")
    by_hand = Place(by_hand=str(tmp_path / "hand"))
    assert servers.addresses(archive, tmp_path / "resources", by_hand, known) == []
    assert servers.addresses(member, tmp_path / "hand", Place(), known) == []


@pytest.mark.parametrize(
    ("provider", "address", "revision", "asked"),
    [
        ("published", "https://example.org/step-5.pt", None, ["https://example.org/step-5.pt"]),
        ("hub", "org/model", "step-5", ["https://huggingface.co"]),
        ("hub", "org/model", None, ["https://huggingface.co"]),
        ("hub", "org/model", "a" * 40, []),
        ("folder", "checkpoints/step-5", None, []),
    ],
)
def test_the_server_of_a_checkpoint(provider, address, revision, asked, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert servers.of_checkpoint({"provider": provider}, address, revision, Place()) == asked
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if provider == "hub":
        assert servers.of_checkpoint({"provider": provider}, address, revision, Place()) == []


def test_the_address_of_a_mirror_is_asked_in_place_of_a_checkpoints():
    place = Place("https://mirror.org")
    found = servers.of_checkpoint({"provider": "published"}, "https://example.org/a/step-5.pt", None, place)
    assert [url.startswith("https://mirror.org/") for url in found] == [True]


def test_what_the_jobs_of_a_run_download():
    study = SimpleNamespace(
        models={
            "m": {
                "provider": "published",
                "source": "https://example.org/{step}.pt",
                "revisions": None,
                "revision": None,
            },
            "own": {"provider": "folder"},
        },
        fetched=["m"],
        resources="resources/s",
        text_file=lambda language: f"text/{language}.xz",
    )
    known = {name: Source(name, f"https://data.org/{name}") for name in ("a.txt", "text/en.xz")}
    jobs = [
        Wanted(1, "fetch_source", {"file": "a.txt"}),
        Wanted(2, "fetch_heldout", {"language": "en"}),
        Wanted(3, "resolve_checkpoint", {"model": "m", "step": "5"}),
        Wanted(4, "resolve_checkpoint", {"model": "own", "step": "5"}),
        Wanted(5, "extract_features", {"model": "m", "step": "5"}),
    ]
    assert servers.needed(jobs, study, Place(), known) == {
        "a.txt": ["https://data.org/a.txt"],
        "text/en.xz": ["https://data.org/text/en.xz"],
        "m at step 5": ["https://example.org/5.pt"],
    }


def test_a_dataset_of_the_hub_is_asked_for_where_the_hub_is(monkeypatch):
    source = Source("a.txt", f"hf://datasets/me/texts@{'0' * 40}/a.parquet?columns=text")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    asked = servers.addresses(source, Path("resources"), Place(), {})
    assert asked == [f"http://127.0.0.1:9/datasets/me/texts/resolve/{'0' * 40}/a.parquet"]
    assert servers.addresses(source, Path("resources"), Place(mirror="somewhere"), {}) == []
