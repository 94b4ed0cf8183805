"""FlatBuffers, as far as they are needed: tables, whose fields are found by number, and vectors.

Every place is checked before it is read, and of one file so many places are read and no more: tables may lie
on one another, so that a small file could say a large one.
"""

from __future__ import annotations

from struct import calcsize, unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

MOST = 8_000_000
"""Numbers of one file that are read: a model of 100,000 operations has some 3 million."""


class DamagedError(Exception):
    """Bytes that are no FlatBuffer.

    Attributes:
        at: where, counted from the beginning of the file.
    """

    def __init__(self, at: int, what: str) -> None:
        super().__init__(what)
        self.at = at


class Buffer:
    """A file.

    Args:
        data: its bytes.
    """

    def __init__(self, data: bytes | mmap) -> None:
        self.data = data
        self._left = MOST

    def numbers(self, form: str, at: int, count: int = 1) -> tuple[int | float, ...]:
        """Some numbers that are there, of one of `struct`'s types."""
        if not 0 <= at <= len(self.data) - calcsize(f"<{form}") * count:
            raise DamagedError(at, "a place outside the file")
        self._left -= count
        if self._left < 0:
            raise DamagedError(at, f"more than {MOST:,} numbers are to be read")
        return unpack_from(f"<{count}{form}", self.data, at)

    def integer(self, form: str, at: int) -> int:
        """A whole number."""
        return int(self.numbers(form, at)[0])

    def root(self) -> Table:
        """The outermost table."""
        return Table(self, self.integer("I", 0))


class Table:
    """A table: fields by their numbers, those that have their default left out.

    Args:
        buffer: that it is in.
        at: where.
    """

    def __init__(self, buffer: Buffer, at: int) -> None:
        self._buffer = buffer
        self.at = at
        self._fields = at - buffer.integer("i", at)
        self._size = buffer.integer("H", self._fields)

    def _place(self, field: int) -> int | None:
        """Where a field is; None if it is left out."""
        entry = 4 + 2 * field
        if entry + 2 > self._size:
            return None
        offset = self._buffer.integer("H", self._fields + entry)
        return self.at + offset if offset else None

    def number(self, field: int, form: str, default: float = 0) -> int | float:
        """A number."""
        at = self._place(field)
        return default if at is None else self._buffer.numbers(form, at)[0]

    def integer(self, field: int, form: str = "i", default: int = 0) -> int:
        """A whole number."""
        return int(self.number(field, form, default))

    def _behind(self, field: int) -> int | None:
        """Where a field leads."""
        at = self._place(field)
        return None if at is None else at + self._buffer.integer("I", at)

    def table(self, field: int) -> Table | None:
        """A table; None if it is left out."""
        at = self._behind(field)
        return None if at is None else Table(self._buffer, at)

    def extent(self, field: int) -> tuple[int, int]:
        """Where a vector begins, and how many entries it has."""
        at = self._behind(field)
        return (0, 0) if at is None else (at + 4, self._buffer.integer("I", at))

    def vector(self, field: int, form: str) -> tuple[int | float, ...]:
        """A vector of numbers."""
        at, count = self.extent(field)
        return self._buffer.numbers(form, at, count) if count else ()

    def integers(self, field: int, form: str = "i") -> tuple[int, ...]:
        """A vector of whole numbers."""
        return tuple(map(int, self.vector(field, form)))

    def tables(self, field: int) -> list[Table]:
        """A vector of tables."""
        at, count = self.extent(field)
        offsets = self._buffer.numbers("I", at, count) if count else ()
        return [Table(self._buffer, at + 4 * i + int(offset)) for i, offset in enumerate(offsets)]

    def text(self, field: int) -> str:
        """A string, to 1,000 bytes."""
        at, count = self.extent(field)
        return bytes(map(int, self._buffer.numbers("B", at, min(count, 1000)))).decode(errors="replace")
