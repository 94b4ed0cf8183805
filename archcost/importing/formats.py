"""The files of other frameworks that are read, and who reads each."""

from __future__ import annotations

import re
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from archcost.errors import ModelFileError
from archcost.overwriting import will_read
from archcost.source import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archcost.importing.converter import Rule
    from archcost.importing.model import Model
    from archcost.windows.window import Shape


class Graph(NamedTuple):
    """A file that holds a graph of operations.

    Attributes:
        model: what was read.
        rules: how its operations become layers, by their words.
    """

    model: Model
    rules: Mapping[str, Rule]


class Text(NamedTuple):
    """A file that says a network in words of its own, as a spec.

    Attributes:
        text: of the spec, in the style of `archcost fmt`.
        parameters: learned numbers, if the file states them.
        notes: what is to be known of it, each the end of a sentence.
        origin: where in the file each of its lines is said.
        choices: the networks of the file by name, if it has several of which one has to be chosen; then there
            is no text.
        variant: the one that the file's name says.
    """

    text: str
    parameters: int | None = None
    notes: tuple[str, ...] = ()
    origin: Origin = Origin()
    variant: str | None = None
    choices: Mapping[str, Text] = MappingProxyType({})


class Reader(Protocol):
    """A module that reads a format."""

    def read(self, path: Path, given: Mapping[str, Shape]) -> Graph | Text:
        """What is in a file.

        Args:
            path: the file.
            given: shapes of inputs whose sizes the file leaves open, by name, as `--input` has them: channels
                first, without the batch. That of the only input may be called `input`.

        Raises:
            ModelFileError: it cannot be read.
        """
        ...


class Format(NamedTuple):
    """A kind of file.

    Attributes:
        name: what messages call it.
        suffixes: that its files have.
        module: that reads it, below `archcost.importing`.
        mark: what the first `HEAD` bytes of its files hold, for suffixes that others have as well (`.json`).
        beside: files that are read as well, if they are in its folder.
        has_variants: its files may hold several networks, of which `--variant` names one.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    mark: re.Pattern[bytes] | None = None
    beside: tuple[str, ...] = ()
    has_variants: bool = False

    def is_of(self, head: bytes) -> bool:
        """Whether a file that begins so is one of it."""
        return self.mark is None or self.mark.search(head) is not None

    def reader(self) -> Reader:
        """The module, imported now: a format costs nothing until it is met."""
        return cast("Reader", import_module(f"archcost.importing.{self.module}"))


FORMATS = (
    Format("a PyTorch export", (".pt2",), "pytorch"),
    Format("an ONNX model", (".onnx",), "onnx"),
    Format("a model of TensorFlow Lite", (".tflite",), "tflite"),
    Format("a Keras model", (".keras",), "keras"),
    Format(
        "the JSON of a Keras model",
        (".json",),
        "keras",
        re.compile(rb'"class_name"\s*:\s*"(Functional|Sequential|Model)"'),
    ),
    Format(
        "plans of nnU-Net",
        (".json",),
        "nnunet",
        re.compile(rb'"plans_name"\s*:'),
        beside=("dataset.json",),
        has_variants=True,
    ),
    Format(
        "a configuration of Darknet",
        (".cfg",),
        "darknet",
        re.compile(rb"\A(?:\s|[#;].*\n)*\[net(?:work)?\]"),
    ),
    Format(
        "an Ultralytics model file",
        (".yaml", ".yml"),
        "ultralytics",
        re.compile(rb"(?ms)\A(?!.*?^archcost\b).*?^backbone[ \t]*:.*?^head[ \t]*:"),
        has_variants=True,
    ),
)


PICKLES = (".pt", ".pth")
"""Suffixes of what PyTorch saves, but for exports."""

HEAD = 2**16
"""Bytes of a file in which the mark of its format is looked for."""


def format_of(path: Path) -> Format:
    """The format of a file.

    Raises:
        ModelFileError: it is none that is read.
    """
    refuse_pickle(path)
    if found := recognized(path):
        return found
    suffix = path.suffix.lower()
    several = ", ".join(f"{one.name} ({', '.join(one.suffixes)})" for one in FORMATS)
    if alike := [one.name for one in FORMATS if suffix in one.suffixes]:
        raise ModelFileError(path, f"it is not {' or '.join(alike)}; read are {several}")
    raise ModelFileError(path, f"no format that is read ends in '{path.suffix}'; read are {several}")


def refuse_pickle(path: Path) -> None:
    """Refuse a file of PyTorch that cannot be opened without running what is in it.

    Raises:
        ModelFileError: it is one; the text says what to write instead.
    """
    if path.suffix.lower() in PICKLES:
        raise ModelFileError(path, _PICKLE.format(stem=path.stem))


def recognized(path: Path, head: Callable[[Path], bytes] | None = None) -> Format | None:
    """The format of a file, by its suffix, and by its first bytes where other files have that suffix as well.

    Args:
        path: the file.
        head: how its first bytes are had; from the disk, if nothing is said.

    Raises:
        ModelFileError: it has to be looked into, and cannot be read.
    """
    several = [one for one in FORMATS if path.suffix.lower() in one.suffixes]
    start = (head or _head)(path)[:HEAD] if any(one.mark for one in several) else b""
    return next((one for one in several if one.is_of(start)), None)


def _head(path: Path) -> bytes:
    try:
        will_read(path)
        with path.open("rb") as file:
            return file.read(HEAD)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ModelFileError(path, str(error)) from None


_PICKLE = (
    "a pickle runs code when it is opened, so it is not; export the model instead: "
    "program = torch.export.export(model.eval(), (torch.zeros(1, 3, 224, 224),)); "
    "torch.export.save(program, '{stem}.pt2')"
)
