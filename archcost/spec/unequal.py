"""Two tensors that do not fit each other: which layer made the difference, and what helps.

The usual case is a U-Net or a feature pyramid on an input that a stride does not divide: what is made larger
again does not come back to the size it had.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from archcost.layers.convolution import ConvTranspose
from archcost.layers.merge import Concat
from archcost.layers.resize import Upsample
from archcost.network import Input, Node
from archcost.windows.window import axis_names, show
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from fractions import Fraction

    from archcost.layers.base import Kind
    from archcost.windows.window import Axes, Shape, Window

    Wire = Node | Input
    Fits = Callable[[tuple[Input, ...]], bool]
    """Whether the whole network can be built on these inputs."""

_ROWS = {"height": "rows", "width": "columns", "depth": "planes"}
_MOST = 2
"""Layers that are named; there may be many."""
_LARGEST_MULTIPLE = 4096


class UnequalPair(NamedTuple):
    """Two inputs of a merge.

    Attributes:
        layer: the merge.
        wires: the two.
        names: what `like:` can call them beside the merge, None where they have no name.
        within: the path of what the merge stands in.
    """

    layer: Kind
    wires: tuple[Wire, Wire]
    names: tuple[str | None, str | None]
    within: str

    def advice(self, nodes: Sequence[Node], inputs: tuple[Input, ...], fits: Fits) -> str:
        """What to add to the message that they differ; empty if they do in something else than positions.

        Args:
            nodes: all there are so far, in order.
            inputs: the network's.
            fits: whether the network can be built on other inputs.
        """
        axis = self._axis()
        if axis is None:
            return ""
        apart = _ancestors(self.wires[:1], nodes) ^ _ancestors(self.wires[1:], nodes)
        steps = [step for node in nodes if node in apart and (step := _Step.of(node, axis))]
        guilty = [step for step in steps if step.is_uneven] or [step for step in steps if step.is_lossy]
        if not guilty:
            return self._one_sided(steps)
        made = [step.words() for step in guilty]
        helps = [*self._locally(nodes, steps), *self._multiple(nodes, inputs, fits)]
        more = [f"{len(made) - _MOST} more layers likewise"] if len(made) > _MOST else []
        text = f"; {', '.join([*made[:_MOST], *more])}"
        return f"{text}; what helps: {', or '.join(helps)}" if helps else text

    def _one_sided(self, steps: list[_Step]) -> str:
        """One goes down, evenly, and the other does not go with it."""
        down = [step.words() for step in steps if step.step > 1]
        if len(down) != 1 or any(step.step < 1 for step in steps):
            return ""
        return f"; {down[0]}, and the other keeps them"

    def _axis(self) -> int | None:
        """The first spatial axis in which they differ, counted from 0; None if the channels do already."""
        a, b = (wire.output for wire in self.wires)
        joined = self.layer.axis if isinstance(self.layer, Concat) else None
        differing = [
            i
            for i, (m, n) in enumerate(zip(a, b, strict=False))
            if m != n and i != joined and (joined is not None or 1 not in {m, n})
        ]
        return differing[0] - 1 if differing and differing[0] and len(a) == len(b) else None

    def _locally(self, nodes: Sequence[Node], steps: list[_Step]) -> Iterator[str]:
        """What can be changed at the merge, if one of the two was made larger again."""
        larger = [step.node for step in steps if step.step < 1]
        if not larger:
            return
        last = larger[-1]
        grown = int(last in _ancestors(self.wires[1:], nodes))
        other = self.wires[1 - grown]
        missing = [m - n for m, n in zip(other.output[1:], self.wires[grown].output[1:], strict=True)]
        if isinstance(last.layer, Upsample):
            yield f"`upsample: {{like: {self._name(1 - grown, last, nodes)}}}` in '{last.path}'"
        elif isinstance(last.layer, ConvTranspose) and _takes(last, missing):
            extra = missing[0] if len(set(missing)) == 1 else missing
            yield f"`output_padding: {extra}` in '{last.path}'"
        smaller = grown if min(missing) >= 0 else 1 - grown
        if self.names[0] and self.names[1] and min(missing) * max(missing) >= 0:
            like, whole = self.names[smaller], self.names[1 - smaller]
            yield f"`{{crop: {{like: {like}}}, from: {whole}}}` before it"

    def _name(self, index: int, reader: Node, nodes: Sequence[Node]) -> str:
        """What an earlier layer can call one of the two; NAME if it has to be given a name first."""
        wire, name = self.wires[index], self.names[index]
        is_earlier = not isinstance(wire, Node) or nodes.index(wire) < nodes.index(reader)
        is_beside = reader.path.rpartition(".")[0] == self.within
        return name if name and is_earlier and is_beside else "NAME"

    def _multiple(self, nodes: Sequence[Node], inputs: tuple[Input, ...], fits: Fits) -> Iterator[str]:
        """The input that would do: the least multiples all of which fit, as far as was tried."""
        found = _Multiples(self.wires, nodes, inputs, fits).least()
        if found is None:
            return
        yield f"an input whose {_sentence(found)} (--input {_as_option(_resized(inputs, found, 0))})"


def _sentence(multiples: Axes) -> str:
    """`height and width are multiples of 16`."""
    names: dict[int, list[str]] = {}
    for name, multiple in zip(axis_names(len(multiples)), multiples, strict=True):
        if multiple > 1:
            names.setdefault(multiple, []).append(name)
    parts = (
        f"{in_a_row(one)} {'are multiples' if len(one) > 1 else 'is a multiple'} of {n}"
        for n, one in names.items()
    )
    return " and whose ".join(parts)


def _takes(node: Node, extra: list[int]) -> bool:
    """Whether a transposed convolution may have these positions more at its end."""
    step = _Step.of(node, 0)
    padding = getattr(node.layer, "padding", None)
    if step is None or isinstance(padding, str) or any(getattr(node.layer, "output_padding", ())):
        return False
    return all(0 <= n < stretch for n, stretch in zip(extra, step.window.stretch, strict=True))


class _Step(NamedTuple):
    """One layer along one axis: what arrives, what leaves, and how far neighbouring outputs are apart."""

    node: Node
    window: Window
    axis: int

    @classmethod
    def of(cls, node: Node, axis: int) -> _Step | None:
        """The step, if the layer slides over this axis and does anything to it."""
        if not node.inputs or len(node.inputs[0].output) != len(node.output):
            return None
        window = node.layer.window_of(0, node.shapes)
        return cls(node, window, axis) if window is not None and len(window.stride) > axis else None

    @property
    def step(self) -> Fraction:
        return self.window.steps[self.axis]

    @property
    def before(self) -> int:
        return self.node.inputs[0].output[self.axis + 1]

    @property
    def after(self) -> int:
        return self.node.output[self.axis + 1]

    @property
    def is_uneven(self) -> bool:
        """Whether it leaves other than a whole part of what arrives."""
        return self.step > 1 and self.after * self.step != self.before

    @property
    def is_lossy(self) -> bool:
        """Whether its windows, though they move by one, do not fit at the border."""
        return self.step == 1 and self.after < self.before and "padding" in type(self.node.layer).model_fields

    def words(self) -> str:
        """What it does: `'pool4' (stride 2) makes 15 of 31 rows and drops the last`."""
        name = axis_names(len(self.node.output) - 1)[self.axis]
        text = f"makes {self.after} of {self.before} {_ROWS.get(name, 'positions')}"
        if self.step == 1:
            return f"'{self.node.path}' {text} for lack of padding"
        stride = f"'{self.node.path}' (stride {self.step})"
        if (dropped := self._dropped()) > 0:
            return f"{stride} {text} and drops the last{f' {dropped}' if dropped > 1 else ''}"
        return f"{stride} {text}, as of {self.after * self.step}" if self.is_uneven else f"{stride} {text}"

    def _dropped(self) -> int:
        """Positions at the end that no window reaches."""
        last = self.window.reads(self.axis, self.after - 1)
        return self.before - 1 - max(last) if last else 0


def _ancestors(wires: Iterable[Wire], nodes: Sequence[Node]) -> set[Wire]:
    """The wires and all they are made of; nodes stand behind what they read."""
    found = {*wires}
    for node in reversed(nodes):
        if node in found:
            found.update(node.inputs)
    return found


class _Multiples:
    """Looks for the sizes of which every multiple fits, by building the network on some."""

    def __init__(
        self, wires: tuple[Wire, Wire], nodes: Sequence[Node], inputs: tuple[Input, ...], fits: Fits
    ) -> None:
        self._inputs = inputs
        self._fits = fits
        behind = _ancestors(wires, nodes)
        self._wires = [wire for wire in (*inputs, *nodes) if wire in behind]
        self._rank = len(wires[0].output) - 1

    def least(self) -> Axes | None:
        """Per axis the least number that will do; None if none was found."""
        found = self._enough()
        if max(found) > _LARGEST_MULTIPLE or max(found) < 2 or not self._do(found):
            return None
        for prime in (p for p in range(2, max(found) + 1) if all(p % q for q in range(2, p))):
            while any(n % prime == 0 for n in found):
                fewer = tuple(n // prime if n % prime == 0 else n for n in found)
                if not self._do(fewer):
                    break
                found = fewer
        return found if max(found) > 1 else None

    def _do(self, multiples: Axes) -> bool:
        """Whether three multiples in a row fit, of which at least one is odd."""
        return all(self._fits(_resized(self._inputs, multiples, more)) for more in range(3))

    def _enough(self) -> Axes:
        """The strides on the way multiplied: what surely comes out even."""
        steps: dict[Wire, tuple[Fraction, ...]] = {}
        found = [1] * self._rank
        for wire in self._wires:
            steps[wire] = self._steps(wire, steps)
            found = [lcm(n, step.numerator) for n, step in zip(found, steps[wire], strict=True)]
        return tuple(found)

    def _steps(self, wire: Wire, known: dict[Wire, tuple[Fraction, ...]]) -> tuple[Fraction, ...]:
        from fractions import Fraction  # noqa: PLC0415 - only such a mistake needs it

        if not isinstance(wire, Node) or not wire.inputs or len(wire.output) - 1 != self._rank:
            return (Fraction(1),) * self._rank
        before = known[wire.inputs[0]]
        window = _Step.of(wire, 0)
        if window is None:
            return before
        return tuple(a * b for a, b in zip(before, window.window.steps, strict=True))


def _resized(inputs: tuple[Input, ...], multiples: Axes, more: int) -> tuple[Input, ...]:
    """The inputs, as many multiples large as comes nearest to what they are, and `more`."""
    return tuple(Input(one.path, _near(one.output, multiples, more), one.place) for one in inputs)


def _near(shape: Shape, multiples: Axes, more: int) -> Shape:
    if len(shape) - 1 != len(multiples):
        return shape
    sizes = (n * (max(1, (size + n // 2) // n) + more) for size, n in zip(shape[1:], multiples, strict=True))
    return (shape[0], *sizes)


def _as_option(inputs: tuple[Input, ...]) -> str:
    """The inputs as `--input` takes them."""
    texts = [show(one.output).replace("×", "x") for one in inputs]
    if len(inputs) == 1:
        return texts[0]
    return ",".join(f"{one.path}={text}" for one, text in zip(inputs, texts, strict=True))
