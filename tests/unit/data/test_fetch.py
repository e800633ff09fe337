"""Where raw files come from, and what is refused on the way."""

import hashlib
import io
import lzma
import re
import tarfile
import urllib.parse

import pytest
from script import Files, left_in, run
from server import Answer, serving

from polychron.data import fetch, sources, text
from polychron.data.download import Policy
from polychron.data.fetch import Place
from polychron.data.sources import Source
from polychron.errors import InputError

DATA = b"# sent_id = 1\n# text = a\n1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n" * 50
SHA256 = hashlib.sha256(DATA).hexdigest()
PAGE = b"<!DOCTYPE html>\n<html><body>Not found</body></html>"
NAME = "ud/UD_Toy/toy-ud-test.conllu"


AT_ONCE = Policy(retries=1, pause=0, timeout=60)
NETWORK = Place(policy=AT_ONCE)
CONFIG = {"mirror": None, "by_hand": None, "sources": [], "downloads": {"retries": 0, "pause": 0, "timeout": 5}}


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
    fetch.fetch(recorded("http://127.0.0.1:9/never-asked"), place, Place(str(mirrored(tmp_path))))
    assert place.read_bytes() == DATA
    assert left_in(tmp_path / "resources") == [NAME]
    assert f"{NAME}: {len(DATA)} bytes from {tmp_path}/mirror/{NAME}, as recorded" in caplog.text


def test_a_file_is_downloaded(tmp_path, place):
    with serving(Answer(DATA), path=f"/{NAME}") as (url, asked):
        fetch.fetch(recorded(url), place, NETWORK)
    assert place.read_bytes() == DATA
    assert left_in(tmp_path / "resources") == [NAME]
    assert [path for path, _ in asked] == [f"/{NAME}"]


def test_a_file_without_a_recorded_checksum_is_taken_and_its_own_is_logged(tmp_path, place, caplog):
    caplog.set_level("INFO", "polychron")
    fetch.fetch(Source(NAME), place, Place(str(mirrored(tmp_path))))
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
    with serving(Answer(content), path=f"/{NAME}") as (url, _), pytest.raises(InputError) as stopped:
        mirror = str(mirrored(tmp_path, content)) if over == "mirror" else None
        fetch.fetch(recorded(url, **changed), place, Place(mirror, policy=AT_ONCE))
    message = str(stopped.value)
    assert f"{NAME}: {said}" in message
    assert message.startswith(mirror or f"{NAME}: cannot be fetched: {url}: ")
    assert ("Next: put the recorded version" if mirror else "Next: try again later, or fetch it by hand") in message
    assert left_in(tmp_path / "resources") == []


@pytest.mark.parametrize("damage", [lambda data: data[:-30], lambda data: b"not found"])
def test_a_compressed_file_without_its_end_is_refused_even_if_nothing_is_recorded(tmp_path, damage):
    name = "text/en.txt.xz"
    mirror = mirrored(tmp_path, damage(lzma.compress(DATA)), name)
    with pytest.raises(InputError, match=r"en\.txt\.xz: no whole xz file \(\d+ bytes\)"):
        fetch.fetch(Source(name), tmp_path / "resources" / name, Place(str(mirror)))
    (mirror / name).write_bytes(lzma.compress(DATA) + bytes(8))  # padding belongs to the format
    fetch.fetch(Source(name), tmp_path / "resources" / name, Place(str(mirror)))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(DATA, cut=1000), "breaks off ("),
        (Answer(PAGE, 404), "404 Not Found"),
        (Answer(b"", 503), "the server is busy"),
        (Answer(PAGE, kind="text/html"), "a web page in place of the file"),
    ],
)
def test_a_failing_server_is_named_with_the_way_by_hand(tmp_path, place, answer, said):
    with serving(answer, path=f"/{NAME}") as (url, _), pytest.raises(InputError) as stopped:
        fetch.fetch(recorded(url), place, NETWORK._replace(by_hand=str(tmp_path / "by-hand")))
    message = str(stopped.value)
    assert message.startswith(f"{NAME}: cannot be fetched: {url}: ")
    assert said in message
    assert (
        f"fetch it by hand from {url}, put it at {tmp_path}/by-hand/{NAME}, and run the same command again" in message
    )
    assert [name for name in left_in(tmp_path / "resources") if ".part" not in name] == []


