"""The values a spec fixes by `weights`: numbers from the spec itself, or from an `.npz` beside it.

An `.npz` is opened here, and nothing in it is believed: name, data type and shape of a tensor are looked at
before its numbers are read, and what would need pickle is refused.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from archcost.errors import Diagnostic, SpecError
from archcost.files import UnreadableError
from archcost.spec.weights import tensors, unknown_tensor
from archcost.windows.window import show, size
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from archcost.execute.arrays import Array
    from archcost.files import Stored
    from archcost.network import GivenWeights, Network, Node
    from archcost.windows.window import Shape


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
            mistakes.append(Diagnostic(one.place, f"weights '{one.file and one.file.path.name}': {why}"))
    if mistakes:
        raise SpecError(mistakes)
    return found


class _Refused(Exception):  # noqa: N818 - a mistake in the spec, on its way to its place
    """Why a file is not taken."""


def _from_spec(given: GivenWeights) -> Iterator[tuple[Node, str, Array]]:
    for name, numbers in given.numbers.items():
        node, tensor = given.names[name]
        yield node, tensor, np.array(numbers, dtype=np.float64).reshape(tensors(node)[tensor])


_HEADER = 2**16
"""Bytes of a tensor that are looked at for its header, however long it claims to be."""


def _open(file: Stored) -> BinaryIO:
    path, files = file
    try:
        return files.open(path)
    except FileNotFoundError:
        near = suggest(path.name, [name for name in files.neighbours(path) if name.endswith(".npz")])
        raise _Refused(f"no such file{near}") from None
    except PermissionError:
        raise _Refused("no permission to read this file") from None
    except IsADirectoryError:
        raise _Refused("this is no file") from None
    except UnreadableError as error:
        raise _Refused(f"{error}") from None
    except OSError as error:  # a name that is too long, say
        raise _Refused(error.strerror or "cannot be read") from None


def _from_file(given: GivenWeights, file: Stored) -> list[tuple[Node, str, Array]]:
    stream = _open(file)
    try:
        with stream, zipfile.ZipFile(stream) as archive:
            entries = _entries(archive)
            return [_read(given, archive, name, entry) for name, entry in entries.items()]
    except _Refused:
        raise
    except Exception as error:  # noqa: BLE001 - a hostile file makes NumPy raise whatever it likes
        why = " ".join(f"{error}".split()) or type(error).__name__
        raise _Refused(f"this is no .npz archive, or a damaged one ({_short(why)})") from None


def _entries(archive: zipfile.ZipFile) -> dict[str, str]:
    """The entries of an archive by the names of their tensors."""
    entries = archive.namelist()
    names = Counter(entry.removesuffix(".npy") for entry in entries)
    if not names:
        raise _Refused("there is no tensor in this file")
    name, times = names.most_common(1)[0]
    if times > 1:
        raise _Refused(f"{_short(name)} is there {times} times")
    return dict(zip(names, entries, strict=True))


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"


def _read(given: GivenWeights, archive: zipfile.ZipFile, name: str, entry: str) -> tuple[Node, str, Array]:
    """One tensor of an archive."""
    if name not in given.names:
        raise _Refused(unknown_tensor(_short(name), given.names))
    node, tensor = given.names[name]
    with archive.open(entry) as stream:
        shape, dtype = _header(stream.read(_HEADER))
    _check(name, dtype, shape, node, tensors(node)[tensor])
    with archive.open(entry) as stream:
        read: Array = np.lib.format.read_array(stream, allow_pickle=False)
    with np.errstate(over="ignore"):  # of wider floats; what overflows is infinite, and refused
        value = read.astype(np.float64)
    if not np.isfinite(value).all():
        raise _Refused(f"{name} holds {'NaN' if np.isnan(value).any() else 'infinity'}; give numbers alone")
    return node, tensor, value.reshape(tensors(node)[tensor])


def _header(start: bytes) -> tuple[Shape, np.dtype[np.generic]]:
    """Shape and data type as they stand before the numbers."""
    stream = BytesIO(start)
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
        has = f"has the shape {_short(show(shape))}" if shape else "is a single number"
        raise _Refused(f"{name} {has}; {node.path} needs {show(wanted)}")
