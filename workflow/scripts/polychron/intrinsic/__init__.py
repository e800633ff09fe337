"""Measures of a model that need no probe: bits per character and word alignment.

It imports features, models and tokenization.
"""
