import more_itertools

READINGS = 3, 1, 4, 1, 5, 0, 9, 2, 6, 5, 0, 3, 5
LIMIT = 3


def gaps(values, limit=LIMIT):
    return [i for i, (a, b) in enumerate(more_itertools.pairwise(values)) if abs(a - b) > limit]


def smooth(values, weights=(0.25, 0.5, 0.25)):
    return list(more_itertools.convolve(values, weights))
