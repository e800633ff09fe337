"""Figures of geometry: similarity, retrieval and language identity over layers and steps."""
