from lib import decimals

DIGITS = 30


class Rounding:
    mode = decimals.ROUND_HALF_UP
    strict = True
