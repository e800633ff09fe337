"""An address is resolved once, and what is fetched is what it was resolved to, or nothing."""

import http.server
import json
import os
import re
import shutil
import threading
import time
from pathlib import Path

import pytest

from polychron.checkpoints import providers
from polychron.data.download import Policy
from polychron.data.fetch import Place
from polychron.errors import InputError
from polychron.storage import files
from polychron.storage.files import checksum


@pytest.fixture
def folder(tmp_path):
    """A Hugging Face directory whose weights are a few bytes."""
    made = tmp_path / "given"
    made.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (made / name).write_text(f"content of {name}")
    (made / "code.py").write_text("never read")
    return made


def test_a_folder_is_known_by_the_checksums_of_what_is_read(folder, tmp_path):
    found = providers.resolve("folder", str(folder))
    assert set(found["files"]) == {"config.json", "model.safetensors", "tokenizer.json"}
    assert found["files"]["config.json"]["sha256"] == checksum(folder / "config.json")
    assert providers.obtain(found, tmp_path) == folder
    os.utime(folder / "config.json", (0, 0))
    (folder / "code.py").write_text("changed")
    assert providers.resolve("folder", str(folder)) == found
    (folder / "model.safetensors").write_text("another step's")
    with pytest.raises(InputError, match=r"has changed since it was resolved: model.safetensors. Next: resolve"):
        providers.obtain(found, tmp_path)


@pytest.mark.parametrize(
    ("gone", "message"),
    [("config.json", "no config.json"), ("model.safetensors", "no weights"), (None, "is missing")],
)
def test_what_is_not_there_is_told(folder, gone, message):
    if gone:
        (folder / gone).unlink()
    else:
        shutil.rmtree(folder)
    with pytest.raises(InputError, match=message) as caught:
        providers.resolve("folder", str(folder))
    assert caught.value.remedy


def test_an_index_names_its_parts_and_nothing_outside(folder):
    (folder / "model.safetensors").unlink()
    parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    for name in parts:
        (folder / name).write_text(name)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": parts[0], "b": parts[1]}}))
    assert {*parts, index.name} <= set(providers.resolve("folder", str(folder))["files"])
    index.write_text(json.dumps({"weight_map": {"a": "../elsewhere.safetensors"}}))
    with pytest.raises(InputError, match="names files outside its folder"):
        providers.resolve("folder", str(folder))


def test_a_folder_above_that_is_missing_is_named(tmp_path):
    said = f"is missing; there is no 'runs' in {tmp_path}. Next: correct models.source"
    with pytest.raises(InputError, match=re.escape(said)):
        providers.resolve("folder", str(tmp_path / "runs/ckpt_0/hf"))


@pytest.mark.parametrize("path", ["{}", "{}/hf"])
def test_a_folder_that_is_missing_is_told_with_those_beside_it(tmp_path, path):
    for name in ("ckpt_0000", "ckpt_1000", ".hidden", "notes"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError) as caught:
        providers.resolve("folder", str(tmp_path / path.format("ckpt_0")))
    said = str(caught.value)
    assert f"is missing; there are 3 files and folders in {tmp_path}, as ckpt_0000, ckpt_1000" in said
    assert "Next: write {step:04} where the step has zeros before it, or name each step in models.revisions" in said


class Handler(http.server.BaseHTTPRequestHandler):
    """A server of files whose answers a test sets: content, mark of its version, failures before the first success."""

    content, etag, failures, status, kind = b"", '"1"', 0, 200, "application/octet-stream"

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        cls = type(self)
        cls.asked.append(self.path)
        if cls.failures:
            cls.failures -= 1
            self.send_error(503)
            return
        if cls.status != 200:
            self.send_error(cls.status)
            return
        self.send_response(200)
        self.send_header("Content-Type", cls.kind)
        self.send_header("Content-Length", str(len(cls.content)))
        self.send_header("ETag", cls.etag)
        self.send_header("Last-Modified", "Fri, 20 May 2022 10:00:00 GMT")
        self.end_headers()
        if body:
            self.wfile.write(cls.content)

    def log_message(self, *_):
        pass


HASTY = Place(policy=Policy(retries=3, pause=0.01, timeout=60))


