"""What fits into the columns of a terminal: how wide a text is, where it breaks, how a path gets shorter."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")
_BLANKS = re.compile(r"( +)(?!(?<=\d )(?:%|[kMGTPEZYRQ]B?|B)(?![A-Za-z]))")
"""Where a line may break: not between a number and its unit."""
_MARKS = frozenset({"Mn", "Me", "Cf"})
_WIDE = frozenset({"W", "F"})
_EMOJI = "\ufe0f"
"""Behind a sign, it asks for the picture, which is wide."""


def width(text: str) -> int:
    r"""The columns that a text takes: two for a wide sign, none for what is set onto another or paints.

    >>> width("conv"), width("卷积"), width("e\u0301"), width("\x1b[1mtotal\x1b[0m")
    (4, 4, 1, 5)
    """
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    return len(text) if text.isascii() else sum(_cells(text))


def _cells(text: str) -> Iterator[int]:
    """The columns of each character."""
    before = 0
    for char in text:
        wide = (before == 1) if char == _EMOJI else _cell(char)
        yield wide
        before = wide


@cache
def _cell(char: str) -> int:
    if unicodedata.category(char) in _MARKS or "\u1160" <= char <= "\u11ff":  # the latter complete a syllable
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


# -- sentences --------------------------------------------------------------------------------------------


def fitted(text: str, most: int | None) -> str:
    r"""A text without a line of more than `most` columns: sentences break at blanks, below each other.

    >>> fitted("a.b: a sentence that is too long\n", 20)
    'a.b: a sentence that\n  is too long\n'
    """
    if most is None:
        return text
    return "".join(f"{part}\n" for line in text.splitlines() for part in wrapped(line, most))


def wrapped(line: str, most: int | None, hang: int | None = None) -> list[str]:
    """One line in as many as it takes.

    Args:
        line: which may be painted.
        most: columns; None for any number.
        hang: blanks in front of all but the first, unless that takes too much of a line; None for two more
            than the line begins with.
    """
    if most is None or width(line) <= most:
        return [line]
    start = len(line) - len(line.lstrip(" "))
    if hang is None or hang > most // 3:
        hang = min(start + 2, most // 2)
    lines = _Lines(most, hang, min(start, most // 2))
    words = _BLANKS.split(line[start:])
    for blanks, word in zip(["", *words[1::2]], words[::2], strict=True):
        lines.add(blanks, word)
    return lines.done()


def paragraph(lines: Sequence[str], most: int | None) -> list[str]:
    """Lines that fit as they are, or their words in lines of their own."""
    fits = most is None or all(width(line) <= most for line in lines)
    return list(lines) if fits else wrapped(" ".join(lines), most, hang=0)


class _Lines:
    """Lines that are being filled. A colour that is on at the end of one goes on in the next."""

    def __init__(self, most: int, hang: int, start: int) -> None:
        self._most = most
        self._hang = hang
        self._line = " " * start
        self._used = start
        self._is_new = True
        self._colour = ""
        self._lines: list[str] = []

    def add(self, blanks: str, word: str) -> None:
        wide = width(word)
        blanks = "" if self._is_new else blanks
        if self._used + len(blanks) + wide <= self._most:
            self._put(blanks + word, len(blanks) + wide)
            return
        # What fits on no line at all is broken where it stands, if much of this one is left.
        if wide <= self._most - self._hang or self._most - self._used < self._most // 3:
            self._break()
            blanks = ""
        self._put(blanks, len(blanks))
        for piece in _pieces(word, self._most - self._used, self._most - self._hang):
            if self._used + width(piece) > self._most:
                self._break()
            self._put(piece, width(piece))

    def done(self) -> list[str]:
        return [*self._lines, self._line]

    def _put(self, text: str, wide: int) -> None:
        self._line += text
        self._used += wide
        self._is_new = self._is_new and not text
        for code in _COLOUR.findall(text):
            self._colour = "" if code == "\x1b[0m" else code

    def _break(self) -> None:
        if not self._is_new:
            self._lines.append(self._line + ("\x1b[0m" if self._colour else ""))
        self._line = " " * self._hang + self._colour
        self._used = self._hang
        self._is_new = True


def _pieces(word: str, first: int, rest: int) -> Iterator[str]:
    """A word in pieces of so many columns at most, each as long as it can be, rather behind a separator."""
    most, piece, wide = first, "", 0
    for part in _COLOUR.split(word):
        if part.startswith("\x1b"):
            piece += part
            continue
        for char, cell in zip(part, _cells(part), strict=True):
            if wide + cell > most:
                kept = _behind_separator(piece)
                yield kept
                piece = piece[len(kept) :]
                wide, most = width(piece), rest
            piece += char
            wide += cell
    yield piece


def _behind_separator(piece: str) -> str:
    end = max(piece.rfind(sign) for sign in "./:,;=_-") + 1
    return piece[:end] if end > len(piece) // 2 and "\x1b" not in piece[end:] else piece


# -- names ------------------------------------------------------------------------------------------------

CUT = "…"


def cut(text: str, most: int) -> str:
    """The beginning of a text.

    >>> cut("out_channels: 64, bias: false", 17)
    'out_channels: 64…'
    """
    return text if width(text) <= most else _start(text, most - 1).rstrip(" ,") + CUT


def _start(text: str, most: int) -> str:
    if text.isascii():
        return text[:most]
    used = 0
    for i, cell in enumerate(_cells(text)):
        used += cell
        if used > most:
            return text[:i]
    return text


def _end(text: str, most: int) -> str:
    if text.isascii():
        return text[max(0, len(text) - most) :]
    used = 0
    cells = list(_cells(text))
    for i in reversed(range(len(cells))):
        used += cells[i]
        if used > most:
            # A mark belongs to the sign before it, which is left out.
            begin = i + 1
            while begin < len(cells) and not cells[begin]:
                begin += 1
            return text[begin:]
    return text


def shortened(names: Sequence[str], most: int) -> list[str]:
    """Names with at most so many columns: what is in the middle gives way.

    A beginning and an end are chosen that no other of the names has, so that each can still be told from all
    others, and whole segments of paths rather than parts of them. Where there is no such choice, names are
    numbered. Blanks that they begin with stay, as far as there is room.

    >>> shortened(["stage.0.unit.conv_bn.conv", "stage.1.unit.conv_bn.conv", "stem"], 18)
    ['stage.0.unit….conv', 'stage.1.unit….conv', 'stem']
    """
    bare = [name.lstrip(" ") for name in names]
    indents = [len(name) - len(text) for name, text in zip(names, bare, strict=True)]
    if not any(width(text) + indent > most for text, indent in zip(bare, indents, strict=True)):
        return list(names)
    among = _Among(bare)
    return [
        " " * min(indent, max(0, most - min(width(text), _LEAST))) + among.short(text, most - indent)
        for text, indent in zip(bare, indents, strict=True)
    ]


_LEAST = 6
"""Columns that a name has at least; blanks before it give way."""


_MANY = 2000
"""Of more names than that, few beginnings and ends are tried, so that time stays linear."""


class _Among:
    """Names that are told from each other."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(names))
        self._ends: dict[tuple[int, int], Counter[tuple[str, str]]] = {}
        self._short: dict[tuple[str, int], str] = {}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self._names, 1)}

    def short(self, name: str, most: int) -> str:
        most = max(most, _LEAST)
        if width(name) <= most:
            return name
        if (name, most) not in self._short:
            self._short[name, most] = self._shorten(name, most)
        return self._short[name, most]

    def _shorten(self, name: str, most: int) -> str:
        halves = _halves(name, most - 1)
        few = len(self._names) > _MANY
        for head, tail in islice(halves, 2) if few else chain(_segments(name, most - 1), halves):
            if self._is_only(head, tail):
                return f"{head}{CUT}{tail}"
        number = f"{CUT}#{self._numbers[name]}"
        return _start(name, most - len(number)) + number

    def _is_only(self, head: str, tail: str) -> bool:
        """Whether one name alone begins and ends like this."""
        key = len(head), len(tail)
        if key not in self._ends:
            self._ends[key] = Counter((name[: key[0]], name[len(name) - key[1] :]) for name in self._names)
        return self._ends[key][head, tail] == 1


_SEGMENTS = 12
"""Segments that are tried from either side."""


def _segments(path: str, most: int) -> list[tuple[str, str]]:
    """Beginnings and ends of whole segments, the longest together first."""
    dots = [i for i, char in enumerate(path) if char == "."]
    heads, tails = dots[:_SEGMENTS], dots[-_SEGMENTS:]
    pairs = [(path[:head], path[tail:]) for head in heads for tail in tails if head < tail]
    fitting = [pair for pair in pairs if most // 2 <= width(pair[0]) + width(pair[1]) <= most]
    return sorted(fitting, key=lambda pair: -len(pair[0]) - len(pair[1]))


def _halves(name: str, most: int) -> Iterator[tuple[str, str]]:
    """A beginning and an end that fill the room together, the most even first."""
    for head in sorted(range(most + 1), key=lambda head: abs(2 * head - most)):
        start = _start(name, head)
        yield start, _end(name[len(start) :], most - head)
