"""The store of a run that has none."""

from __future__ import annotations

from hitsave.store.blobs import as_bytes
from hitsave.store.codec import Gone, digest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Buffer

    from hitsave.store.pickles import Pickled

    Row = dict[str, object]


class NoStore:
    """A store that keeps nothing and finds nothing."""

    usable = False

    def __init__(self, folder: str = "") -> None:
        self.folder = folder

    def candidates(self, call: bytes) -> list[bytes]:
        return []

    def elsewhere(self, call: bytes, limit: int = 8) -> list[bytes]:
        return []

    def trace(self, digest: bytes) -> tuple[object, ...] | None:
        return None

    def node(self, digest: bytes) -> tuple[object, ...] | None:
        return None

    def nodes(self, digests: list[bytes]) -> list[tuple[object, ...] | None]:
        return [None] * len(digests)

    def save_trace(
        self,
        call: bytes,
        trace: tuple[object, ...],
        nodes: Iterable[tuple[bytes, bytes]],
        value: Pickled | None = None,
        blobs: Iterable[bytes] = (),
    ) -> bytes:
        return b""

    def calls_of(self, function: str, limit: int = 0) -> list[tuple[bytes, bytes]]:
        return []

    def prefer(self, call: bytes, trace: bytes) -> None:
        pass

    def forget(self, call: bytes, trace: bytes) -> None:
        pass

    def pin(self, traces: Iterable[bytes], *, pinned: bool) -> None:
        pass

    def used(self, digest: bytes) -> None:
        pass

    def save_value(self, value: Pickled) -> bytes | None:
        return None

    def load_value(self, digest: bytes, persistent_load: Callable[[object], object] | None = None) -> object:
        raise Gone("there is no store")

    def save_blob(self, data: Buffer) -> bytes:
        return digest_of(as_bytes(data))

    def blob(self, digest: bytes) -> bytes:
        raise Gone("there is no store")

    def cost(self, function: str) -> tuple[object, ...] | None:
        return None

    def costs(self) -> dict[str, tuple[object, ...]]:
        return {}

    def save_cost(self, function: str, cost: Sequence[object]) -> None:
        pass

    def file_digest(self, path: str) -> tuple[object, ...] | None:
        return None

    def save_file_digest(self, path: str, record: Sequence[object]) -> None:
        pass

    def save_source(self, text: bytes) -> bytes:
        return digest_of(text)

    def source(self, digest: bytes) -> bytes | None:
        return None

    def save_code(self, fingerprint: bytes, code: Sequence[object]) -> None:
        pass

    def save_codes(self, module: str, source: bytes, path: str, codes: list[tuple[str, bytes, int, int]]) -> None:
        pass

    def code(self, name: str, fingerprint: bytes) -> tuple[bytes, str | None, int, int] | None:
        return None

    def start_run(self, record: Row) -> int:
        return 0

    def note_source(self, run: int, name: str, digest: str) -> None:
        pass

    def note_calls(self, run: int, calls: list[Row]) -> None:
        pass

    def finish_run(self, run: int, record: Row) -> None:
        pass

    def runs(self, limit: int = 0) -> list[Row]:
        return []

    def run(self, number: int) -> Row | None:
        return None

    def run_calls(self, number: int) -> list[Row]:
        return []

    def run_numbers(self, script: str | None = None, below: int = 0, limit: int = 0) -> list[int]:
        return []

    def save_uses(self, uses: tuple[object, ...]) -> bytes:
        return b""

    def uses(self, digest: bytes) -> list[tuple[str, str, bytes, str | None]]:
        return []

    def save_output(self, run: int, parts: list[tuple[int, str | bytes]]) -> None:
        pass

    def output(self, run: int) -> list[tuple[int, str | bytes]]:
        return []

    def note_table(self, run: int, function: str, rows: list[Row]) -> None:
        pass

    def table(self, function: str, run: int = 0, limit: int = 0) -> list[Row]:
        return []

    def functions(self) -> list[str]:
        return []

    def said(self, run: int = 0) -> Row:
        return {}

    def say(self, run: int, said: Row) -> None:
        pass

    def flush(self) -> None:
        pass

    def pause(self) -> None:
        pass

    def close(self) -> None:
        pass
