"""One page in which a reader looks at every score of one or several models: grids of scores, packed, in a browser."""
