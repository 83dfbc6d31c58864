"""Which way control can go through a code object: instructions, what follows each, how deep the stack is.

Blocks are found once; from them comes what *dominates* what: a block that every way to another one passes. A *spine* is a
row of places that each run passes, one after the other, unless an exception or an exit ends it before: between two of
them lies a piece of code with one way in and one normal way out.
"""

from __future__ import annotations

import dis
from bisect import bisect_left

from hitsave_trace.fingerprint.code import exception_entries
from hitsave_trace.probes.sites import jump_target, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType

_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
_UNCONDITIONAL = frozenset(
    dis.opmap[name]
    for name in ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
    if dis.opmap.get(name, 256) < 256
)
_RETURNS = frozenset(dis.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if dis.opmap.get(name, 256) < 256)
_RAISE = dis.opmap["RAISE_VARARGS"]
_RAISES = frozenset(dis.opmap[name] for name in ("RERAISE", "RAISE_VARARGS"))
_ARGUMENTS_FROM = dis.HAVE_ARGUMENT


class Irregular(Exception):
    """Code whose flow can't be told; nothing is said of it."""


class Block:
    """A run of instructions that is entered at its first one only, with the same handler throughout."""

    __slots__ = (
        "above",
        "below",
        "depth",
        "end",
        "first",
        "handler",
        "last",
        "looped",
        "number",
        "start",
        "successors",
    )

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end  # positions in the list of instructions
        self.successors: list[Block] = []
        self.handler: Block | None = None
        self.depth = -1  # of the stack at its start; -1 until it is known to be reached
        self.number = -1  # in reverse postorder
        self.above: Block | None = None  # its immediate dominator
        self.below: list[Block] = []
        self.first = self.last = 0  # of the walk over the tree of dominators
        self.looped = False  # whether control comes back to it


