"""The paper's claims, each compared with what was measured.

`claims` reads and judges them, `measures` computes what they speak of, `report` writes the page. It imports analysis,
models and stats.
"""
