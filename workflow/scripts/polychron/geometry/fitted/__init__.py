"""Retrieval of the sentences of one set with means and maps that are learnt on another."""
