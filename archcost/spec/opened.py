"""From what a user names to a text: a file, standard input, a network of the zoo."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archcost import foreign
from archcost.errors import Diagnostic, SpecError
from archcost.files import DISK, Files, Stored, UnreadableError, check_is_file, check_is_regular, near_file
from archcost.limits import DEFAULT
from archcost.overwriting import number_of, will_read
from archcost.source import Place, Source
from archcost.spec.yaml_reader import read
from archcost.spec.zoo import find_in_zoo, variant_names, zoo
from archcost.words.suggest import plain

if TYPE_CHECKING:
    from archcost.limits import Limits
    from archcost.source import Origin


class Opened(NamedTuple):
    """A text that was found.

    Attributes:
        data: its bytes.
        name: what to call it.
        folder: that its includes are relative to.
        file: where it is, if it is a file.
        variant: that its name stands for.
        files: where it comes from, and what it includes.
        origin: what it was made of, if nobody wrote it.
        imported: how faithful it is to that; empty of a text that somebody wrote.
        networks: the names of all networks of a file that has several, of which this is one.
    """

    data: bytes
    name: str
    folder: Path
    file: Path | None = None
    variant: str | None = None
    files: Files = DISK
    origin: Origin | None = None
    imported: str = ""
    networks: tuple[str, ...] = ()


def open_spec(path: str, limits: Limits, files: Files = DISK) -> Opened:
    """The text behind what a user names: a file, `-` for standard input, or `zoo:NAME`.

    Raises:
        SpecError: a file that cannot be read.
        UsageError: no such network in the zoo; of a revision, anything but a file that it has.
    """
    if files is not DISK:
        check_is_file(path)
    if path == "-":
        return Opened(_standard_input(limits), "<stdin>", Path.cwd())
    if path.startswith("zoo:"):
        file, variant = find_in_zoo(path.removeprefix("zoo:"), limits)
        return Opened(read_bytes(DISK, file, path, limits), path, file.parent, file, variant)
    file, name = files.find(path)
    return Opened(read_bytes(files, file, name, limits), name, file.parent, file, files=files)


def _standard_input(limits: Limits) -> bytes:
    try:
        will_read(number_of(sys.stdin))
        return sys.stdin.buffer.read(limits.file_bytes + 1)
    except OSError as error:
        why = f"standard input cannot be read: {error.strerror or error}"
        raise SpecError([Diagnostic(Place(Source("<stdin>")), why)]) from None


def read_bytes(files: Files, file: Path, name: str, limits: Limits, included: str = "") -> bytes:
    """What is in a file, which the user named, or a spec: as the word that is `included`."""
    try:
        if included and files is DISK:
            check_is_regular(file)
        data, size = files.read(file, limits.file_bytes)
    except (OSError, ValueError) as error:
        why = _why_unreadable(files, file, included or name, error)
        raise SpecError([Diagnostic(Place(Source(name)), why)]) from None
    if what := foreign.files.what_is(file.suffix, data):
        why = f"this is {what}; archcost reads specs: texts in YAML that begin with `archcost: 1`"
        raise SpecError([Diagnostic(Place(Source(name)), f"{why} {foreign.files.HOW_TO_WRITE_ONE}")])
    if size > limits.file_bytes:
        why = f"the file has {size:,} bytes, more than {limits.file_bytes:,} (the limit `file_bytes`)"
        raise SpecError([Diagnostic(Place(Source(name)), why)])
    return data


def _why_unreadable(files: Files, file: Path, written: str, error: OSError | ValueError) -> str:
    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        near = _near_network(files, file) or near_file(files, file, written)
        is_word = files is DISK and len(file.parts) == 1 and not file.suffix
        how = "; `archcost zoo` lists the networks that need no file" if is_word else ""
        return f"no such file{near or how}"
    if isinstance(error, IsADirectoryError):
        return "this is a folder; name the spec inside it"
    if isinstance(error, PermissionError):
        return "no permission to read this file"
    if isinstance(error, OSError):
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return "cannot be read: a path has no NUL bytes"


def _near_network(files: Files, file: Path) -> str:
    """The network of the zoo that has this name, as the end of a message; empty if none has."""
    if files is not DISK or file.suffix not in {"", ".yaml"} or len(file.parts) != 1:
        return ""
    found = next((one.name for one in zoo(DEFAULT) if plain(one.name) == plain(file.stem)), None)
    return f" (did you mean 'zoo:{found}'?)" if found else ""


def beside(opened: Opened, name: str, text: str) -> Stored | None:
    """The file that a text under the folder of a spec means; None if it lies outside of that folder.

    Args:
        opened: the spec.
        name: of the file the text is written in: the spec itself, or one that it includes.
        text: the path as it is written, relative to that file.
    """
    files = opened.files
    below = os.path.relpath(*(Path(one.removeprefix(files.prefix)).parent for one in (name, opened.name)))
    folder = files.real(opened.folder / below)
    if "\0" in text or Path(text).is_absolute():
        return None
    file = files.real(folder / text)
    if not file.is_relative_to(folder):
        return None
    if files is DISK:
        will_read(file)  # by few commands; but it is as much a part of the spec as what it includes
    return Stored(file, files)


def variants_of(opened: Opened, limits: Limits) -> list[str]:
    """The names of a spec's variants; none for a variant of the zoo, which is one by its own name.

    Raises:
        SpecError: the text cannot be read.
    """
    # Letters may be written as escapes, or in an encoding of two bytes each.
    is_plain = not any(sign in opened.data for sign in (b"variants", b"\\", b"\0"))
    if opened.variant or is_plain:
        return []
    return variant_names(read(opened.data, opened.name, limits))
