"""The toy world: artificial languages that say the same meanings in different ways.

Meanings are drawn first (`concepts`, `semantics`), then said in each language (`lexicon`, `grammar`), then written
in the formats of the real downloads (`writers`). Only the script that writes the world imports them; what the
languages are (`languages`) is used by the check of a study too.
"""
