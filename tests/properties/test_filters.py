"""Filters of warnings that a call has set are told from those that were there, so that setting them again gives the same."""

import re
import warnings

from hypothesis import given
from hypothesis import strategies as st

from hitsave_trace import warned

FILTERS = [("ignore", None, one, None, 0) for one in (UserWarning, ImportWarning, FutureWarning, BytesWarning)]
FILTERS += [("error", re.compile("told", re.IGNORECASE), UserWarning, None, 0)]
added = st.lists(st.tuples(st.sampled_from(FILTERS), st.booleans()), max_size=6)


def add(filters):
    for one, append in filters:
        warnings._add_filter(*one, append=append)


@given(st.permutations(FILTERS).map(lambda x: x[:3]), added)
def test_filters_that_were_set_are_set_again(before, filters):
    with warnings.catch_warnings():
        warnings.filters[:] = before
        add(filters)
        after = list(warnings.filters)
        own = warned.filters_set(tuple(before), tuple(after))
        assert own is not None
        warnings.filters[:] = before
        add((one, False) for one in reversed(own))
        assert warnings.filters == after


@given(st.permutations(FILTERS).map(lambda x: x[:4]), st.integers(0, 3))
def test_a_filter_that_is_gone_is_nothing_that_was_set(before, gone):
    after = [one for i, one in enumerate(before) if i != gone]
    assert warned.filters_set(tuple(before), tuple(after)) is None
