"""The config: read, merged, checked against its schema, and described."""
