"""A store in memory, with the methods that reports call, and a project with three runs in it."""

from __future__ import annotations

import hashlib

import pytest

from hitsave.memo.trace import VERSION
from hitsave.report.archive import Archive


class Memory:
    """Keeps what it is given. The real store has the same methods."""

    def __init__(self) -> None:
        self.records: dict[int, dict[str, object]] = {}
        self.recorded: dict[int, list[dict[str, object]]] = {}
        self.sources: dict[bytes, bytes] = {}
        self.codes: dict[tuple[str, bytes], tuple[object, ...]] = {}
        self.traces: dict[bytes, tuple[object, ...]] = {}
        self.nodes: dict[bytes, tuple[object, ...]] = {}
        self.used: dict[bytes, list[tuple[object, ...]]] = {}
        self.tables: dict[str, list[dict[str, object]]] = {}
        self.outputs: dict[int, list[tuple[int, str]]] = {}
        self.words: dict[int, dict[str, object]] = {}

    def trace(self, digest: bytes) -> tuple[object, ...] | None:
        return self.traces.get(digest)

    def node(self, digest: bytes) -> tuple[object, ...] | None:
        return self.nodes.get(digest)

    def source(self, digest: bytes) -> bytes | None:
        return self.sources.get(digest)

    def code(self, name: str, fingerprint: bytes) -> object:
        return self.codes.get((name, fingerprint))

    def runs(self, limit: int = 0) -> object:
        found = sorted(self.records.values(), key=lambda run: -run["run"])
        return found[:limit] if limit else found

    def run_numbers(self, script=None, below=0, limit=0) -> list[int]:
        found = [n for n, run in self.records.items() if script in (None, run["script"]) and (not below or n < below)]
        found.sort(reverse=True)
        return found[:limit] if limit else found

    def uses(self, digest: bytes) -> list[tuple[object, ...]]:
        return self.used.get(digest, [])

    def table(self, function: str, run: int = 0, limit: int = 0) -> list[dict[str, object]]:
        return [row for row in self.tables.get(function, []) if run in (0, row["run"])]

    def functions(self) -> list[str]:
        return list(self.tables)

    def output(self, run: int) -> list[tuple[int, str]]:
        return self.outputs.get(run, [])

    def said(self, run: int = 0) -> dict[str, object]:
        return self.words.get(run, {})

    def run(self, number: int) -> dict[str, object] | None:
        return self.records.get(number)

    def run_calls(self, number: int) -> object:
        return self.recorded.get(number, [])

    # What a test says happened.

    def add_source(self, text: str) -> str:
        digest = _digest(text)
        self.sources[digest] = text.encode()
        return digest.hex()

    def add_code(self, name: str, path: str, text: str, first: int, last: int) -> str:
        fingerprint = _digest(name + "".join(text.splitlines(keepends=True)[first - 1 : last]))
        self.codes[name, fingerprint] = (bytes.fromhex(self.add_source(text)), path, first, last)
        return fingerprint.hex()

    def add_trace(self, name: str, dependencies: list[tuple[str, str, str]], run: int, seconds: float = 2.0) -> str:
        digests = []
        for kind, subject, text in dependencies:
            digest = _digest(repr((kind, subject, text)))
            self.nodes[digest] = (kind, subject, _digest(text), text)
            digests.append((digest, 0))
        digest = _digest(repr((name, dependencies, run)))
        body = (tuple(digests), ((name, -1, 0),), (), b"v" * 16, seconds, run, 1000.0 + run, (), False, ())
        self.traces[digest] = ("trace", VERSION, b"c" * 16, name, *body, ((), ()))
        return digest.hex()

    def add_uses(self, uses: list[tuple[str, str, str]]) -> str:
        """What a run read: kind, name, text; a fingerprint follows from the text."""
        digest = _digest(repr(uses))
        self.used[digest] = [(kind, name, _digest(text), text) for kind, name, text in uses]
        return digest.hex()

    def add_run(self, number: int, calls: list[dict[str, object]], **fields: object) -> None:
        verdicts = [call["verdict"] for call in calls]
        self.records[number] = {
            "run": number,
            "command": ["train.py", "--fast"],
            "script": "train.py",
            "project": "/p",
            "cwd": "/p",
            "started": 1_700_000_000.0 + 60 * number,
            "seconds": 3.5,
            "exit": 0,
            "state": "done",
            "traceback": None,
            "tracer": "profile",
            "python": "3.11.7",
            "git": None,
            "hits": verdicts.count("hit"),
            "misses": verdicts.count("miss"),
            "unsaved": verdicts.count("unsaved"),
            "saved_seconds": sum(float(str(call.get("saved_seconds", 0))) for call in calls),
            "replayed": False,
            "sources": {},
            "functions": {},
            "distributions": {},
            **fields,
        }
        self.recorded[number] = calls


