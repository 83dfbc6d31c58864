"""Constants and special functions to many digits."""
from mpmath import iv, matrix, mp, mpf, nstr, quad
import mpmath
from series import alternating, bernoulli

mp.dps = 30


def constants(digits):
    with mpmath.workdps(digits):
        return [str(+value) for value in (mp.pi, mp.e, mp.euler, mp.phi)]


def special(x):
    return [nstr(value, 15) for value in (mpmath.gamma(x), mpmath.zeta(x), mpmath.erf(x), mpmath.besselj(1, x))]


def integral(low, high):
    return nstr(quad(lambda t: mpmath.exp(-t * t), [low, high]), 18)


def root(start):
    return nstr(mpmath.findroot(lambda x: mpmath.cos(x) - x, start), 20)


def linear():
    a = matrix([[4, 1, 2], [1, 3, 0], [2, 0, 5]])
    return [nstr(x, 12) for x in mpmath.lu_solve(a, matrix([1, 2, 3]))], nstr(mpmath.det(a), 12)


def polynomial():
    return [nstr(x, 10) for x in mpmath.polyroots([1, -6, 11, -6])]


print(constants(25))
print(special(mpf("2.5")), special(mpf(4)))
print(integral(0, 1), integral(-1, 2))
print(root(1))
print(linear())
print(polynomial())
print(nstr(mpmath.diff(mpmath.sin, 1), 15), mpmath.identify(mpmath.sqrt(2)))
print(alternating(12), bernoulli(8))
print(iv.mpf([1, 2]) * iv.mpf([-1, 3]))
print(mpmath.taylor(mpmath.exp, 0, 4))
