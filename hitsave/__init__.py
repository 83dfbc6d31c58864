"""HitSave runs an unmodified Python program and answers its slow calls from a store.

Nothing is imported here: the program that runs under HitSave must start as light as without it. `hitsave.runs()` and
`hitsave.calls("train")` (see `hitsave.api`) are fetched when somebody asks for them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.api import Call, Calls, NotFound, NotKept, Run, Runs, calls, get_run, runs

__all__ = ["Call", "Calls", "NotFound", "NotKept", "Run", "Runs", "__version__", "calls", "get_run", "runs"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("hitsave.api"), name)
    raise AttributeError(f"module 'hitsave' has no attribute {name!r}")