def _digest(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


def call(function: str, verdict: str, *reasons: dict[str, object], **fields: object) -> dict[str, object]:
    """A call record."""
    return {
        "function": function,
        "arguments": {},
        "verdict": verdict,
        "reasons": list(reasons),
        "seconds": 0.0 if verdict == "hit" else 2.0,
        "saved_seconds": 2.0 if verdict == "hit" else 0.0,
        "call": "ab" * 16,
        "trace": None,
        "where": "train.py:41",
        "parent": None,
        "source_run": None,
        **fields,
    }


OLD_HELPER = "import config\n\ndef scale(x):\n    return x * 0.1\n\ndef unused():\n    return 1\n"
NEW_HELPER = "import config\n\ndef scale(x):\n    return x * 0.2\n\ndef unused():\n    return 2\n"


@pytest.fixture
def memory() -> Memory:
    """An empty store."""
    return Memory()


@pytest.fixture
def make_call() -> object:
    """`call`, for tests."""
    return call


@pytest.fixture
def archive(memory: Memory) -> Archive:
    """The reports' view of `memory`."""
    return Archive(memory)


@pytest.fixture
def edited(memory: Memory) -> Memory:
    """Two runs of train.py; between them `scale` was edited (used), `unused` was (not used), config.LR went from 0.1 to 0.2."""
    old, new = (memory.add_code("helper:scale", "helper.py", text, 3, 4) for text in (OLD_HELPER, NEW_HELPER))
    fit = memory.add_code("model:fit", "model.py", "import helper\n\ndef fit(x):\n    return helper.scale(x)\n", 3, 4)
    first = memory.add_trace("__main__:train", [("code", "helper:scale", old), ("global", "config:LR", "0.1")], 1)
    load = memory.add_trace("__main__:load", [("file", "data/d.csv", "312 B"), ("distribution", "numpy", "2.1")], 1)
    second = memory.add_trace("__main__:train", [("code", "helper:scale", new), ("global", "config:LR", "0.2")], 2)
    memory.add_run(
        1,
        [
            call("__main__:load", "miss", {"kind": "new", "subject": "", "path": []}, trace=load),
            call("__main__:train", "miss", {"kind": "new", "subject": "", "path": []}, trace=first),
        ],
        functions={"helper:scale": old, "model:fit": fit},
        sources={"helper.py": memory.add_source(OLD_HELPER)},
    )
    code = {
        "kind": "code",
        "subject": "helper:scale",
        "where": "helper.py:3",
        "before": old,
        "after": new,
        "path": ["__main__:train", "model:fit", "helper:scale"],
    }
    rate = {"kind": "global", "subject": "config:LR", "where": "model.py:4", "before": "0.1", "after": "0.2"}
    rate["path"] = ["__main__:train", "model:fit"]
    memory.add_run(
        2,
        [
            call("__main__:load", "hit", trace=load, source_run=1, saved_seconds=7.0),
            call("model:fit", "miss", code, parent=2, seconds=1.0),
            call("__main__:train", "miss", code, rate, trace=second, arguments={"rate": "0.1", "epochs": "3"}),
            call(
                "__main__:stamp",
                "unsaved",
                {
                    "kind": "calendar",
                    "subject": "datetime.now",
                    "where": "train.py:12",
                    "before": None,
                    "after": None,
                    "path": [],
                },
            ),
        ],
        functions={"helper:scale": new, "model:fit": fit},
        sources={"helper.py": memory.add_source(NEW_HELPER)},
    )
    return memory
