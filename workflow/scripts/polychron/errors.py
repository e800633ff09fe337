"""The error that is raised for faults in the user's input: data, config, checkpoints."""

from __future__ import annotations

from os import PathLike

from polychron.redaction import redact


class InputError(Exception):
    """Some input cannot be used. The message says where, what was found, and what to do next.

    It is shown without a traceback, and without the passwords and tokens of addresses.

    Parameters
    ----------
    what : str
        What was found, and what was expected in its place.
    file : path-like, optional
        The file at fault.
    line : int, optional
        The line at fault, counted from 1.
    remedy : str, optional
        The next step, as an instruction.

    Examples
    --------
    >>> print(InputError("9 columns, expected 10", file="en.conllu", line=7, remedy="fetch the file again"))
    en.conllu:7: 9 columns, expected 10. Next: fetch the file again.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | PathLike[str] | None = None,
        line: int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what, self.file, self.line, self.remedy = redact(what), file, line, remedy and redact(remedy)
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        text = f"{place}{what.rstrip('.')}." + (f" Next: {remedy.rstrip('.')}." if remedy else "")
        super().__init__(redact(text))
