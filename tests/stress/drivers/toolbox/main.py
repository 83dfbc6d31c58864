"""A bit of everything that boltons has."""
from boltons import cacheutils, dictutils, funcutils, iterutils, mathutils, setutils, statsutils, strutils, tableutils, timeutils
from model import Shape, Square, area_of

cache = cacheutils.LRU(max_size=3, on_miss=lambda key: key * 10)


@cacheutils.cached(cache=cacheutils.LRI(max_size=10))
def slow_square(x):
    return x * x


def square(x, more=1):
    return slow_square(x) + more


@funcutils.wraps(square)
def outer(*args, **kw):
    return square(*args, **kw) * 2


def caching(keys):
    return [cache[key] for key in keys], cache.hit_count, cache.miss_count


def multi():
    d = dictutils.OMD([("a", 1), ("b", 2), ("a", 3)])
    d.add("c", 4)
    inverted = d.inverted()
    return d.getlist("a"), list(d.items(multi=True)), dict(inverted), d.poplast("a"), d.todict()


def walk(root):
    return iterutils.remap(root, visit=lambda path, key, value: (key, value * 2) if isinstance(value, int) else key != "drop")


def numbers(data):
    stats = statsutils.Stats(data)
    return stats.describe(quantiles=[0.25, 0.5], format="list"), round(stats.skewness, 4), stats.get_histogram_counts(3)


def strings():
    return (strutils.slugify("Hello, World! Ça va?"), strutils.camel2under("HelloWorldAgain"), strutils.pluralize("city"), strutils.ordinalize(22),
            strutils.bytes2human(123456789, 1), strutils.parse_int_list("1,3,5-8"), strutils.format_int_list([1, 2, 3, 7]))


def table():
    t = tableutils.Table.from_data([{"a": 1, "b": "x"}, {"a": 22, "b": "yy"}])
    return t.to_text(), t.to_html()


print(caching([1, 2, 3, 1, 4, 2]))
print([outer(x) for x in (2, 3, 2)], outer(3, more=5), outer.__name__)
print(multi())
print(walk({"a": 1, "b": [1, 2, {"drop": 1, "c": 3}], "d": "text"}))
print(list(iterutils.chunked(range(7), 3)), list(iterutils.windowed(range(4), 2)), iterutils.bucketize(range(8), key=lambda x: x % 3))
print(numbers([1, 2, 2, 3, 9, 12]))
print(*strings(), sep="\n")
print(*table(), sep="\n")
print(list(setutils.IndexedSet([3, 1, 3, 2]) | {9}), mathutils.clamp(7, 0, 5), mathutils.ceil(3.2, [2, 4, 6]))
print(timeutils.parse_timedelta("1h 30m"), timeutils.decimal_relative_time.__name__)
print([area_of(shape) for shape in (Square(2), Shape("none"))], Square(3))
print(iterutils.get_path({"a": [{"b": 5}]}, ("a", 0, "b")), iterutils.research({"a": {"b": 5}}, lambda p, k, v: v == 5))
print(funcutils.FunctionBuilder("f", args=["a", "b"], body="return a + b").get_func()(3, 4))
