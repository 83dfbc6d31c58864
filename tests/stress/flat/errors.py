import sys

results, errors = [], {}
data = ["3", "x", "0", None, "12", [], "7"]
for position, item in enumerate(data):
    try:
        value = int(item)
        results.append(100 // value)
    except (ValueError, TypeError) as error:
        errors[position] = type(error).__name__
    except ZeroDivisionError:
        errors[position] = "zero"
        continue
    else:
        print("fine", value)
    finally:
        results.append(position)
print(results, errors, value)
stack = []
try:
    try:
        stack.append("in")
        {}["missing"]
    except KeyError as error:
        stack.append(error.args[0])
        raise RuntimeError("outer") from error
    finally:
        stack.append("finally")
except RuntimeError as error:
    stack.append(repr(error.__cause__))
    kept = error
print(stack, kept.args, "error" in globals())
attempts = 0
while True:
    attempts += 1
    try:
        if attempts < 4:
            raise OSError(attempts)
        break
    except OSError as problem:
        stack[0] = problem.args[0]
print(attempts, stack)
try:
    open("there-is-none.txt")
except FileNotFoundError as missing:
    print(missing.errno, missing.filename)
try:
    with open("partial.txt", "w") as out:
        for i in range(5):
            out.write(f"{i}\n")
            if i == 3:
                raise EOFError("stopped")
except EOFError as stopped:
    print(stopped, open("partial.txt").read().split())
print("warning: odd", file=sys.stderr)
assert attempts == 4, "attempts"
names = ["a", "b"]
try:
    names[2] = "c"
except IndexError:
    names.append("c")
    sys.stderr.write("grown\n")
print(names)
if len(errors) > 3:
    sys.exit(len(errors))
results.clear()
print("unreached?", results)