def test_what_was_fetched_by_hand_comes_first(tmp_path, place):
    (tmp_path / "mirror" / NAME).parent.mkdir(parents=True)
    (tmp_path / "mirror" / NAME).write_bytes(DATA)
    fetch.fetch(recorded("http://127.0.0.1:9/never"), place, Place("elsewhere", str(tmp_path / "mirror")))
    assert place.read_bytes() == DATA


def test_a_second_address_is_asked_where_the_first_is_dead_or_wrong(tmp_path, place):
    with serving(Answer(DATA)) as (dead, _):
        pass
    with serving(Answer(PAGE)) as (wrong, _), serving(Answer(DATA)) as (good, asked):
        fetch.fetch(recorded(f"{dead} {wrong} {good}"), place, NETWORK)
    assert place.read_bytes() == DATA
    assert len(asked) == 1
    assert left_in(tmp_path / "resources") == [NAME]


def test_a_mirror_may_be_an_address(tmp_path, place):
    with serving(Answer(DATA), path="") as (url, asked):
        fetch.fetch(recorded("http://127.0.0.1:9/never"), place, Place(f"{url}/", policy=AT_ONCE))
    assert [path for path, _ in asked] == [f"/{NAME}"]
    assert place.read_bytes() == DATA


def packed(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def release(tmp_path):
    """A release of treebanks as it is published, and what the table says of it."""
    path = packed(tmp_path / "published" / "all.tgz", {"all-2.9/README": b"x", "all-2.9/UD_Toy/toy.conllu": DATA})
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    rows = (
        Source("ud/all.tgz", "http://127.0.0.1:9/", path.stat().st_size, sha256),
        Source("ud/all-2.9/", archive="ud/all.tgz", member="all-2.9/"),
    )
    return path, {row.file: row for row in rows}


def test_a_member_is_read_out_of_an_archive_that_is_downloaded_once(tmp_path, release, caplog):
    caplog.set_level("INFO", "polychron")
    path, known = release
    made = tmp_path / "resources/ud/all-2.9"
    with serving(Answer(path.read_bytes())) as (url, asked):
        known["ud/all.tgz"] = known["ud/all.tgz"]._replace(url=url)
        for name in ("UD_Toy/toy.conllu", "README"):
            fetch.fetch(f"ud/all-2.9/{name}", made / name, NETWORK, known)
    assert len(asked) == 1
    assert (made / "UD_Toy/toy.conllu").read_bytes() == DATA
    assert left_in(tmp_path / "resources") == ["ud/all-2.9/README", "ud/all-2.9/UD_Toy/toy.conllu", "ud/all.tgz"]
    assert "all.tgz (all-2.9/UD_Toy/toy.conllu); no checksum is recorded, its sha256" in caplog.text


@pytest.mark.parametrize("known_by", ["checksum", "address"])
def test_an_archive_that_was_kept_is_fetched_again_when_another_is_recorded(tmp_path, release, known_by):
    path, known = release
    name, member = "ud/all-2.9/UD_Toy/toy.conllu", tmp_path / "resources/ud/all-2.9/UD_Toy/toy.conllu"
    contents = (DATA, DATA + b"\n", DATA)
    for release_of, content in enumerate(contents, start=1):
        packed(path, {"all-2.9/UD_Toy/toy.conllu": content})
        row = known["ud/all.tgz"]._replace(bytes=None, sha256="")
        if known_by == "checksum":
            row = row._replace(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        with serving(Answer(path.read_bytes()), path=f"/{release_of}.tgz") as (url, asked):
            for _ in range(2):
                fetch.fetch(name, member, NETWORK, known | {"ud/all.tgz": row._replace(url=url)})
        assert len(asked) == 1
        assert member.read_bytes() == content


@pytest.mark.parametrize("form", ["as published", "unpacked"])
@pytest.mark.parametrize("kind", ["mirror", "by_hand"])
def test_a_folder_may_have_an_archive_as_published_or_unpacked(tmp_path, release, form, kind):
    path, known = release
    mirror = tmp_path / "mirror"
    if form == "unpacked":
        (mirror / "ud/all-2.9/UD_Toy").mkdir(parents=True)
        (mirror / "ud/all-2.9/UD_Toy/toy.conllu").write_bytes(DATA)
    else:
        (mirror / "ud").mkdir(parents=True)
        path.rename(mirror / "ud/all.tgz")
    file = "ud/all-2.9/UD_Toy/toy.conllu"
    fetch.fetch(file, tmp_path / "resources" / file, Place(**{kind: str(mirror)}), known)
    assert (tmp_path / "resources" / file).read_bytes() == DATA
    assert left_in(tmp_path / "resources") == [file]


def test_an_archive_of_another_content_is_refused(tmp_path, release):
    _, known = release
    file = "ud/all-2.9/UD_Toy/toy.conllu"
    packed(tmp_path / "mirror/ud/all.tgz", {"all-2.9/UD_Toy/toy.conllu": DATA + b"\n"})
    with pytest.raises(InputError, match=r"mirror/ud/all\.tgz: ud/all\.tgz: (another content|\d+ bytes, expected)"):
        fetch.fetch(file, tmp_path / "resources" / file, Place(str(tmp_path / "mirror")), known)
    assert left_in(tmp_path / "resources") == []


def test_a_licence_to_be_accepted_is_named_with_its_address_and_the_folder_for_the_file(tmp_path):
    file = "align/DeEn/de"
    with pytest.raises(InputError) as stopped:
        fetch.fetch(file, tmp_path / file, Place(by_hand="by-hand", policy=AT_ONCE))
    message = str(stopped.value)
    assert message.startswith(
        "align/DeEnGoldAlignment.tar.gz: no address is recorded for this file. Next: fetch it by hand"
    )
    assert "its licence has to be accepted at https://www-i6.informatik.rwth-aachen.de/goldAlignment/" in message
    assert "put it at by-hand/align/DeEnGoldAlignment.tar.gz, and run the same command again" in message


LINES = lzma.compress("".join(f"sentence {number * 7919} \n\n" for number in range(200_000)).encode())
CODE = "cc100/zh-Hans.txt.xz"


def first(number, place, known):
    return fetch.beginning(CODE, lambda pieces: text.first_lines(pieces, number, CODE), place, known)


def test_of_a_text_no_more_is_fetched_than_is_needed(tmp_path, caplog):
    caplog.set_level("INFO", "polychron")
    assert len(LINES) > 200_000
    with serving(Answer(b"busy", 503), Answer(LINES, cut=200_000, said=80 << 30)) as (url, asked):
        lines = first(100, NETWORK, {CODE: Source(CODE, url)})
    assert lines[:2] == ["sentence 0", "sentence 7919"]
    assert len(lines) == 100
    assert len(asked) == 2
    assert re.search(r"the first 100 lines, in the first \d{4,6} bytes", caplog.text)


def test_the_beginning_of_a_text_in_a_mirror(tmp_path):
    mirror = mirrored(tmp_path, LINES, CODE)
    assert first(3, Place(str(mirror)), {}) == ["sentence 0", "sentence 7919", "sentence 15838"]
    with pytest.raises(InputError, match=r"zh-Hans\.txt\.xz: the mirror does not have this file"):
        fetch.beginning("cc100/xx-zh-Hans.txt.xz", list, Place(str(mirror)), {})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(LINES, cut=1000), "cannot be fetched: .*breaks off"),
        (Answer(LINES[:1000]), "breaks off after 1000 bytes"),
        (Answer(b"not compressed at all, but long enough"), "it does not begin as files of xz do"),
        (Answer(PAGE, kind="text/html"), "a web page"),
        (Answer(lzma.compress(b"good\nbad \xff\n")), "zh-Hans.txt.xz:2: byte 0xff is no UTF-8 text"),
        (Answer(lzma.compress(b" \n\n")), "a text without a line"),
    ],
)
def test_a_beginning_that_cannot_be_read_is_named(answer, said):
    with serving(answer) as (url, _), pytest.raises(InputError, match=rf"{said}.*Next: "):
        first(100_000, NETWORK, {CODE: Source(CODE, url)})


