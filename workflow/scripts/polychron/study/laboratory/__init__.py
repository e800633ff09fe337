"""Models of a study that differ in a part of the study's settings."""
