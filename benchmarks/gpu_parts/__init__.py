"""What `benchmarks/gpu.py` measures, a module for each part, and how contestants take turns on a device."""
