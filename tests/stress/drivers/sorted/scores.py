from sortedcontainers import SortedKeyList


class Scores:
    order = -1

    def __init__(self, limit):
        self.limit = limit
        self.names = {}
        self.rows = SortedKeyList(key=lambda row: self.order * row[1])

    def put(self, name, points):
        old = self.names.get(name)
        if old is not None:
            self.rows.remove((name, old))
        self.names[name] = points
        self.rows.add((name, points))
        while len(self.rows) > self.limit:
            gone = self.rows.pop()
            del self.names[gone[0]]
        return list(self.rows)

    def __repr__(self):
        return f"Scores({', '.join(f'{name} {points}' for name, points in self.rows)})"


def best(tables):
    return max((row for table in tables for row in table.rows), key=lambda row: row[1], default=None)
