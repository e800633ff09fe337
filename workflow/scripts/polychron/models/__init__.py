"""Encoders with one interface: XLM-R as implemented here, and any model that transformers has a class for.

`loading` picks one of the two by the checkpoint's config; `sizes` counts parameters.

It imports errors and storage alone.
"""
