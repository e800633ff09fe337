"""Linear probes: the tasks they are asked, their training with all seeds at once, their baselines and their transfer.

`probes`, `transfer` and the tasks need NumPy alone. The package imports tokenization.
"""
