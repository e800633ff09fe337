"""Where raw files come from, and what is refused on the way."""

import contextlib
import hashlib
import http.server
import itertools
import lzma
import re
import threading

import pytest
import yaml
from script import Files, left_in, run

from polychron import source
from polychron.error import InputError
from polychron.source import Source

DATA = b"# sent_id = 1\n# text = a\n1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n" * 50
SHA256 = hashlib.sha256(DATA).hexdigest()
PAGE = b"<!DOCTYPE html>\n<html><body>Not found</body></html>"
NAME = "ud/UD_Toy/toy-ud-test.conllu"


@contextlib.contextmanager
def serving(*answers):
    """Serve files over HTTP: one (status, body, length to be said) for each request, the last one for all after it."""
    remaining = itertools.chain(answers, itertools.repeat(answers[-1]))
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body, length = next(remaining)
            asked.append(self.path)
            self.send_response(status)
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{NAME}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(source, "RETRIES", 0)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "resources" / NAME


def recorded(url="", **changed):
    return Source(NAME, **{"url": url, "bytes": len(DATA), "sha256": SHA256} | changed)


def mirrored(tmp_path, content=DATA, name=NAME):
    path = tmp_path / "mirror" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return tmp_path / "mirror"


def test_a_file_is_taken_from_a_mirror_in_place_of_the_network(tmp_path, place, caplog):
    caplog.set_level("INFO", "polychron")
    source.fetch(recorded("http://127.0.0.1:9/never-asked"), place, mirror=mirrored(tmp_path))
    assert place.read_bytes() == DATA
    assert left_in(tmp_path / "resources") == [NAME]
    assert f"{NAME}: {len(DATA)} bytes from {tmp_path}/mirror/{NAME}, as recorded" in caplog.text


def test_a_file_is_downloaded(tmp_path, place):
    with serving((200, DATA, len(DATA))) as (url, asked):
        source.fetch(recorded(url), place)
    assert place.read_bytes() == DATA
    assert left_in(tmp_path / "resources") == [NAME]
    assert asked == [f"/{NAME}"]


def test_a_server_that_is_busy_is_asked_again(place, monkeypatch):
    monkeypatch.setattr(source, "RETRIES", 1)
    with serving((503, b"busy", 4), (200, DATA, len(DATA))) as (url, asked):
        source.fetch(recorded(url), place)
    assert place.read_bytes() == DATA
    assert len(asked) == 2


def test_a_file_without_a_recorded_checksum_is_taken_and_its_own_is_logged(tmp_path, place, caplog):
    caplog.set_level("INFO", "polychron")
    source.fetch(Source(NAME), place, mirror=mirrored(tmp_path))
    assert f"no checksum is recorded, its sha256 is {SHA256}" in caplog.text


BAD = {
    "cut short": (DATA[:1000], {}, f"1000 bytes, expected {len(DATA)}: it was cut short"),
    "longer than it was": (DATA + b"\n", {}, f"{len(DATA) + 1} bytes, expected {len(DATA)}"),
    "of another content": (DATA[::-1], {}, "another content than recorded: sha256 "),
    "a web page": (PAGE, {}, f"a web page of {len(PAGE)} bytes in place of the file"),
    "a web page, and nothing recorded": (PAGE, {"bytes": None, "sha256": ""}, "a web page of"),
    "empty": (b"", {}, "an empty file"),
    "empty, and nothing recorded": (b"", {"bytes": None, "sha256": ""}, "an empty file"),
}


@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("over", ["mirror", "network"])
def test_what_is_not_the_recorded_file_never_gets_its_name(tmp_path, place, fault, over):
    content, changed, said = BAD[fault]
    with serving((200, content, len(content))) as (url, _), pytest.raises(InputError) as stopped:
        mirror = mirrored(tmp_path, content) if over == "mirror" else None
        source.fetch(recorded(url, **changed), place, mirror=mirror)
    message = str(stopped.value)
    assert f"{NAME}: {said}" in message
    assert message.startswith(str(mirror) if mirror else "http://127.0.0.1")
    assert ("Next: put the recorded version" if mirror else "Next: try again later, or fetch the file by") in message
    assert left_in(tmp_path / "resources") == []


@pytest.mark.parametrize("damage", [lambda data: data[:-30], lambda data: b"not found"])
def test_a_compressed_file_without_its_end_is_refused_even_if_nothing_is_recorded(tmp_path, damage):
    name = "text/en.txt.xz"
    mirror = mirrored(tmp_path, damage(lzma.compress(DATA)), name)
    with pytest.raises(InputError, match=r"en\.txt\.xz: no whole xz file \(\d+ bytes\)"):
        source.fetch(Source(name), tmp_path / "resources" / name, mirror=mirror)
    (mirror / name).write_bytes(lzma.compress(DATA) + bytes(8))  # padding belongs to the format
    source.fetch(Source(name), tmp_path / "resources" / name, mirror=mirror)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, DATA[:1000], len(DATA)), "cannot be fetched: .*IncompleteRead"),
        ((404, PAGE, len(PAGE)), "cannot be fetched: 404 Client Error"),
        ((503, b"", 0), "cannot be fetched: 503 Server Error"),
    ],
)
def test_a_failing_server_is_named_with_the_way_by_hand(tmp_path, place, answer, said):
    with serving(answer) as (url, _), pytest.raises(InputError) as stopped:
        source.fetch(recorded(url), place)
    by_hand = f"fetch the file by hand from {url}, put it at FOLDER/{NAME}, and run the same command with --config"
    assert re.match(rf"{url}: {NAME} {said}.*Next: {by_hand}", str(stopped.value))
    assert left_in(tmp_path / "resources") == []


