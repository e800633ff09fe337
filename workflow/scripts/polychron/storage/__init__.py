"""Files: read and written in one place.

Every result is written under a temporary name and moved into place. Only this package opens result files. Of the
rest of the library, only errors is imported.
"""
