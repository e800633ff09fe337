"""The paper's figures, a module for each kind of chart.

Each takes gathered tables and returns a `chart.Figure` with its caption; `chart` writes the files. It imports analysis,
data, reporting and storage.
"""
