"""The networks and the standard blocks that ship with archcost."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import UsageError
from archcost.limits import DEFAULT
from archcost.overwriting import will_read
from archcost.spec.yaml_reader import ScalarNode, read
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.limits import Limits
    from archcost.spec.yaml_reader import Tree

_PACKAGE = Path(__file__).resolve().parent.parent
BLOCKS = _PACKAGE / "blocks"


@lru_cache(maxsize=1)
def zoo_folder() -> Path:
    """Where the zoo is: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "specs"
    return inside if inside.is_dir() else _PACKAGE.parent / "specs"


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
        if mentioned in path.read_bytes() and name in variant_names(read(shipped(path), path.name, limits)):
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
    note = root.get("note")
    text = note.text if isinstance(note, ScalarNode) else ""
    yield ZooEntry(path.stem, path, None, text)
    for variant in variant_names(root):
        yield ZooEntry(variant, path, variant, text)


def variant_names(root: Tree) -> list[str]:
    """The variants of a spec, by the text of it."""
    variants = root.get("variants")
    return [entry.key.text for entry in variants.pairs()] if variants else []


@lru_cache(maxsize=1)
def standard_names() -> list[str]:
    """The standard blocks by name, without `std/`."""
    return sorted(path.stem for path in BLOCKS.glob("*.yaml"))


def what_it_holds(name: str) -> str:
    """What a standard block is, for whoever knows another by its name: how its note begins, its defaults.

    >>> what_it_holds("squeeze_excite")[-60:-15], what_it_holds("transition")[-11:]
    ('unless told, ratio: 16, act: relu, gate: sigm', 'mean of 2×2')
    """
    note = _standard(name).get("note")
    text = re.split(r"\.\s+(?=[A-Z`])", note.text)[0] if isinstance(note, ScalarNode) else ""
    plainly = [f"{key}: {value}" for key, value in plain_defaults(name).items()]
    return f"{text.rstrip('.')}; unless told, {', '.join(plainly)}" if plainly else text.rstrip(".")


def plain_defaults(name: str) -> dict[str, str]:
    """The parameters of a standard block that have a default which is no expression, as it is written.

    >>> plain_defaults("squeeze_excite")
    {'ratio': '16', 'act': 'relu', 'gate': 'sigmoid', 'bias': 'true'}
    """
    blocks = _standard(name).get("blocks")
    block = blocks and blocks.get(name)
    params = block and block.get("params")
    entries = params.pairs() if params else ()
    texts = {key.text: value.text for key, value in entries if isinstance(value, ScalarNode)}
    return {key: text for key, text in texts.items() if "$" not in text and text != "required"}


def _standard(name: str) -> Tree:
    return read(shipped(BLOCKS / f"{name}.yaml"), f"std/{name}", DEFAULT)
