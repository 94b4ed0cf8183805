"""Rule `checkerboard` (warn): a transposed convolution sums more products at some outputs than at others."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from math import gcd, prod
from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at, dilated
from archcost.windows.window import brief
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.analysis.facts import Facts
    from archcost.results.report import Finding
    from archcost.windows.window import Window

Hits = tuple[tuple[int, int], ...]
"""How many products outputs sum, from the fewest, each with how many outputs of a period do."""


def hits(window: Window) -> tuple[Hits, ...]:
    """Per axis, how many products the outputs of a period sum, far from the borders: (products, outputs).

    They are counted. Whether the stride divides the kernel decides it only without dilation.

    With g the common divisor of stride s and dilation, the taps of every g-th output lie s / g apart: of such
    outputs, s / g in a period, each starts at a tap of its own. The other outputs meet no input.

    >>> from archcost.windows.window import scattering
    >>> hits(scattering((1, 8, 8), (3,), (2,), (1,)))
    (((1, 1), (2, 1)), ((1, 1), (2, 1)))
    """
    return tuple(
        _along(k, s, d) for k, s, d in zip(window.kernel, window.stretch, window.dilation, strict=True)
    )


def _along(kernel: int, stride: int, dilation: int) -> Hits:
    starts = stride // gcd(stride, dilation)
    fewest, more = divmod(kernel, starts)
    found: dict[int, int] = defaultdict(int)
    for products, outputs in ((0, stride - starts), (fewest, starts - more), (fewest + 1, more)):
        found[products] += outputs
    return tuple((products, outputs) for products, outputs in sorted(found.items()) if outputs)


def _check(facts: Facts) -> Iterator[Finding]:
    for node, window in facts.windows:
        if node.kind == "conv_transpose":
            counts = hits(window)
            if any(len(along) > 1 for along in counts):
                yield at(node, RULE.name, "warn", _message(window, counts))


def _message(window: Window, counts: Sequence[Hits]) -> str:
    given = f"kernel_size {brief(window.kernel)}, stride {brief(window.stretch)}{dilated(window)}"
    return (
        f"neighbouring outputs sum {_listed(_over_all_axes(counts))} products per input channel ({given}), "
        f"which shows as a checkerboard; {_advice(window)}, or resize first and convolve then"
    )


def _over_all_axes(counts: Sequence[Hits]) -> Hits:
    """The same over all axes: products multiply, and so do the outputs that sum them."""
    found: dict[int, int] = defaultdict(int)
    for parts in product(*counts):
        found[prod(products for products, _ in parts)] += prod(outputs for _, outputs in parts)
    return tuple(sorted(found.items()))


def _listed(sums: Hits) -> str:
    """How often, from the fewest: the numbers of one period, or their ends where there are too many.

    >>> _listed(((1, 1), (2, 2), (4, 1))), _listed(((0, 6), (1, 94)))
    ('1, 2, 2 and 4', '0 to 1')
    """
    if sum(outputs for _, outputs in sums) > 9:
        return f"{sums[0][0]} to {sums[-1][0]}"
    return in_a_row(products for products, outputs in sums for _ in range(outputs))


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
    why="""\
Where the kernel of a transposed convolution is no multiple of its stride, neighbouring outputs are sums of
different numbers of products. The pattern is there before training and is hard to unlearn (Odena et al. 2016,
Deconvolution and checkerboard artifacts).

Take a kernel that the stride divides, or resize first and convolve then.
""",
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
