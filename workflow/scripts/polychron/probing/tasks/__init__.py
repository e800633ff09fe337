"""What a probe is asked, a module for each task.

A rule names the module of its task, so that an edit of one task runs no cell of another. Modules here import `base` and
nothing of each other.
"""