def test_the_script_writes_the_first_sentences(tmp_path):
    import pyarrow.parquet

    mirror = mirrored(tmp_path, lzma.compress(b"a  b\n\nc\n"), CODE)
    made = Files(tmp_path / "out" / "zh-Hans.parquet")
    given = {"source": {"file": CODE, "url": ""}, "sentences": 5}
    run("fetch_heldout", Files(), made, tmp_path / "log", config=CONFIG | {"mirror": str(mirror)}, **given)
    assert pyarrow.parquet.read_table(made[0])["sentence"].to_pylist() == ["a b", "c"]
    assert "2 lines only, not 5" in (tmp_path / "log").read_text()


def test_a_file_without_an_address_says_where_it_is_to_be_got(place):
    known = Source(NAME, note="in https://example.org/all.zip")
    with pytest.raises(
        InputError,
        match=rf"{NAME}: no address is recorded.* Next: fetch it by hand \(in https://example.org/all.zip\), put",
    ):
        fetch.fetch(known, place, NETWORK)


def test_a_mirror_without_the_file_and_a_mirror_that_is_none_are_told_apart(tmp_path, place):
    (tmp_path / "mirror").mkdir()
    with pytest.raises(InputError, match=rf"mirror/{NAME}: the mirror does not have this file\. Next: put it there"):
        fetch.fetch(recorded("url"), place, Place(str(tmp_path / "mirror")))
    with pytest.raises(InputError, match=r"the mirror .*/nowhere is no folder\. Next: "):
        fetch.fetch(recorded(), place, Place(str(tmp_path / "nowhere")))


