from __future__ import annotations

import enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsave.store import codec
from hitsave.store.codec import Damaged

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
records = st.recursive(
    plain,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(records, st.booleans())
def test_a_record_comes_back_as_it_was(record, packed):
    again = codec.decode(codec.encode(record, packed))
    assert repr(again) == repr(record)  # repr tells 1 from True and 1.0


def test_long_records_are_packed():
    record = ["the same text"] * 1000
    assert len(codec.encode(record, packed=True)) < len(codec.encode(record)) / 10
    assert codec.decode(codec.encode(record, packed=True)) == record


def test_equal_records_are_equal_bytes_whoever_else_holds_their_parts():
    part = "shared " + "text" * 3
    alone = codec.encode((("shared " + "text" * 3), ("shared " + "text" * 3)))
    assert codec.encode((part, part)) == alone


@given(records, st.data())
def test_any_changed_bit_is_noticed(record, data):
    raw = bytearray(codec.encode(record))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        codec.decode(bytes(raw))


@pytest.mark.parametrize("raw", [b"", b"12345678", b"123456789", codec.encode(1)[:-1], codec.encode(1) + b"x"])
def test_what_is_no_record_is_damaged(raw):
    with pytest.raises(Damaged):
        codec.decode(raw)


def test_a_record_under_another_name_is_damaged():
    raw = codec.encode(("trace", 1))
    assert codec.decode_named(raw, codec.digest_of(raw)) == ("trace", 1)
    with pytest.raises(Damaged):
        codec.decode_named(raw, codec.digest_of(b"another"))


def test_values_that_only_look_plain_become_plain():
    class Colour(enum.StrEnum):
        RED = "red"

    class Count(int):
        pass

    found = codec.plain({"a": Colour.RED, "b": [Count(3), (True, None)], "c": object})
    assert found == {"a": "red", "b": [3, (True, None)], "c": "<class 'object'>"}
    assert type(found["b"][0]) is int
    codec.encode(found)
