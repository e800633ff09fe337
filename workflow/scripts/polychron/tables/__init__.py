"""The paper's tables.

Each takes gathered tables and returns a `reporting.tables.Table`. It imports reporting and stats.
"""
