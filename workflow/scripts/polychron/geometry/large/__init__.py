"""Measures of many sentences, without a matrix of all pairs of sentences."""
