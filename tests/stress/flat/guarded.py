import glob
import os
import sys
from pathlib import Path

FOLDER = Path("parts")
WORDS = "alpha beta gamma delta".split()
seen = {}


def clean(text, drop=()):
    seen[text] = seen.get(text, 0) + 1
    return "".join(c for c in text if c not in drop)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for number, word in enumerate(WORDS):
        path = FOLDER / f"{number}-{word}.txt"
        path.write_text((word + "\n") * (number + 1))
    sizes = {path.name: path.stat().st_size for path in sorted(FOLDER.iterdir())}
    print(sizes, "args", len(sys.argv))
    texts = [path.read_text() for path in sorted(FOLDER.glob("*.txt"))]
    merged = "".join(clean(text, "ae\n") for text in texts)
    print(merged, seen)
    with open(FOLDER / "all.out", "a+") as out:
        out.seek(0)
        before = out.read()
        out.truncate(0)
        out.write(merged.upper())
    print(len(before) in (0, len(merged)), (FOLDER / "all.out").read_text()[:20])
    (FOLDER / "0-alpha.txt").rename(FOLDER / "zero.txt")
    print(sorted(os.path.basename(p) for p in glob.glob("parts/*.txt")))
    lines = 0
    with open("parts/zero.txt") as one, open("parts/3-delta.txt") as two:
        for left, right in zip(one, two):
            lines += left != right
            print(left.strip(), "|", right.strip())
    if os.path.exists("parts/zero.txt"):
        os.remove("parts/zero.txt")
    total = sum(os.path.getsize(p) for p in sorted(glob.glob("parts/*")))
    seen.clear()
    print(lines, total, os.path.exists("parts/zero.txt"))
    clean("again")
    os.environ["PARTS"] = str(total)
    print(os.environ.get("PARTS"), os.getenv("NOT_THERE", "none"), seen)
    for path in sorted(FOLDER.iterdir()):
        if path.suffix == ".out":
            continue
        path.unlink()
    print([p.name for p in FOLDER.iterdir()])
