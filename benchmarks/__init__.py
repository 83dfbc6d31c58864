"""What HitSave costs and saves, measured against plain Python. `python -m benchmarks --help` says how."""
