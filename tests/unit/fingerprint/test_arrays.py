"""Arrays: an answer is shared only where the program can't tell."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.sparse

from hitsave_trace.fingerprint.values import Unfingerprintable, Walk, fingerprint


def differ(*values):
    return len({fingerprint(value) for value in values}) == len(values)


BASE = np.arange(12.0).reshape(3, 4)


def test_dtype_shape_order_and_flags():
    read_only = BASE.copy()
    read_only.flags.writeable = False
    changed = BASE.copy()
    changed[2, 3] = -1
    assert differ(
        BASE,
        BASE.astype(np.float32),
        BASE.astype(">f8"),
        BASE.astype(np.int64),
        BASE.view(np.int64),
        BASE.reshape(4, 3),
        BASE.ravel(),
        BASE[None],
        BASE.T,
        BASE.T.copy(),
        np.asfortranarray(BASE),
        BASE[::-1],
        BASE[:, ::2],
        BASE[:, ::2].copy(),
        BASE.tolist(),
        changed,
        read_only,
    )
    assert fingerprint(BASE) == fingerprint(BASE.copy())
    assert fingerprint(BASE[1:]) == fingerprint(BASE[1:].copy())


def test_alignment_of_bytes():
    unaligned = np.frombuffer(b"x" + BASE.tobytes(), dtype=np.uint8)[1:].view(np.float64)
    aligned = np.frombuffer(BASE.tobytes(), dtype=np.float64)
    assert differ(unaligned, aligned)


def test_zero_size_arrays():
    assert differ(np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(0, np.int8), np.zeros(()), np.zeros(1))
    assert fingerprint([np.zeros(0), np.zeros(0)]) == fingerprint([np.zeros((0,)), np.zeros((0,))])


def test_scalars_and_signed_zeros():
    assert differ(np.float64(1), 1.0, np.array(1.0), np.float32(1), np.longdouble(1), np.bool_(True), np.True_ + 1)
    assert differ(np.array([0.0]), np.array([-0.0]))
    assert fingerprint(np.array([np.nan])) == fingerprint(np.array([float("nan")]))
    assert differ(np.datetime64("2020"), np.datetime64("2020-01"), np.datetime64("NaT", "D"), np.timedelta64(1, "D"))
    assert differ(np.str_("a"), "a", np.bytes_(b"a"))


def test_special_dtypes():
    assert differ(
        np.array(["2020"], "M8[s]"),
        np.array(["2020"], "M8[D]"),
        np.array([1], "m8[s]"),
        np.array(["a", "b"]),
        np.array(["a", "b"], "U2"),
        np.array([b"a", b"b"]),
        np.array(["a", "b"], object),
        np.array(["a", "b"], np.dtypes.StringDType()),
        np.array(["a", "c"], np.dtypes.StringDType()),
    )
    assert differ(np.dtype("f8"), np.dtype("f4"), np.dtype(">f8"), np.dtype([("a", "f8")]), np.dtype([("b", "f8")]))


def test_structured_dtypes_without_their_padding():
    dtype = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, two = np.zeros(3, dtype), np.zeros(3, dtype)
    one.view(np.uint8)[1] = 99
    assert fingerprint(one) == fingerprint(two)
    two["b"][1] = 5
    assert differ(one, two, np.zeros(3, [("a", "i1"), ("b", "f8")]))
    assert differ(one[0], two[1])
    longs = np.array([1, 2], np.longdouble)
    filled = np.full(2, 255, np.uint8).repeat(16).view(np.longdouble)
    filled[:] = [1, 2]
    assert fingerprint(longs) == fingerprint(filled)
    assert differ(longs, np.array([1, 3], np.longdouble))


def test_object_arrays_by_element():
    inner = [1]
    assert differ(
        np.array([1, "a", None], object),
        np.array([1, "a", 0], object),
        np.array([1.0, "a", None], object),
    )
    shared = np.empty(2, object)
    shared[:] = [inner, inner]
    apart = np.empty(2, object)
    apart[:] = [inner, [1]]
    assert differ(shared, apart)
    nested = np.empty(1, object)
    nested[0] = nested
    assert fingerprint(nested)
    begun = (item for item in "a")
    next(begun)
    walk = Walk()
    with pytest.raises(Unfingerprintable) as caught:
        walk.fingerprint(np.array([0, begun], object), "x")
    assert caught.value.path == "x[1]"


def test_subclasses():
    masked = np.ma.array([1, 2, 3], mask=[0, 1, 0])
    assert differ(
        masked,
        np.ma.array([1, 2, 3], mask=[0, 0, 1]),
        np.ma.array([1, 2, 3]),
        np.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=7),
        np.array([1, 2, 3]),
    )
    before = fingerprint(masked)
    assert masked.fill_value == 999999  # fills a cache
    assert fingerprint(masked) == before == fingerprint(pickle.loads(pickle.dumps(masked)))
    assert differ(np.array([[1, 2]]).view(np.matrix), np.array([[1, 2]]))
    assert differ(np.rec.array([(1,)], dtype=[("a", "i4")]), np.array([(1,)], dtype=[("a", "i4")]))


def test_a_memory_map_is_its_content(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(BASE.tobytes())
    one, two = (np.memmap(tmp_path / name, np.float64, "r") for name in ("a", "b"))
    assert fingerprint(one) == fingerprint(two)
    assert differ(one, np.array(one))


def test_shared_memory_within_a_walk():
    data = BASE.copy()
    row = data[0]
    assert differ([data, data], [data, data.copy()])
    assert differ([data, row], [data, row.copy()])
    assert differ([row, data], [row.copy(), data])
    assert differ([data, data[0]], [data, data[1]])
    assert differ([data[:2], data[1:]], [data[:2].copy(), data[1:].copy()])
    assert differ([data.ravel(), data.reshape(4, 3)], [data.ravel().copy(), data.reshape(4, 3).copy()])
    assert fingerprint([data[:2], data[2:]]) == fingerprint([data[:2].copy(), data[2:].copy()])
    left, right = data[:, :2], data[:, 2:]
    apart = np.hstack([left, np.zeros((3, 2))])[:, :2], np.hstack([right, np.zeros((3, 2))])[:, :2]
    assert fingerprint([left, right]) == fingerprint(list(apart))
    assert fingerprint([data, row]) == fingerprint([(twin := data.copy()), twin[0]])


def test_generators_by_state():
    one = np.random.default_rng(0)
    two = np.random.default_rng(0)
    assert fingerprint(one) == fingerprint(two)
    one.random()
    assert differ(one, two)
    two.random()
    assert fingerprint(one) == fingerprint(two) == fingerprint(pickle.loads(pickle.dumps(two)))
    one.spawn(1)
    assert differ(one, two, np.random.Generator(np.random.MT19937(0)))
    assert differ([two, two.bit_generator], [two, np.random.default_rng(0).bit_generator])
    old, older = np.random.RandomState(0), np.random.RandomState(0)
    assert fingerprint(old) == fingerprint(older)
    older.normal()  # keeps a second draw for later
    older.set_state((*older.get_state()[:3], 0, 0.0))
    assert differ(old, older)


def test_the_global_generator_is_not_a_value():
    state = np.random.get_state()
    try:
        before = fingerprint(np.random.mtrand._rand)
        np.random.random()
        assert fingerprint(np.random.mtrand._rand) == before
        assert fingerprint(np.random.rand) == fingerprint(np.random.rand) != fingerprint(np.random.randn)
    finally:
        np.random.set_state(state)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"])
def test_sparse_matrices(kind):
    dense = np.diag([1.0, 0.0, 2.0])
    make = getattr(scipy.sparse, f"{kind}_array")
    one, two = make(dense), make(dense)
    before = fingerprint(one)
    assert before == fingerprint(two)
    if hasattr(one, "has_sorted_indices"):
        assert one.has_sorted_indices  # fills a cache
    assert fingerprint(one) == before == fingerprint(pickle.loads(pickle.dumps(one)))
    assert differ(one, make(np.diag([1.0, 0.0, 3.0])), make(np.diag([1.0, 0.0, 2.0, 0.0])), dense)
    assert differ(one, getattr(scipy.sparse, f"{kind}_matrix")(dense))


def test_fitted_models_survive_their_pickle():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    for model in (RandomForestClassifier(2, random_state=0), SVC(random_state=0)):
        model.fit(BASE, [0, 1, 1])
        walk = Walk()
        assert walk.fingerprint(model) == fingerprint(pickle.loads(pickle.dumps(model)))
        assert "sklearn" in walk.distributions
        other = type(model)(**{**model.get_params(), "random_state": 1}).fit(BASE, [0, 1, 1])
        assert differ(model, other)


def test_arrays_are_objects_of_the_walk():
    walk = Walk()
    walk.fingerprint({"x": BASE, "y": [BASE]}, "data")
    assert walk.paths == ["data", "data['x']", "data['y']"]
    assert walk.objects[1] is BASE
    assert walk.distributions == {"numpy"}
