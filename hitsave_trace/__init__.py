"""Observes a program: what its functions read, and what that was at the time."""
