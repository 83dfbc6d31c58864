"""Tables of pyarrow and polars, where they are installed."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

from hitsave_trace.fingerprint.values import Walk, fingerprint


def differ(*values):
    return len({fingerprint(value) for value in values}) == len(values)


def test_arrow():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": [1, 2, None], "b": ["x", "y", "z"]})
    values = [
        table,
        pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]}),
        pa.table({"a": [1, 2, None], "c": ["x", "y", "z"]}),
        pa.table({"a": pa.array([1, 2, None], pa.int32()), "b": ["x", "y", "z"]}),
        table.replace_schema_metadata({"k": "v"}),
        table.slice(1),
        table["a"],
        pa.array([1, 2]),
        pa.array([1, 3]),
        pa.scalar(1),
        pa.scalar(2),
        pa.int64(),
        pa.timestamp("s", "UTC"),
        table.schema,
        table.schema.field(0),
    ]
    assert differ(*values)
    for value in values:
        walk = Walk()
        assert walk.fingerprint(value) == fingerprint(pickle.loads(pickle.dumps(value)))
        assert walk.distributions == {"pyarrow"}


def test_pandas_on_arrow():
    pytest.importorskip("pyarrow")
    texts = [["a", None], ["b", None]]
    values = [
        pd.Series(text, dtype=dtype) for text in texts for dtype in ("string[pyarrow]", "string[python]", "str", object)
    ]
    values += [pd.Series([1, None], dtype=dtype) for dtype in ("int64[pyarrow]", "int32[pyarrow]", "Int64")]
    assert differ(*values)
    for value in values:
        assert fingerprint(value) == fingerprint(pickle.loads(pickle.dumps(value)))


def test_polars():
    pl = pytest.importorskip("polars")
    values = [
        pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pl.DataFrame({"a": [1, 3], "b": ["x", None]}),
        pl.DataFrame({"b": ["x", None], "a": [1, 2]}),
        pl.Series("a", [1, 2]),
        pl.Series("b", [1, 2]),
        pl.Series("a", [1.0, 2.0]),
        pl.Series("a", ["u", "v"], dtype=pl.Categorical),
        pl.Int64,
        pl.Int32,
        pl.List(pl.Int64),
    ]
    assert differ(*values)
    for value in values:
        assert fingerprint(value) == fingerprint(pickle.loads(pickle.dumps(value)))
