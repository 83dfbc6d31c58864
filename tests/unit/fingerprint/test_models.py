"""What pydantic makes of a model is the same in every process."""

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("pydantic")

PROGRAM = """
    from pydantic import BaseModel, Field, TypeAdapter, field_validator
    from hitsave_trace.fingerprint.values import Walk

    class Item(BaseModel):
        name: str
        price: float = Field({field})
        part: "Item | None" = None

        @field_validator("name")
        @classmethod
        def lower(cls, value):
            return value

    for one in (Item.__pydantic_validator__, TypeAdapter(list[Item]), Item.__pydantic_decorators__):
        print(Walk().fingerprint(one).hex())
"""


def fingerprints(field, padding):
    # Addresses move with what was made before.
    text = f"padding = [object() for _ in range({padding})]\n" + textwrap.dedent(PROGRAM).format(field=field)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()


def test_it_is_the_same_in_every_process_and_differs_with_the_fields():
    one, again, other = fingerprints("gt=0", 0), fingerprints("gt=0", 10_000), fingerprints("gt=1", 0)
    assert one[:2] == again[:2]
    assert one[0] != other[0]
    assert one[1] != other[1]
