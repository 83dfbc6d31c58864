"""The answers of `hitsave why` as lines of text."""

from __future__ import annotations

from hitsave.render.changed import changed
from hitsave.render.console import Layout, Line, diff_lines
from hitsave.report.archive import seconds_of, text_of
from hitsave.report.words import ago, clip, count, duration, given, last_part, moment, short_name

Told = dict[str, object]

# Above this many calls under one cause, and this many lines of a diff, the rest is counted.
_CALLS = 6
_NAMES = 6
_ARGUMENTS = 5


def calls(run: Told, told: list[Told], now: float | None = None, since: Told | None = None) -> Layout:
    """The answer about some calls of a run; `since` is what changed since the run before."""
    layout: Layout = []
    for call in told:
        if layout:
            layout.append([])
        layout += _call(run, call, now, since or {})
    return layout


def summary(told: Told, now: float | None = None) -> Layout:
    """The answer about a whole run: what changed, what can't be saved, what was reused."""
    started = told.get("started")
    head: Line = [(f"run {told['run']}", "strong"), (f"  {told['command']}", "")]
    if isinstance(started, int | float):
        head.append((f"  {ago(started, now)}", "soft"))
    layout: Layout = [head, _counts(told)]
    lines = str(told.get("traceback") or "").strip().splitlines()
    if lines:
        layout.append([(lines[-1], "bad")])
    if told.get("replayed"):
        layout.append([("Nothing that it depends on had changed, so the whole run was replayed.", "")])
    missed, unsaved, reused = (_list(told, key) for key in ("missed", "not_saved", "reused"))
    if any(cause["kind"] in ("argument", "closure", "new") for cause in missed):
        layout += _changed(told, "")
    different, verified = (_list(told, key) for key in ("different", "verified"))
    for title, causes in (("Not what was stored", different), ("Ran again", missed), ("Not saved", unsaved)):
        if causes:
            layout += [[], [(title, "strong")]]
            for cause in causes:
                layout += _cause(cause, told.get("compared_with"))
    if reused:
        layout += [[], [("Reused", "strong")], [("  ", ""), (_names(reused, seconds="saved_seconds"), "")]]
    for title, key in (("Not replayed as a whole", "not_replayed"), ("Can't be replayed as a whole", "not_replayable")):
        whole = _list(told, key)
        if whole:
            layout += [[], [(title, "strong")]]
            for reason in whole:
                layout += _cause(reason)
    if verified:
        layout += [[], [("Ran to be compared, and is as stored", "strong")], [("  ", ""), (_names(verified), "")]]
    if missed or unsaved or reused or different or verified:
        rows = _under(different) or _under(missed) or _under(unsaved) or reused or verified
        if rows:
            example = last_part(str(max(rows, key=seconds_of)["function"]))
            example = f'"{example}"' if " " in example else example
            layout += [[], [("More: ", "soft"), (f"hitsave why {example}", "soft")]]
    elif not told.get("replayed"):
        layout.append([("No call of this run was worth saving.", "")])
    faults = dict.fromkeys(str(fault) for fault in _any_list(told, "faults"))
    if faults:
        layout += [[], [("HitSave failed", "strong"), ("  (please report it; these calls ran as in plain Python)", "")]]
        layout += [[("  " + fault, "bad")] for fault in faults]
    return layout


def differences(told: Told) -> Layout:
    """What differs between two runs."""
    reasons = _list(told, "reasons")
    head: Line = [(f"run {told['run']}", "strong"), (f"  against run {told['against']}", "soft")]
    layout: Layout = [head]
    if not reasons:
        layout.append([("  nothing that both used differs", "good")])
    for reason in reasons:
        layout += _reason(reason, also=False)
    return layout


