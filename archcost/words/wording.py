"""Words as sentences have them."""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def in_a_row(values: Iterable[object]) -> str:
    """One after the other; there must be one.

    >>> in_a_row(["name", "input", "layers"]), in_a_row([3])
    ('name, input and layers', '3')
    """
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last


_LONGEST = 60
"""Characters of a value that a sentence quotes."""


def short(text: str) -> str:
    """A value as a sentence quotes it: its beginning, if it is long.

    >>> short("3x224x224"), short("9" * 5000)[-22:]
    ('3x224x224', '99… (5,000 characters)')
    """
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def plural(count: int, noun: str) -> str:
    """A number of things.

    >>> plural(1, "spec"), plural(2, "spec")
    ('1 spec', '2 specs')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def vector_without_positions(inputs: Mapping[str, Sequence[int]]) -> str:
    """What to write where an input is a vector, as a row of tokens may be; empty if none is.

    >>> vector_without_positions({"image": (3, 8, 8)})
    ''
    >>> print(vector_without_positions({"text": (24,)}))
    text is 24 channels without positions; if it is a sequence, as of tokens, write [1, 24] instead of [24]
    """
    for name, shape in inputs.items():
        if len(shape) == 1:
            (n,) = shape
            sequence = f"if it is a sequence, as of tokens, write [1, {n}] instead of [{n}]"
            return f"{name} is {n} channels without positions; {sequence}"
    return ""


_NAMED = 2
"""Paths that are named where several have nothing in common."""


def gist(paths: Sequence[str]) -> str:
    """Paths in short: where they differ in the same segments, `*` stands for these.

    >>> gist(["stage.0.conv", "stage.1.conv", "stage.7.conv"]), gist(["a"]), gist(["a", "b.c", "d", "e"])
    ('stage.*.conv', 'a', 'a, b.c and 2 more')

    Where they only end alike, `**` stands for any number of segments.

    >>> gist(["stem.relu", "stage.0.unit.relu"]), gist(["stage.relu", "stage.0.relu"])
    ('**.relu', 'stage.**.relu')
    """
    if len(paths) == 1:
        return paths[0]
    segments = [path.split(".") for path in paths]
    shortest = min(map(len, segments))
    columns = [set(column) for column in zip(*segments, strict=False)]
    if any(len(column) == 1 for column in columns) and max(map(len, segments)) == shortest:
        return ".".join(next(iter(column)) if len(column) == 1 else "*" for column in columns)
    if ending := _alike(map(reversed, segments), shortest):
        return ".".join([*_alike(segments, shortest - len(ending)), "**", *reversed(ending)])
    return few_of(paths, _NAMED)


def few_of(words: Sequence[str], most: int = 8) -> str:
    """Words in a row; of more than `most`, these and how many more."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more:,} more" if more > 0 else "")


def _alike(sequences: Iterable[Iterable[str]], most: int) -> list[str]:
    """The first elements that all have in common."""
    columns = (set(column) for column in islice(zip(*sequences, strict=False), most))
    return [next(iter(column)) for column in takewhile(lambda column: len(column) == 1, columns)]