@pytest.fixture
def server():
    handler = type("Served", (Handler,), {"content": b"weights of step 5", "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield handler, f"http://127.0.0.1:{running.server_port}/step-5.pt"
        running.shutdown()


def test_a_published_file_is_known_by_its_servers_mark(server, tmp_path):
    handler, url = server
    handler.failures = 2
    found = providers.resolve("published", url, where=HASTY)
    assert found == {
        "kind": "published",
        "address": url,
        "bytes": 17,
        "etag": '"1"',
        "modified": "2022-05-20T10:00:00+00:00",
    }
    assert providers.obtain(found, tmp_path).read_bytes() == b"weights of step 5"
    handler.etag = '"2"'
    with pytest.raises(InputError, match="has changed since it was resolved: etag"):
        providers.obtain(found, tmp_path)
    handler.content = b"a longer file than before"
    with pytest.raises(InputError, match="expected 17"):
        providers.obtain(found, tmp_path)


def test_a_server_that_stays_busy_is_left_in_the_end(server):
    handler, url = server
    handler.failures = 4
    with pytest.raises(InputError, match=r"busy or broken .*503"):
        providers.resolve("published", url, where=HASTY)
    assert handler.failures == 0, "asked once and three times more"


def test_a_mirror_on_the_web_takes_the_place_of_the_server(server, tmp_path):
    handler, url = server
    mirror = HASTY._replace(mirror=url.removesuffix("/step-5.pt"))
    found = providers.resolve("published", "https://example.org/models/step-5.pt", where=mirror)
    assert (found["address"], found["etag"]) == ("https://example.org/models/step-5.pt", '"1"')
    assert providers.obtain(found, tmp_path, mirror).read_bytes() == b"weights of step 5"
    assert handler.asked[0] == "/example.org/models/step-5.pt"


def test_a_published_file_that_is_none(server):
    handler, url = server
    handler.status = 404
    with pytest.raises(InputError, match=r"404 Not Found. Next: look at the address \(models.source\)"):
        providers.resolve("published", url)
    handler.status, handler.kind = 200, "text/html"
    with pytest.raises(InputError, match="a web page in place of the file"):
        providers.resolve("published", url)


@pytest.mark.parametrize("folder", ["mirror", "by_hand"])
def test_a_dead_server_is_told_and_a_folder_takes_its_place(folder, tmp_path):
    url = "http://127.0.0.1:9/models/step-5.pt"
    where = HASTY._replace(**{folder: str(tmp_path / folder)})
    with pytest.raises(InputError, match=r"cannot be reached .* put the file at FOLDER/127.0.0.1:9/models/step-5.pt"):
        providers.resolve("published", url, where=HASTY)
    said = "is missing" if folder == "mirror" else re.escape(f"put the file at {tmp_path}/by_hand/127")
    with pytest.raises(InputError, match=said):
        providers.resolve("published", url, where=where)
    place = tmp_path / folder / "127.0.0.1:9" / "models" / "step-5.pt"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"weights")
    found = providers.resolve("published", url, where=where)
    assert found["files"]["step-5.pt"]["bytes"] == 7
    (tmp_path / "work").mkdir()
    assert providers.obtain(found, tmp_path / "work", where).read_bytes() == b"weights"


def test_a_folder_has_moved_when_its_content_is_another_and_not_when_it_is_touched(folder):
    weights, config = folder / "model.safetensors", folder / "config.json"
    origin, since = providers.resolve("folder", str(folder)), time.time()
    past, later = (since - 100,) * 2, (since + 100,) * 2
    for file in folder.iterdir():
        os.utime(file, past)
    assert not providers.moved(origin, since)
    os.utime(weights, later)
    assert not providers.moved(origin, since)
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(weights, later)
    assert providers.moved(origin, since)
    weights.write_bytes(content + b" ")
    os.utime(weights, past)
    assert providers.moved(origin, since), "of another size, however old"
    weights.write_bytes(content)
    (folder / "vocab.txt").write_text("a\n")
    assert providers.moved(origin, since), "a file more that is read"
    (folder / "vocab.txt").unlink()
    (folder / "README.md").write_text("not read\n")
    assert not providers.moved(origin, since)
    config.unlink()
    assert providers.moved(origin, since), "resolved again, it is refused with a message"
    shutil.rmtree(folder)
    assert not providers.moved(origin, since), "taken away once it was converted"


def test_a_vocabulary_is_checked(tmp_path):
    (tmp_path / "model").write_bytes(b"pieces")
    sha256 = checksum(tmp_path / "model")
    providers.fetch_file(str(tmp_path / "model"), tmp_path / "copy", sha256)
    assert (tmp_path / "copy").read_bytes() == b"pieces"
    with pytest.raises(InputError, match="expected 0000"):
        providers.fetch_file(str(tmp_path / "model"), tmp_path / "copy", "0" * 64)
    with pytest.raises(InputError, match="is missing"):
        providers.fetch_file(str(tmp_path / "elsewhere"), tmp_path / "copy")


NOWHERE = {"mirror": None, "by_hand": None, "downloads": {"retries": 0, "pause": 0, "timeout": 5}}


def test_the_script_writes_the_same_bytes_for_the_same_content(folder, tmp_path):
    from script import Files, run

    (folder / "config.json").write_text('{"model_type": "bert"}')
    for name in ("one.json", "two.json"):
        spec = {"kind": "folder", "address": str(folder), "revision": None}
        run("resolve_checkpoint", Files(), Files([tmp_path / name]), tmp_path / "log", config=NOWHERE, **spec)
    assert Path(tmp_path / "one.json").read_bytes() == Path(tmp_path / "two.json").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(200),
        b'{"kind": "hub", "addr',
        b"[]",
        b"null",
        b"{}",
        b'{"kind": "hub", "address": "a/b", "commit": null}',
        b'{"kind": "other", "address": "a", "files": {}}',
        b'{"kind": "folder", "address": "a"}',
        b'{"kind": "folder", "address": "a", "files": {"x": {"bytes": "1", "sha256": "0"}}}',
        b'{"kind": "folder", "address": 5, "files": {}}',
        b'{"kind": "published", "address": "https://a/b", "bytes": 3}',
    ],
)
def test_what_a_checkpoint_was_resolved_to_is_read_or_named_with_the_next_step(tmp_path, content):
    path = tmp_path / "origin.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        providers.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert f"--forcerun {path} -- resolve" in str(error.value)


