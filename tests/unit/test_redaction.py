"""Passwords and tokens are left out of texts, and nothing else is."""

import logging

import pytest

from polychron.errors import InputError
from polychron.redaction import credentials, redact
from polychron.workflow import logs

SECRET = "S3CRETpa55word"

SECRETS = [
    f"http://joe:{SECRET}@127.0.0.1:9/m",
    f"HTTP://joe:{SECRET}@HOST/m",
    f"http://{SECRET}@host/m",
    f"http://joe:p@{SECRET}@host/m",
    f"http://joe:p/{SECRET}@host/m",
    f"http://joe:p#{SECRET}@host/m",
    f"http://joe:p?{SECRET}@host/m",
    f"http://joe:12{SECRET}@host:80/m",
    f"http://:{SECRET}@[::1]:80/m",
    f"ftp://joe:{SECRET}@host",
    f"s3+https://joe:%40{SECRET}@host",
    f"joe:{SECRET}@host/m",
    f"//joe:{SECRET}@host/m",
    f"http:/joe:{SECRET}@host/m",
    f"'http://joe:{SECRET}@host/a' and \"http://joe:{SECRET}@host/b\"",
    f"mirror=http://joe:{SECRET}@host/m, and more",
    f"https://host/a.txt?token={SECRET}",
    f"https://host/a.txt?a=1&access_token={SECRET}&b=2",
    f"https://host/a.txt?X-Amz-Signature={SECRET}&X-Amz-Date=20261127",
    f"https://host/a.txt?sv=2026&sig={SECRET}%3D",
    f"https://host/a.txt?x={SECRET * 3}",
    f"HTTPConnectionPool(host='h', port=9): Max retries exceeded with url: /m/a?api_key={SECRET} (Caused by)",
    f"Authorization: Bearer {SECRET}",
    f"Authorization: Basic {SECRET}==",
    f"a token hf_{SECRET} in a text",
    f"cannot be reached: http://joe:{SECRET}@host: 404; http://joe:{SECRET}@other: 500",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_left(text):
    assert SECRET not in redact(text) and "***" in redact(text)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/pkg/@scope/a.txt",
        "http://127.0.0.1:8080/@v/list",
        "https://lindat.mff.cuni.cz/repository/xmlui/bitstream/handle/11234/1-4611/ud-treebanks-v2.9.tgz?sequence=1",
        "https://example.org/a.txt?download=1&design=2&keyboards",
        "EleutherAI/pythia-160m@0123456789ab",
        "data/de.conllu:7: 9 columns, expected 10. Next: fetch it again.",
        "write to a@example.org or b@example.org: 12:30 or 13:30",
        "sha256 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7",
        "basic training, bearer of news",
        "files.text: /data/{language}.txt.xz",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_an_address_stays_readable():
    assert redact(f"http://joe:{SECRET}@host:80/m/a.txt: 404 Not Found") == "http://***@host:80/m/a.txt: 404 Not Found"


def test_an_address_with_a_password_is_found_in_a_config():
    config = {"a": [{"b": f"http://joe:{SECRET}@h"}], "c": None, "d": 0.5}
    assert credentials(config) == "a[0].b"
    assert credentials({"a": "http://h/x", "b": 1, "c": f"joe:{SECRET}@h"}) is None


def test_errors_and_logs_are_redacted(tmp_path, capsys):
    address = f"http://joe:{SECRET}@host"
    error = InputError(f"{address}: 404", file=f"{address}/a", remedy=f"look at {address}")
    assert SECRET not in f"{error} {error.what} {error.remedy} {error!r}"
    logger = logs.to_file(tmp_path / "a.log")
    logger.warning("%s: %d bytes", address, 3)
    try:
        raise ValueError(address)
    except ValueError as fault:
        logger.exception("%s", fault)
    logging.getLogger("another.library").warning("Retrying %s", address)
    written = (tmp_path / "a.log").read_text() + capsys.readouterr().err
    assert SECRET not in written and written.count("http://***@host: 3 bytes") == 2 and "Traceback" in written


def test_what_snakemake_logs_is_redacted(caplog):
    logger = logging.getLogger("a.snakemake")
    logger.addFilter(logs.redacting)
    command = f"snakemake --config mirror=http://joe:{SECRET}@host"
    logger.warning("started", extra={"cmd": command, "jobs": 3})
    logger.warning("%s of %d", command, 4)
    assert [record.getMessage() for record in caplog.records][1].endswith("mirror=http://***@host of 4")
    assert caplog.records[0].cmd.endswith("mirror=http://***@host") and caplog.records[0].jobs == 3
