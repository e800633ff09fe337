"""How languages share a space: similarity, retrieval and language identity of the states of parallel sentences."""
