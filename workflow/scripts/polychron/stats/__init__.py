"""Statistics of plain arrays: rank correlations, intervals, values of pairs.

Nothing here knows what the numbers mean. It imports nothing of the library.
"""
