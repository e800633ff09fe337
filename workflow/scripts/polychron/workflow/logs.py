"""Messages of a job: all go to its log file, and warnings and errors to the terminal too.

Passwords and tokens of addresses are left out, also of the messages of other libraries.
"""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import Any

from polychron.redaction import redact

FORMAT = "%(asctime)s %(levelname)s %(message)s"


class _Record(logging.LogRecord):
    """A message without credentials."""

    def getMessage(self) -> str:
        return redact(super().getMessage())


class _Formatter(logging.Formatter):
    """A format whose tracebacks are without credentials too."""

    def formatException(self, info: Any) -> str:
        return redact(super().formatException(info))


def redacting(record: logging.LogRecord) -> bool:
    """Redact a message, and the texts that are logged with it; return True.

    Its first message holds the command line, and with it the address of a mirror.
    """
    if record.args:
        record.msg, record.args = record.getMessage(), None
    for name, value in vars(record).items():
        if isinstance(value, str):
            setattr(record, name, redact(value))
    return True


SCRIPT_ENDED = re.compile(
    r"RuleException:\nCalledProcessError in file .*returned non-zero exit status 1\.\s*", re.DOTALL
)
"""What Snakemake says of a script that ended with an error, which the script has told before."""


def is_new(record: logging.LogRecord) -> bool:
    """Whether a message is not Snakemake's that a script's command failed.

    The script's own message is above it, and the rule and its log below. A command that was killed is told.
    """
    return not SCRIPT_ENDED.fullmatch(record.getMessage())


def shown(record: logging.LogRecord) -> bool:
    """Redact a message of Snakemake's, and drop it if it was told before; a filter for its logger."""
    return redacting(record) and is_new(record)


def to_file(path: str | Path) -> logging.Logger:
    """Send the library's messages to a job's log file, and warnings to standard error too.

    Parameters
    ----------
    path : path-like
        The log file. It is overwritten, and its folder is created if necessary.

    Returns
    -------
    logging.Logger
        The logger ``polychron``, which every module of the library writes to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("polychron")
    logger.setLevel(logging.INFO)
    file = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.setLogRecordFactory(_Record)
    file.setFormatter(_Formatter(FORMAT))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(_Formatter())
    terminal.setLevel(logging.WARNING)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.addHandler(file)
    logger.addHandler(terminal)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(file)
    return logger
