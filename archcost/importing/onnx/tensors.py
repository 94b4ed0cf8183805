"""The numbers of small tensors: shapes, scales and constants. Those of weights are never read."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.onnx.wire import signed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archcost.importing.onnx.proto import Tensor
    from archcost.importing.onnx.wire import Message

LARGEST = 2**20
"""Elements of a tensor whose numbers are looked at."""

TYPES = {
    1: "<f4",
    2: "<u1",
    3: "<i1",
    4: "<u2",
    5: "<i2",
    6: "<i4",
    7: "<i8",
    9: "?",
    10: "<f2",
    11: "<f8",
    12: "<u4",
    13: "<u8",
}
"""NumPy's types by ONNX's numbers; those that neither text nor of other widths have one."""

NAMES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "texts",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    16: "bfloat16",
    17: "float8",
    18: "float8",
    19: "float8",
    20: "float8",
    21: "uint4",
    22: "int4",
    23: "float4",
}
"""What types are called."""

REAL = frozenset({1, 10, 11, 16, 17, 18, 19, 20, 23})
"""Types of real numbers: what can be learned, unless it is quantized."""

_PACKED = {4: "<f4", 10: "<f8"}


def numbers(data: Message, tensor: Tensor) -> NDArray[Any]:
    """The numbers of a tensor.

    Raises:
        NotUnderstoodError: there are too many, or they are in another file, or not where they should be.
    """
    size = prod(tensor.shape)
    if size > LARGEST:
        raise NotUnderstoodError(f"{size:,} constants are more than the {LARGEST:,} that are looked at")
    if tensor.is_outside:
        raise NotUnderstoodError(f"the numbers of '{tensor.name}' are in another file, which is not opened")
    kind = TYPES.get(tensor.type)
    if kind is None:
        raise NotUnderstoodError(f"'{tensor.name}' holds {NAMES.get(tensor.type, 'what is not known')}")
    found = _found(data, tensor, kind, size)
    if found.size != size:
        raise NotUnderstoodError(f"'{tensor.name}' has {found.size:,} numbers, and {size:,} in its shape")
    return found.reshape(tensor.shape)


def _found(data: Message, tensor: Tensor, kind: str, size: int) -> NDArray[Any]:
    values: list[Any] = []
    for number, value in tensor.numbers:
        if isinstance(value, int):
            values.append(signed(value))
            continue
        if value.end - value.start > 16 * size + 16:
            raise NotUnderstoodError(f"'{tensor.name}' has more numbers than its shape")
        chunk = data.data[value.start : value.end]
        if number == 9:
            if len(chunk) % np.dtype(kind).itemsize:
                raise NotUnderstoodError(f"'{tensor.name}' has a part of a number")
            return np.frombuffer(chunk, kind)
        if number in _PACKED:
            if len(chunk) % np.dtype(_PACKED[number]).itemsize:
                raise NotUnderstoodError(f"'{tensor.name}' has a part of a number")
            values += np.frombuffer(chunk, _PACKED[number]).tolist()
        else:
            values += data.varints(value)
    if tensor.type == 10:  # halves are kept as the bits of whole numbers
        return np.array(values, "<i8").astype("<u2").view("<f2")
    return np.array(values, kind)
