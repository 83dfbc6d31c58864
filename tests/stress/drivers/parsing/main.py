"""A calculator, a reader of settings and one of a small query language."""
import sys

from calculator import evaluate
from queries import query
from settings_file import settings


def calculate(lines):
    return [(line, evaluate(line)) for line in lines]


def run_queries(texts):
    found = []
    for text in texts:
        try:
            found.append(query(text))
        except ValueError as error:
            found.append(f"refused: {error}")
    return found


def main():
    with open("sums.txt") as file:
        lines = file.read().splitlines()
    for line, value in calculate(lines):
        print(line, "=", value)
    for row in run_queries(["select a, b from t where x > 3 and y = 'z'", "select * from t", "select from t", "selct a from t"]):
        print(row)
    print(settings("app.ini"))
    print("done", file=sys.stderr)


main()
