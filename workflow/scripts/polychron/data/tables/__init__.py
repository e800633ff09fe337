"""Tables of sources: that of the project, and those that a config adds to it."""
