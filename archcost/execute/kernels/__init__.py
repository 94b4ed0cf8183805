"""What every kind computes, in NumPy, a file per family. Handed to `Kind.run`: layers import none of it."""

from __future__ import annotations

from archcost.execute.kernels import (
    activation,
    constant,
    convolution,
    declared,
    gather,
    linear,
    merge,
    normalization,
    parametrization,
    pooling,
    product,
    recurrent,
    reduction,
    resize,
    shape,
)


class Kernels:
    """The families by name: a kernel is a function in one of their files, as `kernels.pooling.max_pool`.

    Args:
        dtype: of tensors that are made of no other, `float64` or `float32`.
    """

    activation = activation
    constant = constant
    convolution = convolution
    declared = declared
    gather = gather
    linear = linear
    merge = merge
    normalization = normalization
    parametrization = parametrization
    pooling = pooling
    product = product
    reduction = reduction
    recurrent = recurrent
    resize = resize
    shape = shape

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = dtype


KERNELS = Kernels()
