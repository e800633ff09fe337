"""What the languages of a pair have in common, besides their distance and the size of their pretraining data."""
