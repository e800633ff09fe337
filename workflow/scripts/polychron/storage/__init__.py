"""Files: read and written in one way.

Every result is written under a temporary name and moved into place. Only this package opens result files. It imports
nothing of the library but its errors.
"""
