"""Claims on pretraining, judged by the variants of a laboratory."""
