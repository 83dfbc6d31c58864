"""Stretches of memory are found as by looking at all of them."""

from hypothesis import given
from hypothesis import strategies as st

from hitsave_trace.fingerprint.regions import Region, Regions

stretch = st.tuples(st.integers(0, 200), st.integers(1, 1 << 6) | st.integers(1, 4)).map(lambda x: (x[0], x[0] + x[1]))


@given(st.lists(st.tuples(stretch, st.integers(0, 4)), max_size=40))
def test_the_same_as_a_search_through_all(steps):
    regions, known = Regions(), []
    for (low, high), which in steps:
        expected = [one for one in known if one.low < high and low < one.high]
        found = regions.touching(low, high)
        assert [(one.number, one.low, one.high, one.origin) for one in found] == [
            (one.number, one.low, one.high, one.origin) for one in expected
        ]
        if found and which:
            regions.grow(found[which % len(found)], low, high, None)
            one = expected[which % len(found)]
            one.low, one.high = min(low, one.low), max(high, one.high)
        else:
            regions.add(low, high, None)
            known.append(Region(low, high, len(known), None))
