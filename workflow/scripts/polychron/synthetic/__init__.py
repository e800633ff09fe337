"""The toy world: artificial languages that say the same meanings in different ways.

Meanings are drawn first (`concepts`, `semantics`), then said in each language (`lexicon`, `grammar`), then written
in the formats of the real downloads (`writers`). Nothing else of the library imports it, but for what its languages
are.
"""
