"""What the program has put in the place of a part of a library for a while, as tests do (`unittest.mock.patch`)."""

from __future__ import annotations

now: dict[int, str] = {}
"""By the object that will put back what was there: what it has replaced."""
