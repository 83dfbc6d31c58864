import enum
import json

import attr
from attr import define, field, frozen, validators


class Kind(enum.Enum):
    SINGLE = 1
    BULK = 2

    @property
    def factor(self):
        return {Kind.SINGLE: 1.0, Kind.BULK: 0.9}[self]


@define
class Line:
    name: str = field(converter=str.strip)
    number: int = field(default=1, validator=[validators.instance_of(int), validators.ge(0)])
    price: float = field(default=0.0, converter=float, validator=validators.lt(1000))

    def cost(self):
        return self.number * self.price


@define
class Order:
    number: int
    kind: Kind = Kind.SINGLE
    lines: list = field(factory=list, repr=len)
    note: str = field(default="", kw_only=True)
    checked: bool = field(init=False, default=False)

    def __attrs_post_init__(self):
        self.checked = bool(self.lines)

    @note.validator
    def _short(self, attribute, value):
        if len(value) > 20:
            raise ValueError(f"{attribute.name} is too long")

    def total(self):
        return round(sum(line.cost() for line in self.lines) * self.kind.factor, 2)


@frozen
class Special:
    number: int
    owner: str = field(kw_only=True, eq=str.lower)
    lines: tuple = field(converter=tuple, default=(), hash=False)


def parse(name):
    with open(name) as file:
        rows = json.load(file)
    return [Order(row["number"], Kind[row["kind"]], [Line(**line) for line in row["lines"]], note=row.get("note", "")) for row in rows]
