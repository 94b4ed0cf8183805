"""Weights that are made of others: standardized, or divided by their length and multiplied by a learned gain.

They are made of learned numbers alone, which are known before anything arrives, as the statistics of a batch
norm are: a run makes them once beforehand, and no sample costs an operation more. PyTorch makes them anew
whenever the layer is called, until the parametrization is removed.

    weight_norm                    gain * weight / norm(weight)
    spectral_norm                  weight / (left · weight · right), an estimate of its largest singular value
    weight_standardization         (weight - mean) / sqrt(variance + eps)
    scaled_weight_standardization  the same times gain / sqrt(n)

Norm, mean and variance are those of the n numbers along the first axis of the weight, one each; the gain is
learned, a number each. A matrix of the first axis and all others has the singular value; `left` and `right`
are the vectors of it that training keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from archcost.layers.fields import Number
from archcost.windows.window import size

if TYPE_CHECKING:
    from archcost.layers.base import Shapes
    from archcost.windows.window import Shape

Parametrization = Annotated[
    Literal["weight_norm", "spectral_norm", "weight_standardization", "scaled_weight_standardization"] | None,
    Field(
        description="how the weight is made of what is learned, beforehand; two of them learn a gain per "
        "output channel, see docs/spec-language.md; default: it is learned as it is"
    ),
]

NormParametrization = Annotated[
    Literal["weight_norm", "spectral_norm"] | None,
    Field(
        description="how the weight is made of what is learned, beforehand; weight_norm learns a gain per "
        "input channel, see docs/spec-language.md; default: it is learned as it is"
    ),
]
"""That of a transposed convolution, whose first axis is the input channels."""

EPS = 1e-6
"""What is added to a variance, unless something else is said."""


def _of_a_variance(eps: float, info: ValidationInfo) -> float:
    if "standardization" not in (info.data.get("parametrization") or ""):
        raise PydanticCustomError("nowhere", "has no place where no weight is standardized")
    return eps


ParametrizationEps = Annotated[
    Number,
    AfterValidator(_of_a_variance),
    Field(ge=0, description="added to the variance of a weight that is standardized"),
]
"""Behind the field `parametrization`, which may leave no place for it."""


def learned(how: str | None, weight: Shape) -> Shapes:
    """`weight`, and the `gain` it is made with."""
    gains = {"weight_norm", "scaled_weight_standardization"}
    return {"weight": weight} | ({"gain": weight[:1]} if how in gains else {})


def kept(how: str | None, weight: Shape, rows: int = 0) -> Shapes:
    """`left` and `right`, the singular vectors of a weight as a matrix; axis `rows` are its rows."""
    left = weight[rows]
    return {"left": (left,), "right": (size(weight) // left,)} if how == "spectral_norm" else {}
