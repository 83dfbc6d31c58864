from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from hitsave.store import pickles
from hitsave.store.blobs import BlobFolder
from hitsave.store.codec import Damaged, Gone, decode
from hitsave.store.pickles import Unpicklable


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "new").mkdir()
    return BlobFolder(str(tmp_path))


def there_and_back(value, blobs, **options):
    frozen = pickles.dump(value, **options).frozen
    for name, view in frozen.blobs:
        assert blobs.write(view)[0] == name
    return pickles.thaw(decode(frozen.row), blobs)


SIZES = [
    0,
    1,
    10,
    5_000,
    20_000,
    100_000,
    131_072,
    300_000,
]  # of float64: inline, in a body file, in files of their own


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("writeable", [True, False])
def test_arrays_of_every_size_keep_content_and_writeability(blobs, size, writeable):
    array = np.arange(size, dtype=float)
    array.flags.writeable = writeable
    again = there_and_back({"a": array, "b": [1, "x"]}, blobs)
    assert again["b"] == [1, "x"]
    assert again["a"].dtype == array.dtype
    assert np.array_equal(again["a"], array)
    assert again["a"].flags.writeable == writeable


def test_order_strides_and_types_are_those_of_pickle(blobs):
    fortran = np.asfortranarray(np.arange(400_000, dtype=np.int16).reshape(400, 1000))
    strided = np.arange(800_000)[::2]
    objects = np.array([1, "two", None], dtype=object)
    again = there_and_back([fortran, strided, objects], blobs)
    assert again[0].flags.f_contiguous
    assert np.array_equal(again[0], fortran)
    assert np.array_equal(again[1], strided)
    assert again[2].tolist() == [1, "two", None]


def test_frames_come_back_equal_and_can_be_changed(blobs):
    frame = pd.DataFrame({"x": np.arange(300_000.0), "s": ["a", "b", "c"] * 100_000, "i": range(300_000)})
    again = there_and_back(frame, blobs)
    pd.testing.assert_frame_equal(again, frame)
    again.loc[0, "x"] = 7.0
    assert there_and_back(frame, blobs).loc[0, "x"] == 0.0


def test_what_is_written_to_a_result_stays_in_this_process(blobs):
    value = np.ones(1_000_000)
    first = there_and_back(value, blobs)
    first[:] = 5
    second = there_and_back(value, blobs)
    assert second.sum() == 1_000_000


def test_large_buffers_are_aligned(blobs):
    again = there_and_back([np.ones(200_000, dtype=np.int8 if i % 2 else float) for i in range(8)], blobs)
    assert all(a.ctypes.data % 64 == 0 for a in again if a.nbytes >= 1 << 20)


def test_many_large_arrays_at_once_are_all_right(blobs):
    value = [np.full(140_000, i, dtype=float) for i in range(300)]
    again = there_and_back(value, blobs)
    assert [a[0] for a in again] == list(range(300))
    assert all(a.flags.writeable for a in again)


def test_equal_buffers_share_a_file(blobs):
    array = np.arange(200_000.0)
    there_and_back([array, array.copy(), array + 1], blobs)
    assert len(blobs.listing()) == 2


def test_ids_of_objects_outside_are_given_and_asked_for(blobs):
    outside = object()
    frozen = pickles.dump([outside, 3], persistent_id=lambda o: "outside" if o is outside else None).frozen
    again = pickles.thaw(decode(frozen.row), blobs, persistent_load={"outside": outside}.__getitem__)
    assert again[0] is outside
    assert again[1] == 3


class Holder:
    def __init__(self):
        lock = threading.Lock()
        lock.acquire()
        self.parts = {"ok": 1, "lock": [1, lock]}


def test_a_lock_that_nobody_holds_is_a_new_one():
    pickled = pickles.dump([threading.Lock(), threading.RLock()])
    first, second = pickles.load(pickled.data, pickled.buffers)
    assert type(first) is type(threading.Lock())
    assert not first.locked()
    assert type(second) is type(threading.RLock())


