"""Products of two tensors: every output is a sum of elements of one times elements of the other.

`matmul` has the forms that attention is made of, `einsum` names axes by letters. To both, an axis is made of
labelled factors: a label that both inputs have and the output has not is summed over.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Kind, how_many_arrive
from archcost.layers.fields import Distances, PerAxis, Positive, must_be
from archcost.windows.channels import Channels, blurred_together, mixed, overlaid
from archcost.windows.rearrangement import Rearrangement
from archcost.windows.window import Shape, Window, per_axis, show, size, spatial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.expressions.values import Value

Axis: TypeAlias = tuple[str, ...]
"""The labels of the factors of an axis, the outermost first; one without any is repeated."""

Labels: TypeAlias = tuple[Axis, ...]


class Pairing(NamedTuple):
    """Which elements of two inputs are multiplied, and where their sums go.

    Attributes:
        inputs: the labels of each input's axes.
        output: those of the output's.
        sizes: of every label.
    """

    inputs: tuple[Labels, Labels]
    output: Labels
    sizes: dict[str, int]

    @property
    def shape(self) -> Shape:
        """The shape that leaves."""
        return tuple(size(tuple(self.sizes[label] for label in axis)) for axis in self.output)

    @property
    def taps(self) -> int:
        """How many products are summed for one output."""
        stay = {label for axis in self.output for label in axis}
        summed = {label for axis in self.inputs[0] for label in axis} - stay
        return size(tuple(self.sizes[label] for label in summed))

    def rearrangement(self, position: int) -> Rearrangement:
        """Where the elements of one input go."""
        axes = self.inputs[position], self.output
        used = dict.fromkeys(label for side in axes for axis in side for label in axis)
        numbers = {label: i for i, label in enumerate(used)}
        source, target = (tuple(tuple(numbers[label] for label in axis) for axis in side) for side in axes)
        return Rearrangement(tuple(self.sizes[label] for label in used), source, target)


class _Product(Kind):
    """A kind that multiplies two tensors."""

    @abstractmethod
    def pairing(self, a: Shape, b: Shape) -> Pairing:
        """What is multiplied with what. Raises ShapeError if these inputs do not fit."""

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement:
        """What stays keeps its place among what leaves; the rest is summed over."""
        a, b = inputs
        return self.pairing(a, b).rearrangement(position)

    def check_inputs(self, count: int) -> None:
        """Two."""
        if count != 2:
            raise ShapeError(
                f"multiplies two tensors, but {how_many_arrive(count)}; name them with `from: [a, b]`"
            )

    def output_shape(self, a: Shape, b: Shape) -> Shape:
        """The sizes of the axes that stay."""
        return self.pairing(a, b).shape

    def formulas(self, a: Shape, b: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products."""
        return Formulas(
            {"taps": self.pairing(a, b).taps, "outputs": y},
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1) * outputs",
        )


class _Factor(NamedTuple):
    """One input of a `matmul`, as matrices side by side.

    Attributes:
        shape: of tokens `[channels, sets…, length]` or of matrices `[heads, sets…, rows, columns]`.
        is_tokens: which of them.
        heads: how many heads there are, before any is repeated.
        turned: whether rows and columns are swapped before they are multiplied.
    """

    shape: Shape
    is_tokens: bool
    heads: int
    turned: bool

    @property
    def sets(self) -> Shape:
        """How many sets stand side by side, along each of their axes."""
        return self.shape[1 : -1 if self.is_tokens else -2]

    @property
    def matrix(self) -> tuple[int, int]:
        """Rows and columns of each head, as they are multiplied."""
        outer = self.shape[0] // self.heads if self.is_tokens else self.shape[-2]
        return (self.shape[-1], outer) if self.turned else (outer, self.shape[-1])

    def labels(self, head: Axis, row: str, column: str, sizes: Mapping[str, int]) -> Labels:
        """Those of its axes: sets that are repeated have none."""
        sets = tuple((name,) if n == sizes[name] else () for name, n in self.named_sets())
        outer, inner = (column, row) if self.turned else (row, column)
        return _axes(self, head, sets, outer, inner)

    def named_sets(self) -> Iterator[tuple[str, int]]:
        """The axes of sets, each with a label and its size."""
        return ((f"set {i}", n) for i, n in enumerate(self.sets))


