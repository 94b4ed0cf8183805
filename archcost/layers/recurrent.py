"""Recurrent layers and scans over a sequence `[channels, length]`: a position depends on those before it.

All begin with zeros, in each direction. In a recurrent layer, at every position each sum of a gate is made of
two products with a matrix, one of what arrives and one of what the position before gave, each with a bias of
its own, as PyTorch has it: with n channels that arrive and m that are fed back, n + m products, n - 1 + m - 1
+ 1 additions, and two more with the biases. What follows them is in each class, per hidden unit.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Kind, Layer, Operations, Shapes
from archcost.layers.fields import NonNegative, Positive, Probability
from archcost.windows.channels import mixed, overlaid
from archcost.windows.window import Shape, Window, show

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.channels import Channels

Depth = Annotated[int, Field(ge=1, le=1024)]
"""Layers one on the other; each has tensors of its own, by name."""


def check_sequence(x: Shape) -> None:
    """Raises ShapeError unless a sequence arrives."""
    if len(x) != 2:
        way = "[-1, 1]}` makes it one position" if len(x) == 1 else "[…]}` makes one axis of the others"
        raise ShapeError(
            f"takes a sequence, [channels, length], but {show(x)} arrives; `reshape: {{shape: {way}"
        )


def past(x: Shape) -> Window:
    """What a position and all before it are: a window as long as the sequence, which ends at it."""
    return Window(x[1:], (1,), (1,), ((x[1] - 1, 0),))


class _Recurrent(Layer):
    """Layers one on the other, in one direction or both; per position and hidden unit some gates.

    With `bidirectional`, a second set of weights reads the sequence from its end, and what it gives stands
    behind the first's channels.
    """

    gates: ClassVar[int]

    hidden_size: Positive = Field(description="hidden units, per direction")
    num_layers: Depth = Field(1, description="layers, each reading what the one before gives")
    bidirectional: bool = Field(default=False, description="read the sequence from its end as well")
    bias: bool = Field(default=True, description="add a bias to each of the two products")
    recurrent_bias: bool = Field(
        default=True,
        description="add one to the product of what is fed back as well; Keras' lstm and rnn do not",
    )
    dropout: Probability = Field(0.0, description="probability between layers; costs nothing")
    input_size: Positive | None = Field(None, description="an assertion: the channels that arrive")

    @property
    @abstractmethod
    def per_unit(self) -> Operations:
        """What happens per hidden unit and position, once the sums of its gates are there."""

    @property
    def _projected(self) -> int:
        """Channels that hidden units are projected to; 0 without."""
        return 0

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _biases(self) -> int:
        """How many one sum has."""
        return 1 + self.recurrent_bias if self.bias else 0

    @property
    def _state(self) -> int:
        """Channels that are fed back, and leave per direction."""
        return self._projected or self.hidden_size

    def window(self, x: Shape) -> Window | None:
        """All positions up to the one that leaves."""
        return None if self.bidirectional else past(x)

    def is_global(self, x: Shape) -> bool:
        """In both directions, what leaves at a position was made of all."""
        return self.bidirectional

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on all; in a single layer with both directions, at other positions than others."""
        apart = self.bidirectional and self.num_layers == 1
        return mixed(arriving, out_channels)._replace(blurred=apart)

    def output_shape(self, x: Shape) -> Shape:
        """`(hidden_size * directions, length)`; a projection's channels instead of the hidden units."""
        check_sequence(x)
        if self.input_size not in (None, x[0]):
            raise ShapeError(f"input_size is {self.input_size}, but {x[0]} channels arrive")
        return (self._state * self._directions, x[1])

    def weight_shapes(self, x: Shape) -> Shapes:
        """As in PyTorch, `weight_ih_l0` (of what arrives), `weight_hh_l0` (of what is fed back) and so on."""
        rows = self.gates * self.hidden_size
        found: Shapes = {}
        for layer in range(self.num_layers):
            columns = self._state * self._directions if layer else x[0]
            for end in (f"l{layer}", f"l{layer}_reverse")[: self._directions]:
                found |= {f"weight_ih_{end}": (rows, columns), f"weight_hh_{end}": (rows, self._state)}
                found |= {f"bias_{of}_{end}": (rows,) for of in ("ih", "hh")[: self._biases]}
                found |= {f"weight_hr_{end}": (self._projected, self.hidden_size)} if self._projected else {}
        return found

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Two products with a matrix per step, and what the class says of each unit."""
        unit = self.per_unit
        macs = "gates * (units * fed_back + units / layers * arriving)"
        additions = f"macs + (biases - 1) * gates * units + {unit.additions} * units"
        counts = {
            "macs": macs + " + projected * units" * bool(self._projected),
            "multiplications": f"macs + {unit.multiplications} * units",
            "additions": additions + " - projected * runs" * bool(self._projected),
            "comparisons": f"{unit.comparisons} * units",
            "divisions": f"{unit.divisions} * units",
            "exponentials": f"{unit.exponentials} * units",
        }
        return Formulas(
            {
                "length": x[1],
                "in_channels": x[0],
                "gates": self.gates,
                "hidden_size": self.hidden_size,
                **({"projected": self._projected} if self._projected else {}),
                "fed_back": self._state,
                "biases": self._biases,
                "directions": self._directions,
                "layers": self.num_layers,
                "arriving": "in_channels + (layers - 1) * directions * fed_back",
                "runs": "length * directions * layers",
                "units": "runs * hidden_size",
            },
            **{name: formula for name, formula in counts.items() if not formula.startswith("0 ")},
        )


class Lstm(_Recurrent):
    """Long short-term memory over a sequence: per position four gates and a cell that is kept.

    With `i, f, g, o` the four sums of a unit, in this order, and `c`, `h` those of the position before:

        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    `proj_size` above 0 puts a matrix behind it: `h`, which leaves and is fed back, has that many channels.
    """

    reference: ClassVar[str] = "Hochreiter & Schmidhuber 1997, Long short-term memory; Gers et al. 2000"
    gates: ClassVar[int] = 4

    proj_size: NonNegative = Field(0, description="channels that a learned matrix makes of the hidden units")

    @model_validator(mode="after")
    def _projection_is_smaller(self) -> Self:
        if self.proj_size >= self.hidden_size:
            raise PydanticCustomError(
                "proj_size",
                "proj_size={proj_size} must be less than hidden_size={hidden_size}; 0 leaves it out",
                {"proj_size": self.proj_size, "hidden_size": self.hidden_size},
            )
        return self

    @property
    def _projected(self) -> int:
        return self.proj_size

    @property
    def per_unit(self) -> Operations:
        """Three sigmoids, two tanh, three products and a sum."""
        return Operations(multiplications=3, additions=4, divisions=3, exponentials=5)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values `(channels, length)`."""
        return kernels.recurrent.recurrent(x, kernels.recurrent.lstm, tensors)


