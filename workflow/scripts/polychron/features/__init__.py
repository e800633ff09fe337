"""From hidden states to word vectors: sentences in batches, and the vector of each word at a layer.

It imports models, storage and tokenization.
"""
