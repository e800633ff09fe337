"""Figures of the laboratory: variants of pretraining beside each other."""
