script = """
push 3
push 4
add
dup
mul
store x
push 2
load x
sub
jump 12
push 99
print
halt
"""
program = [line.split() for line in script.strip().splitlines()]
stack, memory, trace = [], {}, []
pointer = 0
while pointer < len(program):
    instruction = program[pointer]
    pointer += 1
    match instruction:
        case ["push", number]:
            stack.append(int(number))
        case ["add" | "sub" | "mul" as what]:
            right, left = stack.pop(), stack.pop()
            stack.append({"add": left + right, "sub": left - right, "mul": left * right}[what])
        case ["dup"]:
            stack.append(stack[-1])
        case ["store", name]:
            memory[name] = stack.pop()
        case ["load", name] if name in memory:
            stack.append(memory[name])
        case ["jump", target]:
            pointer = int(target)
            continue
        case ["print"]:
            print("top", stack[-1])
        case ["halt"]:
            break
        case _:
            print("unknown", instruction)
    trace.append((pointer, *stack))
else:
    print("ran out")
print(stack, memory, len(trace), trace[-1])
shapes = [{"kind": "circle", "r": 2}, {"kind": "box", "size": [2, 3]}, (1, 2, 3), "text", 5, None, {"kind": "box", "size": [4]}]
areas = []
for shape in shapes:
    match shape:
        case {"kind": "circle", "r": r, **other}:
            areas.append(3 * r * r)
        case {"kind": "box", "size": [w, h]}:
            areas.append(w * h)
        case {"kind": kind}:
            areas.append(kind)
        case [first, *others]:
            areas.append(first + len(others))
        case str() | int() as plain:
            areas.append(plain)
        case None:
            areas.append(-1)
print(areas, r, w, h, other, others, plain)
shapes[1]["size"].append(9)
program[0][1] = "30"
if (n := len(shapes)) > 5 and (half := n // 2):
    print(n, half, shapes[half])
print([y for x in areas if isinstance(x, int) and (y := x % 4)], y)
print(program[:2], max(trace, key=len))
