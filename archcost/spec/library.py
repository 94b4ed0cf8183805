"""Finding texts: spec files, what they include, the zoo and the standard blocks."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archcost import foreign
from archcost.errors import Diagnostic, SpecError, UsageError
from archcost.files import DISK, Files, Stored, UnreadableError, check_is_file, check_is_regular, near_file
from archcost.limits import DEFAULT
from archcost.overwriting import number_of, will_read
from archcost.source import Place, Source
from archcost.spec.document import Included
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, read
from archcost.words.suggest import plain, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.limits import Limits
    from archcost.spec.problems import Problems
    from archcost.spec.yaml_reader import Tree

_PACKAGE = Path(__file__).resolve().parent.parent
BLOCKS = _PACKAGE / "blocks"


@lru_cache(maxsize=1)
def zoo_folder() -> Path:
    """Where the zoo is: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "specs"
    return inside if inside.is_dir() else _PACKAGE.parent / "specs"


# -- where files come from ------------------------------------------------------------------------------


class Opened(NamedTuple):
    """A text that was found.

    Attributes:
        data: its bytes.
        name: what to call it.
        folder: that its includes are relative to.
        file: where it is, if it is a file.
        variant: that its name stands for.
        files: where it comes from, and what it includes.
    """

    data: bytes
    name: str
    folder: Path
    file: Path | None = None
    variant: str | None = None
    files: Files = DISK


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
        return Opened(_bytes(DISK, file, path, limits), path, file.parent, file, variant)
    file, name = files.find(path)
    return Opened(_bytes(files, file, name, limits), name, file.parent, file, files=files)


def _standard_input(limits: Limits) -> bytes:
    try:
        will_read(number_of(sys.stdin))
        return sys.stdin.buffer.read(limits.file_bytes + 1)
    except OSError as error:
        why = f"standard input cannot be read: {error.strerror or error}"
        raise SpecError([Diagnostic(Place(Source("<stdin>")), why)]) from None


def _bytes(files: Files, file: Path, name: str, limits: Limits, included: str = "") -> bytes:
    """What is in a file, which the user named, or a spec: as the word that is `included`."""
    try:
        if included and files is DISK:
            check_is_regular(file)
        data, size = files.read(file, limits.file_bytes)
    except (OSError, ValueError) as error:
        why = _why_unreadable(files, file, included or name, error)
        raise SpecError([Diagnostic(Place(Source(name)), why)]) from None
    if what := foreign.what_is(file.suffix, data):
        why = f"this is {what}; archcost reads specs: texts in YAML that begin with `archcost: 1`"
        raise SpecError([Diagnostic(Place(Source(name)), f"{why} {foreign.HOW_TO_WRITE_ONE}")])
    if size > limits.file_bytes:
        why = f"the file has {size:,} bytes, more than {limits.file_bytes:,} (the limit `file_bytes`)"
        raise SpecError([Diagnostic(Place(Source(name)), why)])
    return data


def _why_unreadable(files: Files, file: Path, written: str, error: OSError | ValueError) -> str:
    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        near = _near_network(files, file) or near_file(files, file, written) or _no_network(files, file)
        return f"no such file{near}"
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


def _no_network(files: Files, file: Path) -> str:
    """What to do about a bare word that is no file, as the end of a message; empty for a path."""
    is_word = files is DISK and len(file.parts) == 1 and not file.suffix
    return "; `archcost zoo` lists the networks that need no file" if is_word else ""


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


# -- the zoo --------------------------------------------------------------------------------------------


def find_in_zoo(name: str, limits: Limits) -> tuple[Path, str | None]:
    """The file of a zoo network, and the variant if the name is a variant's.

    Raises:
        UsageError: no network has that name.
    """
    file = zoo_folder() / f"{name}.yaml"
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name) and file.is_file():
        return file, None
    mentioned = f"{name}:".encode("utf-8", "surrogatepass")
    for path in _zoo_files():
        # A variant's name must occur in the text: only then is the file worth parsing.
        if mentioned in path.read_bytes() and name in _variants(path, limits):
            return path, name
    known = [entry.name for entry in zoo(limits)]
    begun = [one for one in known if name and one.startswith(name)]
    are_several = 1 < len(begun) <= _FEW and len(min(begun, key=len)) > len(name) + 1
    near = f"; there are {', '.join(begun)}" if are_several else suggest(name, known)
    raise UsageError(f"zoo:{name}: no network has that name{near}; `archcost zoo` lists them all")


_FEW = 12
"""Names that begin alike are all named if they are no more than these."""


class ZooEntry(NamedTuple):
    """A network that ships with archcost."""

    name: str
    file: Path
    variant: str | None
    note: str


def zoo(limits: Limits) -> list[ZooEntry]:
    """Every network of the zoo, file by file, each followed by its variants."""
    return [entry for path in _zoo_files() for entry in _entries(path, limits)]


def standard_blocks(limits: Limits) -> list[ZooEntry]:
    """Every standard block, by the path it is called by."""
    found = (next(iter(_entries(path, limits))) for path in sorted(BLOCKS.glob("*.yaml")))
    return [entry._replace(name=f"std/{entry.name}") for entry in found]


def _zoo_files() -> list[Path]:
    return sorted(zoo_folder().glob("*.yaml"))


def shipped(file: Path) -> bytes:
    """What is in a file of the zoo or of the standard blocks."""
    will_read(file)
    return file.read_bytes()


def _entries(path: Path, limits: Limits) -> Iterator[ZooEntry]:
    root = read(shipped(path), path.name, limits)
    note = root.get("note") if isinstance(root, MappingNode) else None
    text = note.text if isinstance(note, ScalarNode) else ""
    yield ZooEntry(path.stem, path, None, text)
    for variant in _variant_names(root):
        yield ZooEntry(variant, path, variant, text)


