"""Raw data: where it comes from, how it is fetched, and how each format is read.

`sources`, `download`, `archives` and `fetch` bring files here; `treebanks`, `xnli`, `bitext` and `text` read them into
tables of examples. Only errors, paths and storage are imported from the rest of the library.
"""
