"""From scores to findings: gathered scores, their trajectories over steps, intervals and correlations.

`gathering` comes first, then `trajectories` by the formulas of `dynamics`. Imports data, stats, storage and
`tokenization`.
"""
