"""A study as its config describes it: the config checked, its axes, and what the rules decide by them.

`config` checks the config by its schema, `study` makes the axes, `checks` says what does not fit together. For the
rules alone: no script imports this package, so that an edit of it reruns nothing by itself.
"""
