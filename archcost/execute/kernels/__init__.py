"""What every kind computes, in NumPy. Handed to `Kind.execute`, so that layers import nothing of it."""

from __future__ import annotations

from archcost.execute.kernels.convolution import conv, linked_conv


class Kernels:
    """All kernels by name."""

    conv = staticmethod(conv)
    linked_conv = staticmethod(linked_conv)


KERNELS = Kernels()
