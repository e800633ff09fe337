"""Estimates of what a study costs, made before it runs: jobs, bytes, hours and downloads.

Of the other packages it imports models alone.
"""
