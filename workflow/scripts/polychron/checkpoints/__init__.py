"""Checkpoints from anywhere, each made into one Hugging Face directory.

`providers` finds them, `directory` describes what must be there, `conversion` writes it and proves that it computes the
same. It imports data, models, pretraining and storage.
"""
