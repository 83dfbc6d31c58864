"""Letters and a table from templates."""
import json

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError
from sheets import SHEETS, money

with open("people.json") as file:
    people = json.load(file)

environment = Environment(loader=DictLoader(SHEETS), autoescape=True, trim_blocks=True, lstrip_blocks=True)
environment.filters["money"] = money
environment.tests["rich"] = lambda person: person["balance"] > 1000
environment.globals["bank"] = "First & Last"


def letter(person, **more):
    return environment.get_template("letter").render(person=person, **more)


def table(rows, columns=("name", "balance")):
    return environment.get_template("table").render(rows=rows, columns=columns)


def tokens(text):
    return [(line, kind, value) for line, kind, value in environment.lex(text) if kind != "whitespace"]


def trouble(texts):
    found = []
    for text in texts:
        try:
            found.append(Environment(undefined=StrictUndefined).from_string(text).render(a=1))
        except TemplateError as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


for person in people:
    print(letter(person, day="Monday"))
print(table(people))
print(table(people, columns=["name"]))
print(tokens("{% for x in y %}{{ x|upper }}{% endfor %}"))
for row in trouble(["{{ a }}", "{{ b }}", "{% if %}", "{{ a.b.c }}", "{% for x in range(3) %}{{ loop.index }}{% endfor %}"]):
    print(row)
with open("table.html", "w") as file:
    file.write(table(people[:2]))
