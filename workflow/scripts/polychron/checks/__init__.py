"""What must be in order: datasets, checkpoints, and what a study must show.

It imports checkpoints, data, models, probing, reporting, storage and tokenization.
"""
