"""Kernels of the encoder for a GPU."""
