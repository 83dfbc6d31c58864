"""Which files a call itself wrote: what `OwnFiles` says is what looking through all of them says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hitsave_trace.folders import MADE, OwnFiles

part = st.sampled_from(["a", "b", "ab", "a b", "é"])
relative = st.lists(part, min_size=1, max_size=4).map("/".join)
paths = st.one_of(relative, relative.map("/".__add__))
folders = st.one_of(paths, st.just("."))


def names_in(written: list[str], folder: str) -> set[str]:
    head = "" if folder == "." else folder + "/"
    inside = {path[len(head) :] for path in written if path.startswith(head)}
    found = {name for name in inside if name and "/" not in name}
    return found | {MADE} if folder in written else found


@given(st.lists(folders, max_size=12), st.lists(folders, max_size=12), folders)
def test_it_says_what_looking_through_all_says(first, then, asked):
    own, inner = OwnFiles(), OwnFiles()
    for path in first:
        own[path] = "w"
    for path in then:
        inner[path] = "removed"
    own.join(inner)
    written = [*first, *then]
    assert own.names_in(asked) == names_in([path for path in written if path != "."], asked) | (
        {MADE} if asked in written else set()
    )
    assert own.touch(asked) == (asked in written or any(x.startswith(asked + "/") for x in written))
    assert own == {**dict.fromkeys(first, "w"), **dict.fromkeys(then, "removed")}
