"""How a job runs and is recorded, and how a run is reported, checked and exported.

Most scripts use only `jobs` and `forkserver`; most of the other modules are for the rules. Of the other packages it
imports storage alone.
"""