def test_a_dead_network_is_named(tmp_path, place):
    with serving((200, DATA, len(DATA))) as (url, _):
        pass
    with pytest.raises(InputError, match=rf"^{url}: {NAME} cannot be fetched: .*--config mirror=FOLDER"):
        source.fetch(recorded(url), place)
    assert left_in(tmp_path / "resources") == []


def test_a_file_without_an_address_says_where_it_is_to_be_got(place):
    known = Source(NAME, note="in https://example.org/all.zip")
    with pytest.raises(
        InputError,
        match=rf"{NAME}: no address is recorded.* Next: get it, put it at FOLDER/{NAME}, .*\(in https://example.org/all.zip",
    ):
        source.fetch(known, place)


def test_a_mirror_without_the_file_and_a_mirror_that_is_none_are_told_apart(tmp_path, place):
    (tmp_path / "mirror").mkdir()
    with pytest.raises(InputError, match=rf"mirror/{NAME}: the mirror does not have this file\. Next: put it there"):
        source.fetch(recorded("url"), place, mirror=tmp_path / "mirror")
    with pytest.raises(InputError, match=r"the mirror .*/nowhere is no folder\. Next: "):
        source.fetch(recorded(), place, mirror=tmp_path / "nowhere")


def test_a_truncated_file_of_a_mirror_stops_the_job_and_leaves_nothing(tmp_path, capfd):
    """The script, on a file of the real table."""
    known = source.catalogue()["align/en-hi/test.eng"]
    mirror = mirrored(tmp_path, b"<s snum=26>The Gov", known.file)
    made = Files(tmp_path / "resources" / known.file)
    with pytest.raises(SystemExit) as stopped:
        run("fetch_source", Files(), made, tmp_path / "log", config={"mirror": str(mirror)}, source=known.identity())
    assert stopped.value.code == 1
    message = capfd.readouterr().err
    assert f"{mirror}/{known.file}: {known.file}: 18 bytes, expected 8085: it was cut short. Next: put" in message
    assert "Traceback" not in message
    assert left_in(tmp_path / "resources") == []


@pytest.mark.shared
def test_the_script_fetches_a_real_file_from_the_mirror(shared, tmp_path):
    known = source.catalogue()["align/en-hi/test.eng"]
    made = Files(tmp_path / "resources" / known.file)
    run("fetch_source", Files(), made, tmp_path / "log", config={"mirror": str(shared)}, source=known.identity())
    assert (tmp_path / "resources" / known.file).read_bytes() == (shared / known.file).read_bytes()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("file\turl\n", ":1: expected the columns file, url"),
        ("{header}\na\tb\n", ":2: expected the columns"),
        ("{header}\na\t\tmany\t\t\t\n", ":2: the size 'many' is no number"),
        ("{header}\na\t\t1\tabc\t\t\n", ":2: 'abc' is no sha256"),
        ("{header}\na\t\t\t\t\t\na\t\t\t\t\t\n", ":3: a stands in a row above already"),
    ],
)
def test_a_bad_row_of_the_table_is_named(tmp_path, rows, said):
    path = tmp_path / "sources.tsv"
    path.write_text(rows.format(header="\t".join(Source._fields)))
    with pytest.raises(InputError) as stopped:
        source.catalogue(path)
    assert f"{path}{said}" in str(stopped.value)


def files_of(root, study):
    """List the files that a study names, its languages filled in."""
    config = yaml.safe_load((root / "config.yaml").read_text())
    if study:
        for key, value in yaml.safe_load((root / study).read_text()).items():
            config[key] = config[key] | value if isinstance(value, dict) else value
    files, probing = config["files"], config["probing"]
    yield from (files["distances"], files["sizes"])
    for language in {*config["pretraining"]["languages"], *config["bits"]["languages"]}:
        yield files["text"].format(language=language)
    for language in probing["treebank_languages"]:
        yield from (files["treebank"][language].format(split=split) for split in ("train", "dev", "test"))
    yield from (files["parallel"][language] for language in probing["transfer"]["treebank_languages"])
    for part in files["inference"].values():
        yield from (part["file"].format(language=language) for language in probing["inference_languages"])
    for pair in config["alignment"]["pairs"]:
        entry = files["alignment"]["/".join(pair)]
        yield from filter(None, (entry.get(part) for part in ("source", "target", "links")))


def test_every_file_of_the_paper_has_an_address_or_says_where_it_is_to_be_got(root):
    known = source.catalogue()
    files = set(files_of(root, None))
    assert len(files) > 250
    for file in files:
        assert known[file].url or known[file].note or known[file].sha256, file


def test_every_file_of_the_mini_study_has_a_checksum(root):
    known = source.catalogue()
    assert [file for file in files_of(root, "studies/mini.yaml") if not known[file].sha256] == []


@pytest.mark.shared
def test_the_table_records_what_the_mirror_has(shared):
    known = [one for one in source.catalogue().values() if (shared / one.file).is_file()]
    assert len(known) > 200
    for one in known:
        source.check(shared / one.file, one, shared / one.file, "")
