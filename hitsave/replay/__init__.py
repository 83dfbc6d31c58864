"""Whole runs: kept when a run has ended, and done again without running the program."""
