"""Whether a data file names other files that its library reads along with it.

An HDF5 file may have links into other files, and data sets that are put together from them. The library opens these by itself
and tells nobody. So a file that has such is not followed.
"""

from __future__ import annotations

import sys

MANY = 5000
"""Objects of a file that are looked at; one with more counts as naming others."""


def names_others(path: str) -> bool:
    """Whether the HDF5 file at `path` names other files; True if that can't be told."""
    h5py = sys.modules.get("h5py")
    if h5py is None:
        return True
    if not h5py.is_hdf5(path):
        return False  # then it can't be opened either
    try:
        with h5py.File(path, "r") as file:
            return _in_group(file, h5py)
    except Exception:
        return True


def _in_group(file: object, h5py: object) -> bool:
    left = MANY
    waiting = [file]
    while waiting:
        group = waiting.pop()
        for name in group:  # type: ignore[attr-defined]
            left -= 1
            if left < 0:
                return True
            link = group.get(name, getlink=True)  # type: ignore[attr-defined]
            if isinstance(link, h5py.ExternalLink):  # type: ignore[attr-defined]
                return True
            if isinstance(link, h5py.SoftLink):  # type: ignore[attr-defined]
                continue
            kind = group.get(name, getclass=True)  # type: ignore[attr-defined]
            if kind is h5py.Group:  # type: ignore[attr-defined]
                waiting.append(group[name])  # type: ignore[index]
            elif kind is h5py.Dataset:  # type: ignore[attr-defined]
                data = group[name]  # type: ignore[index]
                if data.is_virtual or data.external:
                    return True
    return False
