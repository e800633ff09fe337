"""Raw files that are written from other raw files."""
