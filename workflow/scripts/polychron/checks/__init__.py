"""Checks of datasets and checkpoints before anything is probed, and of what a study must show.

It imports checkpoints, data, models, probing, reporting, storage and tokenization.
"""
