"""Claims of other papers on cross-lingual representations: Wu, Conneau et al. (2020) and Doddapaneni et al. (2021)."""
