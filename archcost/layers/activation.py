"""Activations. The counts are those of the formula in each docstring, run as it is written.

`where(x > 0, a, b)` computes both of its values and one comparison: counts do not depend on the data.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from archcost import foreign
from archcost.errors import ShapeError
from archcost.layers import KINDS, find
from archcost.layers.axes import name_of
from archcost.layers.base import Formulas, Function, Layer, Operations, Shapes
from archcost.layers.fields import AtLeastZero, Axis, Number, Positive, check_order, must_be
from archcost.windows.channels import mixed, overlaid
from archcost.words.suggest import translate

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.layers.base import Kind
    from archcost.windows.channels import Channels
    from archcost.windows.window import Axes, Shape


class Relu(Function):
    """Rectified linear unit: `max(x, 0)`."""

    reference: ClassVar[str] = (
        "Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines"
    )
    per_element: ClassVar[Operations] = Operations(comparisons=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.relu(x)


class Relu6(Function):
    """Rectified linear unit that saturates: `min(max(x, 0), 6)`."""

    reference: ClassVar[str] = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10"
    per_element: ClassVar[Operations] = Operations(comparisons=2)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.relu6(x)


class LeakyRelu(Function):
    """Leaky rectified linear unit: `where(x > 0, x, negative_slope * x)`."""

    reference: ClassVar[str] = "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve acoustic models"
    per_element: ClassVar[Operations] = Operations(comparisons=1, multiplications=1)

    negative_slope: Number = Field(0.01, description="slope below zero")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.leaky_relu(x, self.negative_slope)


class Prelu(Function):
    """Rectified linear unit with a learned slope, one or one per channel: `where(x > 0, x, weight * x)`."""

    reference: ClassVar[str] = "He et al. 2015, Delving deep into rectifiers, equation 1"
    per_element: ClassVar[Operations] = Operations(comparisons=1, multiplications=1)

    num_parameters: Positive = Field(1, description="learned slopes: 1, or as many as channels")

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        if self.num_parameters not in (1, x[0]):
            raise ShapeError(
                f"num_parameters={self.num_parameters} must be 1 or the {x[0]} channels that arrive"
            )
        return x

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight`: the slopes."""
        return {"weight": (self.num_parameters,)}

    def run(self, kernels: Kernels, x: Array, weight: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.prelu(x, weight)


class Rrelu(Function):
    """Randomised leaky rectified linear unit, at inference: `where(x > 0, x, slope * x)`.

    The slope is the mean of the two it is drawn between while training.
    """

    reference: ClassVar[str] = "Xu et al. 2015, Empirical evaluation of rectified activations"
    per_element: ClassVar[Operations] = Operations(comparisons=1, multiplications=1)

    lower: Number = Field(1 / 8, description="the smallest slope below zero")
    upper: Number = Field(1 / 3, description="the largest slope below zero")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.leaky_relu(x, (self.lower + self.upper) / 2)


class Threshold(Function):
    """Numbers above a threshold, and one number instead of the others: `where(x <= threshold, value, x)`."""

    reference: ClassVar[str] = "PyTorch 2.13, torch.nn.Threshold"
    per_element: ClassVar[Operations] = Operations(comparisons=1)

    threshold: Number = Field(description="what has to be exceeded")
    value: Number = Field(description="the number elsewhere")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.threshold(x, self.threshold, self.value)


class HardTanh(Function):
    """Hyperbolic tangent of three straight lines: `min(max(x, min_val), max_val)`."""

    reference: ClassVar[str] = "Collobert 2004, Large scale machine learning, section 2.2"
    per_element: ClassVar[Operations] = Operations(comparisons=2)

    min_val: Number = Field(-1, description="the smallest number that leaves")
    max_val: Number = Field(1, description="the largest number that leaves")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order("min_val", self.min_val, "max_val", self.max_val)
        return self

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.clamp(x, self.min_val, self.max_val)


class HardShrink(Function):
    """Small numbers set to zero: `where(abs(x) <= lambd, 0, x)`."""

    reference: ClassVar[str] = "Donoho & Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage"
    per_element: ClassVar[Operations] = Operations(comparisons=1)

    lambd: AtLeastZero = Field(0.5, description="up to which distance from zero a number is small")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.hard_shrink(x, self.lambd)


class SoftShrink(Function):
    """Soft thresholding, every number nearer to zero: `x - min(max(x, -lambd), lambd)`."""

    reference: ClassVar[str] = "Donoho 1995, De-noising by soft-thresholding"
    per_element: ClassVar[Operations] = Operations(comparisons=2, additions=1)

    lambd: AtLeastZero = Field(0.5, description="by how much, at most")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.soft_shrink(x, self.lambd)


class TanhShrink(Function):
    """What the hyperbolic tangent takes away: `x - tanh(x)`."""

    reference: ClassVar[str] = "PyTorch 2.13, torch.nn.Tanhshrink"
    per_element: ClassVar[Operations] = Operations(additions=1, exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.tanh_shrink(x)


class Softsign(Function):
    """Smooth sign: `x / (1 + abs(x))`."""

    reference: ClassVar[str] = "Bergstra et al. 2009, Quadratic polynomials learn better image features"
    per_element: ClassVar[Operations] = Operations(additions=1, divisions=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.softsign(x)


class Elu(Function):
    """Exponential linear unit: `where(x > 0, x, alpha * (exp(x) - 1))`."""

    reference: ClassVar[str] = "Clevert, Unterthiner & Hochreiter 2016, Exponential linear units"
    per_element: ClassVar[Operations] = Operations(
        comparisons=1, multiplications=1, additions=1, exponentials=1
    )

    alpha: Number = Field(1.0, description="minus the limit towards minus infinity")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.elu(x, self.alpha)


class Celu(Function):
    """Continuously differentiable ELU: `where(x > 0, x, alpha * (exp(x * (1 / alpha)) - 1))`."""

    reference: ClassVar[str] = "Barron 2017, Continuously differentiable exponential linear units"
    per_element: ClassVar[Operations] = Operations(
        comparisons=1, multiplications=2, additions=1, exponentials=1
    )

    alpha: Number = Field(1.0, description="minus the limit towards minus infinity; not 0")

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.alpha == 0:
            raise PydanticCustomError("alpha", "alpha is 0; it must be another number, for it divides")
        return self

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.celu(x, self.alpha)


class Selu(Function):
    """Self-normalising unit: `scale * where(x > 0, x, alpha * (exp(x) - 1))`.

    `scale = 1.0507009873554805` and `alpha = 1.6732632423543772` keep mean 0 and variance 1.
    """

    reference: ClassVar[str] = "Klambauer et al. 2017, Self-normalizing neural networks"
    per_element: ClassVar[Operations] = Operations(
        comparisons=1, multiplications=2, additions=1, exponentials=1
    )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.selu(x)


class GeluTanh(Function):
    """GELU by the formula with tanh: `0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x * x * x)))`.

    GPT-2 uses it. It is `gelu: {approximate: tanh}` in one word, as a block takes one for its activation.
    """

    reference: ClassVar[str] = "Hendrycks & Gimpel 2016, Gaussian error linear units, section 2"
    per_element: ClassVar[Operations] = Operations(multiplications=6, additions=2, exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.gelu_by_tanh(x)


class Gelu(Function):
    """Gaussian error linear unit: `0.5 * x * (1 + erf(sqrt(1/2) * x))`.

    With `approximate: tanh`: `0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x * x * x)))`.
    Roots of constants are constants.
    """

    reference: ClassVar[str] = "Hendrycks & Gimpel 2016, Gaussian error linear units, section 2"
    per_element: ClassVar[Operations] = Operations(multiplications=3, additions=1, exponentials=1)

    approximate: Literal["none", "tanh"] = Field(
        "none", description="the exact function, or the formula with tanh"
    )

    def costs(self) -> Operations:
        """Those of the exact or of the approximate formula."""
        return self.per_element if self.approximate == "none" else GeluTanh.per_element

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return (
            kernels.activation.gelu(x) if self.approximate == "none" else kernels.activation.gelu_by_tanh(x)
        )


class QuickGelu(Function):
    """Gaussian error linear unit by a sigmoid, as in CLIP: `x / (1 + exp(-(1.702 * x)))`."""

    reference: ClassVar[str] = "Hendrycks & Gimpel 2016, Gaussian error linear units, section 2"
    per_element: ClassVar[Operations] = Operations(
        multiplications=1, additions=1, divisions=1, exponentials=1
    )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.quick_gelu(x)


class Silu(Function):
    """Sigmoid-weighted linear unit (swish): `x / (1 + exp(-x))`."""

    reference: ClassVar[str] = "Elfwing, Uchibe & Doya 2018, Sigmoid-weighted linear units"
    per_element: ClassVar[Operations] = Operations(additions=1, divisions=1, exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.silu(x)


class Mish(Function):
    """Self-regularised unit: `x * tanh(softplus(x))`, with softplus in its own form."""

    reference: ClassVar[str] = "Misra 2020, Mish: a self regularized non-monotonic activation function"
    per_element: ClassVar[Operations] = Operations(
        comparisons=1, multiplications=1, additions=2, exponentials=3
    )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.mish(x)


class Sigmoid(Function):
    """Logistic function: `1 / (1 + exp(-x))`."""

    per_element: ClassVar[Operations] = Operations(additions=1, divisions=1, exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.sigmoid(x)


class LogSigmoid(Function):
    """Logarithm of the logistic function, so that nothing overflows: `min(x, 0) - log(1 + exp(-abs(x)))`."""

    per_element: ClassVar[Operations] = Operations(comparisons=1, additions=2, exponentials=2)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.log_sigmoid(x)


class Tanh(Function):
    """Hyperbolic tangent: `tanh(x)`."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.tanh(x)


class Softplus(Function):
    """Smooth rectifier log(1 + exp(x)), so that nothing overflows: `max(x, 0) + log(1 + exp(-abs(x)))`."""

    reference: ClassVar[str] = "Dugas et al. 2001, Incorporating second-order functional knowledge"
    per_element: ClassVar[Operations] = Operations(comparisons=1, additions=2, exponentials=2)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.softplus(x)


class HardSigmoid(Function):
    """Sigmoid of three straight lines: `min(max(x * (1/6) + 0.5, 0), 1)`."""

    reference: ClassVar[str] = "Howard et al. 2019, Searching for MobileNetV3, section 5.2"
    per_element: ClassVar[Operations] = Operations(comparisons=2, multiplications=1, additions=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.hard_sigmoid(x)


class HardSwish(Function):
    """Swish of straight lines: `x * min(max(x * (1/6) + 0.5, 0), 1)`."""

    reference: ClassVar[str] = "Howard et al. 2019, Searching for MobileNetV3, section 5.2"
    per_element: ClassVar[Operations] = Operations(comparisons=2, multiplications=2, additions=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.activation.hard_swish(x)


class _AlongAxis(Layer):
    """A function of all elements along one axis."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    axis: Axis = Field(
        0, description="axis to normalise along; 0 is channels, 1 the first spatial axis, -1 the last"
    )

    def mixed_axes(self, x: Shape) -> Axes:
        """The one axis."""
        return (self.axis,)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Along channels all on all, else each on its own."""
        return mixed(arriving, out_channels) if self.axis == 0 else overlaid(arriving)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        name_of(self.axis, x)
        return x

    def _sets(self, x: Shape, y: Shape) -> dict[str, int | Shape | str]:
        return {"outputs": y, "normalized": x[self.axis], "sets": "outputs / normalized"}


class Softmax(_AlongAxis):
    """Shares that add up to 1 along one axis: `e / sum(e)` with `e = exp(x - max(x))`.

    Subtracting the largest keeps exp from overflowing, and is counted: for n elements, n - 1 comparisons, n
    subtractions, n exponentials, n - 1 additions, n divisions.
    """

    reference: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, Deep learning, section 4.1"

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """As the class says, for every set of elements that add up to 1."""
        return Formulas(
            self._sets(x, y),
            additions="2 * outputs - sets",
            comparisons="outputs - sets",
            divisions="outputs",
            exponentials="outputs",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.activation.softmax(x, self.axis)


class Softmin(Softmax):
    """Shares that add up to 1 along one axis, the larger the smaller a number is: the softmax of `-x`.

    Changing a sign costs nothing, so it costs what a softmax does.
    """

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.activation.softmax(-x, self.axis)


class LogSoftmax(_AlongAxis):
    """Logarithm of the softmax along one axis: `d - log(sum(exp(d)))` with `d = x - max(x)`.

    For n elements, n - 1 comparisons, n subtractions, n exponentials, n - 1 additions, a logarithm, and n
    subtractions again.
    """

    reference: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, Deep learning, section 6.2.2.3"

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """As the class says, for every set of elements whose exponentials add up to 1."""
        return Formulas(
            self._sets(x, y),
            additions="3 * outputs - sets",
            comparisons="outputs - sets",
            exponentials="outputs + sets",
        )

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.activation.log_softmax(x, self.axis)


def _words() -> list[str]:
    return [kind for kind, home in KINDS.items() if home.startswith("activation:") and kind != "activation"]


def _known(word: str) -> str:
    words = _words()
    if word not in words:
        forms = "an activation" + (translate(word, words, foreign.layers.KINDS) or ": " + ", ".join(words))
        raise must_be(forms, word)
    return word


class Activation(Layer):
    """Any activation, chosen by its word: `activation: {function: leaky_relu, negative_slope: 0.1}`.

    The other fields are those of the activation, and so is every answer.
    """

    model_config = ConfigDict(extra="allow")

    function: Annotated[str, AfterValidator(_known)] = Field(description="its word: relu, gelu, softmax, …")

    @classmethod
    def chosen_by(cls, function: object) -> list[type[Kind]]:
        """See `Kind.chosen_by`."""
        words = [function] if function in _words() else _words()
        return [found[0] for word in words if (found := find(str(word)))]

    @cached_property
    def chosen(self) -> Layer:
        """The activation that is meant."""
        (kind,) = self.chosen_by(self.function)
        if not issubclass(kind, Layer):
            raise TypeError(f"{self.function} is registered as an activation, but is no layer")
        return kind.model_validate(self.model_extra)

    @model_validator(mode="after")
    def _choose(self) -> Self:
        """Choose at once: a mistake in its fields is one in these."""
        _ = self.chosen
        return self

    def settled(self, inputs: tuple[Shape, ...]) -> Self:
        """As the chosen activation is."""
        chosen = self.chosen.settled(inputs)
        if chosen is self.chosen:
            return self
        return self.model_validate({"function": self.function, **chosen.model_dump()})

    @property
    def folds(self) -> bool:
        """As the activation does."""
        return self.chosen.folds

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """See the activation."""
        return self.chosen.overwrites(inputs, y)

    def output_shape(self, x: Shape) -> Shape:
        """See the activation."""
        return self.chosen.output_shape(x)

    def weight_shapes(self, x: Shape) -> Shapes:
        """See the activation."""
        return self.chosen.weight_shapes(x)

    def buffer_shapes(self, x: Shape) -> Shapes:
        """See the activation."""
        return self.chosen.buffer_shapes(x)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """See the activation."""
        return self.chosen.channels(arriving, out_channels)

    def mixed_axes(self, x: Shape) -> Axes:
        """See the activation."""
        return self.chosen.mixed_axes(x)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """See the activation."""
        return self.chosen.formulas(x, y)

    def run(self, kernels: Kernels, x: Array, **weights: Array) -> Array:
        """See the activation."""
        return self.chosen.run(kernels, x, **weights)
