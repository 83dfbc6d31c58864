"""A recursive walk with a branch for errors that is never taken, and two functions that call each other."""

ROUNDS = 1200

MAXIMUM = 10**9


class Node:
    __slots__ = ("left", "right", "value")

    def __init__(self, value, left, right):
        self.value = value
        self.left = left
        self.right = right


def refuse(node):
    raise ValueError(node.value)


def grown(depth, value=1):
    if depth == 0:
        return None
    return Node(value, grown(depth - 1, 2 * value), grown(depth - 1, 2 * value + 1))


def total(node):
    if node is None:
        return 0
    if node.value > MAXIMUM:
        refuse(node)
    return node.value + total(node.left) + total(node.right)


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def work(n):
    return total(grown(11)) + sum(even(i) for i in range(80)) + n
