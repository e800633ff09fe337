"""From texts to pieces: the SentencePiece vocabulary, the tokenizer, and which pieces belong to which word.

Only errors and storage are imported from the rest of the library.
"""