def test_what_was_resolved_is_read_again(folder, tmp_path):
    path = tmp_path / "origin.json"
    hub = {"kind": "hub", "address": "a/b", "commit": "0" * 40}
    web = {"kind": "published", "address": "https://a/b", "bytes": None, "etag": None, "modified": None}
    for origin in (hub, web, providers.resolve("folder", str(folder))):
        files.write_json(path, origin)
        assert providers.read(path) == origin


def test_each_address_has_a_place_of_its_own_below_a_mirror_without_its_password():
    at = [providers.place(f"https://me:secret@example.org/get?step={step}&key={'k' * 300}") for step in (5, 6)]
    assert at[0] != at[1]
    assert all(one.startswith("example.org/get?step=") and len(one) < 200 for one in at)
    assert providers.place("https://example.org/a%20b/step.pt?of=x/y") == "example.org/a b/step.pt?of=x%2Fy"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "xmod"}, "needs to be told the language of each text"),
        ({"model_type": "bart", "is_encoder_decoder": True}, "an encoder-decoder"),
        ({"model_type": "llama", "quantization_config": {"quant_method": "fp8"}}, "its weights are quantized"),
        ({"model_type": "unheard_of"}, "neither a masked nor a causal language model of type 'unheard_of'"),
    ],
)
def test_a_family_that_cannot_be_studied_is_refused_when_it_is_resolved(folder, tmp_path, config, message, caplog):
    from script import Files, run

    (folder / "config.json").write_text(json.dumps(config))
    spec = {"kind": "folder", "address": str(folder), "revision": None}
    with pytest.raises(SystemExit):
        run("resolve_checkpoint", Files(), Files([tmp_path / "one.json"]), tmp_path / "log", config=NOWHERE, **spec)
    assert message in caplog.text and "Next: " in caplog.text
    assert not (tmp_path / "one.json").exists()
