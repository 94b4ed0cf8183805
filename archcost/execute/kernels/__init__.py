"""What every kind computes, in NumPy, a file per family. Handed to `Kind.run`: layers import none of it."""

from __future__ import annotations

from archcost.execute.kernels import (
    activation,
    convolution,
    declared,
    linear,
    merge,
    normalization,
    pooling,
    product,
    recurrent,
    reduction,
    resize,
    shape,
)


class Kernels:
    """The families by name: a kernel is a function in one of their files, as `kernels.pooling.max_pool`."""

    activation = activation
    convolution = convolution
    declared = declared
    linear = linear
    merge = merge
    normalization = normalization
    pooling = pooling
    product = product
    reduction = reduction
    recurrent = recurrent
    resize = resize
    shape = shape


KERNELS = Kernels()
