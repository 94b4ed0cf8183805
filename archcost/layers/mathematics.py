"""Functions of one number that mathematics names, applied to every element.

The counts are those of the formula in each docstring, run as it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.layers.base import Function, Operations
from archcost.layers.fields import Number, check_order

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels


class Offset(Function):
    """Every element plus one constant: `x + value`."""

    per_element: ClassVar[Operations] = Operations(additions=1)

    value: Number = Field(description="the constant; a negative one is subtracted")

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return x + self.value


class Negate(Function):
    """Every element with the other sign: `-x`."""

    per_element: ClassVar[Operations] = Operations()

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return -x


class Abs(Function):
    """The absolute value: `abs(x)`."""

    per_element: ClassVar[Operations] = Operations()

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return abs(x)


class Reciprocal(Function):
    """One over every element: `1 / x`."""

    per_element: ClassVar[Operations] = Operations(divisions=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.reciprocal(x)


class Square(Function):
    """The square: `x * x`."""

    per_element: ClassVar[Operations] = Operations(multiplications=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return x * x


class Power(Function):
    """Every element raised to one constant: `x ** exponent`, one exponential, and a product for a square."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    exponent: Number = Field(description="the constant; 0.5 is a square root, -1 a reciprocal")

    def costs(self) -> Operations:
        """A product for a square."""
        return Square.per_element if self.exponent == 2 else self.per_element

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.power(x, self.exponent)


class Sqrt(Function):
    """The square root: `sqrt(x)`."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.sqrt(x)


class Rsqrt(Function):
    """The reciprocal of the square root: `1 / sqrt(x)`."""

    per_element: ClassVar[Operations] = Operations(divisions=1, exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.reciprocal(kernels.mathematics.sqrt(x))


class Exp(Function):
    """The exponential function: `exp(x)`."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.exp(x)


class Log(Function):
    """The natural logarithm: `log(x)`."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.log(x)


class Sin(Function):
    """The sine, of radians: `sin(x)`."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.sin(x)


class Cos(Function):
    """The cosine, of radians: `cos(x)`."""

    per_element: ClassVar[Operations] = Operations(exponentials=1)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.cos(x)


class Clamp(Function):
    """Every element kept within two bounds, or one of them: `min(max(x, lower), upper)`."""

    min: Number | None = Field(None, description="the smallest number that leaves; default: no bound")
    max: Number | None = Field(None, description="the largest number that leaves; default: no bound")

    @model_validator(mode="after")
    def _has_bounds_in_order(self) -> Self:
        if self.min is None and self.max is None:
            raise PydanticCustomError("clamp", "needs min or max, or both")
        if self.min is not None and self.max is not None:
            check_order("min", self.min, "max", self.max)
        return self

    def costs(self) -> Operations:
        """One comparison for each bound."""
        return Operations(comparisons=2 - [self.min, self.max].count(None))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """See the formula of the class."""
        return kernels.mathematics.clamp(x, self.min, self.max)
