"""The canonical form of pyarrow's and polars' tables: the bytes of their own stream format.

The stream holds schema, chunks and buffers. Two tables with equal values in other chunks are two values here, and
so may be two that differ only in what stands behind a missing value: that computes again, it never answers wrongly.
"""

from __future__ import annotations

import sys

from hitsave_trace.fingerprint import hasher, objects
from hitsave_trace.fingerprint.hasher import number, text
from hitsave_trace.fingerprint.libraries import note
from hitsave_trace.fingerprint.places import SILENT
from hitsave_trace.fingerprint.registry import WHOLE, Entry, add, by_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk


def _write(walk: Walk, value: object, data: memoryview | bytes) -> Children:
    first = objects.begin(walk, hasher.TABLE, type(value))
    walk.write(number(len(data)))
    walk.feed(data)
    return first, SILENT


def _arrow_stream(table: Anything) -> memoryview:
    pa: Anything = sys.modules["pyarrow"]

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return memoryview(sink.getvalue())


def _arrow_table(walk: Walk, value: Anything) -> Children:
    return _write(walk, value, _arrow_stream(value))


def _arrow_array(walk: Walk, value: Anything) -> Children:
    pa: Anything = sys.modules["pyarrow"]

    return _write(walk, value, _arrow_stream(pa.table([value], names=[""])))


def _arrow_scalar(walk: Walk, value: Anything) -> Children:
    pa: Anything = sys.modules["pyarrow"]

    return _write(walk, value, _arrow_stream(pa.table([pa.array([value.as_py()], value.type)], names=[""])))


def _arrow_schema(walk: Walk, value: Anything) -> Children:
    return _write(walk, value, memoryview(value.serialize()))


def _arrow_type(walk: Walk, value: Anything) -> Children:
    pa: Anything = sys.modules["pyarrow"]

    return _write(walk, value, memoryview(pa.schema([("", value)]).serialize()))


def _arrow_field(walk: Walk, value: Anything) -> Children:
    pa: Anything = sys.modules["pyarrow"]

    return _write(walk, value, memoryview(pa.schema([value]).serialize()))


def _polars_stream(frame: Anything) -> memoryview:
    import io

    sink = io.BytesIO()
    frame.write_ipc_stream(sink)
    return sink.getbuffer()


def _polars_frame(walk: Walk, value: Anything) -> Children:
    return _write(walk, value, _polars_stream(value))


def _polars_series(walk: Walk, value: Anything) -> Children:
    return _write(walk, value, _polars_stream(value.to_frame()))


def _polars_type(walk: Walk, value: Anything) -> Children:
    # Names of types stand for themselves; they are classes whose metaclass makes them look like values.
    note(walk, "polars")
    walk.write(hasher.TABLE + b"t" + text(repr(value)))
    return None


def _register() -> None:
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is not None:
        for kind, canonical in (
            (pyarrow.Table, _arrow_table),
            (pyarrow.RecordBatch, _arrow_table),
            (pyarrow.Array, _arrow_array),
            (pyarrow.ChunkedArray, _arrow_array),
            (pyarrow.Scalar, _arrow_scalar),
            (pyarrow.Schema, _arrow_schema),
            (pyarrow.DataType, _arrow_type),
            (pyarrow.Field, _arrow_field),
        ):
            by_type[kind] = Entry(canonical, False, WHOLE)


add("polars.dataframe.frame.DataFrame", _polars_frame, shared=True, reach=WHOLE)
add("polars.series.series.Series", _polars_series, shared=True, reach=WHOLE)
add("polars.datatypes.classes.DataType", _polars_type, shared=False, reach=WHOLE)
_register()
