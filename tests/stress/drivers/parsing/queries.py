import pyparsing as pp

SELECT, FROM, WHERE, AND = map(pp.CaselessKeyword, "select from where and".split())
IDENTIFIER = pp.Word(pp.alphas, pp.alphanums + "_").set_name("identifier")
VALUE = pp.common.number | pp.QuotedString("'")
CONDITION = pp.Group(IDENTIFIER + pp.oneOf("= > < >=") + VALUE)


def build():
    keyword = SELECT | FROM | WHERE | AND
    column = ~keyword + IDENTIFIER
    columns = pp.Group(pp.DelimitedList(column) | "*")("columns")
    conditions = pp.Group(CONDITION + pp.ZeroOrMore(AND.suppress() + CONDITION))("where")
    return SELECT.suppress() + columns + FROM.suppress() + IDENTIFIER("table") + pp.Optional(WHERE.suppress() + conditions)


def query(text):
    try:
        found = build().parse_string(text, parse_all=True)
    except pp.ParseException as error:
        raise ValueError(f"{error.msg} at {error.column}") from None
    return found.as_dict()
