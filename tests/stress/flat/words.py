import re
import textwrap
from collections import Counter, OrderedDict
from itertools import groupby

text = """It was the best of times, it was the worst of times, it was the age of wisdom,
it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity,
it was the season of Light, it was the season of Darkness."""
words = re.findall(r"[a-z]+", text.lower())
counts = Counter(words)
print(counts.most_common(4))
seen = set()
unique = []
for word in words:
    if word in seen:
        continue
    seen.add(word)
    unique.append(word)
print(len(unique), unique[:6])
longest = ""
while unique:
    word = unique.pop()
    if len(word) > len(longest):
        longest = word
        continue
    if word.startswith("w"):
        break
else:
    print("nothing with w")
print(longest, len(unique))
lines = textwrap.wrap(text, 40)
for number, line in enumerate(lines, 1):
    print(f"{number:>2}| {line:<40}|{len(line):04d}")
numbered = list(enumerate(lines))
lines[0] = lines[0].upper()
print(numbered[0][1][:8], lines[0][:8])
groups = OrderedDict()
for key, found in groupby(sorted(counts, key=lambda w: (len(w), w)), key=len):
    groups[key] = list(found)
groups.move_to_end(3, last=False)
print({k: len(v) for k, v in groups.items()})
pattern = re.compile(r"the (\w+) of (\w+)")
pairs = []
rest, start = text, 0
while (match := pattern.search(text, start)) is not None:
    pairs.append(match.groups())
    start = match.end()
print(pairs, start)
shout = pattern.sub(lambda m: f"THE {m[1].upper()}", text)
print(shout.splitlines()[-1])
acronym = "".join(w[0] for w in words if w not in ("the", "of"))
acronym = acronym[::-1]
print(acronym, acronym.count("t"))
table = str.maketrans("aeiou", "12345")
print(text[:30].translate(table), text.find("worst"))
