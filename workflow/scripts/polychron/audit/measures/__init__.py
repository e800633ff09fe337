"""The quantities that the paper's claims are about, one module for each subject.

A measure computes one quantity from the evidence and describes it in a sentence.
"""
