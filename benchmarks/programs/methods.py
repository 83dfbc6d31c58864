"""Small methods and properties of small objects."""

ROUNDS = 2280


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, dx, dy):
        return Point(self.x + dx, self.y + dy)

    @property
    def norm(self):
        return self.x * self.x + self.y * self.y

    def nearer(self, other):
        return self.norm < other.norm


def work(n):
    point = Point(0, 0)
    nearer = n
    for i in range(1500):
        other = point.moved(i & 3, -(i & 1))
        if point.nearer(other):
            nearer += 1
            point = other
    return nearer
