"""Finished studies in a notebook: their tables and figures, read and never written."""
