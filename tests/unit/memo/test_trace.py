"""The stored trace and its record."""

from __future__ import annotations

import pytest

from hitsave.memo.trace import FIELDS, VERSION, Trace
from hitsave.store.codec import decode, encode

FIELDS_OF_A_CALL = {
    "call": b"c" * 16,
    "function": "mod:f",
    "reads": ((b"a" * 16, 0), (b"b" * 16, 1), (b"d" * 16, -1)),
    "functions": (("mod:f", -1, 0), ("mod:g", 0, 7)),
    "effects": (("text", 1, "hello\n"), ("file", "out.txt", "absent")),
    "value": b"v" * 16,
    "seconds": 1.5,
    "run": 3,
    "when": 1000.25,
    "arguments": (("x", b"f" * 16, "1", False), ("k", b"g" * 16, "2", True)),
    "shares": True,
    "loaded": ("mod",),
    "changes": ((0, ("global", "mod:g", 2)), (("global", "mod:n", "", True),)),
}


def test_each_field_comes_back_by_its_name():
    trace = Trace(**FIELDS_OF_A_CALL)
    again = Trace.from_record(decode(encode(trace.to_record())))
    assert again is not None
    assert {name: getattr(again, name) for name in Trace.__slots__} == FIELDS_OF_A_CALL


def test_the_store_finds_the_function_where_it_looks():
    assert Trace(**FIELDS_OF_A_CALL).to_record()[3] == "mod:f"


def test_readers_go_with_reads():
    assert Trace(**FIELDS_OF_A_CALL).readers == [0, 1, -1]


@pytest.mark.parametrize("change", ["later version", "shorter", "longer"])
def test_a_record_of_another_kind_is_none_of_ours(change):
    record = Trace(**FIELDS_OF_A_CALL).to_record()
    assert len(record) == FIELDS
    other = {"later version": ("trace", VERSION + 1, *record[2:]), "shorter": record[:-1], "longer": (*record, 0)}
    assert Trace.from_record(record) is not None
    assert Trace.from_record(other[change]) is None
