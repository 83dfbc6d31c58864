from mpmath import mp, mpf, nstr, nsum, inf


def alternating(digits):
    return nstr(nsum(lambda n: (-1) ** n / (2 * n + 1), [0, inf]), digits)


def bernoulli(n):
    return [str(mpf(mp.bernoulli(i))) for i in range(0, n, 2)]
