from collections.abc import Callable
from types import FrameType

FORMAT: int

def listen(
    listener: Callable[[str, tuple[object, ...]], None],
    stacks: dict[int, object],
    always: dict[str, None],
    inner: dict[str, object],
    outer: dict[str, object],
    /,
) -> None: ...
def getframe(depth: int = 0, /) -> FrameType: ...
