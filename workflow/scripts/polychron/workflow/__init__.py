"""How a job runs and is recorded, how a run is checked and handed on, and what the config may say.

Scripts use `jobs`; the other modules are for the rules. It imports storage alone.
"""
