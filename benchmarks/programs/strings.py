"""Cutting, joining and formatting text."""

ROUNDS = 1320

LINES = [f"{i}, name {i % 97},  {i * 0.5:.2f} ,note" for i in range(600)]


def parsed(line):
    number, name, value, note = (part.strip() for part in line.split(","))
    return int(number), name.title(), float(value), note


def shown(row):
    return f"{row[0]:>6} {row[1]:<12} {row[2]:8.3f} {row[3].upper()}"


def work(n):
    return len("\n".join(shown(parsed(line)) for line in LINES)) + n
