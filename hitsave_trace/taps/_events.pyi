from collections.abc import Callable

FORMAT: int

def listen(
    listener: Callable[[str, tuple[object, ...]], None],
    stacks: dict[int, object],
    always: dict[str, None],
    inner: dict[str, object],
    outer: dict[str, object],
    /,
) -> None: ...
