"""Fine-tuning in a study: its cells, what their jobs read, and faults of its part of the config."""
