"""The report of the audit: all claims with their verdicts, as CSV and as a page."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.audit.claims import KINDS, VERDICTS, Verdict, counts, held
from polychron.audit.measurement import MEASURES
from polychron.audit.readings import READINGS

COLUMNS = (
    "id", "section", "kind", "verdict", "statement", "measured", "paper", "unit", "comparison", "tolerance", "detail",
    "closest_reading", "closest_value", "open_points", "items", "needs", "own_tables_agree",
    "own_languages",
)  # fmt: skip


def shown(value: Any) -> str:
    """Format a value of a claim.

    Examples
    --------
    >>> [shown(value) for value in (True, 115000.0, 0.20833, [9, 72], None, 2.0382)]
    ['true', '115,000', '0.2083', '9, 72', '', '2.038']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def expected(verdict: Verdict) -> str:
    """Format the paper's value, and how close the measured value must be."""
    claim = verdict.claim
    value = shown(claim.value)
    if claim.comparison == "within":
        return f"{value} ± {shown(claim.tolerance)}"
    return value if claim.comparison in ("equal", "true") else f"{claim.comparison} {value}"


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as CSV, one row for each claim, in the order of the claims; see `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in verdicts:
        claim = one.claim
        values = (claim.id, claim.section, claim.kind, one.verdict, claim.statement)
        values += (one.measured, claim.value, claim.unit, claim.comparison, claim.tolerance, one.detail)
        values += (one.closest, one.readings.get(one.closest), " ".join(claim.readings), " ".join(claim.items))
        writer.writerow([_plain(value) for value in (*values, claim.needs, one.paper, one.own)])
    return text.getvalue()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:.10g}" if isinstance(value, float) else json.dumps(value)


def readings(verdicts: Sequence[Verdict]) -> str:
    """Return as CSV the value of each claim under each reading that changes it: id, reading, value, paper, closest."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "reading", "value", "paper", "closest"))
    for one in verdicts:
        for name, value in one.differing.items():
            row = (one.claim.id, name, _plain(value), _plain(one.claim.value), str(name == one.closest).lower())
            writer.writerow(row)
    return text.getvalue()


def summary(verdicts: Sequence[Verdict]) -> str:
    """Count the verdicts in a sentence, what was not run first.

    Examples
    --------
    >>> summary([])
    'Of 0 claims 0 were not run, 0 fail and 0 hold'
    """
    found = counts(verdicts)
    return f"Of {len(verdicts)} claims {found['not run']} were not run, {found['fails']} fail and {found['holds']} hold"


def page(verdicts: Sequence[Verdict], title: str, model: str, defaults: Mapping[str, str]) -> str:
    """Write the verdicts as a page that needs nothing besides itself.

    Parameters
    ----------
    verdicts : sequence of Verdict
    title, model : str
        Heading, and the name of the model that was studied.
    defaults : mapping of str to str
        The chosen reading of each open definition.
    """
    kinds = "".join(
        f"<tr><th scope=row>{kind}</th>"
        + "".join(f"<td class=number>{number}</td>" for number in counts(_of(verdicts, kind)).values())
        + "</tr>"
        for kind in KINDS
    )
    sections = sorted({one.claim.section for one in verdicts}, key=_section)
    filters = "".join(
        f"<label>{name} <select data-field={name}><option value=''>all</option>"
        + "".join(f"<option>{html.escape(value)}</option>" for value in values)
        + "</select></label>"
        for name, values in (("verdict", VERDICTS), ("kind", KINDS), ("section", sections))
    )
    points = "".join(
        _reading(name, option, meaning, defaults[name], verdicts)
        for name, reading in READINGS.items()
        for option, meaning in reading.alternatives.items()
    )
    return PAGE.format(
        title=html.escape(title),
        model=html.escape(model),
        summary=html.escape(summary(verdicts)),
        heads="".join(f"<th class=number>{verdict}</th>" for verdict in VERDICTS),
        kinds=kinds,
        filters=filters,
        rows="\n".join(map(_row, verdicts)),
        points=points,
    )


def _reading(name: str, option: str, meaning: str, default: str, verdicts: Sequence[Verdict]) -> str:
    chosen = f"<b>{option}</b>" if option == default else option
    kept, touched = held(verdicts, name, option, default)
    count = f"{kept} of {touched}" if touched else ""
    cells = (READINGS[name].point, name, chosen, html.escape(meaning), count)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"


def _of(verdicts: Sequence[Verdict], kind: str) -> list[Verdict]:
    return [one for one in verdicts if one.claim.kind == kind]


def _section(name: str) -> tuple[bool, str]:
    return (not name[0].isdigit(), name)


def _row(one: Verdict) -> str:
    claim = one.claim
    place = "".join(f' <a href="../{item.partition("-")[0]}s/{item}.html">{_item(item)}</a>' for item in claim.items)
    detail = html.escape(one.detail)
    if one.differing:
        values = "".join(
            f"<li{' class=closest' if name == one.closest else ''}>{html.escape(name)}: {shown(value)}</li>"
            for name, value in one.differing.items()
        )
        nearest = "the default" if one.closest == "default" else html.escape(one.closest)
        detail += f"<details><summary>nearest to the paper: {nearest}</summary><ul>{values}</ul></details>"
    if one.own is not None:
        detail += f"<div>In this study's own languages, steps and layers: {html.escape(shown(one.own))}</div>"
    if one.paper:
        agree, _, why = one.paper.partition(": ")
        said = "agree with" if agree == "yes" else "contradict"
        mark = "" if agree == "yes" else " class=contradicted"
        detail += f"<div{mark}>The paper's own tables {said} it: {html.escape(why)}</div>"
    how = " ".join((MEASURES[claim.measure].__doc__ or "").strip().splitlines()[:1])
    points = f"<div><small>{' '.join(claim.readings)}</small></div>" if claim.readings else ""
    return (
        f'<tr data-verdict="{one.verdict}" data-kind="{claim.kind}" data-section="{html.escape(claim.section)}">'
        f"<td class={one.verdict.replace(' ', '')}>{one.verdict}</td><td>{html.escape(claim.section)}</td>"
        f"<td><details><summary>{html.escape(claim.statement)}</summary><small>{claim.id}: {html.escape(how)}</small>"
        f"</details>{place}</td><td class=number>{html.escape(shown(one.measured))}</td>"
        f"<td class=number>{html.escape(expected(one))}<br><small>{html.escape(claim.unit)}</small></td>"
        f"<td>{detail}{points}</td></tr>"
    )


def _item(item: str) -> str:
    kind, _, number = item.partition("-")
    return f"{kind.capitalize()} {int(number)}"


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.45 Liberation Sans, Arial, Helvetica, sans-serif; color: #222; margin: 1.5rem; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e3e3e3; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
small, .notrun {{ color: #666; }}
.holds {{ color: #006b4f; }}
.fails {{ color: #b34700; font-weight: 600; }}
.holds::before {{ content: "✓ "; }} .fails::before {{ content: "✗ "; }} .notrun::before {{ content: "– "; }}
.notrun, .fails, .holds {{ white-space: nowrap; }}
.contradicted {{ color: #b34700; }}
.closest {{ font-weight: 600; }}
summary {{ cursor: pointer; }}
label {{ margin-right: 1rem; }}
#claims {{ width: 100%; }}
#claims td:nth-child(3) {{ min-width: 18rem; }}
#claims thead th {{ position: sticky; top: 0; background: white; }}
p {{ max-width: 46rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p><b>{summary}</b>, on the model {model}. A claim that was not run is no success: what it needs stands beside it.</p>
<table>
<tr><th>kind of claim</th>{heads}</tr>
{kinds}
</table>
<p>Setup claims compare this study's own config, or the paper's lists, with what the paper says; derived ones check the
paper's numbers against each other; statistics are correlations, those of Tables 4 and 5 and of Appendix B.2.</p>
<form>{filters}<label>words <input type="search" id="words"></label> <span id="number"></span></form>
<table id="claims">
<thead><tr><th>verdict</th><th>section</th><th>claim</th><th class=number>measured</th><th class=number>paper</th>
<th>what it rests on</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<h2>Readings</h2>
<p>What the paper leaves open is computed in all these readings where arithmetic is enough; the verdicts are those
of the readings in bold. Claims are counted with one
reading changed at a time, among those that could be computed with it.</p>
<table>
<tr><th>point</th><th>definition</th><th>reading</th><th>meaning</th><th>claims that hold</th></tr>
{points}
</table>
<script>
// in a report the page stands in a frame, without the files that it links to
if (window !== window.top)
  for (const link of document.querySelectorAll("#claims a")) link.replaceWith(link.textContent);
const rows = [...document.querySelectorAll("#claims tbody tr")];
const selects = [...document.querySelectorAll("select")];
const words = document.getElementById("words");
function filter() {{
  const wanted = words.value.toLowerCase();
  let number = 0;
  for (const row of rows) {{
    const kept = selects.every(select => !select.value || row.dataset[select.dataset.field] === select.value)
      && row.textContent.toLowerCase().includes(wanted);
    row.hidden = !kept;
    number += kept;
  }}
  document.getElementById("number").textContent = number + " of " + rows.length;
}}
for (const input of [...selects, words]) input.addEventListener("input", filter);
document.querySelector("form").addEventListener("submit", event => event.preventDefault());
filter();
</script>
</body>
</html>
"""
