"""What the labels of a task give away without any vector, a module for each lexical baseline.

A rule names the baseline of its task to the script; `base` has what all of them share, and the majority class.
"""
