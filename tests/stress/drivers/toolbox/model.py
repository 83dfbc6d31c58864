from boltons.cacheutils import cachedproperty
from boltons.typeutils import make_sentinel

MISSING = make_sentinel("MISSING", var_name="MISSING")


class Shape:
    sides = 0
    factor = 2

    def __init__(self, name, size=MISSING):
        self.name = name
        self.size = 1 if size is MISSING else size

    @cachedproperty
    def area(self):
        return 0

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r}, {self.area})"


class Square(Shape):
    sides = 4

    def __init__(self, size):
        super().__init__("square", size)

    @cachedproperty
    def area(self):
        return self.size**self.factor


def area_of(shape):
    return shape.name, shape.area * shape.sides
