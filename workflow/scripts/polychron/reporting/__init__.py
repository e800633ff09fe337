"""How numbers, tables and pages are written, whatever they are about.

It imports storage alone.
"""
