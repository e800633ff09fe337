"""Encoders: XLM-R as written here, and any model that transformers has a class for, with one interface.

It imports errors and storage alone.
"""
