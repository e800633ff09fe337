"""Sentences and their translations, in files of one sentence a line."""
