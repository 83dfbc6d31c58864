"""The canonical form of pandas' types.

A frame is its axes, attributes and columns, column by column as they stand in memory. How pandas groups columns into
blocks is its own affair and may change when a frame is merely looked at; but a block that keeps the columns of a row
together (a frame made from one array) computes sums in another order, so such a block is written as a whole.

Nothing here calls a method that fills a cache of the object it looks at.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hitsave_trace.fingerprint import arrays, hasher, objects
from hitsave_trace.fingerprint.hasher import marshalled, number, text
from hitsave_trace.fingerprint.places import ATTRIBUTES, KEYS, SILENT
from hitsave_trace.fingerprint.registry import WHOLE, Entry, by_type, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_get = object.__getattribute__


class Column:
    """One column of values, which has no identity of its own."""

    __slots__ = ("values",)

    def __init__(self, values: Anything) -> None:
        self.values = values


def _column(walk: Walk, column: Column) -> Children:
    values = column.values  # noqa: PD011
    if type(values) is not np.ndarray:
        # Whoever holds the column can't be told from whoever holds a copy.
        loose = len(walk.loose)
        children = find(type(values))[0].canonical(walk, values)
        del walk.loose[loose:]
        return children
    walk.kept.append(values)
    stride = values.strides[0] if values.ndim == 1 and values.size > 1 else 0
    step = 1 if stride in (0, values.itemsize) else stride
    order = step if values.ndim == 1 else (values.strides if values.size else 0)
    walk.write(hasher.COLUMN + arrays.dtype_form(walk, values.dtype) + marshalled((values.shape, order), 2))
    return arrays.content(walk, values)


def _blocks(walk: Walk, manager: Anything) -> tuple[list[object], list[int]]:
    """Give the columns in order; the blocks that are written whole come first, with their positions."""
    columns: dict[int, object] = {}
    whole: list[tuple[list[int], Anything]] = []
    for block in manager.blocks:
        positions = block.mgr_locs.as_array.tolist()
        values = block.values  # noqa: PD011
        if type(values) is np.ndarray and values.ndim == 2:
            # Careful: with one row or one column there is no order to speak of.
            if min(values.shape) > 1 and abs(values.strides[0]) < abs(values.strides[1]):
                whole.append((positions, values))
            else:
                for row, position in enumerate(positions):
                    columns[position] = values[row]
        else:
            for position in positions:
                columns[position] = values
    whole.sort(key=_first_position)
    for positions, _ in whole:
        walk.write(hasher.BLOCK + marshalled(positions, 2))
    order = sorted(columns)
    walk.write(number(len(whole)) + marshalled(order, 2))
    return [*(Column(values) for _, values in whole), *(Column(columns[place]) for place in order)], order


def _first_position(block: tuple[list[int], object]) -> int:
    return block[0][0]


def _frame(walk: Walk, frame: Anything) -> Children:
    first = objects.begin(walk, hasher.FRAME, type(frame))
    manager = _get(frame, "_mgr")
    rows, columns = manager.axes[1], manager.axes[0]
    walk.write(marshalled((len(rows), len(columns)), 2))
    held, order = _blocks(walk, manager)
    names = [columns[position] for position in order] if len(order) < 1000 else []
    extra = _metadata(frame)
    labels = ["class"] * len(first) + ["columns", "index"] + ["metadata"] * len(extra)
    return [*first, columns, rows, *extra, *held], (
        KEYS,
        labels + ["block"] * (len(held) - len(order)) + names,
    )


def _series(walk: Walk, series: Anything) -> Children:
    first = objects.begin(walk, hasher.FRAME + b"s", type(series))
    manager = _get(series, "_mgr")
    extra = _metadata(series)
    labels = ["class"] * len(first) + ["name", "index"] + ["metadata"] * len(extra) + ["values"]
    return [*first, _get(series, "_name"), manager.axes[0], *extra, Column(manager.blocks[0].values)], (
        ATTRIBUTES,
        labels,
    )


def _metadata(value: Anything) -> list[object]:
    """Give the attributes of a frame: `attrs`, flags, and what a subclass declares."""
    own = _get(value, "__dict__")
    flags = own.get("_flags")
    held: list[object] = [own.get("_attrs") or None, flags is None or bool(flags._allows_duplicate_labels)]
    held.extend(own.get(name) for name in type(value)._metadata if name not in ("_name", "name"))
    return held


def _index(walk: Walk, index: Anything) -> Children:
    walk.loose.append(index)
    first = objects.begin(walk, hasher.FRAME + b"i", type(index))
    # Since pandas 3.1 the frequency stands in the index; before, in its array.
    return [*first, _get(index, "_name"), _freq(getattr(index, "_freq", None)), Column(_get(index, "_data"))], SILENT


def _range_index(walk: Walk, index: Anything) -> Children:
    walk.loose.append(index)
    first = objects.begin(walk, hasher.FRAME + b"r", type(index))
    return [*first, _get(index, "_name"), _get(index, "_range")], SILENT


class Level:
    """One level of a MultiIndex. Its own name says nothing: the MultiIndex keeps the names."""

    __slots__ = ("index",)

    def __init__(self, index: Anything) -> None:
        self.index = index


def _level(walk: Walk, level: Level) -> Children:
    index = level.index
    first = objects.begin(walk, hasher.FRAME + b"l", type(index))
    if isinstance(index, pd.RangeIndex):
        return [*first, _get(index, "_range")], SILENT
    return [*first, _freq(getattr(index, "_freq", None)), Column(_get(index, "_data"))], SILENT


def _multi_index(walk: Walk, index: Anything) -> Children:
    walk.loose.append(index)
    first = objects.begin(walk, hasher.FRAME + b"m", type(index))
    levels = [Level(level) for level in _get(index, "_levels")]
    codes = [Column(code) for code in _get(index, "_codes")]
    walk.write(number(len(codes)))
    return [*first, walk.made(list(_get(index, "_names"))), _get(index, "sortorder"), *levels, *codes], SILENT


def _extension(*names: str) -> Anything:
    """Make the canonical function of an extension array that is its dtype and these attributes."""

    def canonical(walk: Walk, value: Anything) -> Children:
        walk.loose.append(value)
        first = objects.begin(walk, hasher.FRAME + b"e", type(value))
        held: list[object] = []
        for name in names:
            part = getattr(value, name, None)
            held.append(Column(part) if type(part) is np.ndarray else part)
        return [*first, value.dtype, *held], (ATTRIBUTES, ["class"] * len(first) + ["dtype", *names])

    return canonical


def _on_arrow(walk: Walk, value: Anything) -> Children:
    walk.loose.append(value)
    first = objects.begin(walk, hasher.FRAME + b"a", type(value))
    column = value._pa_array
    if column.num_chunks != 1:
        # Chunks come and go as pandas sees fit.
        column = column.combine_chunks()
        walk.kept.append(column)
    else:
        column = column.chunk(0)
    return [*first, value.dtype, column], SILENT


def _masked(walk: Walk, value: Anything) -> Children:
    walk.loose.append(value)
    first = objects.begin(walk, hasher.FRAME + b"k", type(value))
    data, mask = value._data, value._mask
    if mask.any():
        # What stands under the mask is whatever was there before.
        data = data.copy()
        data[mask] = data.dtype.type(0)
    return [*first, value.dtype, Column(data), Column(mask)], SILENT


def _freq(value: Anything) -> str | None:
    freq = value if value is None or isinstance(value, str) else value.freqstr
    return None if freq is None else str(freq)


def _datetime_like(walk: Walk, value: Anything) -> Children:
    walk.loose.append(value)
    first = objects.begin(walk, hasher.FRAME + b"d", type(value))
    freq = getattr(value, "_freq", None) if not isinstance(value, pd.arrays.PeriodArray) else None
    return [*first, value.dtype, _freq(freq), Column(value._ndarray)], SILENT


def _dtype(walk: Walk, dtype: Anything) -> Children:
    """Write an extension dtype by what tells it apart; its own text leaves things out."""
    first = objects.begin(walk, hasher.FRAME + b"t", type(dtype))
    if isinstance(dtype, pd.CategoricalDtype):
        return [*first, dtype.categories, dtype.ordered], (ATTRIBUTES, ["class"] * len(first) + ["categories", ""])
    names = ("tz", "unit", "freq", "subtype", "closed", "storage", "na_value", "fill_value", "pyarrow_dtype")
    held: list[object] = []
    for name in names:
        part = getattr(dtype, name, None)
        held.append(part)
    walk.write(text(str(dtype)))
    return first + held, SILENT


def _stamp(walk: Walk, value: Anything) -> Children:
    first = objects.begin(walk, hasher.FRAME + b"p", type(value))
    return [*first, value._value, value.unit, value.tzinfo, value.fold], SILENT


def _delta(walk: Walk, value: Anything) -> Children:
    first = objects.begin(walk, hasher.FRAME + b"q", type(value))
    return [*first, value._value, value.unit], SILENT


def _period(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.FRAME + b"o" + text(value.freqstr) + marshalled(value.ordinal, 2))
    return None


def _interval(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.FRAME + b"v" + text(value.closed))
    return [value.left, value.right], SILENT


def _offset(walk: Walk, value: Anything) -> Children:
    first = objects.begin(walk, hasher.FRAME + b"f", type(value))
    names = sorted({*getattr(value, "_attributes", ()), *value.kwds})
    walk.write(text(str(_freq_text(value))) + marshalled(tuple(names), 2))
    return first + [getattr(value, name, None) for name in names], SILENT


def _freq_text(value: Anything) -> str | None:
    try:
        return str(value.freqstr)
    except Exception:  # offsets without a code, such as DateOffset(months=1, days=3)
        return None


def _singleton(name: str) -> Anything:
    def canonical(walk: Walk, _: object) -> Children:
        walk.write(hasher.FRAME + b"1" + text(name))
        return None

    return canonical


def _register() -> None:
    by_type[Column] = Entry(_column, False, WHOLE)
    by_type[Level] = Entry(_level, False, WHOLE)
    by_type[pd.DataFrame] = Entry(_frame, True, WHOLE)
    by_type[pd.Series] = Entry(_series, True, WHOLE)
    for kind, canonical in (
        (pd.Index, _index),
        (pd.RangeIndex, _range_index),
        (pd.MultiIndex, _multi_index),
        (pd.Timestamp, _stamp),
        (pd.Timedelta, _delta),
        (pd.Period, _period),
        (pd.Interval, _interval),
        (pd.tseries.offsets.BaseOffset, _offset),
        (pd.api.extensions.ExtensionDtype, _dtype),
        (type(pd.NaT), _singleton("NaT")),
        (type(pd.NA), _singleton("NA")),
        (pd.Categorical, _extension("_ndarray")),
        (pd.arrays.IntervalArray, _extension("_left", "_right")),
        (pd.arrays.SparseArray, _extension("_sparse_values", "_sparse_index")),
        (pd.arrays.NumpyExtensionArray, _extension("_ndarray")),
        (pd.arrays.DatetimeArray, _datetime_like),
        (pd.arrays.TimedeltaArray, _datetime_like),
        (pd.arrays.PeriodArray, _datetime_like),
        (pd.arrays.BooleanArray.__base__, _masked),
    ):
        by_type[kind] = Entry(canonical, False, WHOLE)
    for name in ("ArrowExtensionArray", "ArrowStringArray"):
        kind = getattr(pd.arrays, name, None)
        if kind is not None:
            by_type[kind] = Entry(_on_arrow, False, WHOLE)


_register()
