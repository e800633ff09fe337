"""Processes that run several jobs, one after another."""
