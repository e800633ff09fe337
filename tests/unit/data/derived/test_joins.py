"""Joined files: what is written from their parts, and the whole mini study from a local server."""

import contextlib
import hashlib
import http.server
import threading
import urllib.parse

import originals
import pytest
import script

from polychron.data import fetch, sources
from polychron.data.derived import joins
from polychron.data.fetch import Place
from polychron.data.sources import Source
from polychron.errors import InputError

PARTS = {
    "a.conllu": "# sent_id = 1\n# text = One  two.\n1\tOne\t_\n\n# text = Three.\n1\tThree\t_\n\n",
    "b.tsv": "Three.\tFour.\r\nFour.\t Five. \r\n",
    "c.txt": "Six.\n\nOne two.\n",
    "none.conllu": "1\tOne\t_\n\n",
}
SENTENCES = "One two.\nThree.\nFour.\nFive.\nSix.\n"


def joined(tmp_path, url, content, **changed):
    """Join planted parts in a mirror, and return the text."""
    for name, text in PARTS.items():
        path = tmp_path / "mirror" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    of = Source("all.txt", url, **{"bytes": len(content), "sha256": sha256} | changed)
    try:
        joins.fetch(of, tmp_path / "made/all.txt", Place(str(tmp_path / "mirror")), {of.file: of})
    finally:
        assert set(script.left_in(tmp_path / "made")) <= {"all.txt"}
    return (tmp_path / "made/all.txt").read_text()


def test_sentences_of_treebanks_tables_and_texts_are_joined_each_once(tmp_path):
    assert joined(tmp_path, "join://a.conllu+b.tsv+c.txt?sentences", SENTENCES) == SENTENCES


def test_the_first_lines_are_as_they_are_but_for_their_ends(tmp_path):
    assert joined(tmp_path, "join://b.tsv+c.txt?lines=3", "Three.\tFour.\nFour.\t Five. \nSix.\n").count("\n") == 3


@pytest.mark.parametrize(
    ("url", "changed", "said"),
    [
        ("join://a.conllu+b.tsv?words", {}, "is no address of a joined file. Next: write join://FILE"),
        ("join://a.conllu+b.tsv+c.txt?sentences", {"sha256": ""}, "a joined file without a checksum"),
        ("join://a.conllu+b.tsv?sentences", {}, "bytes, expected .*it was cut short. Next: correct the row"),
        ("join://c.txt+b.tsv+a.conllu?sentences", {}, "another content than recorded"),
        ("join://none.conllu?sentences", {}, "none.conllu: no line begins with '# text = '"),
        ("join://d.txt?sentences", {}, "mirror/d.txt: the mirror does not have this file. Next: put it there"),
    ],
)
def test_what_cannot_be_joined_is_named(tmp_path, url, changed, said):
    with pytest.raises(InputError, match=said):
        joined(tmp_path, url, SENTENCES, **changed)


@contextlib.contextmanager
def publishers(shared, known):
    """Serve what each address of the table has, below the name of its host; yield the server's address."""
    of = {}
    for one in known.values():
        for url in one.url.split():
            if url.startswith("https://"):
                of["/" + urllib.parse.unquote(url.removeprefix("https://"))] = one.file

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            file = of.get(urllib.parse.unquote(self.path))
            pointer = self.path.startswith("/raw.githubusercontent.com/wuhjie/") and "/dev-" in self.path
            content = b"version https://git-lfs.github.com/spec/v1\n" if pointer else originals.original(file, shared)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


CONFIG = {"mirror": None, "by_hand": None, "sources": [], "downloads": {"retries": 0, "pause": 0, "timeout": 5}}


@pytest.mark.shared
def test_every_file_of_the_mini_study_is_fetched_from_its_address(shared, tmp_path, monkeypatch):
    """One address of a file whose large files are elsewhere has a pointer to it: the second is asked."""
    known = sources.catalogue()
    with publishers(shared, known) as server:
        here = {name: one._replace(url=one.url.replace("https://", server)) for name, one in known.items()}
        monkeypatch.setattr(sources, "catalogue", lambda: here)
        for file in originals.mini_files():
            output = tmp_path / file
            spec = {"source": sources.identity(here, file)}
            script.run("fetch_source", script.Files(), script.Files(output), tmp_path / "log", config=CONFIG, **spec)
            assert known[file].sha256 == hashlib.sha256(output.read_bytes()).hexdigest(), file
            if (shared / file).is_file():
                assert output.read_bytes() == (shared / file).read_bytes()
    made = {path for path in script.left_in(tmp_path) if path not in ("log",) and "/." not in f"/{path}"}
    assert {*originals.mini_files()} <= made
    assert not [path for path in made if ".part" in path]
    assert {"sentences/cs.txt", "xnli/dev-hi.tsv", "align/en-cs/czenali.first1500.jsonl"} <= made


@pytest.mark.shared
def test_a_mirror_with_the_parts_is_enough(tmp_path, shared):
    originals.main(tmp_path / "mirror")
    known = sources.catalogue()
    assert not (tmp_path / "mirror/sentences").exists()
    for file in ("sentences/tr.txt", "xnli/dev-fr.tsv"):
        joins.fetch(known[file], tmp_path / "made" / file, Place(str(tmp_path / "mirror")), known)
        fetch.check(tmp_path / "made" / file, known[file], file, "")
