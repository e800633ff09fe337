"""Snakemake's report in less space, and with drawings on its first page: scripts of many of its pages are held once.

A page of the report is in a frame of its own, which cannot read the page around it. It asks that page for its script by
a message, once it has been read to its end, and is drawn when the answer is there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter

LARGE = 100_000
"""Characters from which on a script is held once."""

PAGE = re.compile(r'"data:text/html;([^"]*?)base64,([A-Za-z0-9+/=]+)"')
HEAD_END = re.compile(r"</head>\s*<body>")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

ASKING = """<p id="waiting" hidden>What draws this page is in the report that it was taken from, and not in this file. \
Open the report, or the page of this name in the folder of results.</p><script>
addEventListener("message", ({data}) => {
  if (!data || data.name !== "NAME") return;
  for (const text of [data.script, ...[...document.querySelectorAll("script[type=later]")].map(one => one.text)]) {
    const script = document.createElement("script");
    script.text = text;
    document.head.append(script);
  }
});
if (parent === window) document.getElementById("waiting").hidden = false;
else addEventListener("DOMContentLoaded", () => parent.postMessage({asks: "NAME"}, "*"));
</script>"""
"""What a page has in the place of a script that is held once. Scripts after it wait for it."""

ANSWERING = """<script id="shared-scripts">
const sharedScripts = SCRIPTS;
addEventListener("message", ({data, source}) => {
  const name = data && data.asks;
  if (Object.hasOwn(sharedScripts, name)) source.postMessage({name, script: sharedScripts[name]}, "*");
});
</script>
"""


def share_scripts(report: str) -> str:
    """Return a report in which each large script of its pages is held once.

    Parameters
    ----------
    report : str
        A report of Snakemake as one HTML page, in which other pages are data.

    Returns
    -------
    str
        The same if no script is in two pages.
    """
    pages = {found: base64.b64decode(found[2]).decode() for found in PAGE.finditer(report)}
    held = Counter(script for text in pages.values() for script in set(SCRIPT.findall(text)) if len(script) > LARGE)
    shared = {hashlib.sha256(script.encode()).hexdigest()[:16]: script for script, times in held.items() if times > 1}
    names = {script: name for name, script in shared.items()}
    if not shared:
        return report
    parts, end = [], 0
    for found, text in pages.items():
        parts += [report[end : found.start(2)], base64.b64encode(_asking(text, names).encode()).decode()]
        end = found.end(2)
    whole = "".join([*parts, report[end:]])
    # inside a script element nothing may look like its end
    scripts = json.dumps(shared, ensure_ascii=False).replace("<", "\\u003c")
    head = HEAD_END.search(whole).start()
    return whole[:head] + ANSWERING.replace("SCRIPTS", scripts, 1) + whole[head:]


def _asking(page: str, names: dict[str, str]) -> str:
    """Return a page that asks for its large script."""
    large = next((found for found in SCRIPT.finditer(page) if found[1] in names), None)
    if large is None:
        return page
    after = page[large.end() :].replace("<script>", '<script type="later">')
    return page[: large.start()] + ASKING.replace("NAME", names[large[1]]) + after


RESULTS = re.compile(r'<script id="results">\s*var results = ')
THUMBNAIL = re.compile(r'<object class=\\"thumbnail\\" data=\\"([^"\\]+)\\"[^>]*>([^<]*)</object>')
"""How a drawing is written in the text of the first page, which is a string of JavaScript."""


def fill_thumbnails(report: str) -> str:
    """Return a report whose first page shows drawings, which its text names by their paths, from the report itself."""
    begin = RESULTS.search(report)
    if begin is None:
        return report
    results, _ = json.JSONDecoder().raw_decode(report, begin.end())

    def filled(found: re.Match[str]) -> str:
        if found[1] not in results:
            return found[2]
        return rf"<img class=\"thumbnail\" src=\"{results[found[1]]['data_uri']}\" alt=\"{found[2]}\">"

    return THUMBNAIL.sub(filled, report)


def finish(report: str) -> str:
    """Return a report of Snakemake as it is given to readers."""
    return share_scripts(fill_thumbnails(report))