def _call(run: Told, call: Told, now: float | None, since: Told) -> Layout:
    verdict, number = call.get("verdict"), call.get("count")
    times = f" ×{number}" if isinstance(number, int) and number > 1 else ""
    word, style, spent = {
        "hit": ("reused", "good", seconds_of(call, "saved_seconds")),
        "miss": ("ran again", "warn", seconds_of(call)),
        "verified": ("ran to be compared, and is as stored", "good", seconds_of(call)),
    }.get(str(verdict), ("ran, not saved", "warn", seconds_of(call)))
    if verdict == "miss" and any(reason.get("kind") == "new" for reason in _list(call, "reasons")):
        word = "ran for the first time"
    if verdict == "verified" and _list(call, "reasons"):
        word, style = "ran to be compared, and is not what was stored", "bad"
    head: Line = [(short_name(str(call.get("function"))), "name"), (times, ""), (f"  {word}", style)]
    head.append((f"  saved {duration(spent)}" if verdict == "hit" else f"  {duration(spent)}", ""))
    head.append((f"  run {run.get('run')}", "soft"))
    if call.get("where"):
        head.append((f"  {call['where']}", "soft"))
    layout: Layout = [head]
    arguments = call.get("arguments")
    shown = [_arguments(one) for one in arguments if one] if isinstance(arguments, list) else []
    shown = list(dict.fromkeys(shown))
    layout += [[("  ", ""), (one, "soft")] for one in shown[:_ARGUMENTS]]
    if len(shown) > _ARGUMENTS:
        layout.append([(f"  and {count(len(shown) - _ARGUMENTS, 'call')} more with other arguments", "soft")])
    origin = call.get("origin")
    if isinstance(origin, dict):
        layout += _origin(origin, now)
    if call.get("against") is not None:
        layout += _against(call)
    reasons = _list(call, "reasons")
    for position, reason in enumerate(reasons):
        layout += _reason(reason, also=position > 0)
    if reasons and reasons[0].get("kind") in ("argument", "closure"):
        layout += _changed(since, "  ")
    elif verdict == "miss" and reasons and reasons[0].get("since") is not None:
        layout += _compared(reasons[0]["since"], call, since)
    return layout


def _compared(number: object, call: Told, since: Told) -> Layout:
    """With which run a call was compared that the run before has not made."""
    before = since.get("compared_with")
    if before is None or call.get("in_run_before") or number == before:
        return []
    return [[(f"  compared with run {number}: no such call is recorded in run {before}", "soft")]]


def _against(call: Told) -> Layout:
    other = call["against"]
    if not call.get("in_other"):
        return [[(f"  run {other} has no call of it that was recorded", "warn")]]
    if call.get("same_result"):
        return [[("  the same result as in ", ""), (f"run {other}", "strong"), (": nothing that it read differs", "")]]
    if not _list(call, "reasons"):
        return [[(f"  nothing that it and the call in run {other} both read differs", "")]]
    return [[("  against the call in ", ""), (f"run {other}", "strong")]]


def _changed(told: Told, indent: str) -> Layout:
    """What changed since the run before, which is further up where a call got other arguments."""
    if not told.get("changed"):
        return []
    row: Told = {"compared_with": told["compared_with"], "diff": told["changed"]}
    return [[(f"{indent}changed since run {told['compared_with']}: ", "soft"), *changed(row)]]


def _reason(reason: Told, *, also: bool) -> Layout:
    layout: Layout = [_headline(reason, "  ", also=also)]
    path = _path(_list(reason, "path"))
    if path:
        layout.append([(f"    {path}", "soft")])
    layout += diff_lines([str(line) for line in _any_list(reason, "diff")], "    ")
    if reason.get("remedy"):
        layout.append([("    what can be done: ", "soft"), (str(reason["remedy"]), "")])
        layout.append([(f"    more: hitsave why --explain {reason['kind']}", "soft")])
    return layout


def _headline(reason: Told, indent: str, *, also: bool = False) -> Line:
    sentence = clip(str(reason["sentence"]), 400)
    line: Line = [(indent + ("also: " if also else ""), "soft"), (sentence, "strong")]
    if reason.get("where"):
        line.append((f"  {reason['where']}", "soft"))
    return line


def _cause(cause: Told, run_before: object = None) -> Layout:
    line = _headline(cause, "  ")
    since = cause.get("since")
    if (
        since is not None
        and not cause.get("in_run_before", True)
        and since != run_before
        and cause["kind"] != "argument"
    ):
        # The run before made no such call: what it is compared with is older.
        line.append((f"  since run {since}", "soft"))
    lines = [str(text) for text in _any_list(cause, "diff")]
    if lines:
        from hitsave.report.diff import count as count_lines

        added, removed = count_lines(lines)
        line += [("  ", ""), (f"+{added}", "good"), (" ", ""), (f"-{removed}", "bad")]
    layout: Layout = [line]
    under = _list(cause, "calls")
    if under:
        layout.append([("    ", ""), (_names(under), "")])
    also = cause.get("also_reaches")
    if isinstance(also, int) and also:
        layout.append(
            [(f"    {'also ' if under else ''}reaches {count(also, 'call')} named under another cause", "soft")]
        )
    if cause.get("remedy"):
        layout.append([("    what can be done: ", "soft"), (str(cause["remedy"]), "")])
    return layout


