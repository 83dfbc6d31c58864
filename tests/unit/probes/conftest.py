"""What the probe tests share: a module with probes, and an observer that writes down what it is told."""

from __future__ import annotations

from types import CodeType

import pytest

from hitsave_trace.names import CodeInfo, ModuleInfo, StatementInfo, code_infos
from hitsave_trace.probes import arming, hooks, rewrite


class Witness:
    """An observer that lets functions run as `mode` says: "plain", "observed", or "answer"."""

    def __init__(self) -> None:
        self.mode = "plain"
        self.told: list[tuple[object, ...]] = []

    def enter(self, info: CodeInfo, arguments: tuple[object, ...], _cells: object) -> object:
        self.told.append(("enter", info.name, arguments))
        if self.mode == "answer" and info.recordable:
            return ("answered",)
        for cell in (info.exit_cell, *info.block_cells):
            if cell is not None:
                arming.arm(cell)
        return hooks.BODY if self.mode == "observed" and info.has_body else None

    def leave(self, info: CodeInfo, value: object) -> None:
        self.told.append(("leave", info.name, value))

    def abandon(self, info: CodeInfo, error: BaseException) -> None:
        self.told.append(("abandon", info.name))

    def block(self, info: CodeInfo, number: int) -> None:
        self.told.append(("block", info.name, info.blocks[number]))

    def receiver(self, info: CodeInfo, value: object) -> None:
        self.told.append(("receiver", info.name, value))

    def enter_module(self, info: CodeInfo) -> None:
        self.told.append(("module", info.name))

    def statement(self, info: StatementInfo) -> object:
        self.told.append(("statement", info.first_line))
        arming.arm(info.exit_cell)  # type: ignore[arg-type]
        return True if self.mode == "answer" else None

    def ended(self, info: StatementInfo) -> None:
        self.told.append(("ended", info.first_line))


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Witness:
    """The observer of this test."""
    witness = Witness()
    monkeypatch.setattr(hooks, "observer", witness)
    return witness


def dressed(source: str, name: str = "probed", filename: str = "probed.py") -> tuple[dict[str, object], list[CodeInfo]]:
    """Run `source` with probes; give its names, and its probes."""
    module = ModuleInfo(name, filename, filename)
    code = rewrite.rewrite_code(compile(source, filename, "exec", dont_inherit=True), module)
    names: dict[str, object] = {"__name__": name}
    exec(code, names)
    return names, module.codes


def bare(source: str, name: str = "probed", filename: str = "probed.py") -> dict[str, object]:
    """Run `source` as it is."""
    names: dict[str, object] = {"__name__": name}
    exec(compile(source, filename, "exec", dont_inherit=True), names)
    return names


def arm_all(infos: list[CodeInfo]) -> None:
    """Switch all probes on."""
    for info in infos:
        if info.is_statement:
            continue
        if info.entry_cell is not None:
            arming.arm(info.entry_cell)


def every_code(code: CodeType) -> list[CodeType]:
    """List a code object and all that are nested in it."""
    found = [code]
    for value in code.co_consts:
        if isinstance(value, CodeType):
            found += every_code(value)
    return found


__all__ = ["Witness", "arm_all", "bare", "code_infos", "dressed", "every_code"]
