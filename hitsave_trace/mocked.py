"""What the program has put in the place of a part of a library for a while, as tests do (`unittest.mock.patch`)."""

from __future__ import annotations

now: list[tuple[int, str]] = []
"""Which object will put back what was there (its `id`), and what it has replaced; one may do so more than once."""
