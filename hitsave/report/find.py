"""Which calls, and which run, a person means.

A call is written as people write it: `train`, `helper.train`, `helper:train`, `__main__:main`,
`Net.fit`; a statement at the top level by its line, `train.py:41` or `line 41`. A run is a
number, `@` for the last one, `@-` for the one before it, `@-3` for three before.
"""

from __future__ import annotations

from hitsave.report.archive import Archive, Call, Run, mapping_of, number_of, script_of

HINT = "A run is a number, @ (the last), @- (the one before), @:train.py (the last of a script) or a tag."


_NONE = ("no runs yet", None, "A run is recorded by: hitsave run train.py")


class NotFound(Exception):
    """No such run or call. `facts` and `hint` are lines for the message."""

    def __init__(self, what: str, facts: list[tuple[str, str]] | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.facts = facts or []
        self.hint = hint


def run(archive: Archive, reference: str | None) -> Run:
    """The run that `reference` names; the last one without a reference."""
    reference = reference or "@"
    if reference.isdecimal():
        found = archive.run(int(reference))
        if found is None and not archive.numbers(limit=1):
            raise NotFound(*_NONE)
        if found is None:
            raise NotFound(f"there is no run {reference}", [("runs", _span(archive))], "See: hitsave log")
        return found
    if not reference.startswith("@"):
        return _tagged(archive, reference)
    steps, _, script = reference[1:].partition(":")
    back = _steps(steps)
    if back is None:
        raise NotFound(f"'{reference}' is no run", hint=HINT)
    numbers = archive.numbers(_script(archive, script) if script else None, 0, back + 1)
    if back < len(numbers):
        found = archive.run(numbers[back])
        if found is not None:
            return found
    if not archive.numbers(limit=1):
        raise NotFound(*_NONE)
    raise NotFound(f"there is no run {reference}", [("runs", _span(archive))], "See: hitsave log")


def _tagged(archive: Archive, name: str) -> Run:
    tags = archive.said().get("tags")
    number = tags.get(name) if isinstance(tags, dict) else None
    found = archive.run(number) if isinstance(number, int) else None
    if found is not None:
        return found
    import difflib

    near = difflib.get_close_matches(name, list(tags) if isinstance(tags, dict) else [], n=1)
    raise NotFound(f"'{name}' is no run", hint=(f"Did you mean {near[0]}? " if near else "") + HINT)


def _script(archive: Archive, name: str) -> str:
    """The script as runs know it: `train.py` is also `experiments/train.py`, and so is a path from here."""
    if archive.numbers(name, limit=1):
        return name
    known = {script_of(run) for number in archive.numbers(limit=200) if (run := archive.run(number)) is not None}
    meant = sorted(script for script in known if script.endswith("/" + name) or name.endswith("/" + script))
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise NotFound(f"'{name}' may mean several scripts", [(script, "") for script in meant])
    import difflib

    near = difflib.get_close_matches(name, sorted(known), n=1)
    told = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known)[:8])}" if known else ""
    raise NotFound(f"no run of '{name}' is recorded", hint=told)


script = _script


def calls(archive: Archive, of: Run, name: str, command: str = "why") -> list[Call]:
    """The calls of run `of` that `name` means. Raises NotFound if there are none, or of several functions."""
    recorded = archive.calls(number_of(of))
    there = _at_line(recorded, name)
    if there:
        return there
    functions = list(dict.fromkeys(str(call.get("function")) for call in recorded))
    meant = matching(functions, name)
    if len(meant) == 1:
        return [call for call in recorded if call.get("function") == meant[0]]
    if meant:
        facts = [(candidate, "") for candidate in meant]
        raise NotFound(f"'{name}' may mean several functions", facts, f"Say which: hitsave {command} {meant[0]}")
    number = of.get("run")
    entered = matching(list(mapping_of(of, "functions")), name)
    if entered:
        raise NotFound(
            f"no call of {name} is recorded in run {number}",
            [
                ("ran", ", ".join(entered[:3])),
                ("but", "no call of it took long enough to be worth saving,"),
                ("", "or what called it was answered from the store"),
            ],
        )
    raise NotFound(
        f"run {number} has no call of '{name}'", hint=_near(name, functions) or "No call of this run was recorded."
    )


def _at_line(recorded: list[Call], name: str) -> list[Call]:
    """The calls of the statement at a line: `train.py:41`, `line 41`, or any line within it."""
    file, _, digits = name.rpartition(":") if ":" in name else ("", "", name.removeprefix("line "))
    digits = digits.removeprefix("line ").partition("–")[0]
    if not digits.isdecimal() or (not file and not name.startswith("line ")):
        return []
    line = int(digits)
    found: list[Call] = []
    for call in recorded:
        if "source" not in call:
            continue
        module, _, lines = str(call.get("function")).rpartition(":line ")
        first, _, last = lines.partition("–")
        where = str(call.get("where")).rpartition(":")[0]
        known = not file or file in (module, where) or where.endswith("/" + file)
        if known and first.isdecimal() and int(first) <= line <= int(last or first):
            found.append(call)
    return found


def function(archive: Archive, name: str, command: str = "calls") -> str:
    """The function that `name` means, of those of which calls were recorded in any run."""
    functions = sorted(archive.functions())
    meant = matching(functions, name)
    if len(meant) == 1:
        return meant[0]
    if meant:
        facts = [(candidate, "") for candidate in meant]
        raise NotFound(f"'{name}' may mean several functions", facts, f"Say which: hitsave {command} {meant[0]}")
    raise NotFound(f"no call of '{name}' is recorded", hint=_near(name, functions) or "No call of any run is recorded.")


def _near(name: str, functions: list[str]) -> str:
    import difflib

    written = {spelling: function for function in functions for spelling in spellings(function)}
    near = [written[close] for close in difflib.get_close_matches(name, list(written), n=3, cutoff=0.6)]
    near = list(dict.fromkeys(near))
    if near:
        return f"Did you mean {near[0]}?" if len(near) == 1 else "Did you mean one of " + ", ".join(near) + "?"
    return "Recorded are: " + ", ".join(functions[:8]) + (", …" if len(functions) > 8 else "") if functions else ""


def matching(functions: list[str], name: str) -> list[str]:
    """The functions that `name` may mean; a complete name means one function only."""
    if name in functions:
        return [name]
    return [function for function in functions if name in spellings(function)]


def spellings(function: str) -> list[str]:
    """All the ways to write a function: 'pkg.model:Net.fit' → also 'pkg.model.Net.fit', 'model.Net.fit', 'Net.fit', 'fit'."""
    module, colon, qualname = function.partition(":")
    if not colon:
        return [function]
    plain = qualname.replace(".<locals>.", ".")
    dotted = f"{module}.{plain}"
    pieces = dotted.split(".")
    tails = [".".join(pieces[start:]) for start in range(len(pieces))]
    return list(dict.fromkeys([function, f"{module}:{plain}", qualname, *tails]))


def _steps(rest: str) -> int | None:
    """How many runs back: '' 0, '-' 1, '--' 2, '-3' 3."""
    if rest.strip("-") == "":
        return len(rest)
    return int(rest[1:]) if rest[0] == "-" and rest[1:].isdecimal() else None


def _span(archive: Archive) -> str:
    numbers = archive.numbers()
    if not numbers:
        return "none yet"
    first, last = numbers[-1], numbers[0]
    return str(first) if first == last else f"{first} to {last}"
