"""A finished study as a dataset of Hugging Face: its folder, its card, and how it is pushed."""
