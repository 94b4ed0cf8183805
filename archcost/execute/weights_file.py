"""The values a spec fixes by `weights`: numbers from the spec itself, or from an `.npz` beside it.

An `.npz` is opened here, and nothing in it is believed: name, data type and shape of a tensor are looked at
before its numbers are read, and what would need pickle is refused.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import IO, TYPE_CHECKING

import numpy as np

from archcost.errors import Diagnostic, SpecError
from archcost.geometry import show, size
from archcost.spec.weights import tensors, unknown_tensor
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archcost.execute.arrays import Array
    from archcost.geometry import Shape
    from archcost.network import Given, Network, Node


def given_weights(network: Network) -> dict[tuple[str, str], Array]:
    """Every tensor the spec fixes, by the key of its set (a path, or what is shared) and its name there.

    Raises:
        SpecError: a file that is missing, unreadable or no fit, with every mistake found.
    """
    found: dict[tuple[str, str], Array] = {}
    mistakes: list[Diagnostic] = []
    for one in network.given:
        try:
            values = _from_file(one, one.file) if one.file else _from_spec(one)
            found |= {(node.shared or node.path, tensor): value for node, tensor, value in values}
        except _Refused as why:
            mistakes.append(Diagnostic(one.place, f"weights '{one.file and one.file.name}': {why}"))
    if mistakes:
        raise SpecError(mistakes)
    return found


class _Refused(Exception):  # noqa: N818 - a mistake in the spec, on its way to its place
    """Why a file is not taken."""


def _from_spec(given: Given) -> Iterator[tuple[Node, str, Array]]:
    for name, numbers in given.numbers.items():
        node, tensor = given.names[name]
        yield node, tensor, np.array(numbers, dtype=np.float64).reshape(tensors(node)[tensor])


_UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged archive raises (`NotImplementedError` is a `RuntimeError`)."""


def _from_file(given: Given, file: Path) -> list[tuple[Node, str, Array]]:
    if not file.is_file():
        near = suggest(file.name, [path.name for path in file.parent.glob("*.npz")])
        raise _Refused("this is no file" if file.exists() else f"no such file{near}")
    try:
        with zipfile.ZipFile(file) as archive:
            return [_read(given, archive, entry) for entry in archive.namelist()]
    except PermissionError:
        raise _Refused("no permission to read this file") from None
    except _UNREADABLE as error:
        raise _Refused(f"this is no .npz archive, or a damaged one ({error})") from None


def _read(given: Given, archive: zipfile.ZipFile, entry: str) -> tuple[Node, str, Array]:
    """One tensor of an archive."""
    name = entry.removesuffix(".npy")
    if name not in given.names:
        raise _Refused(unknown_tensor(name, given.names))
    node, tensor = given.names[name]
    with archive.open(entry) as stream:
        shape, dtype = _header(stream)
    _check(name, dtype, shape, node, tensors(node)[tensor])
    with archive.open(entry) as stream:
        value: Array = np.lib.format.read_array(stream, allow_pickle=False)
    if not np.isfinite(value).all():
        raise _Refused(f"{name} holds {'NaN' if np.isnan(value).any() else 'infinity'}; give numbers alone")
    return node, tensor, value.astype(np.float64).reshape(tensors(node)[tensor])


def _header(stream: IO[bytes]) -> tuple[Shape, np.dtype[np.generic]]:
    """Shape and data type as they stand before the numbers."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(stream)
    if version not in readers:
        raise ValueError(f"version {version} of the format is not one of numbers")
    shape, _, dtype = readers[version](stream)
    return shape, dtype


def _check(name: str, dtype: np.dtype[np.generic], shape: Shape, node: Node, wanted: Shape) -> None:
    if dtype.hasobject:
        raise _Refused(f"{name} is stored as pickled objects, which can run code; save numbers")
    if dtype.kind not in "fiu":
        raise _Refused(f"{name} holds {dtype}; it must hold real numbers")
    if shape != wanted and (shape or size(wanted) != 1):
        has = f"has the shape {show(shape)}" if shape else "is a single number"
        raise _Refused(f"{name} {has}; {node.path} needs {show(wanted)}")
