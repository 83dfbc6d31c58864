"""Orders, made of attrs classes."""
import attr
from attr import asdict, astuple, evolve, fields, validators
from orders import Kind, Line, Order, Special, parse

orders = parse("orders.json")


def totals(orders):
    return {order.number: order.total() for order in orders}


def discounted(order, percent):
    return evolve(order, lines=[evolve(line, price=line.price * (100 - percent) / 100) for line in order.lines])


def shapes():
    return [(field.name, field.default is attr.NOTHING, field.kw_only) for field in fields(Line)], Order.__slots__


def refusals():
    found = []
    for row in ((-1, 2), (1, "x"), (1, 2)):
        try:
            found.append(repr(Line("thing", *row)))
        except (TypeError, ValueError) as error:
            found.append(f"{type(error).__name__}: {error.args[0]}")
    return found


def frozen(special):
    try:
        special.number = 3
    except attr.exceptions.FrozenInstanceError:
        return "frozen"
    return special.number


@attr.s(auto_attribs=True, order=True)
class Version:
    major: int
    minor: int = attr.ib(default=0, validator=validators.instance_of(int))
    note: str = attr.ib(default="", eq=False, repr=False)


print(totals(orders))
print(asdict(discounted(orders[0], 10)))
print(astuple(orders[1]))
print(shapes())
print(refusals())
special = Special(9, owner="Ann", lines=[Line("pen", 2, 1.5)])
print(special, frozen(special), hash(special) == hash(Special(9, owner="Ann", lines=[])))
print(sorted([Version(1, 2), Version(1), Version(0, 9, "old")]), Version(1) < Version(1, 1), Version(1, note="a") == Version(1, note="b"))
made = attr.make_class("Made", {"x": attr.ib(default=3, converter=int), "y": attr.ib(factory=list)})
print(made("7"), made() == made(), attr.has(made), Kind.BULK.factor)
print(attr.asdict(orders[0], filter=lambda field, value: field.name != "lines"))
print({order: order.number for order in orders[:1]} == {orders[0]: 1} if orders[0].__hash__ else "no hash")
