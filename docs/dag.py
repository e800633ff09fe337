"""Draw the graph of the rules: `make docs` writes docs/dag.svg, and a test says when it is out of step.

The boxes and their places are written here. The rules and the arrows come from Snakemake.
"""

import re
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

STUDIES = (["studies/toy.yaml"], ["studies/own.yaml", "--config", "bits={languages: [de]}"])
"""A study that pretrains its model, which gives the arrows, and one whose checkpoints are fetched."""

BOXES = {
    # name: (column, top edge, rules)
    "sources": (0, 20, ["synthesise_world", "fetch_source", "bundle_javascript"]),
    "examples": (
        0,
        132,
        [
            "tabulate_treebank",
            "tabulate_inference",
            "tabulate_inference_sentences",
            "tabulate_translations",
            "tabulate_bitext",
            "tabulate_entities",
            "split_text",
            "fetch_heldout",
        ],
    ),
    "vocabulary": (1, 278, ["train_sentencepiece", "fetch_vocabulary"]),
    "pretraining": (2, 376, ["binarize_text", "pretrain", "count_text"]),
    "tokenizer": (1, 376, ["make_tokenizer", "fetch_tokenizer"]),
    "pieces": (0, 478, ["tokenize_examples"]),
    "checkpoints": (2, 478, ["resolve_checkpoint", "convert_checkpoint", "fetch_checkpoint"]),
    "checks": (
        2,
        594,
        [
            *("examine_checkpoint", "measure_displacement", "compare_checkpoints", "admit_checkpoint"),
            "describe_models",
        ],
    ),
    "features": (1, 728, ["extract_features"]),
    "probing": (
        1,
        810,
        [
            "train_probe",
            "train_control",
            "measure_description_length",
            "train_alternative",
            "tabulate_targets",
            "transfer_probe",
            "score_spans",
            "score_baseline",
        ],
    ),
    "intrinsic": (2, 810, ["measure_bits", "align_words", "match_words"]),
    "geometry": (
        0,
        728,
        [
            *("tabulate_parallel", "join_sentences", "pool_sentences", "compare_languages", "compare_steps"),
            *("retrieve_sentences", "identify_languages", "retrieve_translations", "map_words", "map_dictionary"),
            *("transfer_centred", "gather_geometry", "tabulate_factors"),
        ],
    ),
    "examined data": (2, 980, ["examine_data", "check_data"]),
    "scores": (1, 980, ["gather_scores", "check_study", "check_geometry"]),
    "analysis": (
        1,
        1078,
        [
            *("trace_trajectories", "trace_geometry", "estimate_intervals", "tabulate_sizes", "correlate_factors"),
            *("explain_transfer", "gather_sensitivity", "compare_settings"),
        ],
    ),
    "figures": (0, 1250, ["draw_figure_NN", "build_explorer"]),
    "tables": (1, 1250, ["write_table_N", "summarise_study"]),
    "audit": (2, 1250, ["audit_claims", "audit_literature"]),
}

TARGETS = {"all", "data", "findings", "audit", "scores", "figures", "tables", "explorer", "resolve"}
WIDTH, LINE, HEAD, COLUMN = 200, 17, 24, 260


def rule_graph(study: list[str]) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the rules of a study and the pairs (rule, rule that reads its output)."""
    overlay, *further = study
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "snakemake", "--directory", folder, "--configfile", overlay, *further]
        done = subprocess.run(
            [*command, "--rulegraph", "--", "all", "data"], cwd=CHECKOUT, capture_output=True, text=True
        )
    if done.returncode:
        sys.exit(done.stderr)
    names = dict(re.findall(r'(\d+)\[label = "(\w+)', done.stdout))
    edges = re.findall(r"(\d+) -> (\d+)", done.stdout)
    named = {(shown(names[a]), shown(names[b])) for a, b in edges if {names[a], names[b]}.isdisjoint(TARGETS)}
    return {shown(name) for name in names.values() if name not in TARGETS}, named


def shown(rule: str) -> str:
    """Return the name under which a rule is shown: those of figures and tables share one line."""
    if rule.startswith("draw_figure_"):
        return "draw_figure_NN"
    return "write_table_N" if rule.startswith("write_table_") else rule


def arrows(edges: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the arrows between boxes, without those that a longer way says already."""
    box = {rule: name for name, (_, _, rules) in BOXES.items() for rule in rules}
    pairs = {(box[a], box[b]) for a, b in edges if box[a] != box[b]}
    after = {name: {b for a, b in pairs if a == name} for name in BOXES}

    def reached(name: str) -> set[str]:
        return after[name].union(*(reached(other) for other in after[name]))

    return sorted((a, b) for a, b in pairs if not any(b in reached(other) for other in after[a] - {b}))


def svg(rules: set[str], edges: set[tuple[str, str]]) -> str:
    """Return the picture.

    Parameters
    ----------
    rules, edges
        What `rule_graph` returns of the study that gives the arrows. Rules of other studies are grey.
    """
    places = {name: (20 + column * COLUMN, top) for name, (column, top, _) in BOXES.items()}
    height = {name: HEAD + LINE * len(rules) + 6 for name, (_, _, rules) in BOXES.items()}
    width = 40 + 2 * COLUMN + WIDTH
    tall = max(y + height[name] for name, (_, y) in places.items()) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {tall:g}" width="{width}" height="{tall:g}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">',
        "<title>The rules of polychron, and what reads what</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#666"/></marker></defs>',
        f'<rect width="{width}" height="{tall:g}" fill="white"/>',
    ]
    for a, b in arrows(edges):
        (xa, ya), (xb, yb) = places[a], places[b]
        x1, y1, x2, y2 = xa + WIDTH / 2, ya + height[a], xb + WIDTH / 2, yb
        if xa == xb:  # straight down
            path = f"M{x1:g} {y1:g} L{x2:g} {y2:g}"
        else:
            x2 += 30 if xa > xb else -30
            bend = min(60, (y2 - y1) * 0.6)
            path = f"M{x1:g} {y1:g} C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
        parts.append(f'<path d="{path}" fill="none" stroke="#888" marker-end="url(#head)"/>')
    for name, (x, y) in places.items():
        parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{height[name]}" rx="5" '
            f'fill="#f3f6fa" stroke="#5b7a9d"/>'
            f'<text x="{x + 10:g}" y="{y + 17:g}" font-weight="bold" fill="#1f3a57">{escape(name)}</text>'
        )
        for place, rule in enumerate(BOXES[name][2]):
            colour = "#222" if rule in rules else "#888"
            parts.append(
                f'<text x="{x + 10:g}" y="{y + HEAD + LINE * (place + 0.75):g}" fill="{colour}">{escape(rule)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def picture() -> str:
    """Ask Snakemake, and return the picture."""
    (rules, edges), (others, _) = (rule_graph(study) for study in STUDIES)
    drawn = [rule for _, _, rules in BOXES.values() for rule in rules]
    missing = (rules | others) - set(drawn)
    if missing:
        sys.exit(f"docs/dag.py has no box for {', '.join(sorted(missing))}: add them to BOXES")
    return svg(rules, edges)


if __name__ == "__main__":
    (CHECKOUT / "docs" / "dag.svg").write_text(picture(), encoding="utf-8")
