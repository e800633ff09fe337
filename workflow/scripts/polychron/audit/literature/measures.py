"""The table of all measures of claims of other papers."""

from __future__ import annotations

from polychron.audit.literature import geometry, printed, setup, transfer, tuned

MEASURES = {
    name: function
    for subject in (printed, setup, transfer, geometry, tuned)
    for name, function in subject.MEASURES.items()
}
"""By name. Each takes the results and a claim's arguments, returns a `Found`, and may raise `Missing`."""
