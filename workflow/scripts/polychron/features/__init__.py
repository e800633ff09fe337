"""Hidden states word by word: sentences in batches, and word vectors of a layer.

It imports models, storage and tokenization.
"""
