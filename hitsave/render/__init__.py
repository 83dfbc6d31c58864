"""Plain data in, text out: for a terminal, for a pipe, for the line after a run."""
