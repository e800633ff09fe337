"""Models that fairseq finds by their name: RoBERTa with parameters that are a language's own."""
