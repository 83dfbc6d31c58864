import pyparsing as pp


class Section:
    opening, closing = "[", "]"


def grammar():
    key = pp.Word(pp.alphas + "_")
    value = pp.common.number.copy().add_parse_action(lambda t: t[0] * 2) | pp.rest_of_line.copy().set_parse_action(lambda t: t[0].strip())
    pair = pp.Group(key + pp.Suppress("=") + value)
    head = pp.Suppress(Section.opening) + pp.Word(pp.alphas) + pp.Suppress(Section.closing)
    section = pp.Group(head + pp.Dict(pp.ZeroOrMore(pair)))
    return pp.Dict(pp.OneOrMore(section)).ignore(pp.python_style_comment)


def settings(name):
    with open(name) as file:
        return grammar().parse_string(file.read(), parse_all=True).as_dict()
