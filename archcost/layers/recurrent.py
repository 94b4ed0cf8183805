"""Recurrent layers over a sequence `[channels, length]`: what a position gives depends on those before it.

Every layer begins with zeros, in each direction. At every position each sum of a gate is made of two products
with a matrix, one of what arrives and one of what the position before gave, each with a bias of its own, as
PyTorch has it: with n channels that arrive and m that are fed back, n + m products, n - 1 + m - 1 + 1
additions, and two more with the biases. What follows them is in each class, per hidden unit.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Layer, Operations, Shapes
from archcost.layers.fields import NonNegative, Positive, Probability
from archcost.windows.channels import mixed
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
                found |= {f"bias_ih_{end}": (rows,), f"bias_hh_{end}": (rows,)} if self.bias else {}
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
                "biases": 2 * self.bias,
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
