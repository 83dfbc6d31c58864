SHEETS = {
    "base": "<h1>{% block title %}{{ bank }}{% endblock %}</h1>\n{% block body %}{% endblock %}\n",
    "letter": """{% extends "base" %}
{% from "macros" import greet with context %}
{% block body %}
{{ greet(person.name) }}
  Your balance is {{ person.balance|money }}{% if person is rich %}, well done{% elif person.balance < 0 %}, please pay{% endif %}.
  {{ person.tags|sort|join(", ")|default("nothing", true)|title }}
{% endblock %}
""",
    "macros": """{% macro greet(name, word="Dear") %}{{ word }} {{ name|e }}, it is {{ day }}.{% endmacro %}""",
    "table": """{% for row in rows|sort(attribute="name") %}
{{ loop.index }}/{{ loop.length }} {% for column in columns %}{{ row[column] }} {{ loop.cycle("a", "b") }}{% endfor %}

{% else %}
none
{% endfor %}
{% set total = rows|sum(attribute="balance") %}
{{ total|round(1) }} {{ (rows|map(attribute="balance")|select("gt", 0)|list)|length }}
""",
}


def money(value, sign="EUR"):
    return f"{value:,.2f} {sign}"
