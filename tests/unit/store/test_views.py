"""Arrays that are views come back as views: strides, order and shared memory included."""

from __future__ import annotations

import numpy as np
import pytest

from hitsave.store.pickles import dump, load
from hitsave_trace.fingerprint.values import Walk

WHOLE = np.arange(24.0).reshape(4, 6)
VALUES = {
    "a column": lambda: WHOLE[:, 1],
    "all but a column": lambda: WHOLE[:, :-1],
    "two columns of one array": lambda: [WHOLE[:, 0], WHOLE[:, 1]],
    "an array and its transpose": lambda: [WHOLE, WHOLE.T],
    "backwards": lambda: WHOLE[::-1],
    "part of one in column order": lambda: np.asfortranarray(WHOLE)[1:],
    "a view beside its owner": lambda: {"part": WHOLE[1:], "whole": WHOLE},
    "masked arrays": lambda: [np.ma.array([1.0, 2.0]), np.ma.masked_less(np.arange(4), 2), np.ma.zeros((2, 2))[:, 1]],
    "numpy's own generator": lambda: np.random.mtrand._rand,
}


@pytest.mark.parametrize("name", VALUES)
def test_a_view_comes_back_as_it_was(name: str) -> None:
    value = VALUES[name]()
    pickled = dump(value, views=True)
    again = load(pickled.data, [bytearray(buffer) for buffer in pickled.buffers])
    assert Walk().fingerprint(again) == Walk().fingerprint(value)


def test_views_of_one_memory_see_each_others_changes() -> None:
    pickled = dump([WHOLE[:, 0], WHOLE[:, :2]], views=True)
    column, columns = load(pickled.data, [bytearray(buffer) for buffer in pickled.buffers])  # type: ignore[misc]
    column[0] = 100
    assert columns[0, 0] == 100
    assert WHOLE[0, 0] == 0


def test_a_large_owner_is_not_kept_for_a_small_view() -> None:
    pickled = dump(np.zeros(20_000_000)[:10], views=True)
    assert pickled.size < 1000
