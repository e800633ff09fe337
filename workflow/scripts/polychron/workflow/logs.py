"""Messages of a job: all go to its log file, and warnings and errors to the terminal too."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(message)s"


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
    file.setFormatter(logging.Formatter(FORMAT))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.addHandler(file)
    logger.addHandler(terminal)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(file)
    return logger
