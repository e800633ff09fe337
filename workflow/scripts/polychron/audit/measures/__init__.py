"""What the paper's claims speak of, a module for each subject.

Each computes a quantity from the evidence and says so in a sentence.
"""
