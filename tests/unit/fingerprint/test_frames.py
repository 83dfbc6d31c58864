"""Frames, series, indexes and what they hold."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from hitsave_trace.fingerprint.values import Walk, fingerprint


def differ(*values):
    return len({fingerprint(value) for value in values}) == len(values)


def frame(**changes):
    columns = {
        "number": [1, 2, 3],
        "share": [0.5, np.nan, -0.0],
        "name": ["x", None, "z"],
        "kind": pd.Categorical(["u", "v", "u"], categories=["u", "v"]),
        "when": pd.to_datetime(["2020", "2021", None]),
        "count": pd.array([1, None, 3], "Int64"),
        "flag": pd.array([True, None, False], "boolean"),
    }
    return pd.DataFrame({**columns, **changes})


def test_equal_frames():
    assert fingerprint(frame()) == fingerprint(frame()) == fingerprint(pickle.loads(pickle.dumps(frame(), 5)))


CHANGES = {
    "value": lambda f: f.assign(number=[1, 2, 4]),
    "missing value": lambda f: f.assign(share=[0.5, 0.0, -0.0]),
    "signed zero": lambda f: f.assign(share=[0.5, np.nan, 0.0]),
    "text": lambda f: f.assign(name=["x", None, "y"]),
    "dtype": lambda f: f.astype({"number": "int32"}),
    "object dtype": lambda f: f.astype({"number": object}),
    "text dtype": lambda f: f.astype({"name": object}),
    "column order": lambda f: f[list(reversed(f.columns))],
    "column name": lambda f: f.rename(columns={"number": "n"}),
    "name of the columns": lambda f: f.rename_axis(columns="c"),
    "index": lambda f: f.set_axis([1, 2, 3]),
    "index type": lambda f: f.set_axis([0, 1, 2]),
    "index name": lambda f: f.rename_axis("i"),
    "category order": lambda f: f.assign(kind=f.kind.cat.reorder_categories(["v", "u"])),
    "ordered": lambda f: f.assign(kind=f.kind.cat.as_ordered()),
    "unused category": lambda f: f.assign(kind=f.kind.cat.add_categories(["w"])),
    "time zone": lambda f: f.assign(when=f.when.dt.tz_localize("UTC")),
    "time unit": lambda f: f.assign(
        when=f.when.astype("datetime64[s]" if "us" in str(f.when.dtype) else "datetime64[us]")
    ),
    "mask": lambda f: f.assign(count=pd.array([1, 2, 3], "Int64")),
    "rows": lambda f: f.iloc[:2],
    "columns": lambda f: f.drop(columns="flag"),
    "flags": lambda f: f.set_flags(allows_duplicate_labels=False),
    "series": lambda f: f["number"],
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_tells_two_frames_apart(name):
    before = frame()
    assert differ(before, CHANGES[name](before))


def test_attrs():
    one, two = frame(), frame()
    two.attrs["source"] = "b"
    assert differ(one, two)


def test_looking_at_a_frame_changes_nothing():
    one = frame()
    before = fingerprint(one)
    _ = one.values, one.number, one.index.is_unique, one.columns.get_loc("name"), one.describe(), one.loc[0], one.T
    one._mgr._consolidate_inplace()
    assert fingerprint(one) == before


def test_how_columns_are_grouped_is_not_seen():
    together = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    added = pd.DataFrame({"a": [1.0, 2.0]})
    added["b"] = [3.0, 4.0]
    assert fingerprint(together) == fingerprint(added)


def test_a_frame_that_keeps_its_rows_together():
    # It sums in another order, and may differ in the last bit.
    data = np.arange(12.0).reshape(4, 3)
    by_row = pd.DataFrame(data.copy(), columns=list("abc"))
    by_column = pd.DataFrame({name: data[:, place].copy() for place, name in enumerate("abc")})
    expected = by_row._mgr.blocks[0].values.flags.f_contiguous
    assert (fingerprint(by_row) != fingerprint(by_column)) == expected
    assert fingerprint(by_row) == fingerprint(pd.DataFrame(data.copy(), columns=list("abc")))
    changed = data.copy()
    changed[3, 2] = -1
    assert differ(by_row, pd.DataFrame(changed, columns=list("abc")))


def test_mutation_in_place_is_seen():
    one = frame()
    before = fingerprint(one)
    one.loc[1, "share"] = 7.0
    assert fingerprint(one) != before


VALUES = {
    "range index": (pd.RangeIndex(3), pd.RangeIndex(0, 6, 2)),
    "index": (pd.Index([1, 2]), pd.Index([1.0, 2.0])),
    "named index": (pd.Index([1]), pd.Index([1], name="a")),
    "object index": (pd.Index(["a", 1]), pd.Index(["a", 2])),
    "multi index": (
        pd.MultiIndex.from_product([[1, 2], ["a"]], names=["x", "y"]),
        pd.MultiIndex.from_product([[1, 2], ["a"]], names=["x", "z"]),
    ),
    "multi index values": (pd.MultiIndex.from_tuples([(1, 2)]), pd.MultiIndex.from_tuples([(1, 3)])),
    "datetime index": (pd.date_range("2020", periods=2, freq="D"), pd.DatetimeIndex(["2020-01-01", "2020-01-02"])),
    "zone": (pd.date_range("2020", periods=2, tz="UTC"), pd.date_range("2020", periods=2, tz="Europe/Paris")),
    "timedelta index": (pd.to_timedelta(["1h"]), pd.to_timedelta(["2h"])),
    "period index": (pd.period_range("2020", periods=2, freq="M"), pd.period_range("2020", periods=2, freq="D")),
    "interval index": (pd.interval_range(0, 2), pd.interval_range(0, 2, closed="left")),
    "categorical index": (pd.CategoricalIndex(["a"]), pd.CategoricalIndex(["a"], categories=["a", "b"])),
    "timestamp": (pd.Timestamp("2020"), pd.Timestamp("2020", tz="UTC")),
    "timestamp unit": (pd.Timestamp("2020").as_unit("s"), pd.Timestamp("2020").as_unit("ns")),
    "timedelta": (pd.Timedelta("1h"), pd.Timedelta("2h")),
    "period": (pd.Period("2020-01", "M"), pd.Period("2020-01-01", "D")),
    "interval": (pd.Interval(0, 1), pd.Interval(0, 1, closed="left")),
    "missing": (pd.NaT, pd.NA),
    "offset": (pd.offsets.MonthEnd(1), pd.offsets.MonthEnd(2)),
    "offset kind": (pd.offsets.MonthEnd(1), pd.offsets.MonthBegin(1)),
    "date offset": (pd.DateOffset(months=1), pd.DateOffset(months=2)),
    "week": (pd.offsets.Week(weekday=0), pd.offsets.Week(weekday=1)),
    "dtype": (pd.CategoricalDtype(["a"]), pd.CategoricalDtype(["a"], ordered=True)),
    "zone dtype": (pd.DatetimeTZDtype(tz="UTC"), pd.DatetimeTZDtype(tz="Europe/Paris")),
    "string": (pd.array(["a", None], dtype="string"), pd.array(["b", None], dtype="string")),
    "string series": (pd.Series(["a", "b"]), pd.Series(["a", "c"])),
    "sparse": (pd.arrays.SparseArray([0, 1, 0]), pd.arrays.SparseArray([1, 0, 0])),
    "masked": (pd.array([1, None], "Int64"), pd.array([1, None], "Int32")),
    "series name": (pd.Series([1], name="a"), pd.Series([1], name="b")),
    "series of lists": (pd.Series([[1], [2]]), pd.Series([[1], [3]])),
    "empty": (pd.DataFrame(), pd.DataFrame(index=[0])),
    "empty columns": (pd.DataFrame(columns=["a"]), pd.DataFrame(columns=["b"])),
    "duplicate columns": (pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame([[2, 1]], columns=["a", "a"])),
    "transposed": (pd.DataFrame([[1, 2], [3, 4]]), pd.DataFrame([[1, 2], [3, 4]]).T),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_pandas(name):
    one, other = VALUES[name]
    assert differ(one, other)
    for value in (one, other):
        assert fingerprint(value) == fingerprint(value) == fingerprint(pickle.loads(pickle.dumps(value, 5)))


def test_what_stands_under_a_mask_does_not_count():
    one, two = pd.array([1, None], "Int64"), pd.array([1, None], "Int64")
    two._data[1] = 99
    assert fingerprint(one) == fingerprint(two)


def test_a_subclass_with_its_own_attributes():
    class Table(pd.DataFrame):
        _metadata = ["source"]

        @property
        def _constructor(self):
            return Table

    one, two = Table({"a": [1]}), Table({"a": [1]})
    two.source = "x"
    assert differ(one, two, pd.DataFrame({"a": [1]}))


def test_a_column_that_holds_objects_shares_them():
    inner = [1]
    assert differ([pd.Series([inner]), inner], [pd.Series([inner]), [1]])


def test_frames_are_objects_of_the_walk():
    data = frame()
    walk = Walk()
    walk.fingerprint([data, data], "x")
    assert walk.objects[1] is data
    assert walk.paths[1] == "x[0]"
    assert "pandas" in walk.distributions
