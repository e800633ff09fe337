"""Write the figures of `make torture` from one or more reports of its tests.

    .venv/bin/python benchmarks/torture.py logs/torture.xml

A test records its figures as properties; the page has a row for each test that has any.
"""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from pairing import machine

RESULTS = Path(__file__).parent / "results/torture.md"
PACKAGES = ("hypothesis", "numpy", "pyarrow", "snakemake")
HEAD = """\
# Kills at random moments, and damaged input

Made by `make torture`. The small study of the tests is killed at random moments and started again until it is
finished; all its results are compared with those of an undisturbed run. Readers get damaged files, and the checks of
the config damaged configs: each is read, or refused in one message with the file and the next step.
"""


def rows(report: str) -> list[tuple[str, str, str, str]]:
    """Return name, outcome, seconds and figures of each test of a report in JUnit's format."""
    found = []
    for case in ET.parse(report).getroot().iter("testcase"):
        figures = [f"{each.get('name')}: {each.get('value')}" for each in case.iter("property")]
        bad = case.find("failure") is not None or case.find("error") is not None
        name = f"{case.get('classname', '').rpartition('.')[2]}: {case.get('name')}"
        found.append((name, "failed" if bad else "passed", f"{float(case.get('time')):.0f}", "; ".join(figures)))
    return found


def main() -> None:
    """Write the page."""
    found = [row for report in sys.argv[1:] for row in rows(report)]
    facts = machine(1, PACKAGES)
    for name in ("accelerator", "threads"):
        del facts[name]
    facts["load at the end"] = facts.pop("load at the start")
    lines = [HEAD, "; ".join(f"{name}: {value}" for name, value in facts.items()) + "\n"]
    lines += ["| test | outcome | seconds | figures |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in found]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(found)} tests, {sum(row[1] == 'failed' for row in found)} failed: {RESULTS}")


if __name__ == "__main__":
    main()
