"""What made each result: fingerprints of code, records beside results, the state of the checkout.

Reproduction compares results with their records, and a crate packs both for others.
"""
