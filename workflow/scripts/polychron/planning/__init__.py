"""What a study costs before it runs: jobs, bytes, hours and downloads.

It imports models alone.
"""
