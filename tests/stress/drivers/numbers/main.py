"""Sums, roots and statistics of a table of measurements."""
import csv

from lib import decimals, fractions, statistics
from lib.decimals import Decimal
from lib.fractions import Fraction
from settings import DIGITS, Rounding


def load(name):
    with open(name, newline="") as file:
        return [{key: Decimal(value) for key, value in row.items()} for row in csv.DictReader(file)]


def root(value, digits):
    context = decimals.Context(prec=digits, rounding=Rounding.mode)
    return value.sqrt(context)


def pi(digits):
    with decimals.localcontext() as context:
        context.prec = digits + 2
        three = Decimal(3)
        lasts, t, s, n, na, d, da = 0, three, 3, 1, 0, 0, 24
        while s != lasts:
            lasts = s
            n, na = n + na, na + 8
            d, da = d + da, da + 32
            t = (t * n) / d
            s += t
        context.prec = digits
        return +s


def functions(values):
    context = decimals.Context(prec=12)
    return [(value.exp(context), value.ln(context), value.log10(context)) for value in values]


def rounded(values, mode):
    return [str(value.quantize(Decimal("0.1"), rounding=mode)) for value in values]


def signals():
    found = []
    context = decimals.Context(prec=5, traps=[decimals.DivisionByZero])
    for a, b in (("1", "3"), ("1", "0"), ("0", "0"), ("Infinity", "-2"), ("sNaN", "1")):
        try:
            found.append(str(context.divide(Decimal(a), Decimal(b))))
        except decimals.DecimalException as error:
            found.append(type(error).__name__)
    return found, [flag.__name__ for flag, on in context.flags.items() if on]


def harmonic(n):
    return sum((Fraction(1, i) for i in range(1, n + 1)), Fraction(0))


def approximations(value):
    return [value.limit_denominator(n) for n in (1, 10, 100, 1000)]


def columns(rows):
    return {key: [float(row[key]) for row in rows] for key in rows[0]}


def describe(values):
    return {
        "mean": statistics.mean(values),
        "fmean": round(statistics.fmean(values), 6),
        "median": statistics.median(values),
        "stdev": round(statistics.stdev(values), 6),
        "quantiles": statistics.quantiles(values, n=4),
        "mode": statistics.mode([round(value) for value in values]),
    }


def relation(x, y):
    line = statistics.linear_regression(x, y)
    return round(statistics.correlation(x, y), 6), round(line.slope, 6), round(line.intercept, 6)


def main():
    rows = load("table.csv")
    values = [row["length"] for row in rows]
    print(root(Decimal(2), DIGITS), pi(DIGITS))
    print(functions(values[:3]))
    for mode in (decimals.ROUND_HALF_EVEN, decimals.ROUND_UP, decimals.ROUND_FLOOR):
        print(rounded(values, mode))
    print(signals())
    print(harmonic(25), approximations(harmonic(12)))
    print(Fraction("3.25") ** 2, Fraction(7, 3) // Fraction(2, 5), hash(Fraction(1, 7)), float(Fraction(1, 3)))
    table = columns(rows)
    for key, numbers in table.items():
        print(key, describe(numbers))
    print(relation(table["length"], table["weight"]))
    print(statistics.mean([Fraction(1, 3), Fraction(1, 6)]), statistics.NormalDist(3, 2).overlap(statistics.NormalDist(4, 1)))
    print(statistics.NormalDist.from_samples(table["weight"]).quantiles(4))
    try:
        statistics.stdev([1])
    except statistics.StatisticsError as error:
        print("refused:", error)
    with open("out.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["value", "square"])
        writer.writerows([(value, value * value) for value in values])


if __name__ == "__main__":
    main()
