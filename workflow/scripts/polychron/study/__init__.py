"""A study as its config describes it: the config checked, its axes, and what the rules decide by them.

`configuration` checks the config by its schema, `study` makes the axes, and `consistency` finds what does not fit
together.
Only the rules use this package: no script imports it, so that an edit of it reruns nothing by itself.
"""
