"""From texts to pieces: the SentencePiece vocabulary, the tokenizer, and which pieces belong to which word.

It imports errors and storage alone.
"""
