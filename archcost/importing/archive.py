"""One file within a zip archive, unpacked no further than it says and may be."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from archcost.errors import ModelFileError
from archcost.overwriting import will_read

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 256 * 2**20
"""Bytes that it may have, unpacked: the graph of a model of ten thousand operations has 30 million."""


def unpacked(path: Path, names: tuple[str, ...], missing: str, form: str) -> bytes:
    """What is in the first file whose path in the archive ends in one of some names.

    Args:
        path: of the archive.
        names: endings.
        missing: what to say if there is none.
        form: what an archive of this format is, for messages.

    Raises:
        ModelFileError: it is no such archive, or damaged, or too large.
    """
    try:
        will_read(path)
        with ZipFile(path) as archive:
            found = next((e for e in archive.infolist() if e.filename.endswith(names)), None)
            if not found:
                raise ModelFileError(path, missing)
            if found.file_size > LARGEST:
                size = f"{found.filename} unpacks to {found.file_size:,} bytes"
                raise ModelFileError(path, f"{size}; {LARGEST:,} are read at most")
            with archive.open(found) as stream:
                return stream.read(LARGEST)
    except (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(path, f"{error}; {form}") from None
