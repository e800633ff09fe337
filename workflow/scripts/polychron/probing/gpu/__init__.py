"""Training and scoring of probes on a GPU, with as little work on the host as can be."""
