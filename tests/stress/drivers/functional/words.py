from toolz import curry

TEXT = "the quick brown fox jumps over the lazy dog while the other dogs, Quick too, sleep over there."
WORDS = TEXT.split()
MARKS = ".,"


def clean(word):
    return word.strip(MARKS).lower()


@curry
def longer_than(n, word):
    return len(word) > n