def test_the_part_that_cannot_be_pickled_is_named():
    with pytest.raises(Unpicklable) as caught:
        pickles.dump([0, Holder()])
    assert caught.value.path == "[1].parts['lock'][1]"
    assert caught.value.type_name == "lock"
    assert "cannot pickle" in caught.value.why


def test_a_lambda_is_named():
    with pytest.raises(Unpicklable) as caught:
        pickles.dump({"f": lambda x: x})
    assert caught.value.path == "['f']"


class Rude:
    def __reduce__(self):
        raise ZeroDivisionError("no")


def test_whatever_a_hook_raises_is_unpicklable():
    with pytest.raises(Unpicklable) as caught:
        pickles.dump(Rude())
    assert caught.value.why == "ZeroDivisionError: no"


def test_too_deep_is_unpicklable():
    value: list = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Unpicklable):
        pickles.dump(value)
    while value:  # taken apart by hand: freeing it in one go nests as deep
        value = value[0]


def test_the_digest_names_the_content(blobs):
    assert pickles.dump([1, 2]).digest == pickles.dump([1, 2]).digest
    large = np.zeros(1_000_000)
    one = pickles.dump(large).digest
    large[500_000] = 1
    assert pickles.dump(large).digest != one


def test_a_missing_or_cut_blob_is_noticed(blobs):
    frozen = pickles.dump(np.arange(1_000_000.0)).frozen
    (name, view), row = frozen.blobs[0], decode(frozen.row)
    with pytest.raises(Gone):
        pickles.thaw(row, blobs)
    blobs.write(view)
    path = blobs.path(name)
    import os

    os.chmod(path, 0o600)
    os.truncate(path, 1000)
    with pytest.raises(Damaged):
        pickles.thaw(row, blobs)
    os.truncate(path, view.nbytes)  # as a power cut leaves it: the right length, and zeros
    with pytest.raises(Damaged):
        pickles.thaw(row, blobs)


def test_every_byte_of_a_pickle_in_a_file_is_checked(blobs):
    import os

    frozen = pickles.dump(bytes(3_000_000)).frozen
    blobs.write(frozen.blobs[0][1])
    path = blobs.path(frozen.blobs[0][0])
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.seek(1_500_000)
        file.write(b"!")
    with pytest.raises(Damaged):
        pickles.thaw(decode(frozen.row), blobs)


TEXTS = ["north", "south", float("nan"), "", "é", None]


def test_columns_of_text_are_pickled_by_their_distinct_objects(blobs):
    first = np.empty(6000, object)
    first[:] = [TEXTS[i % 5 % 3 + i % 3] for i in range(6000)]
    second = first[::-1].copy()
    value = {"a": first, "b": second, "c": TEXTS, "d": first.reshape(60, 100)}
    assert len(pickles.dump(value).data) < 1000
    again = there_and_back(value, blobs)
    for name in "abd":
        assert again[name].shape == value[name].shape
        assert again[name].flags.owndata
        assert again[name].flags.writeable
        assert again[name].flags.c_contiguous
    # What is one object stays one, also between arrays.
    assert all(any(item is text for text in again["c"]) for item in [*again["a"], *again["b"], *again["d"].flat])
    assert [TEXTS.index(x) if x == x else 2 for x in value["a"]] == [
        TEXTS.index(x) if x == x else 2 for x in again["a"]
    ]


def test_equal_texts_of_two_objects_stay_two(blobs):
    one, two = "north", "".join(["no", "rth"])
    array = np.empty(4096, object)
    array[::2], array[1::2] = one, two
    again = there_and_back([array, one, two], blobs)
    assert len({id(item) for item in again[0]}) == 2
    assert again[0][0] is again[1]
    assert again[0][1] is again[2]


def test_arrays_of_objects_that_hold_themselves(blobs):
    array = np.empty(4096, object)
    array[:] = "x"
    array[7] = array
    again = there_and_back(array, blobs)
    assert again[7] is again