def variants_of(opened: Opened, limits: Limits) -> list[str]:
    """The names of a spec's variants; none for a variant of the zoo, which is one by its own name.

    Raises:
        SpecError: the text cannot be read.
    """
    # Letters may be written as escapes, or in an encoding of two bytes each.
    is_plain = not any(sign in opened.data for sign in (b"variants", b"\\", b"\0"))
    if opened.variant or is_plain:
        return []
    return _variant_names(read(opened.data, opened.name, limits))


def _variants(path: Path, limits: Limits) -> list[str]:
    return _variant_names(read(shipped(path), path.name, limits))


def _variant_names(root: Tree) -> list[str]:
    variants = root.get("variants") if isinstance(root, MappingNode) else None
    return [entry.key.text for entry in variants.entries] if isinstance(variants, MappingNode) else []


# -- standard blocks ------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def standard_names() -> list[str]:
    """The standard blocks by name, without `std/`."""
    return sorted(path.stem for path in BLOCKS.glob("*.yaml"))


def what_it_holds(name: str) -> str:
    """What a standard block is, for whoever knows another by its name: how its note begins, its defaults.

    >>> what_it_holds("attention")[-33:], what_it_holds("transition")[-11:]
    ('unless told, heads: 8, bias: true', 'mean of 2×2')
    """
    root = read(shipped(BLOCKS / f"{name}.yaml"), f"std/{name}", DEFAULT)
    note, blocks = (root.get("note"), root.get("blocks")) if isinstance(root, MappingNode) else (None, None)
    text = re.split(r"\.\s+(?=[A-Z`])", note.text)[0] if isinstance(note, ScalarNode) else ""
    block = blocks.get(name) if isinstance(blocks, MappingNode) else None
    params = block.get("params") if isinstance(block, MappingNode) else None
    entries = params.entries if isinstance(params, MappingNode) else ()
    texts = (f"{key.text}: {value.text}" for key, value in entries if isinstance(value, ScalarNode))
    plainly = [one for one in texts if "$" not in one and not one.endswith(": required")]
    return f"{text.rstrip('.')}; unless told, {', '.join(plainly)}" if plainly else text.rstrip(".")


# -- includes -------------------------------------------------------------------------------------------


class Includer:
    """Collects the `blocks:` of everything a spec includes, each file once.

    Attributes:
        roots: what the files hold, in the order they were named.
        files: the same files, each with the place that named it first.
        complete: False if one of them could not be read.
    """

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self._problems = problems
        self._limits = limits
        self._files: Files = DISK
        self._done: set[Path] = set()
        self.roots: list[MappingNode] = []
        self.files: list[Included] = []
        self.complete = True

    def include(self, root: MappingNode, opened: Opened) -> None:
        """Read the files under `include:` of a spec, and what these include."""
        self._files = opened.files
        chain = (self._files.real(opened.file),) if opened.file else ()
        self._include(root, opened.name, opened.folder, chain)

    def _include(self, root: MappingNode, name: str, folder: Path, chain: tuple[Path, ...]) -> None:
        node = root.get("include")
        if node is None or (isinstance(node, ScalarNode) and node.value is None):
            return
        nodes = node.items if isinstance(node, SequenceNode) else [node]
        if not isinstance(node, SequenceNode):
            example = node.text if isinstance(node, ScalarNode) else "blocks/resnet.yaml"
            text = f"include is {shown(node)}; it must be a list of files: [{example}]"
            self._problems.add(node.place, text)
        for entry in nodes:
            if isinstance(entry, ScalarNode) and isinstance(entry.value, str) and entry.text:
                self._include_one(entry, name, folder, chain)
            elif entry is not node:
                text = f"include lists {shown(entry)}; each must be the path of a file"
                self._fail(entry.place, text)

    def _fail(self, place: Place, message: str) -> None:
        self._problems.add(place, message)
        self.complete = False

    def _include_one(self, entry: ScalarNode, name: str, folder: Path, chain: tuple[Path, ...]) -> None:
        real = self._files.real(folder / entry.text.replace("\0", ""))
        absolute = Path(entry.text).is_absolute()
        if absolute or "\0" in entry.text or not real.is_relative_to(self._files.real(folder)):
            text = f"include '{entry.text}' leaves the folder of this file; it may only go below it"
            self._fail(entry.place, text)
        elif real in chain:
            steps = " → ".join(path.name for path in (*chain[chain.index(real) :], real))
            self._fail(entry.place, f"include goes round in a circle: {steps}")
        elif real not in self._done:
            self._done.add(real)
            prefix = self._files.prefix
            called = f"{prefix}{Path(name.removeprefix(prefix)).parent / entry.text}"
            self.files.append(Included(entry.text, entry.place, called, name))
            self._read(entry, called, real, chain)

    def _read(self, entry: ScalarNode, name: str, real: Path, chain: tuple[Path, ...]) -> None:
        try:
            root = read(_bytes(self._files, real, name, self._limits, entry.text), name, self._limits)
        except SpecError as error:
            self.complete = False
            missing = [d for d in error.diagnostics if not d.place.source.lines]
            for diagnostic in missing:
                self._problems.add(entry.place, f"include '{entry.text}': {diagnostic.message}")
            self._problems.extend(d for d in error.diagnostics if d not in missing)
            return
        if not isinstance(root, MappingNode):
            self._fail(root.place, "a file that is included is a mapping with `blocks:`")
            return
        self.roots.append(root)
        self._include(root, name, real.parent, (*chain, real))
