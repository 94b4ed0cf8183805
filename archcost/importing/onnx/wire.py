"""Protocol buffers' wire format: the fields of a message, one after the other, by their numbers.

Nothing is copied: of texts, bytes and messages within a message, which may be weights of gigabytes, only
where they are is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

Bytes: TypeAlias = "bytes | mmap"


class Span(NamedTuple):
    """Where something is within a file.

    Attributes:
        start: its first byte.
        end: the first byte behind it.
    """

    start: int
    end: int


class DamagedError(Exception):
    """Bytes that are no message.

    Attributes:
        at: where, counted from the beginning of the file.
    """

    def __init__(self, at: int, what: str) -> None:
        super().__init__(what)
        self.at = at


MOST = 4_000_000
"""Fields of one file that are looked at: a model of 100,000 operations has two million."""


class Message:
    """A file of messages.

    Args:
        data: its bytes.
    """

    def __init__(self, data: Bytes) -> None:
        self.data = data
        self._left = MOST

    def fields(self, span: Span) -> Iterator[tuple[int, int | Span]]:
        """The fields of the message that is there: the number of each, and its value.

        A number is a number; what has a length or a fixed size is where it is.

        Raises:
            DamagedError: it is no message.
        """
        data, at, end = self.data, span.start, span.end
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise DamagedError(at, f"it has more than {MOST:,} fields")
            key, after = self.varint(at, end)
            number, kind = key >> 3, key & 7
            if kind == 0:
                value, at = self.varint(after, end)
                yield number, value
                continue
            if kind == 2:
                length, after = self.varint(after, end)
            elif kind in {1, 5}:
                length = 8 if kind == 1 else 4
            else:
                raise DamagedError(at, f"a field of kind {kind}, which there is not")
            if after + length > end or not number:
                raise DamagedError(at, f"field {number} is cut off")
            yield number, Span(after, after + length)
            at = after + length
        del data

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """A number of as many bytes as it needs, and where it ends."""
        data, found, shift = self.data, 0, 0
        start = at
        while at < end and shift < 70:
            byte = data[at]
            at += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found & 0xFFFF_FFFF_FFFF_FFFF, at
            shift += 7
        raise DamagedError(start, "a number is cut off" if at >= end else "a number has more than ten bytes")

    def text(self, span: Span) -> str:
        """A text, or a name."""
        return self.data[span.start : span.end].decode("utf-8", "replace")

    def varints(self, span: Span) -> list[int]:
        """Numbers packed one behind the other, each with its sign."""
        found: list[int] = []
        at = span.start
        while at < span.end:
            value, at = self.varint(at, span.end)
            found.append(signed(value))
        return found


def signed(value: int) -> int:
    """A number of 64 bits with its sign.

    >>> signed(2**64 - 1)
    -1
    """
    return value - 2**64 if value >> 63 else value
