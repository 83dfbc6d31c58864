import decimal
import locale
import logging
import os
import sys
import warnings
from decimal import Decimal, getcontext, localcontext

getcontext().prec = 6
third = Decimal(1) / 3
roots = [Decimal(n).sqrt() for n in range(2, 6)]
print(third, roots[0])
with localcontext() as ctx:
    ctx.prec = 3
    short = [Decimal(n) / 7 for n in range(1, 4)]
    ctx.rounding = decimal.ROUND_UP
    up = Decimal(1) / 3
print(short, up, Decimal(2) / 3)
getcontext().traps[decimal.DivisionByZero] = False
print(Decimal(1) / 0, sum(roots))
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
log = logging.getLogger("shop")
for n in range(3):
    log.info("item %d", n)
    log.debug("detail %d", n)
log.setLevel(logging.DEBUG)
for n in range(2):
    log.debug("detail %d", n)
warnings.simplefilter("ignore")
for n in range(2):
    warnings.warn(f"unseen {n}")
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught:
    for n in range(2):
        warnings.warn(f"kept {n}")
print([str(w.message) for w in caught])
os.environ["SHOP_MODE"] = "fast"
mode = os.environ.get("SHOP_MODE", "slow")
speeds = {"fast": 3, "slow": 1}
steps = [n for n in range(0, 12, speeds[mode])]
os.environ["SHOP_MODE"] = "slow"
print(mode, steps, os.environ["SHOP_MODE"])
old = sys.getrecursionlimit()
sys.setrecursionlimit(old + 100)
print(sys.getrecursionlimit() - old)
sys.setrecursionlimit(old)
here = os.getcwd()
os.makedirs("inner", exist_ok=True)
os.chdir("inner")
with open("note.txt", "w") as f:
    f.write(mode)
print(os.path.basename(os.getcwd()), os.listdir("."))
os.chdir(here)
print(os.path.exists("note.txt"), open("inner/note.txt").read())
sys.argv.append("--more")
print(len(sys.argv), sys.argv[1:])
print(locale.str(1.5), getcontext().prec, sys.flags.optimize)
total = sum((Decimal(n) / 3 for n in range(5)), Decimal(0))
getcontext().prec = 28
print(total, total + Decimal(1) / 3)
