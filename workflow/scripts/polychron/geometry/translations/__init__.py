"""Pairs of sentences that are translations, each pair of languages with sentences of its own."""
