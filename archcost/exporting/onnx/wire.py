"""Protocol buffers as ONNX needs them: messages are bytes, made of fields one after the other."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FLOAT, INT64, BOOL = 1, 7, 9
"""Types of elements, as `TensorProto.DataType` numbers them."""


def field(number: int, value: bytes | str | float) -> bytes:
    """One field of a message.

    Args:
        number: of the field, as `onnx.proto` gives it.
        value: a message or text, a whole number, or a float of 32 bits.

    >>> field(2, "relu").hex(" ")
    '12 04 72 65 6c 75'
    """
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def fields(number: int, values: Iterable[bytes | str | int | float]) -> bytes:
    """A field that repeats."""
    return b"".join(field(number, value) for value in values)


_BYTES = [bytes([value]) for value in range(0x80)]


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as its 64 bits."""
    if 0 <= value <= 0x7F:  # nearly all there are: this halves the time
        return _BYTES[value]
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def tensor(type_: int, shape: Sequence[int], data: bytes, name: str = "") -> bytes:
    """A `TensorProto` of numbers that lie one after the other, the lowest byte of each first."""
    return fields(1, shape) + field(2, type_) + (field(8, name) if name else b"") + field(9, data)


def value_info(name: str, type_: int, shape: Sequence[int]) -> bytes:
    """A `ValueInfoProto`: what a tensor is."""
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, type_) + field(2, dims)))


def entry(key: str, value: str) -> bytes:
    """A `StringStringEntryProto`."""
    return field(1, key) + field(2, value)


class Message(bytes):
    """A `GraphProto` or a `TensorProto` that is the value of an attribute.

    Attributes:
        type: the attribute's, as `AttributeProto.AttributeType` numbers it.
        number: of the field that holds it.
    """

    type: int
    number: int


class Tensor(Message):
    """A tensor as an attribute."""

    type, number = 4, 5


class Body(Message):
    """A graph as an attribute."""

    type, number = 5, 6


Attribute = bool | int | float | str | tuple[int, ...] | tuple[str, ...] | Message


def attribute(name: str, value: Attribute) -> bytes:
    """An `AttributeProto`, by the Python type of its value."""
    if isinstance(value, Message):
        kind, data = value.type, field(value.number, bytes(value))
    elif isinstance(value, int):
        kind, data = 2, field(3, int(value))
    elif isinstance(value, float):
        kind, data = 1, field(2, value)
    elif isinstance(value, str):
        kind, data = 3, field(4, value)
    elif value and isinstance(value[0], str):
        kind, data = 8, fields(9, value)
    else:
        kind, data = 7, fields(8, value)
    return field(1, name) + data + field(20, kind)