class Flow:
    """The flow of one code object from the instruction at `entry` on. Raises `Irregular`."""

    __slots__ = ("_block_of", "_handlers", "blocks", "code", "entry", "entries", "instructions", "position")

    def __init__(self, code: CodeType, entry_unit: int) -> None:
        self.code = code
        self.instructions = list(units(code))
        self.position = {start: i for i, (start, _, _, _) in enumerate(self.instructions)}
        self.entries = exception_entries(code.co_exceptiontable)
        entry = self.position.get(entry_unit)
        if entry is None:
            raise Irregular("no entry")
        self.entry = entry
        self.blocks: list[Block] = []
        self._block_of: dict[int, Block] = {}
        self._handlers: dict[int, int] | None = None
        self._find_blocks()
        self._connect()
        self._measure()
        self._dominate()

    # --- what is asked ------------------------------------------------------------------------------------------

    def block_at(self, i: int) -> Block | None:
        """The block that begins at instruction `i`."""
        return self._block_of.get(i)

    def ends(self, i: int) -> bool:
        """Whether what stands behind instruction `i` does not follow it."""
        number = self.instructions[i][2]
        return number in _UNCONDITIONAL or number in _RETURNS or number in _RAISES

    def returns(self, i: int) -> bool:
        """Whether instruction `i` returns."""
        return self.instructions[i][2] in _RETURNS

    def target(self, i: int) -> int | None:
        """The instruction that the jump at `i` reaches; None if it is no jump."""
        _, unit, number, argument = self.instructions[i]
        return self._target(unit, number, argument) if number in _JUMPS else None

    def spine(self, start: Block, limit: Block | None) -> list[Block]:
        """The blocks that each run passes that begins at `start` and comes to `limit`, or else to a return.

        What is left by one of them is never entered again from behind it.
        """
        inside = list(_subtree(start))
        members = set(map(id, inside))
        ends = [block for block in inside if self.returns(block.end - 1) or limit in block.successors]
        if not ends:
            # It may still end by `raise SystemExit(main())`.
            ends = [
                block for block in inside if self.instructions[block.end - 1][2] == _RAISE and block.handler is None
            ]
            ends = sorted(ends, key=_height)[-1:]
        if not ends:
            return []
        common = ends[0]
        for block in ends[1:]:
            common = _meet(common, block)
        spoilt: set[int] = set()
        for block in inside:
            for following in _all_successors(block):
                if following is limit:
                    continue
                if id(following) not in members:
                    return []
                walked: Block | None = block
                while walked is not None and walked is not following.above and walked is not following:
                    spoilt.add(id(walked))
                    walked = walked.above
        row: list[Block] = []
        step: Block | None = common
        while step is not None:
            if id(step) not in spoilt and step.handler is None:
                row.append(step)
            if step is start:
                break
            step = step.above
        row.reverse()
        return row

    def region(self, start: int, stops: Iterable[int]) -> list[int]:
        """The instructions that can be reached from `start` without passing one of `stops`, in the order of the code."""
        ends = set(stops)
        seen = {start}
        waiting = [start]
        handler_of = self.handlers()
        while waiting:
            i = waiting.pop()
            following = [] if self.ends(i) else [i + 1]
            target = self.target(i)
            if target is not None:
                following.append(target)
            handler = handler_of.get(i)
            if handler is not None:
                following.append(handler)
            for j in following:
                if j not in seen and j not in ends:
                    seen.add(j)
                    waiting.append(j)
        return sorted(seen)

    def handlers(self) -> dict[int, int]:
        """The handler of each instruction that has one."""
        if self._handlers is None:
            self._handlers = {
                i: block.handler.start
                for block in self.blocks
                if block.handler is not None
                for i in range(block.start, block.end)
            }
        return self._handlers

    def depths(self, block: Block) -> Iterator[tuple[int, int]]:
        """Each instruction of a block with the depth of the stack before it."""
        depth = block.depth
        for i in range(block.start, block.end):
            yield i, depth
            depth += self._effect(i, jump=False)

    # --- how it is found ----------------------------------------------------------------------------------------

    def _target(self, unit: int, number: int, argument: int) -> int:
        found = self.position.get(jump_target(self.code.co_code, unit, number, argument))
        if found is None:
            raise Irregular("a jump into the middle of an instruction")
        return found

    def _find_blocks(self) -> None:
        leaders = {self.entry}
        for i in range(self.entry, len(self.instructions)):
            target = self.target(i)
            if target is not None:
                leaders.add(target)
            if target is not None or self.ends(i):
                leaders.add(i + 1)
        for start, end, goal, _, _ in self.entries:
            for unit in (start, end, goal):
                if unit in self.position:
                    leaders.add(self.position[unit])
                elif unit * 2 != len(self.code.co_code):
                    raise Irregular("a handler in the middle of an instruction")
        starts = sorted(i for i in leaders if self.entry <= i < len(self.instructions))
        for start, end in zip(starts, [*starts[1:], len(self.instructions)], strict=True):
            block = self._block_of[start] = Block(start, end)
            self.blocks.append(block)

    def _connect(self) -> None:
        for block in self.blocks:
            last = block.end - 1
            target = self.target(last)
            if target is not None:
                block.successors.append(self._at(target))
            if not self.ends(last):
                block.successors.append(self._at(block.end))
        places = [self.instructions[block.start][0] for block in self.blocks]
        for start, end, goal, _, _ in self.entries:
            handler = self._at(self.position[goal])
            for block in self.blocks[bisect_left(places, start) : bisect_left(places, end)]:
                block.handler = handler

    def _at(self, i: int) -> Block:
        block = self._block_of.get(i)
        if block is None:
            raise Irregular("control leaves the code")
        return block

    def _effect(self, i: int, *, jump: bool) -> int:
        _, _, number, argument = self.instructions[i]
        try:
            return dis.stack_effect(number, argument if number >= _ARGUMENTS_FROM else None, jump=jump)
        except ValueError as error:
            raise Irregular(str(error)) from None

    def _measure(self) -> None:
        """Find how deep the stack is at the start of each block that is reached."""
        depth_at = {
            self.position[goal]: depth + 1 + lasti for _, _, goal, depth, lasti in self.entries if goal in self.position
        }
        first = self._at(self.entry)
        first.depth = 0
        waiting = [first]
        while waiting:
            block = waiting.pop()
            depth = block.depth
            for i in range(block.start, block.end - 1):
                depth += self._effect(i, jump=False)
            last = block.end - 1
            reached = [(self._at(block.end), depth + self._effect(last, jump=False))] if not self.ends(last) else []
            target = self.target(last)
            if target is not None:
                reached.append((self._at(target), depth + self._effect(last, jump=True)))
            if block.handler is not None:
                reached.append((block.handler, depth_at[block.handler.start]))
            for other, found in reached:
                if other.depth < 0:
                    other.depth = found
                    waiting.append(other)
                elif other.depth != found:
                    raise Irregular("two ways lead to one place with different stacks")

    def _dominate(self) -> None:
        """Build the tree of dominators (Cooper, Harvey and Kennedy)."""
        first = self._at(self.entry)
        order: list[Block] = []
        seen = {id(first)}
        stack = [(first, iter(list(_all_successors(first))))]
        while stack:
            block, rest = stack[-1]
            for following in rest:
                if id(following) not in seen:
                    seen.add(id(following))
                    stack.append((following, iter(list(_all_successors(following)))))
                    break
            else:
                order.append(block)
                stack.pop()
        order.reverse()
        before: dict[int, list[Block]] = {}
        for number, block in enumerate(order):
            block.number = number
        for block in order:
            for following in _all_successors(block):
                before.setdefault(id(following), []).append(block)
        first.above = first
        changed = True
        while changed:
            changed = False
            for block in order[1:]:
                found: Block | None = None
                for previous in before[id(block)]:
                    if previous.above is not None:
                        found = previous if found is None else _meet(found, previous)
                if found is not block.above:
                    block.above = found
                    changed = True
        first.above = None
        for block in order[1:]:
            if block.above is not None:
                block.above.below.append(block)
        self.blocks = order
        clock = 0
        walk: list[tuple[Block, bool]] = [(first, False)]
        while walk:
            block, done = walk.pop()
            clock += 1
            if done:
                block.last = clock
                continue
            block.first = clock
            walk.append((block, True))
            walk.extend((below, False) for below in block.below)
        for block in order:
            block.looped = any(
                block.first <= previous.first and previous.last <= block.last for previous in before.get(id(block), ())
            )


def _all_successors(block: Block) -> Iterator[Block]:
    yield from block.successors
    if block.handler is not None:
        yield block.handler


def _subtree(block: Block) -> Iterator[Block]:
    waiting = [block]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(found.below)


def _meet(one: Block, two: Block) -> Block:
    while one is not two:
        while one.number > two.number:
            assert one.above is not None  # noqa: S101 - only the first has none, and its number is the least
            one = one.above
        while two.number > one.number:
            assert two.above is not None  # noqa: S101
            two = two.above
    return one


def _height(block: Block) -> int:
    """How many blocks every way to this one passes."""
    count = 0
    step: Block | None = block
    while step is not None:
        count += 1
        step = step.above
    return count
