import operator

import pyparsing as pp

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": operator.pow}
CONSTANTS = {"pi": 3.14159, "e": 2.71828}


def _grammar():
    number = pp.common.number()
    name = pp.oneOf(list(CONSTANTS)).set_parse_action(lambda t: CONSTANTS[t[0]])
    return pp.infix_notation(
        number | name,
        [
            (pp.Literal("^"), 2, pp.opAssoc.RIGHT, _binary),
            (pp.Literal("-"), 1, pp.opAssoc.RIGHT, lambda t: -t[0][1]),
            (pp.oneOf("* /"), 2, pp.opAssoc.LEFT, _binary),
            (pp.oneOf("+ -"), 2, pp.opAssoc.LEFT, _binary),
        ],
    )


def _binary(tokens):
    items = list(tokens[0])
    value = items.pop(0)
    while items:
        sign, right = items.pop(0), items.pop(0)
        value = OPERATIONS[sign](value, right)
    return value


GRAMMAR = _grammar()


def evaluate(line):
    return round(GRAMMAR.parse_string(line, parse_all=True)[0], 6)
