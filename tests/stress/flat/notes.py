import hashlib
import json
import string
import zlib

alphabet = string.ascii_lowercase
shift = 3
secret = ""
for letter in "attack at dawn":
    if letter in alphabet:
        secret += alphabet[(alphabet.index(letter) + shift) % 26]
    else:
        secret += letter
print(secret)
key = dict(zip(alphabet, alphabet[shift:] + alphabet[:shift]))
back = {v: k for k, v in key.items()}
plain = "".join(back.get(ch, ch) for ch in secret)
print(plain, plain is secret)
data = json.dumps({"text": plain, "key": key}).encode()
packed = zlib.compress(data, 9)
digest = hashlib.sha256(packed if len(packed) < len(data) else data).hexdigest()
print(len(data), digest[:12], zlib.decompress(packed) == data)
buffer = bytearray(data[:16])
window = memoryview(buffer)[4:8]
window[:] = b"TEXT"
print(bytes(buffer), window.tobytes())
window.release()
buffer += b"!"
del window
letters = {}
for ch in plain:
    letters[ch] = letters.get(ch, 0) + 1
runs, previous = [], None
for ch in sorted(plain):
    if ch == previous:
        runs[-1][1] += 1
    else:
        runs.append([ch, 1])
    previous = ch
print(letters == {c: n for c, n in runs}, runs[:3])
notes = []
notes += ["one"]
notes.extend(n.upper() for n in list(notes))
notes *= 2
print(f"{notes!r:>40}", f"{len(notes):03}", f"{0.1 + 0.2:.2e}", "%s-%05.1f" % (notes[0], 3.14159))
with open("notes.txt", "w") as out:
    print(*notes, sep="\n", file=out)
with open("notes.txt", "a") as out:
    out.writelines(f"{k}={v}\n" for k, v in sorted(letters.items()))
with open("notes.txt") as notes_file:
    header = notes_file.readline()
    notes = [line.rstrip() for line in notes_file]
print(repr(header), len(notes), notes[-1], notes_file.closed)
template = string.Template("$who has $n")
for who, n in [("ann", 1), ("bob", 2)]:
    line = template.substitute(who=who, n=n)
    print(line.center(20, "."))
x = 0b1011
bits = []
while x:
    x, bit = divmod(x, 2)
    bits.insert(0, bit)
print(bits, x, int("".join(map(str, bits)), 2))