def _origin(origin: Told, now: float | None) -> Layout:
    made: Line = [
        ("  made by ", ""),
        (f"run {origin['run']}" if origin.get("run") is not None else "an earlier run", "strong"),
    ]
    when = origin.get("when")
    if isinstance(when, int | float):
        made.append((f", {moment(when, now)} ({ago(when, now)})", ""))
    made.append((f"; it took {duration(seconds_of(origin))} then", ""))
    layout: Layout = [made]
    for name in _any_list(origin, "accepted"):
        layout.append(
            [(f"  by your word: the edit of {short_name(str(name))} changes no result (hitsave accept --list)", "warn")]
        )
    checked = origin.get("checked")
    if isinstance(checked, dict) and checked:
        layout.append([("  trusted because nothing that it read has changed since:", "")])
        pad = max(len(kind) for kind in checked)
        for kind, names in checked.items():
            shown = ", ".join(short_name(name) for name in names[:_NAMES])
            more = f", and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
            layout.append([(f"    {kind:<{pad}}  ", "soft"), (shown + more, "")])
    elif origin.get("checked") == {}:
        layout.append([("  what was checked is no longer stored", "soft")])
    return layout


def _path(links: list[Told]) -> str:
    """'train → fit (model.py:40) → scale (helper.py:3)'; nothing where the call is the subject itself."""
    if len(links) < 2:
        return ""
    shown = [last_part(str(links[0]["function"]))]
    for link in links[1:]:
        place = f" ({link['where']})" if link.get("where") else ""
        shown.append(last_part(str(link["function"])) + place)
    return " → ".join(shown)


def _names(tally: list[Told], seconds: str = "seconds") -> str:
    shown = []
    for row in tally[:_CALLS]:
        number = row.get("count")
        times = f" ×{number}" if isinstance(number, int) and number > 1 else ""
        shown.append(f"{short_name(str(row['function']))}{times}")
    text = ", ".join(shown)
    if len(tally) > _CALLS:
        text += f", and {count(len(tally) - _CALLS, 'function')} more"
    return f"{text}  {'saved ' if seconds == 'saved_seconds' else ''}{duration(sum(seconds_of(row, seconds) for row in tally))}"


def _counts(told: Told) -> Line:
    parts = [
        f"{told.get('hits')} reused (saved {duration(seconds_of(told, 'saved_seconds'))})" if told.get("hits") else "",
        f"{told.get('misses')} computed" if told.get("misses") else "",
        f"{told.get('unsaved')} not saved" if told.get("unsaved") else "",
        *compared(told),
    ]
    ended = outcome(told)
    parts.append("" if ended == "ok" else ended)
    return [(" · ".join(part for part in parts if part), "soft")]


def outcome(run: Told) -> str:
    """How a run ended: 'ok', 'exit 3', 'failed', 'interrupted', 'killed', 'running'."""
    state, status = text_of(run.get("state")), run.get("exit")
    if state in ("running", "killed", "interrupted", "snapshot"):
        return state
    if status in (0, None) and state != "failed":
        return "ok"
    return "failed" if status in (1, None) else f"exit {status}"


def compared(run: Told) -> list[str]:
    """What `--verify` did in a run, in the words of its counts."""
    number, different = run.get("verified"), run.get("different")
    if isinstance(number, list):  # the answer of `hitsave why`, which names the calls
        number, different = run.get("compared"), run.get("differ")
    if not isinstance(number, int) or not number:
        return []
    return [f"{number} compared with what was stored", f"{different} different" if different else "all alike"]


def _arguments(arguments: object) -> str:
    if not isinstance(arguments, dict):
        return ""
    return given(arguments)


def _under(causes: list[Told]) -> list[Told]:
    return [row for cause in causes for row in _list(cause, "calls")]


def _any_list(row: Told, key: str) -> list[object]:
    value = row.get(key)
    return value if isinstance(value, list) else []


def _list(row: Told, key: str) -> list[Told]:
    return [entry for entry in _any_list(row, key) if isinstance(entry, dict)]
