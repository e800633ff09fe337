"""Linear probes: the tasks they are asked, their training with all seeds at once, their baselines and their transfer.

`probes` and `transfer` need NumPy alone. It imports tokenization.
"""
