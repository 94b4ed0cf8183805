"""Reductions: all elements along some axes become one number.

Over n elements, each time:

    sum    sum(x)                              n - 1 additions
    mean   sum(x) * (1/n)                      1 multiplication more
    max    the largest, likewise min           n - 1 comparisons
    argmax where that is, likewise argmin      n - 1 comparisons
    prod   the product                         n - 1 multiplications
    l1     sum(|x|)                            n - 1 additions
    l2     sqrt(sum(x * x))                    n multiplications, n - 1 additions, 1 exponential
    var    d = x - mean                        a mean, and n additions
           sum(d * d) * (1/(n - correction))   n + 1 multiplications, n - 1 additions
    std    sqrt(var)                           1 exponential more
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import together
from archcost.layers.base import Formulas, Layer
from archcost.layers.fields import AxesOrAll, NonNegative
from archcost.windows.channels import Channels, mixed
from archcost.windows.rearrangement import reduced
from archcost.windows.window import show, size

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.rearrangement import Rearrangement
    from archcost.windows.window import Shape

Function = Literal["sum", "mean", "max", "min", "argmax", "argmin", "prod", "var", "std", "l1", "l2"]

_SUM = {"additions": "inputs - outputs"}
_VARIANCE = {"multiplications": "inputs + 2 * outputs", "additions": "3 * inputs - 2 * outputs"}
_COUNTS = {
    "sum": _SUM,
    "mean": {**_SUM, "multiplications": "outputs"},
    "max": {"comparisons": "inputs - outputs"},
    "min": {"comparisons": "inputs - outputs"},
    "argmax": {"comparisons": "inputs - outputs"},
    "argmin": {"comparisons": "inputs - outputs"},
    "prod": {"multiplications": "inputs - outputs"},
    "var": _VARIANCE,
    "std": {**_VARIANCE, "exponentials": "outputs"},
    "l1": _SUM,
    "l2": {**_SUM, "multiplications": "inputs", "exponentials": "outputs"},
}


class Reduce(Layer):
    """One number for all elements along some axes: their sum, mean, largest, variance or norm.

    The axes are dropped, as in PyTorch, or stay at size 1 with `keepdim`. A mean over the tokens
    `[channels, length]` is `{function: mean, axis: 1}`, and leaves a vector. `argmax` and `argmin` leave
    numbers of elements, which an `embedding` may read: counted from 0, row by row over several axes, and of
    equal ones the first.
    """

    reference: ClassVar[str] = "PyTorch, torch.sum and its like, torch.linalg.vector_norm; ONNX, ReduceSum"

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    function: Function = Field(
        description="what is made of the elements; l1 is the sum of their absolute values, l2 the root of "
        "the sum of their squares"
    )
    axis: AxesOrAll = Field(
        description="axes to reduce: one, several or all; 0 is channels, -1 the last",
    )
    keepdim: bool = Field(default=False, description="keep the axes, at size 1, instead of dropping them")
    correction: NonNegative | None = Field(
        None,
        description="for var and std: divide by so many less than there are elements; default: 1, as in "
        "PyTorch; Keras, ONNX and every norm have 0",
    )

    @model_validator(mode="after")
    def _correction_is_for_variances(self) -> Self:
        if self.correction is not None and self.function not in {"var", "std"}:
            raise PydanticCustomError(
                "correction",
                "correction={correction} is for var and std, but function is {function}; leave it out",
                {"correction": self.correction, "function": self.function},
            )
        return self

    @property
    def _less(self) -> int:
        """`correction`, with its default filled in."""
        return 1 if self.correction is None else self.correction

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """As they are, unless they are reduced: then whatever leaves reads all of them."""
        return mixed(arriving, out_channels) if self.axis == "all" or 0 in self.axis else arriving[0]

    def is_global(self, x: Shape) -> bool:
        """Over all positions and no channels: where the axes are kept, it is a global pool."""
        positions = tuple(range(1, len(x)))
        return self.keepdim and size(x[1:]) > 1 and together(self.axis, x) == positions

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """Summed over the axes, whatever the function; None where `is_global` says it."""
        (x,) = inputs
        return None if self.is_global(x) else reduced(x, together(self.axis, x), keeps_axes=self.keepdim)

    def output_shape(self, x: Shape) -> Shape:
        """`x` without the axes, or with 1 for each of them."""
        axes = together(self.axis, x)
        if len(axes) == len(x) and not self.keepdim:
            raise ShapeError(f"nothing is left of the axes of {show(x)}; write keepdim: true")
        together_are = size(tuple(x[axis] for axis in axes))
        if self.function in {"var", "std"} and together_are <= self._less:
            raise ShapeError(
                f"{self.function} divides by {together_are} - {self._less}, the elements less the "
                "correction; take more of them, or write correction: 0"
            )
        sizes = (1 if axis in axes else n for axis, n in enumerate(x) if self.keepdim or axis not in axes)
        return tuple(sizes)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """See the top of this file, for every number that leaves."""
        return Formulas({"inputs": x, "outputs": y}, **_COUNTS[self.function])

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values of the axes that are left."""
        axes = together(self.axis, x.shape)
        return kernels.reduction.reduce(self.function, x, axes, keepdim=self.keepdim, correction=self._less)
