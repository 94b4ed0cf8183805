"""What stands in a model file of Ultralytics: its keys, and its rows `[from, repeats, module, args]`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from archcost.errors import ModelFileError
from archcost.importing.documents import LARGEST_NUMBER, Value, document, is_count, value_of
from archcost.spec.yaml_reader import MappingNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import TypeIs

    from archcost.source import Place, Source
    from archcost.spec.yaml_reader import Tree

LARGEST = 2**20
"""Bytes of a file: the longest that Ultralytics ships has 4,000."""
MOST_ROWS = 2_000
"""Rows of a file: the longest that Ultralytics ships has 43."""


class Row(NamedTuple):
    """A row of a file.

    Attributes:
        number: by which others read it.
        sources: the numbers of the rows it reads; -1 is what the network is given.
        repeats: how many of it follow each other, before the depth of a scale.
        module: its class.
        arguments: for the module.
        place: where it is written.
    """

    number: int
    sources: tuple[int, ...]
    repeats: int
    module: str
    arguments: tuple[Value, ...]
    place: Place

    def fail(self, what: str) -> NoReturn:
        """Say what is not understood, and where.

        Raises:
            ModelFileError: always.
        """
        raise ModelFileError(self.place.source.name, f"row {self.number}, {self.module}: {what}", self.place)


class Scale(NamedTuple):
    """How a scale changes a network.

    Attributes:
        depth: factor of repeats.
        width: factor of channels.
        widest: channels before that, at most.
    """

    depth: Fraction
    width: Fraction
    widest: int | None


class ModelFile(NamedTuple):
    """A file.

    Attributes:
        name: without its ending.
        source: its text.
        classes: `nc`.
        channels: of the input.
        scales: by name; one without a name if the file has none.
        scale: the one that the file's name says.
        activation: behind every convolution, as a word of specs.
        keys: what else it says, by key.
        rows: the backbone's and the head's.
    """

    name: str
    source: Source
    classes: int | None
    channels: int
    scales: Mapping[str, Scale]
    scale: str | None
    activation: str
    keys: Mapping[str, Value]
    rows: tuple[Row, ...]


def read_file(path: Path) -> ModelFile:
    """A file, read.

    Raises:
        ModelFileError: it is no model file, at the place of what is wrong.
    """
    return _Reader(path, document(path, LARGEST, "a model file")).file()


class _Reader:
    def __init__(self, path: Path, root: Tree) -> None:
        self._path = path
        self._source = root.place.source
        self._root = root
        if not isinstance(root, MappingNode):
            self._fail(root, "a model file is a mapping with `backbone` and `head`")

    def file(self) -> ModelFile:
        known = {one.key.text: one.value for one in self._root.pairs()}
        keys = {name: value_of(node) for name, node in known.items() if name not in {"backbone", "head"}}
        for name, node in known.items():
            if name in keys and name not in _KEYS:
                self._fail(node, f"'{name}' is not followed; known are {', '.join(_KEYS)}")
        rows = tuple(self._rows(known))
        classes = self._count("nc", known) if "nc" in known else None
        channels = next((self._count(name, known) for name in ("channels", "ch") if name in known), 3)
        scales = self._scales(known)
        return ModelFile(
            self._path.stem,
            self._source,
            classes,
            channels,
            scales,
            self._scale(scales),
            self._activation(known),
            keys,
            rows,
        )

    def _fail(self, node: Tree, what: str) -> NoReturn:
        raise ModelFileError(self._path, what, node.place)

    def _count(self, name: str, known: Mapping[str, Tree]) -> int:
        value = value_of(known[name])
        if not is_count(value):
            self._fail(known[name], f"{name} must be a whole number from 1 to {LARGEST_NUMBER:,}")
        return value

    def _rows(self, known: Mapping[str, Tree]) -> list[Row]:
        nodes: list[Tree] = []
        for name in ("backbone", "head"):
            part = known.get(name)
            if not isinstance(part, SequenceNode):
                self._fail(part or self._root, f"{name} must be a list of rows")
            nodes += part.items
        if not 1 <= len(nodes) <= MOST_ROWS:
            self._fail(self._root, f"{len(nodes):,} rows; {MOST_ROWS:,} are read at most")
        return [self._row(index, node) for index, node in enumerate(nodes)]

    def _row(self, index: int, node: Tree) -> Row:
        value = value_of(node)
        if not isinstance(value, list) or len(value) != 4:
            self._fail(node, f"row {index} must be [from, repeats, module, args]")
        sources, repeats, module, arguments = value
        several = sources if isinstance(sources, list) else [sources]
        if not isinstance(module, str) or not isinstance(arguments, list):
            self._fail(node, f"row {index} must be [from, repeats, module, args]")
        if not is_count(repeats):
            self._fail(node, f"row {index}: repeats must be a whole number from 1")
        found: list[int] = []
        for one in several:
            if not isinstance(one, int) or isinstance(one, bool):
                self._fail(node, f"row {index}: 'from' has numbers of rows")
            at = one + index if one < 0 else one
            if not (0 <= at < index or (index == 0 and one == -1)):
                self._fail(node, f"row {index} reads {one}, and reads only rows before it")
            found.append(at)
        if not found:
            self._fail(node, f"row {index} reads nothing")
        return Row(index, tuple(found), repeats, module, tuple(arguments), node.place)

    def _scales(self, known: Mapping[str, Tree]) -> dict[str, Scale]:
        node = known.get("scales")
        if node is None or not node.pairs():
            depth, width = (self._factor(known, name) for name in ("depth_multiple", "width_multiple"))
            return {} if depth == width == 1 else {"": Scale(depth, width, None)}
        found: dict[str, Scale] = {}
        for name, one in node.pairs():
            value = value_of(one)
            if not isinstance(value, list) or len(value) != 3:
                self._fail(one, f"scale {name.text} must be [depth, width, max_channels]")
            depth, width, widest = value
            if not (_is_factor(depth) and _is_factor(width) and is_count(widest)):
                self._fail(one, f"scale {name.text} must be [depth, width, max_channels], all above 0")
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,20}", name.text):
                self._fail(name, "a scale has a name of letters and digits")
            found[name.text] = Scale(Fraction(depth), Fraction(width), widest)
        return found

    def _factor(self, known: Mapping[str, Tree], name: str) -> Fraction:
        value = value_of(known[name]) if name in known else 1
        if not _is_factor(value):
            self._fail(known[name], f"{name} must be a number above 0, to 100")
        return Fraction(value)

    def _scale(self, scales: Mapping[str, Scale]) -> str | None:
        found = re.search(r"yolo(?:e-)?v?\d+([nslmx])", self._path.stem)
        if found is None or not scales or [*scales] == [""]:
            return None
        if found[1] not in scales:
            self._fail(self._root, f"its name says scale {found[1]}, and it has {', '.join(scales)}")
        return found[1]

    def _activation(self, known: Mapping[str, Tree]) -> str:
        node = known.get("activation")
        value = value_of(node) if node else None
        if node is None or not value:
            return "silu"
        word = re.fullmatch(r"(?:torch\.)?nn\.(\w+)\((?:inplace=(?:True|False))?\)", str(value))
        if word is None or word[1] not in _ACTIVATIONS:
            known_ones = ", ".join(f"nn.{name}()" for name in _ACTIVATIONS)
            self._fail(node, f"the activation {value} is not followed; known are {known_ones}")
        return _ACTIVATIONS[word[1]]


_KEYS = (
    "nc",
    "scales",
    "depth_multiple",
    "width_multiple",
    "activation",
    "channels",
    "ch",
    "kpt_shape",
    "reg_max",
    "end2end",
    "anchors",
    "scale",
    "yaml_file",
    "names",
    "task",
    "model",
)
_ACTIVATIONS = {
    "SiLU": "silu",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "GELU": "gelu",
    "Mish": "mish",
    "Hardswish": "hard_swish",
    "LeakyReLU": "leaky_relu",
    "Identity": "none",
}


def _is_factor(value: Value) -> TypeIs[int | Fraction]:
    return isinstance(value, int | Fraction) and not isinstance(value, bool) and 0 < value <= 100