class Gru(_Recurrent):
    """Gated recurrent unit over a sequence: per position two gates and a candidate.

    With `r, z, n` the three sums of a unit, in this order, and `h` that of the position before; of `n`, the
    part that is fed back (`n_h`, with its bias) is weighed by the gate `r`, as in PyTorch and cuDNN:

        n = tanh(n_x + sigmoid(r) * n_h)
        h = (1 - sigmoid(z)) * n + sigmoid(z) * h
    """

    reference: ClassVar[str] = "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder"
    gates: ClassVar[int] = 3

    @property
    def per_unit(self) -> Operations:
        """Two sigmoids, a tanh, three products, a difference and a sum."""
        return Operations(multiplications=3, additions=4, divisions=2, exponentials=3)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values `(channels, length)`."""
        return kernels.recurrent.recurrent(x, kernels.recurrent.gru, tensors)


class Rnn(_Recurrent):
    """Plain recurrent layer (Elman's) over a sequence: `h = tanh(x-part + h-part)`, or relu."""

    reference: ClassVar[str] = "Elman 1990, Finding structure in time"
    gates: ClassVar[int] = 1

    nonlinearity: Literal["tanh", "relu"] = Field("tanh", description="function of the sum")

    @property
    def per_unit(self) -> Operations:
        """One function."""
        return Operations(exponentials=1) if self.nonlinearity == "tanh" else Operations(comparisons=1)

    def run(self, kernels: Kernels, x: Array, **tensors: Array) -> Array:
        """Values `(channels, length)`."""
        cells = {"tanh": kernels.recurrent.rnn_by_tanh, "relu": kernels.recurrent.rnn_by_relu}
        return kernels.recurrent.recurrent(x, cells[self.nonlinearity], tensors)


class SelectiveScan(Kind):
    """Selective state space (Mamba's S6): each channel keeps some numbers, which the input decays and feeds.

    Reads `from: [x, delta, b, c]`, all of one length: what arrives, for each of its channels how far time
    goes on (before a softplus, which is part of this), and for each number that is kept how `x` is written
    to it and how it is read. Learned are `A_log` and `D`, Mamba's names. At every position, for channel k and
    number n, `h` the numbers that are kept:

        dt[k] = softplus(delta[k])
        h[k, n] = exp(-dt[k] * exp(A_log[k, n])) * h[k, n] + (dt[k] * x[k]) * b[n]
        y[k] = (sum over n of h[k, n] * c[n]) + D[k] * x[k]

    The sum over n is a product with a matrix, and so counts as MACs; what decays and feeds `h` goes element
    by element, three products, a sum and an exponential. Mamba's gate, its projections and the causal
    `depthwise_conv` before it are items of their own. With `groups`, as many groups of neighbouring channels
    have a `b` and a `c` each.
    """

    reference: ClassVar[str] = "Gu & Dao 2023, Mamba, algorithm 2"

    groups: Positive = Field(1, description="groups of channels, each with its own part of b and c")
    skip: bool = Field(default=True, description="add x, times a learned number per channel (D)")

    def check_inputs(self, count: int) -> None:
        """Four."""
        if count != 4:
            arrive = f"{count} arrive" if count > 1 else "one arrives"
            raise ShapeError(f"reads four sequences, but {arrive}; name them with `from: [x, delta, b, c]`")

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """All up to the position that leaves; `c` only reads what is kept."""
        return past(inputs[position]) if position < 3 else None

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on its like of x and delta, and on all of b and c, or its group of them."""
        x, delta, *others = arriving
        return overlaid([x, delta, *(one.grouped(self.groups, out_channels) for one in others)])

    def output_shape(self, x: Shape, delta: Shape, b: Shape, c: Shape) -> Shape:
        """The shape of `x`."""
        for i, one in enumerate((x, delta, b, c)):
            if len(one) != 2 or one[1] != x[1]:
                must = f"a sequence, [channels, {x[1]}]" if len(x) == 2 else "a sequence, [channels, length]"
                raise ShapeError(f"{{0}} gives {show(one)}; it must be {must}", inputs=(i,))
        if delta != x:
            raise ShapeError(
                f"{{0}} gives {show(x)} and {{1}} {show(delta)}: delta needs a channel for each of x",
                inputs=(0, 1),
            )
        if b != c:
            raise ShapeError(
                f"{{0}} gives {show(b)} and {{1}} {show(c)}: b and c need equally many channels",
                inputs=(2, 3),
            )
        for i, (name, one) in enumerate({"x": x, "b": b}.items()):
            if one[0] % self.groups:
                raise ShapeError(
                    f"groups={self.groups} must divide the {one[0]} channels of {name}", inputs=(2 * i,)
                )
        return x

    def weight_shapes(self, x: Shape, delta: Shape, b: Shape, c: Shape) -> Shapes:
        """`A_log`, a row of what is kept per channel, and `D` per channel."""
        return {"A_log": (x[0], b[0] // self.groups)} | ({"D": (x[0],)} if self.skip else {})

    def formulas(self, x: Shape, delta: Shape, b: Shape, c: Shape, y: Shape) -> Formulas:
        """As the class says, for every number that is kept, and for every output."""
        return Formulas(
            {
                "outputs": y,
                "states": b[0] // self.groups,
                "kept": "states * outputs",
                "skip": int(self.skip),
            },
            macs="kept",
            multiplications="macs + 3 * kept + (1 + skip) * outputs",
            additions="2 * kept + (1 + skip) * outputs",
            comparisons="outputs",
            exponentials="kept + 2 * outputs",
        )

    def run(self, kernels: Kernels, x: Array, delta: Array, b: Array, c: Array, **learned: Array) -> Array:
        """Values `(channels, length)`."""
        return kernels.recurrent.selective_scan(x, delta, b, c, self.groups, **learned)
