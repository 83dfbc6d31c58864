"""What LMDB or the system said, as something to tell the user."""

from __future__ import annotations

import lmdb

from hitsave import errors
from hitsave.store.codec import Damaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def told(folder: str, error: Exception, otherwise: Callable[[str, str], errors.Failure]) -> errors.Failure:
    """The message for what LMDB or the system said."""
    from errno import EACCES, EDQUOT, EFBIG, ENOSPC, EPERM, EROFS

    number = getattr(error, "errno", None) or getattr(error, "code", 0)
    why = getattr(error, "strerror", None) or str(error)
    if isinstance(error, lmdb.DiskError) or number in (ENOSPC, EDQUOT, EFBIG):
        return errors.store_full(folder, why)
    if isinstance(error, (lmdb.ReadonlyError, PermissionError)) or number in (EACCES, EPERM, EROFS):
        return errors.store_not_writable(folder, why)
    if isinstance(error, Damaged):
        return errors.record_damaged(folder, why)
    return otherwise(folder, why)
