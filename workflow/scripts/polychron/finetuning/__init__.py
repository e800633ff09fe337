"""Zero-shot fine-tuning: the whole model is trained on one language, and tested on others (Wu et al. 2020)."""
