"""Files of datasets of Hugging Face."""
