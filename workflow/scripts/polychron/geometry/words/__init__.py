"""Retrieval of words: whether the translation of a word is the nearest word of the other language."""
