"""The hub: revisions become commits, what is missing is told, and no answer is without end.

HF_HUB_OFFLINE is read when the library is imported, so each case is a process of its own.
"""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import zlib

import pytest
import zoo

ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from polychron.checkpoints import providers
from polychron.errors import InputError
from polychron.storage import files
try:
    origin = providers.resolve("hub", sys.argv[2], sys.argv[3])
    place = providers.obtain(origin, "unused")
    assert providers.config_of(origin).samefile(place / "config.json")
    print(json.dumps([origin, str(place)]))
except InputError as error:
    print(json.dumps(str(error)))
"""

COMMITS = ["1" * 40, "2" * 40]


def ask(root, cache, revision, **environment):
    given = {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(root / "workflow/scripts"), "org/model", revision],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_revision_of_the_local_cache_becomes_its_commit(root, tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text(f"content of {name}")
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "model.safetensors").write_text("later weights")
    place = zoo.cache(
        tmp_path / "hub", "org/model", dict(zip(COMMITS, (folder, other), strict=True)), {"step5": COMMITS[0]}
    )
    origin, snapshot = ask(root, tmp_path / "hub", "step5")
    assert origin == {"kind": "hub", "address": "org/model", "commit": COMMITS[0]}
    assert snapshot == str(place / "snapshots" / COMMITS[0])
    (place / "refs/step5").write_text(COMMITS[1])
    moved, snapshot = ask(root, tmp_path / "hub", "step5")
    assert moved["commit"] == COMMITS[1] and snapshot.endswith(COMMITS[1])
    pinned, _ = ask(root, tmp_path / "hub", COMMITS[0])
    assert pinned["commit"] == COMMITS[0]
    said = ask(root, tmp_path / "hub", "step7")
    assert "the revision 'step7' cannot be fetched" in said and "there are 1 branches and tags, as step5" in said
    blob = (place / "snapshots" / COMMITS[1] / "model.safetensors").resolve()
    blob.write_text("later weightS")
    assert "damaged in the local cache" in ask(root, tmp_path / "hub", "step5")


@pytest.fixture
def hub():
    """A hub that has one repository with two tags, and no weights."""
    tags = ["stage1-step0-tokens1B", "stage1-step1000-tokens3B"]

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.path.startswith("/api/models/org/model/refs")
            names = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": "1" * 40} for tag in tags]
            content = {"branches": [], "converts": [], "tags": names} if known else {"error": "Invalid rev id"}
            body = json.dumps(content).encode()
            self.send_response(200 if known else 404)
            if not known:
                self.send_header("X-Error-Code", "RevisionNotFound")
                self.send_header("X-Error-Message", "Invalid rev id")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_revision_that_is_missing_is_told_with_those_of_the_hub(root, hub, tmp_path):
    said = ask(root, tmp_path / "hub", "step1000", HF_HUB_OFFLINE="0", HF_ENDPOINT=hub)
    assert "the revision 'step1000' cannot be fetched" in said
    assert "there are 2 branches and tags, as stage1-step1000-tokens3B and 1 more" in said
    assert "Next: name each step in models.revisions, as {STEP: stage1-step1000-tokens3B}" in said


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_of_the_hub_without_end_is_refused(root, tmp_path, packed):
    """Both as it is, and packed so that what is sent is short."""
    sent = []

    class Endless(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            part = b'{"sha": "' + b"a" * (1 << 20)
            with contextlib.suppress(OSError):
                for _ in range(512):
                    sent.append(self.wfile.write(packer.compress(part) if packed else part))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_port}"
        said = ask(root, tmp_path / "hub", "step1000", HF_HUB_OFFLINE="0", HF_ENDPOINT=address)
        running.shutdown()
    assert "the revision 'step1000' cannot be fetched: the answer of 127.0.0.1 is longer than 67,108,864 bytes" in said
    assert sum(sent) < 256 << 20
