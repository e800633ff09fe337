"""Pretraining by fairseq, one interval between checkpoints at a time, and the checkpoints that it writes.

fairseq runs in its own processes. It imports tokenization and storage.
"""
