"""`hitsave run --report FILE`: what a run did, as JSON (docs/report-format.md).

The report is made of the run record and the call records alone; the store is asked only for the source
lines of functions whose code changed. A report is there whole or not at all: a reader that polls for
the file never sees half of it.
"""

from __future__ import annotations

import os

from hitsave.reasons import canonical
from hitsave.report.archive import Archive, Call, Keeper, Reason, Run, path_of, reasons_of, seconds_of, text_of
from hitsave.report.places import place_of

VERSION = 1


def build(run: Run, calls: list[Call], keeper: Archive | Keeper | None = None) -> dict[str, object]:
    """The report of `run` as plain data; `keeper` is the store that has the sources."""
    archive = keeper if keeper is None or isinstance(keeper, Archive) else Archive(keeper)
    return {
        "version": VERSION,
        "run": run.get("run"),
        "command": list(_words(run.get("command"))),
        "exit": run.get("exit"),
        "replayed": bool(run.get("replayed")),
        "seconds": seconds_of(run),
        "tracer": run.get("tracer"),
        "verify": run.get("verify"),
        "verified": run.get("verified") or 0,
        "different": run.get("different") or 0,
        "calls": [_call(call, run, archive) for call in calls],
    }


def write(path: str, report: dict[str, object]) -> None:
    """Write `report` to `path`. Raises OSError, as a missing folder or a full disk would have it."""
    import json

    # The program may have set other separators for all of its JSON.
    text = json.dumps(report, indent=1, ensure_ascii=False, default=str, separators=(",", ": ")) + "\n"
    # A surrogate may come from an undecodable file name. It is written as JSON's own escape.
    data = _encoded(text)
    if os.path.exists(path) and not os.path.isfile(path):
        # A pipe or /dev/stdout: there is nothing to replace.
        with open(path, "wb") as out:
            out.write(data)
        return
    target = os.path.realpath(path)
    partial = f"{target}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as out:
            out.write(data)
        os.replace(partial, target)
    except BaseException:
        try:
            os.unlink(partial)
        except OSError:
            pass
        raise


def source_text(archive: Archive | None, subject: str, value: object) -> str | None:
    """What `code` reasons show: the source lines of the version whose fingerprint `value` is."""
    if value is None:
        return None
    version = archive.version(subject, value) if archive is not None else None
    if version is not None:
        return version.text
    if isinstance(value, bytes):
        return f"code {value.hex()[:12]} (source not kept)"
    text = str(value)
    if len(text) == 32 and all(digit in "0123456789abcdef" for digit in text):
        return f"code {text[:12]} (source not kept)"
    return text


def _call(call: Call, run: Run, archive: Archive | None) -> dict[str, object]:
    arguments = call.get("arguments")
    told: dict[str, object] = {
        "function": call.get("function"),
        "arguments": {str(k): text_of(v) for k, v in arguments.items()} if isinstance(arguments, dict) else {},
        "verdict": call.get("verdict"),
        "reasons": [_reason(reason, run, archive) for reason in reasons_of(call)],
        "seconds": seconds_of(call),
        "saved_seconds": seconds_of(call, "saved_seconds"),
        "where": str(call.get("where") or ""),
    }
    if "source" in call:  # a statement at the top level
        told["where"], told["source"] = call.get("where"), call.get("source")
    return told


def _reason(reason: Reason, run: Run, archive: Archive | None) -> dict[str, object]:
    kind, subject = canonical(str(reason.get("kind"))), str(reason.get("subject") or "")
    before, after = reason.get("before"), reason.get("after")
    if kind == "code":
        before, after = source_text(archive, subject, before), source_text(archive, subject, after)
    return {
        "kind": kind,
        "subject": subject,
        "where": place_of(archive, run, reason),
        "before": text_of(before),
        "after": text_of(after),
        "path": [name for name, _ in path_of(reason)],
        "since": reason.get("since"),
    }


def _words(command: object) -> list[str]:
    return [str(word) for word in command] if isinstance(command, list | tuple) else []


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text).encode("utf-8")
