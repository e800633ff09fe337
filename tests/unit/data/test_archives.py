"""Members of archives: what is read out of them, and what is refused before anything is written."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile

import pytest
from script import left_in

from polychron.data import archives
from polychron.errors import InputError

FILES = {
    "XNLI-1.0/xnli.dev.tsv": b"language\nen\n",
    "XNLI-1.0/LICENSE": b"free",
    "__MACOSX/XNLI-1.0/._xnli.dev.tsv": b"x",
}


def a_zip(path, files=FILES):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def a_tar(path, files=FILES, links=()):
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, kind, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return path


MAKERS = pytest.mark.parametrize(
    "make", [("a.zip", a_zip), ("a.tgz", a_tar), ("a.tar", a_tar)], ids=lambda make: make[0]
)


@MAKERS
def test_one_file_is_read_out(tmp_path, make):
    archive = make[1](tmp_path / make[0])
    assert archives.extract(archive, "XNLI-1.0/xnli.dev.tsv", tmp_path / "out") == ["XNLI-1.0/xnli.dev.tsv"]
    assert (tmp_path / "out").read_bytes() == FILES["XNLI-1.0/xnli.dev.tsv"]
    assert left_in(tmp_path) == [make[0], "out"]


@MAKERS
def test_several_are_joined_in_the_order_of_their_numbers(tmp_path, make):
    files = {f"./RoEn/test/test.{number}.e": f"{number}\n".encode() for number in (10, 9, 1, 2)}
    archive = make[1](tmp_path / make[0], files | {"./RoEn/test/test.1.r": b"no", "./RoEn/README": b"no"})
    names = archives.extract(archive, "*test/test*.e", tmp_path / "out")
    assert names[-1] == "RoEn/test/test.10.e"
    assert (tmp_path / "out").read_text() == "1\n2\n9\n10\n"


@MAKERS
def test_a_file_that_is_not_there_is_told_with_those_that_are(tmp_path, make):
    archive = make[1](tmp_path / make[0])
    with pytest.raises(
        InputError, match=r"the archive has no XNLI-1\.0/xnli\.test\.tsv; it has XNLI-1\.0/xnli\.dev\.tsv"
    ):
        archives.extract(archive, "XNLI-1.0/xnli.test.tsv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@MAKERS
@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "..\\outside", "C:/outside"])
def test_an_archive_that_leads_outside_is_refused(tmp_path, make, name):
    archive = make[1](tmp_path / make[0], {name: b"x", **FILES})
    with pytest.raises(InputError, match=r"leads outside.*do not use this archive"):
        archives.extract(archive, "XNLI-1.0/xnli.dev.tsv", tmp_path / "out")
    assert left_in(tmp_path) == [make[0]]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(tmp_path, kind):
    archive = a_tar(tmp_path / "a.tgz", FILES, [("data.tsv", kind, "/etc/passwd")])
    with pytest.raises(InputError, match=r"data\.tsv is no plain file"):
        archives.extract(archive, "data.tsv", tmp_path / "out")
    assert left_in(tmp_path) == ["a.tgz"]


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("data.tsv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match=r"data\.tsv is no plain file"):
        archives.extract(tmp_path / "a.zip", "data.tsv", tmp_path / "out")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["a.zip", "a.tgz"])
def test_a_name_that_is_there_twice_is_refused(tmp_path, name):
    path = tmp_path / name
    if name == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            for content in ("one", "two"):
                archive.writestr("data.tsv", content)
    else:
        a_tar(path, {"data.tsv": b"one", "./data.tsv": b"two"})
    with pytest.raises(InputError, match="twice"):
        archives.extract(path, "data.tsv", tmp_path / "out")


def test_a_bomb_is_refused_before_it_is_read(tmp_path):
    archive = a_zip(tmp_path / "a.zip", {"data.tsv": bytes(64 << 20)})
    with pytest.raises(InputError, match="says that it has 67,108,864 bytes, expected at most"):
        archives.extract(archive, "data.tsv", tmp_path / "out")
    archive = a_tar(tmp_path / "a.tar", {"data.tsv": bytes(1000)})
    with pytest.raises(InputError, match="expected at most 999"):
        archives.extract(archive, "data.tsv", tmp_path / "out", largest=999)
    assert left_in(tmp_path) == ["a.tar", "a.zip"]


def noise(size):
    return bytes(number * number * 7919 >> 5 & 255 for number in range(size))


@pytest.mark.parametrize("keep", [0.3, 0.9])
@MAKERS
def test_an_archive_that_breaks_off_leaves_nothing(tmp_path, make, keep):
    archive = make[1](tmp_path / make[0], {"data.tsv": noise(200_000)})
    archive.write_bytes(archive.read_bytes()[: int(keep * archive.stat().st_size)])
    with pytest.raises(InputError, match=r"no whole archive|cannot be read.*Next: "):
        archives.extract(archive, "data.tsv", tmp_path / "out")
    assert left_in(tmp_path) == [make[0]]


def test_a_damaged_archive_is_found_by_its_checksum(tmp_path):
    archive = a_zip(tmp_path / "a.zip", {"data.tsv": noise(200_000)})
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    with pytest.raises(InputError, match="no whole archive: it breaks off or is damaged"):
        archives.extract(archive, "data.tsv", tmp_path / "out")


@pytest.mark.parametrize(
    "content", [b"<html>sign in</html>", gzip.compress(b"<html>"), b""], ids=["a page", "a page in gzip", "nothing"]
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.tgz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.tgz: no whole archive"):
        archives.extract(tmp_path / "a.tgz", "data.tsv", tmp_path / "out")


PACK = {"a.tar": lambda data: data, "a.tgz": gzip.compress, "a.tar.bz2": bz2.compress, "a.tar.xz": lzma.compress}


def inside(files=FILES):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return whole.getvalue()


@pytest.mark.parametrize("name", PACK)
def test_every_kind_of_tar_is_read_whose_end_is_padded_and_no_more(tmp_path, name):
    archive = tmp_path / name
    archive.write_bytes(PACK[name](inside() + bytes(40_960)))
    archives.extract(archive, "XNLI-1.0/xnli.dev.tsv", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == FILES["XNLI-1.0/xnli.dev.tsv"]
    for whole in (PACK[name](inside() + b"more"), PACK[name](inside()) + b"more"):
        archive.write_bytes(whole)
        with pytest.raises(InputError, match=r"behind the end of the archive|no whole archive"):
            archives.extract(archive, "XNLI-1.0/xnli.dev.tsv", tmp_path / "out")


def test_a_zip_with_something_behind_its_end_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("data.tsv", "text")
        archive.comment = b"a comment"
    assert archives.extract(tmp_path / "a.zip", "data.tsv", tmp_path / "out") == ["data.tsv"]
    with open(tmp_path / "a.zip", "ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match="4 bytes behind the end of the archive"):
        archives.extract(tmp_path / "a.zip", "data.tsv", tmp_path / "out")


@pytest.mark.parametrize("name", ["a.tgz", "a.tar.bz2", "a.tar.xz"])
@pytest.mark.parametrize("wanted", ["data.tsv", "other.tsv"])
def test_a_tar_that_expands_too_far_is_refused_whichever_member_is_wanted(tmp_path, monkeypatch, name, wanted):
    monkeypatch.setattr(archives.streams, "FREE", 1 << 20)
    (tmp_path / name).write_bytes(PACK[name](inside({"other.tsv": b"x", "data.tsv": bytes(8 << 20)})))
    with pytest.raises(InputError, match="expand to more than 250 times"):
        archives.extract(tmp_path / name, wanted, tmp_path / "out")
    assert left_in(tmp_path) == [name]


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_header_without_bound_is_not_taken_into_memory(tmp_path, kind):
    info = tarfile.TarInfo("data.tsv")
    info.type, info.size = kind, 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(InputError, match=r"a header of 1,099,511,627,776 bytes"):
        archives.extract(tmp_path / "a.tar", "data.tsv", tmp_path / "out")


@MAKERS
def test_members_that_are_joined_are_bounded_together(tmp_path, make):
    archive = make[1](tmp_path / make[0], {f"{number}.tsv": bytes(600) for number in range(3)})
    with pytest.raises(InputError, match=r"2\.tsv says that it has 600 bytes, expected at most 300"):
        archives.extract(archive, "*.tsv", tmp_path / "out", largest=1500)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_not_deflated_is_refused(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("data.tsv", bytes(1000))
    with pytest.raises(InputError, match="a compression other than deflate"):
        archives.extract(tmp_path / "a.zip", "data.tsv", tmp_path / "out")


def test_names_that_no_terminal_can_show_are_shown_escaped(tmp_path):
    archive = a_tar(tmp_path / "a.tar", {"\udcff\x1b[31m.tsv": b"x", "n" * 3000 + ".tsv": b"x"})
    with pytest.raises(InputError) as stopped:
        archives.extract(archive, "data.tsv", tmp_path / "out")
    message = str(stopped.value)
    assert message.isprintable() and len(message) < 500
    message.encode("utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (inside()[:1024] + b"junk" * 128 + bytes(10_000), r"\d bytes behind the end"),
        (inside()[:1536] + bytes(10_000), None),
        (inside()[:1024], "its end is missing"),
        (inside()[:1024] + bytes(100), "no whole archive"),
        (inside() + inside(), "bytes behind the end"),
        (b"\x28\xb5\x2f\xfd" + bytes(1000), "an archive of zstd, which is not read"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(1000), "an archive of 7z, which is not read"),
        (b"PK\5\6" + bytes(18), "it has nothing"),
    ],
)
def test_what_ends_too_early_or_goes_on_is_refused(tmp_path, content, said):
    (tmp_path / "a").write_bytes(content)
    wanted = "XNLI-1.0/xnli.dev.tsv"
    if said is None:
        assert archives.extract(tmp_path / "a", wanted, tmp_path / "out") == [wanted]
    else:
        with pytest.raises(InputError, match=said):
            archives.extract(tmp_path / "a", wanted, tmp_path / "out")


PAX = [
    b"99999999999999999999 a=b\n",
    b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.name=data.x\n",
    b"18 size=999999999\n",
    b"12 size=-99\n",
]


@pytest.mark.parametrize("records", PAX)
def test_extended_headers_that_make_no_sense_are_refused(tmp_path, records):
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    (tmp_path / "a.tar").write_bytes(info.tobuf() + records.ljust(512, b"\0") + inside())
    with pytest.raises(InputError, match="no whole archive"):
        archives.extract(tmp_path / "a.tar", "XNLI-1.0/xnli.dev.tsv", tmp_path / "out")
