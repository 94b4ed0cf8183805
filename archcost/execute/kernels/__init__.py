"""What every kind computes, in NumPy, a file per family. Handed to `Kind.run`: layers import none of it."""

from __future__ import annotations

from archcost.execute.kernels import (
    activation,
    constant,
    convolution,
    declared,
    gather,
    gating,
    linear,
    mathematics,
    merge,
    normalization,
    parametrization,
    patches,
    pooling,
    product,
    recurrent,
    reduction,
    resize,
    sampling,
    shape,
)


class Kernels:
    """The families by name: a kernel is a function in one of their files, as `kernels.pooling.max_pool`.

    Args:
        dtype: of tensors that are made of no other, `float64` or `float32`.
        marked: NaN marks what is read, so that a comparison hands it on, and a choice what it did not choose.
    """

    activation = activation
    constant = constant
    convolution = convolution
    declared = declared
    gather = gather
    gating = gating
    linear = linear
    mathematics = mathematics
    merge = merge
    normalization = normalization
    parametrization = parametrization
    patches = patches
    pooling = pooling
    product = product
    reduction = reduction
    recurrent = recurrent
    resize = resize
    sampling = sampling
    shape = shape

    def __init__(self, dtype: str = "float64", *, marked: bool = False) -> None:
        self.dtype = dtype
        self.marked = marked


KERNELS = Kernels()
