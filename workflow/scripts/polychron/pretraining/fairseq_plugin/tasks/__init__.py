"""Tasks that fairseq finds by their name: the examples of languages, and what each is told of its language."""
