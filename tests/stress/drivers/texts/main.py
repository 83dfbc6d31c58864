"""Compares two versions of a text and lays out what it finds."""
from lib import difflib, string, textwrap


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read().splitlines()


def similar(words, wanted):
    return {word: difflib.get_close_matches(word, words, n=2, cutoff=0.5) for word in wanted}


def ratios(old, new):
    return [round(difflib.SequenceMatcher(None, a, b).ratio(), 4) for a, b in zip(old, new)]


def unified(old, new):
    return list(difflib.unified_diff(old, new, "old", "new", lineterm="", n=1))


def context(old, new):
    return list(difflib.context_diff(old, new, "old", "new", lineterm="", n=1))


def delta(old, new):
    return [line.rstrip() for line in difflib.Differ().compare(old, new)]


def restored(old, new):
    return list(difflib.restore(difflib.ndiff(old, new), 2))


def wrapped(lines, width):
    wrapper = textwrap.TextWrapper(width=width, initial_indent="* ", subsequent_indent="  ", max_lines=6)
    return [wrapper.fill(line) for line in lines if line]


def shortened(lines):
    return [textwrap.shorten(line, 30, placeholder="...") for line in lines]


def letter(name, **values):
    return string.Template("Dear $name, you owe ${amount} until $day.").safe_substitute(name=name, **values)


class Shouting(string.Formatter):
    def format_field(self, value, spec):
        if spec.endswith("!"):
            return super().format_field(value, spec[:-1]).upper() + "!"
        return super().format_field(value, spec)


def shout(**values):
    return Shouting().format("{name:>10!} owes {amount:08.2f} {0}", "EUR", **values)


def main():
    old, new = read("old.txt"), read("new.txt")
    words = sorted({word.strip(".,") for line in old for word in line.split()})
    print(similar(words, ["beautifull", "explizit", "neesting", "practical"]))
    print(ratios(old, new))
    print("\n".join(unified(old, new)))
    print("\n".join(context(old, new)[:20]))
    print("\n".join(delta(old, new)))
    print(restored(old, new) == new)
    for width in (20, 33):
        print("\n".join(wrapped(old, width)))
    print(shortened(new))
    print(textwrap.dedent("    a\n      b\n\n    c"), textwrap.indent("x\n\ny", "> "))
    print(letter("Ann", amount=3), letter("Bob"))
    print(shout(name="ann", amount=3.14159))
    print(string.capwords("the quick brown fox"))
    with open("report.txt", "w", encoding="utf-8") as file:
        file.write(difflib.HtmlDiff(wrapcolumn=30).make_table(old, new, context=True, numlines=1))


main()
