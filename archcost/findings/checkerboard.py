"""Rule `checkerboard` (warn): a transposed convolution sums more products at some outputs than at others."""

from __future__ import annotations

from itertools import product
from math import gcd, prod
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, Seen, at
from archcost.geometry import brief
from archcost.report.rows import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.geometry import Axes, Window
    from archcost.report.model import Finding


def hits(window: Window) -> tuple[Axes, ...]:
    """Per axis, how many products every output of a period sums, far from the borders.

    They are counted. Whether the stride divides the kernel decides it only without dilation.

    >>> from archcost.geometry import scattering
    >>> hits(scattering((1, 8, 8), (3,), (2,), (1,)))
    ((1, 2), (1, 2))
    """
    return tuple(
        tuple(len(window.reads(axis, u)) for u in range(window.period(axis)[0]))
        for axis in range(len(window.kernel))
    )


def _check(seen: Seen) -> Iterator[Finding]:
    for node, window in seen.windows:
        if kind_of(node.word) == "conv_transpose":
            counts = hits(window)
            if any(len(set(along)) > 1 for along in counts):
                yield at(node, RULE.name, "warn", _message(window, counts))


def _message(window: Window, counts: Sequence[Axes]) -> str:
    sums = sorted(prod(parts) for parts in product(*counts))
    dilation = "" if set(window.dilation) == {1} else f", dilation {brief(window.dilation)}"
    given = f"kernel_size {brief(window.kernel)}, stride {brief(window.stretch)}{dilation}"
    return (
        f"neighbouring outputs sum {_listed(sums)} products per input channel ({given}), which shows as a "
        f"checkerboard; {_advice(window)}, or resize first and convolve then"
    )


def _listed(sums: Sequence[int]) -> str:
    """How often, from the fewest: the numbers of one period, or their ends where there are too many.

    >>> _listed([1, 2, 2, 4])
    '1, 2, 2 and 4'
    """
    if len(sums) > 9:
        return f"{sums[0]} to {sums[-1]}"
    return ", ".join(map(str, sums[:-1])) + f" and {sums[-1]}"


def _advice(window: Window) -> str:
    """What makes the sums equal: as many taps at every output."""
    if any(gcd(s, d) > 1 for s, d in zip(window.stretch, window.dilation, strict=True)):
        return f"take a dilation that has no factor in common with stride {brief(window.stretch)}"
    even = tuple(-(-k // s) * s for k, s in zip(window.kernel, window.stretch, strict=True))
    return f"take kernel_size {brief(even)}, a multiple of the stride"


RULE = Rule(
    name="checkerboard",
    levels=("warn",),
    summary="a transposed convolution sums more products at some outputs than at their neighbours",
    good="""\
archcost: 1
name: even_upsampling
input: [8, 16, 16]
layers:
  - conv_transpose: {out_channels: 4, kernel_size: 4, stride: 2, padding: 1}
""",
    bad="""\
archcost: 1
name: uneven_upsampling
input: [8, 16, 16]
layers:
  - conv_transpose: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
""",
    check=_check,
)
