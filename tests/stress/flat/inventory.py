import copy
from collections import ChainMap, deque, namedtuple

Part = namedtuple("Part", "name cost needs")
parts = {
    "wheel": Part("wheel", 5, []),
    "frame": Part("frame", 20, ["tube", "tube"]),
    "tube": Part("tube", 3, []),
    "bike": Part("bike", 1, ["frame", "wheel", "wheel"]),
}
costs = {}
todo = deque(["bike"])
order = []
while todo:
    name = todo.popleft()
    missing = [n for n in parts[name].needs if n not in costs]
    if missing:
        todo.extendleft([name] + missing[::-1])
        todo.rotate(-1)
        todo.appendleft(missing[0])
        if len(todo) > 20:
            print("too many")
            break
        continue
    costs[name] = parts[name].cost + sum(costs[n] for n in parts[name].needs)
    order.append(name)
print(costs, order, len(todo))
backup = copy.deepcopy(parts)
shallow = dict(parts)
parts["frame"].needs.append("paint")
parts["bike"] = parts["bike"]._replace(cost=2)
print(backup["frame"].needs, shallow["frame"].needs, shallow["bike"].cost)
defaults = {"color": "red", "size": 52}
mine = {}
settings = ChainMap(mine, defaults)
settings["size"] = 56
defaults["gears"] = 21
print(dict(settings), mine, defaults)
child = settings.new_child({"color": "blue"})
del mine["size"]
print(child["size"], child["color"], settings["color"])
stock = {name: 3 for name in sorted(parts)}
sold = 0
for day in range(10):
    for name, amount in list(stock.items()):
        if amount == 0:
            del stock[name]
            continue
        if (day + len(name)) % 3 == 0:
            stock[name] -= 1
            sold += costs.get(name, 0)
    if not stock:
        print("empty on", day)
        break
print(stock, sold, day)
recent = deque(maxlen=3)
for i in range(5):
    recent.append([i])
    old = recent[0]
    old.append("*")
print(recent, old)
tree = {}
for path in ("a/b/c", "a/b/d", "a/e", "f"):
    node = tree
    for piece in path.split("/"):
        node = node.setdefault(piece, {})
node["leaf"] = tree["a"]["b"]
tree["a"]["b"]["c"] = 1
print(tree, node)
