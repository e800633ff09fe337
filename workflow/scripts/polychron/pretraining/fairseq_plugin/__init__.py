"""What fairseq loads by ``--user-dir``: models of several languages of which some parameters are a language's own.

Only fairseq imports it, under the name of the folder, and with it all modules of ``tasks`` and ``models``.
"""