def test_a_truncated_file_of_a_mirror_stops_the_job_and_leaves_nothing(tmp_path, capfd):
    """The script, on a file of the real table."""
    known = sources.catalogue()["align/en-hi/test.eng"]
    mirror = mirrored(tmp_path, b"<s snum=26>The Gov", known.file)
    made = Files(tmp_path / "resources" / known.file)
    with pytest.raises(SystemExit) as stopped:
        run(
            "fetch_source",
            Files(),
            made,
            tmp_path / "log",
            config=CONFIG | {"mirror": str(mirror)},
            source=sources.identity({}, known.file),
        )
    assert stopped.value.code == 1
    message = capfd.readouterr().err
    assert f"{mirror}/{known.file}: {known.file}: 18 bytes, expected 8085: it was cut short. Next: put" in message
    assert "Traceback" not in message
    assert left_in(tmp_path / "resources") == []


@pytest.mark.shared
def test_the_script_fetches_a_real_file_from_the_mirror(shared, tmp_path):
    known = sources.catalogue()["align/en-hi/test.eng"]
    made = Files(tmp_path / "resources" / known.file)
    run(
        "fetch_source",
        Files(),
        made,
        tmp_path / "log",
        config=CONFIG | {"mirror": str(shared)},
        source=sources.identity({}, known.file),
    )
    assert (tmp_path / "resources" / known.file).read_bytes() == (shared / known.file).read_bytes()


@pytest.mark.parametrize("padding", [0, 4, 4096])
def test_an_xz_file_with_padding_is_whole(tmp_path, padding):
    path = tmp_path / "en.txt.xz"
    path.write_bytes(lzma.compress(b"one\ntwo\n") + bytes(padding))
    fetch.check(path, Source("en.txt.xz"), path, "fetch it again")
    assert list(text.corpus_lines(path)) == ["one", "two"]
    path.write_bytes(path.read_bytes()[:30] + bytes(padding))
    with pytest.raises(InputError, match="no whole xz file"):
        fetch.check(path, Source("en.txt.xz"), path, "fetch it again")


@pytest.mark.parametrize("name", ["ud/a b#1?c=d&e.txt", "100%25.txt", "ü/ö.txt"])
def test_a_name_with_marks_of_addresses_is_asked_for_as_a_name(tmp_path, name):
    with serving(Answer(DATA), path="") as (mirror, asked):
        fetch.fetch(Source(name), tmp_path / "out", Place(mirror, policy=AT_ONCE))
    assert [urllib.parse.unquote(path) for path, _ in asked] == [f"/{name}"]
    assert "#" not in asked[0][0] and "?" not in asked[0][0]
