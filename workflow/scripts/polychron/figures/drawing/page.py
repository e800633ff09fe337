"""The page of a figure: it fits the width of its window, and is dark where the reader's system is."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --paper: {paper}; --ink: {ink}; --line: {line}; }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ font: 15px/1.5 {font}; color: var(--ink); background: var(--paper); margin: 1.5rem; }}
figure {{ margin: 0; }}
figcaption {{ max-width: 46rem; overflow-wrap: anywhere; }}
#chart {{ display: block; width: 100%; }}
#chart svg {{ display: block; max-width: 100%; height: auto; }}
#chart .vega-bindings {{ display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: .3rem 0; }}
#chart select, #chart input[type=range] {{ max-width: 60vw; }}
details {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }}
th, td {{ padding: .15rem .8rem .15rem 0; text-align: left; border-bottom: 1px solid var(--line); }}
summary {{ cursor: pointer; }}
@media (max-width: 600px) {{ body {{ margin: .75rem; }} }}
</style>
</head>
<body>
<figure>
<div id="chart" role="img" aria-label="{title}"></div>
<figcaption>
{caption}
</figcaption>
</figure>
{numbers}
<script>{bundle}</script>
<script>
{script}
drawFitted(document.getElementById("chart"), {spec}, {night});
</script>
</body>
</html>
"""

SCRIPT = """
function drawFitted(chart, spec, night) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const NARROW = 600, SMALLEST = 140, MENU = 38;
  const list = part => part.concat || part.hconcat || part.vconcat || [];
  const room = () => chart.clientWidth - MENU;
  const copied = part => JSON.parse(JSON.stringify(part));

  // The colours of paper and ink, and nothing else, are others in the dark.
  function coloured(part) {
    if (typeof part === "string") return Object.hasOwn(night, part) ? night[part] : part;
    if (Array.isArray(part)) return part.map(coloured);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, coloured(value)]));
  }

  function inLines(text, room) {
    const lines = [""];
    for (const word of String(text).split(" ")) {
      const longer = (lines.at(-1) + " " + word).trim();
      if (longer.length * 7.4 > room && lines.at(-1)) lines.push(word); else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  function mostColumns(part, below = false) {
    const own = part.concat ? Math.min(part.columns || part.concat.length, part.concat.length)
      : part.hconcat && !below ? part.hconcat.length : 1;
    const row = below || Boolean(part.concat || part.hconcat);
    return Math.max(own, ...list(part).map(one => mostColumns(one, row)));
  }

  // Panels beside each other in at most so many columns. Parts of one panel stay beside each other.
  function inColumns(part, most, below = false) {
    const row = below || Boolean(part.concat || part.hconcat);
    list(part).forEach(one => inColumns(one, most, row));
    if (part.hconcat && !below && part.hconcat.length > most) {
      part.concat = part.hconcat;
      delete part.hconcat;
    }
    if (part.concat) part.columns = Math.min(part.columns || part.concat.length, most);
  }

  // Take pixels from the widest panel of each row; what is written beside it moves with its edge.
  function narrower(part, excess) {
    if (part.concat || part.vconcat) return list(part).forEach(one => narrower(one, excess));
    const panels = part.hconcat ? part.hconcat.filter(one => typeof one.width === "number") : [part];
    const widest = panels.reduce((one, other) => (one.width || 0) >= (other.width || 0) ? one : other, panels[0]);
    if (!widest || typeof widest.width !== "number" || widest.width <= SMALLEST) return;
    const before = widest.width;
    widest.width = Math.max(before - excess, SMALLEST);
    (function moved(inner) {
      for (const name of ["x", "x2"]) {
        const own = inner.encoding && inner.encoding[name];
        if (own && typeof own.value === "number" && own.value >= before) own.value += widest.width - before;
      }
      (inner.layer || []).forEach(moved);
    })(widest);
  }

  async function tried(made) {
    await vegaEmbed(chart, made, {
      renderer: "svg",
      tooltip: {theme: system.matches ? "dark" : "light"},
      actions: {export: true, source: false, compiled: false, editor: false},
    });
    return chart.querySelector("svg").getAttribute("width") - room();
  }

  let last = 0;
  async function draw() {
    last = chart.clientWidth;
    const base = system.matches ? coloured(spec) : copied(spec);
    base.title.text = inLines(base.title.text, room());
    if (base.title.subtitle) base.title.subtitle = inLines(base.title.subtitle, room());
    if (room() < NARROW) Object.assign(base.config.legend, {orient: "bottom", direction: "horizontal", columns: 3});
    let columns = mostColumns(base), excess = await tried(copied(base));
    while (excess > 0 && columns > 1) {
      columns -= 1;
      inColumns(base, columns);
      excess = await tried(copied(base));
    }
    for (let times = 0; excess > 0 && times < 3; times++) {
      narrower(base, Math.ceil(excess));
      excess = await tried(copied(base));
    }
    chart.dataset.drawn = `${last} ${system.matches ? "dark" : "light"}`;
  }

  // one drawing at a time; what changes meanwhile is drawn after it
  let busy = Promise.resolve();
  const again = () => busy = busy.then(draw);
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => Math.abs(chart.clientWidth - last) > 8 && again(), 200);
  });
  system.addEventListener("change", again);
  again();
}
"""
"""Draws a chart. Panels move below each other until they fit, then the last column becomes narrower."""


def text(
    title: str,
    caption: Sequence[str],
    numbers: Sequence[Mapping[str, str]],
    spec: Mapping[str, Any],
    bundle: str,
    font: str,
    colours: Sequence[str],
    night: Mapping[str, str],
) -> str:
    """Return the page of a figure as HTML.

    Parameters
    ----------
    title, caption, numbers
        See `polychron.figures.chart.Figure`. Each number stands under its name, also where rows have others.
    spec : mapping
        The Vega-Lite specification.
    bundle : str
        The JavaScript that draws it.
    font : str
    colours : sequence of str
        Of the paper, the ink and lines of tables.
    night : mapping of str to str
        What colours become where the reader's system is dark.
    """
    names = ("paper", "ink", "line")
    return PAGE.format(
        title=html.escape(title),
        font=font,
        **dict(zip(names, colours, strict=True)),
        dark=" ".join(f"--{name}: {night[colour]};" for name, colour in zip(names, colours, strict=True)),
        caption="\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in caption),
        numbers=_table(numbers),
        bundle=bundle,
        script=SCRIPT.strip(),
        # inside a script element nothing may look like its end
        spec=json.dumps(spec, sort_keys=True, ensure_ascii=False).replace("<", "\\u003c"),
        night=json.dumps(night),
    )


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return ""

    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    names = list(dict.fromkeys(name for row in rows for name in row))
    head = line(names, "th")
    body = "\n".join(line([row.get(name, "") for name in names], "td") for row in rows)
    return f"<details><summary>The numbers</summary>\n<table>\n{head}\n{body}\n</table>\n</details>"