def _axes(like: _Factor, head: Axis, sets: Labels, outer: str, inner: str) -> Labels:
    """The labels of tokens, whose channels are those of all heads, or of matrices."""
    return ((*head, outer), *sets, (inner,)) if like.is_tokens else (head, *sets, (outer,), (inner,))


class Matmul(_Product):
    """The product of two tensors as matrices, a pair for each head: what attention is made of.

    Reads `from: [a, b]`. Each is tokens or matrices. Tokens are `[channels, length]`, with the channels split
    into `heads`: `[channels / heads, length]` per head. Matrices are `[heads, rows, columns]`. The product
    per head is a·b, each of them transposed first if its field says so. What leaves:

    - of tokens and tokens, matrices: `[heads, rows, columns]`. Queries and keys of C channels give the scores
      with `from: [q, k]`, `matmul: {heads: 12, transpose_a: true}`: `[12, queries, keys]`.
    - of tokens and matrices, in either order, tokens: the axis of the tokens that is not summed over stays
      where it is, the matrices bring the other. Scores and values give `[C, queries]` with
      `from: [scores, v]`, `matmul: {transpose_b: true}`.
    - of matrices and matrices, matrices.

    Sets of tokens stand side by side, as the windows of Swin do, on any number of axes before the last:
    tokens are then `[channels, sets…, length]` and matrices `[heads, sets…, rows, columns]`, one axis more.
    Two inputs with as many axes are matrices, unless there are two axes or `tokens: true`. Sets and heads of
    size 1 are repeated for the others, and so are `kv_heads` for neighbouring heads (grouped-query
    attention). A bias for scores is an `add` behind.

    An entry depends on a row of the first and a column of the second: in attention's scores, two positions.
    """

    reference: ClassVar[str] = "Vaswani et al. 2017, Attention is all you need, equation 1"

    heads: Positive | None = Field(
        None, description="matrices side by side; default: as many as matrices arrive, 1 for tokens alone"
    )
    kv_heads: Positive | None = Field(
        None,
        description="heads of the second input, keys or values, if there are fewer: each meets "
        "`heads / kv_heads` neighbouring heads of the first; default: as many",
    )
    tokens: bool = Field(
        default=False, description="both inputs are tokens, [channels, sets…, length], whatever their axes"
    )
    transpose_a: bool = Field(default=False, description="swap rows and columns of the first")
    transpose_b: bool = Field(default=False, description="swap rows and columns of the second")

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Heads alike, if those that arrive are."""
        return (blurred_together if any(one.differ for one in arriving) else mixed)(arriving, out_channels)

    @property
    def tells_channels_apart(self) -> bool:
        """Where channels are not summed over, they may become positions."""
        return not self.transpose_a or self.transpose_b

    def pairing(self, a: Shape, b: Shape) -> Pairing:
        """Rows of the first stay rows, columns of the second stay columns; the other axis is summed over."""
        heads, (first, second) = self.factors((a, b))
        (rows, summed), (found, columns) = first.matrix, second.matrix
        if summed != found:
            raise ShapeError(
                f"per head {{0}} is {rows}×{summed} and {{1}} {found}×{columns}: {summed} columns cannot "
                f"meet {found} rows; transpose_a and transpose_b swap rows and columns",
                inputs=(0, 1),
            )
        shared = self.kv_heads or heads
        sizes = {"head": shared, "of head": heads // shared, "row": rows, "summed": summed, "column": columns}
        sizes |= _sets(first, second)
        every = ("head", "of head") if shared < heads else ("head",)
        head: dict[int, Axis] = {1: (), shared: ("head",), heads: every}
        sets = tuple((name,) for name, _ in first.named_sets())
        output = (every, *sets, ("row",), ("column",))
        if first.is_tokens != second.is_tokens:
            tokens = first if first.is_tokens else second
            outer, inner = ("column", "row") if tokens.turned else ("row", "column")
            output = _axes(tokens, every, sets, outer, inner)
        labels = (
            first.labels(head[first.heads], "row", "summed", sizes),
            second.labels(head[second.heads], "summed", "column", sizes),
        )
        return Pairing(labels, output, sizes)

    def factors(self, inputs: tuple[Shape, Shape]) -> tuple[int, tuple[_Factor, _Factor]]:
        """How many heads leave, and both inputs."""
        are_tokens = self._are_tokens(inputs)
        matrices = [x[0] for x, tokens in zip(inputs, are_tokens, strict=True) if not tokens]
        heads = self.heads or max(matrices, default=1)
        if self.kv_heads and heads % self.kv_heads:
            raise ShapeError(f"kv_heads={self.kv_heads} must divide the {heads} heads")
        first, second = (
            self._factor(i, x, heads, is_tokens)
            for i, (x, is_tokens) in enumerate(zip(inputs, are_tokens, strict=True))
        )
        if heads > first.heads == second.heads == 1:
            raise ShapeError(f"{{0}} and {{1}} give one head each, but there are {heads}", inputs=(0, 1))
        return heads, (first, second)

    def _are_tokens(self, inputs: tuple[Shape, Shape]) -> tuple[bool, bool]:
        """Tokens have one axis less than matrices."""
        for i, x in enumerate(inputs):
            if len(x) < 2:
                raise ShapeError(f"{{0}} gives {show(x)}; it must be {_FORMS}", inputs=(i,))
        a, b = map(len, inputs)
        if a == b:
            both = self.tokens or a == 2
            return both, both
        if abs(a - b) > 1 or self.tokens:
            given = f"{{0}} gives {show(inputs[0])} and {{1}} {show(inputs[1])}"
            forms = "tokens, with as many axes, for it says tokens: true" if self.tokens else _FORMS
            raise ShapeError(f"{given}; they must be {forms}", inputs=(0, 1))
        return a < b, b < a

    def _factor(self, i: int, x: Shape, heads: int, is_tokens: bool) -> _Factor:
        own, word = (self.kv_heads, "kv_heads") if i and self.kv_heads else (heads, "heads")
        if is_tokens and x[0] % own:
            raise ShapeError(f"{word}={own} must divide the {x[0]} channels of {{0}}", inputs=(i,))
        if not is_tokens and x[0] not in {1, own}:
            taken = f"{{0}} gives {show(x)}, which is {x[0]} matrices, but there are {own} {word}"
            raise ShapeError(f"{taken}; tokens are [channels, length]", inputs=(i,))
        return _Factor(x, is_tokens, own if is_tokens else x[0], (self.transpose_a, self.transpose_b)[i])

    def run(self, kernels: Kernels, a: Array, b: Array) -> Array:
        """Values of matrices, or of tokens."""
        heads, (first, second) = self.factors((a.shape, b.shape))
        return kernels.product.matmul(
            a,
            b,
            heads=(heads, second.heads),
            are_tokens=(first.is_tokens, second.is_tokens),
            turned=(first.turned, second.turned),
        )


_FORMS = "tokens [channels, length] or matrices [heads, rows, columns], with any sets between"


def _sets(first: _Factor, second: _Factor) -> dict[str, int]:
    """The sets that leave. Raises ShapeError if they are neither equally many nor one."""
    sizes: dict[str, int] = {}
    for (name, m), (_, n) in zip(first.named_sets(), second.named_sets(), strict=True):
        if m != n and 1 not in {m, n}:
            raise ShapeError(f"{{0}} has {m} sets along axis {len(sizes) + 1}, and {{1}} {n}", inputs=(0, 1))
        sizes[name] = max(m, n)
    return sizes


_LETTERS = "letters for the axes of both operands and of what leaves, in quotes: 'hqc,hkc->hqk'"


def _equation(value: Value) -> Value:
    """An equation without blanks: two operands, and those of their axes that leave."""
    if not isinstance(value, str):
        raise must_be(_LETTERS, value)
    text = "".join(value.split())
    operands, arrow, leaving = text.partition("->")
    parts = operands.split(",")
    problem = _problem_of_form(text, parts)
    if not problem:
        a, b = parts
        problem = _problem_of_operands(text, a, b, leaves=bool(arrow)) or _problem_of_leaving(a, b, leaving)
    if problem:
        raise PydanticCustomError("equation", "{text}: {problem}", {"text": text, "problem": problem})
    return text


def _problem_of_form(text: str, parts: list[str]) -> str:
    """Whether something is no letter, or there are not two operands."""
    if "." in text:
        return "an ellipsis stands for the axes of a batch, and there is none; write a letter for every axis"
    if not re.fullmatch("[A-Za-z,]*(->[A-Za-z]*)?", text):
        return f"it must be {_LETTERS}"
    if len(parts) > 2:
        return "it has more than two operands; write an `einsum` of two, and one of that and the next"
    if len(parts) < 2 and "->" in text:
        return "of one operand it is no product; `transpose` moves axes, and `reduce` sums over them"
    if len(parts) < 2:
        return "it has one operand; inside braces a comma ends a value, so write it in quotes"
    return "" if all(parts) else "an operand has no axis; every tensor has one at least"


def _problem_of_operands(text: str, a: str, b: str, *, leaves: bool) -> str:
    """Whether an axis is there twice, or what leaves is not said."""
    for part in (a, b):
        if twice := _repeated(part):
            return f"{part} has {twice} twice: a diagonal, which is no product"
    if leaves:
        return ""
    once = "".join(sorted(c for c in a + b if (c in a) != (c in b)))
    return f"it does not say what leaves; write '{text}->{once}'" if once else _NO_AXIS


def _problem_of_leaving(a: str, b: str, leaving: str) -> str:
    """Whether what leaves is no axis of an operand, or none twice, or something is summed over alone."""
    if not leaving:
        return _NO_AXIS
    if twice := _repeated(leaving):
        return f"{twice} leaves twice: a diagonal, which is no product"
    if strange := [c for c in leaving if c not in a + b]:
        return f"{strange[0]} leaves, but no operand has it"
    for part, other in ((a, b), (b, a)):
        if alone := [c for c in part if c not in other + leaving]:
            return f"{alone[0]} is in {part} alone and does not leave; sum over it before, with `reduce`"
    return ""


_NO_AXIS = "no axis leaves; every tensor has one at least, so let one leave"


def _repeated(letters: str) -> str:
    return next((c for i, c in enumerate(letters) if c in letters[:i]), "")


Equation = Annotated[str, BeforeValidator(_equation)]
"""Two operands and what leaves, in letters."""


class Einsum(_Product):
    """The product of two tensors, their axes named by letters: Einstein's convention.

    Reads `from: [a, b]`. `einsum: {equation: "hqc,hkc->hqk"}` names the axes of the first, of the second, and
    of what leaves, channels first: there is no batch, and no letter for one. In braces it needs its quotes,
    for there a comma ends a value. A letter of both that does not leave is summed over. A letter that leaves
    has its place there, and a size of 1 in one operand is repeated for the other. What sums nothing is an
    outer product, or one element by element, and has no MACs.
    """

    reference: ClassVar[str] = "PyTorch, einsum"

    equation: Equation = Field(description="letters for the axes of both, and of what leaves: `hqc,hkc->hqk`")

    @property
    def _letters(self) -> tuple[str, str, str]:
        a, b, y = self.equation.replace("->", ",").split(",")
        return a, b, y

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Those of an operand stay apart if their letter is the first that leaves, too."""
        *operands, y = self._letters
        found = [
            one if letters[0] == y[0] else mixed([one], out_channels)
            for letters, one in zip(operands, arriving, strict=True)
        ]
        return overlaid(found)

    @property
    def tells_channels_apart(self) -> bool:
        """Channels may become positions."""
        *operands, y = self._letters
        return any(letters[0] in y[1:] for letters in operands)

    def pairing(self, a: Shape, b: Shape) -> Pairing:
        """Letters are labels."""
        *operands, y = self._letters
        found = [self._sizes(i, x) for i, x in enumerate((a, b))]
        for letter in (c for c in found[0] if c in found[1]):
            m, n = (sizes[letter] for sizes in found)
            if m != n and (letter not in y or 1 not in {m, n}):
                raise ShapeError(f"{letter} is {m} in {{0}} and {n} in {{1}}", inputs=(0, 1))
        sizes = {c: max(one.get(c, 1) for one in found) for c in "".join(operands)}
        first, second = (tuple((c,) if n == sizes[c] else () for c, n in one.items()) for one in found)
        return Pairing((first, second), tuple((c,) for c in y), sizes)

    def _sizes(self, i: int, x: Shape) -> dict[str, int]:
        letters = self._letters[i]
        if len(letters) != len(x):
            axes = f"names {len(letters)} ax{'i' if len(letters) == 1 else 'e'}s, but {{0}} gives {show(x)}"
            raise ShapeError(
                f"'{letters}' {axes}; channels come first, and there is no batch to name", inputs=(i,)
            )
        return dict(zip(letters, x, strict=True))

    def formulas(self, a: Shape, b: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products. Where nothing is summed over, there are no MACs."""
        found = super().formulas(a, b, y)
        *operands, leaving = self._letters
        if set("".join(operands)) != set(leaving):
            return found
        return Formulas({"outputs": y}, multiplications="outputs")

    def run(self, kernels: Kernels, a: Array, b: Array) -> Array:
        """Values of what leaves."""
        return kernels.product.einsum(a, b, *self._letters)


class Correlation(Kind):
    """How alike two maps are, everywhere and for every displacement of the second one: optical flow, FlowNet.

    Reads `from: [a, b]`, of one shape. Channel t that leaves has the product of a's channels at a place with
    b's at that place moved by displacement t, summed over the channels; with `mean`, over their number.
    Displacements are numbered row by row, from `-max_displacement` on; beyond the borders of b are zeros,
    which count like data. A `matmul` of both gives all pairs at once (RAFT).
    """

    reference: ClassVar[str] = "Dosovitskiy et al. 2015, FlowNet, equation 1 with patches of one position"

    max_displacement: Distances = Field(description="how far b is moved each way, per axis")
    step: PerAxis = Field((1,), description="positions between neighbouring displacements, per axis")
    mean: bool = Field(default=True, description="divide the sums by the number of channels")

    taps_leave_as_channels: ClassVar[bool] = True

    def check_inputs(self, count: int) -> None:
        """Two."""
        if count != 2:
            raise ShapeError(f"reads two maps, but {how_many_arrive(count)}; name them with `from: [a, b]`")

    def window(self, x: Shape) -> Window:
        """The displacements, as taps."""
        axes = spatial(x)
        distances = per_axis(self.max_displacement, len(axes), "max_displacement")
        steps = per_axis(self.step, len(axes), "step")
        each = tuple(distance // step for distance, step in zip(distances, steps, strict=True))
        pads = tuple((n * step, n * step) for n, step in zip(each, steps, strict=True))
        return Window(tuple(2 * n + 1 for n in each), (1,) * len(axes), steps, pads)

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """The displacements of b; a is read where the output is."""
        return self.window(inputs[1]) if position else None

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """All on all."""
        return mixed(arriving, out_channels)

    def output_shape(self, a: Shape, b: Shape) -> Shape:
        """`(displacements, *positions)`."""
        if a != b:
            raise ShapeError(f"{{0}} gives {show(a)} and {{1}} {show(b)}: they must be alike", inputs=(0, 1))
        return (self.window(a).taps, *spatial(a))

    def formulas(self, a: Shape, b: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products, one per channel."""
        return Formulas(
            {"taps": a[0], "outputs": y, "averaged": int(self.mean)},
            macs="taps * outputs",
            multiplications="macs + averaged * outputs",
            additions="(taps - 1) * outputs",
        )

    def run(self, kernels: Kernels, a: Array, b: Array) -> Array:
        """Values `(displacements, *positions)`."""
        return kernels.product.correlation(a, b, self.window(a.shape), mean=self.mean)
