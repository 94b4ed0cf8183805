"""The sizes of what arrives, stated in the file or given by the user, and what the file says of others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.errors import ModelFileError
from archcost.importing.model import read_by
from archcost.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from archcost.importing.model import Operation
    from archcost.importing.onnx.proto import Graph, Info
    from archcost.windows.window import Shape

_BATCH = re.compile(
    r"|n|b|bs|-1|\?|none|unk__\d+|s\d+|.*batch.*|.*dynamic_axes.*|.*_dim_0|.*images.*", re.IGNORECASE
)
"""Names of an open first size that is the batch."""


class Sizes:
    """All sizes that are known before anything is computed.

    Attributes:
        inputs: of what arrives, as the framework has it.
        axes: of inputs that are no batch of one with channels first, which axis each dimension is.
        shapes: of values of which the file says everything.
    """

    def __init__(
        self,
        path: Path,
        graph: Graph,
        given: Mapping[str, Shape],
        operations: Sequence[Operation],
        inside: AbstractSet[str],
    ) -> None:
        """Finds them; `inside` are names that branches read.

        Raises:
            ModelFileError: a size is open and not given, or given as another than the file says.
        """
        self._path = path
        self._open: dict[str, int] = {}
        self._batch = 1
        self._readers: dict[str, list[Operation]] = {}
        for operation in operations:
            for name in read_by(operation):
                self._readers.setdefault(name, []).append(operation)
        arriving = [info for info in graph.inputs if info.name not in graph.tensors]
        leaving = {info.name for info in graph.outputs} | inside
        arriving = [info for info in arriving if info.name in self._readers or info.name in leaving]
        self._names = [info.name for info in arriving]
        wanted = self._wanted(given)
        self.inputs: dict[str, Shape] = {}
        self.axes: dict[str, tuple[int | None, ...]] = {}
        missing = [
            info
            for info in sorted(arriving, key=lambda info: info.name not in wanted)
            if not self._arrives(info, wanted.get(info.name))
        ]
        if missing:
            several = " and ".join(f"input '{info.name}' {_show(info.sizes)}" for info in missing)
            raise ModelFileError(self._path, f"{several}: {self._advice(missing)}")
        self.inputs = {name: self.inputs[name] for name in self._names}
        several = (*graph.infos, *graph.outputs)
        self.shapes = {info.name: shape for info in several if (shape := self._stated(info)) is not None}

    def _wanted(self, given: Mapping[str, Shape]) -> dict[str, Shape]:
        if [*given] == ["input"] and len(self._names) == 1:
            return {self._names[0]: given["input"]}
        if unknown := [name for name in given if name not in self._names]:
            several = ", ".join(f"'{name}'" for name in self._names)
            raise ModelFileError(
                self._path, f"--input {unknown[0]}: there is no such input; its inputs are {several}"
            )
        return {**given}

    def _arrives(self, info: Info, wanted: Shape | None) -> bool:
        """Notes the shape of an input, if it is known."""
        sizes = info.sizes
        if sizes is None:
            if wanted is None:
                return False
            sizes = ("", *[""] * len(wanted))
        last = self._is_channels_last(info.name, sizes)
        if wanted is not None:
            theirs = self._with(info.name, sizes, wanted, last=last)
        else:
            theirs = self._known(info.name, sizes)
        if theirs is None:
            return False
        for size, found in zip(sizes, theirs, strict=True):
            if isinstance(size, str) and size and self._open.setdefault(size, found) != found:
                raise ModelFileError(
                    self._path, f"input '{info.name}': '{size}' is {found}, and {self._open[size]} elsewhere"
                )
        self.inputs[info.name] = theirs
        rank = len(theirs)
        if last:
            self.axes[info.name] = (None, *range(1, rank - 1), 0)
        elif rank < 2 or theirs[0] != 1:
            self.axes[info.name] = (*range(rank),)
        return True

    def _with(self, name: str, sizes: Sequence[int | str], wanted: Shape, *, last: bool) -> Shape:
        """What is given, after the batch."""
        if len(wanted) == len(sizes) - 1:
            theirs = (1, *wanted[1:], wanted[0]) if last else (1, *wanted)
        elif len(wanted) == len(sizes):
            theirs = wanted
        else:
            raise ModelFileError(
                self._path, f"input '{name}' {_show(sizes)}: of {len(sizes)} sizes, the first is the batch"
            )
        first = sizes[0]
        self._batch = first if isinstance(first, int) and theirs[0] == 1 else 1
        for size, found in zip(sizes[1:], theirs[1:], strict=True):
            if isinstance(size, int) and size != found:
                raise ModelFileError(
                    self._path, f"input '{name}' {_show(sizes)} in the file: {found} is given for {size}"
                )
        return theirs

    def _known(self, name: str, sizes: Sequence[int | str]) -> Shape | None:
        found: list[int] = []
        for i, size in enumerate(sizes):
            if isinstance(size, int):
                if size > DEFAULT.dimension:
                    raise ModelFileError(
                        self._path, f"input '{name}': a size is beyond {DEFAULT.dimension:,}"
                    )
                found.append(size)
            elif size in self._open:
                found.append(self._open[size])
            elif i == 0 and len(sizes) > 1 and _BATCH.fullmatch(size):
                found.append(1)
            else:
                return None
        if len(found) > 1 and found[0] > 1 and self._takes_a_batch(name):
            self._batch = found[0]
            found[0] = 1
        return tuple(found)

    def _takes_a_batch(self, name: str) -> bool:
        """Whether what reads an input works on each sample alone."""
        words = {operation.word for operation in self._readers.get(name, [])}
        return bool(words) and words <= _BATCHED

    def _advice(self, missing: Sequence[Info]) -> str:
        """What to write."""
        examples = {info.name: _example(info.sizes) for info in missing}
        several = [
            f"{name}={example}" if len(self._names) > 1 else example for name, example in examples.items()
        ]
        return f"say what is open, without the batch: --input {','.join(several)}"

    def _is_channels_last(self, name: str, sizes: Sequence[int | str]) -> bool:
        """Whether everything that reads an input first moves its last dimension to the channels."""
        rank = len(sizes)
        if rank < 3 or not (sizes[0] == 1 or isinstance(sizes[0], str)):
            return False
        perm = [0, rank - 1, *range(1, rank - 1)]
        readers = self._readers.get(name, [])
        return bool(readers) and all(
            reader.word == "Transpose" and reader.arguments.get("perm") == perm for reader in readers
        )

    def _stated(self, info: Info) -> Shape | None:
        """The shape of a value, if all of it is known; that of a batch is that of one."""
        if info.sizes is None:
            return None
        found = [size if isinstance(size, int) else self._open.get(size, 0) for size in info.sizes]
        if self._batch > 1 and found and found[0] == self._batch:
            found[0] = 1
        return None if 0 in found else tuple(found)


_BATCHED = frozenset(
    {
        *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"),
        *("BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN", "PRelu"),
        *("DepthToSpace", "SpaceToDepth"),
    }
)
"""Operations whose first dimension is the batch, whatever it is called."""


def _example(sizes: Sequence[int | str] | None) -> str:
    """Sizes that an input may have, without the batch, as the option takes them."""
    if sizes is None:
        return "3x224x224"
    rank = len(sizes)
    likely = ["1", "3", "224", "224"] if rank == 4 else ["128"] * rank
    several = [str(size) if isinstance(size, int) else likely[i] for i, size in enumerate(sizes)]
    return "x".join(several[1:] or several)


def _show(sizes: Sequence[int | str] | None) -> str:
    if sizes is None:
        return "has no shape"
    return f"is [{', '.join(str(size) or '?' for size in sizes)}]"
