"""Masks of windows: the boxes hold exactly the taps that are kept, and fields and weights follow them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.errors import ShapeError
from archcost.passes.receptive_field import receptive_fields
from archcost.passes.strength import strength
from archcost.windows.masks import before_the_middle, ones, part, taps_of
from archcost.windows.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.network import Network
    from archcost.windows.masks import Bits, Box
    from archcost.windows.window import Axes

Build: TypeAlias = "Callable[..., Network]"

kernels = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)


def inside(boxes: Sequence[Box]) -> list[Axes]:
    return sorted(tap for box in boxes for tap in product(*(range(a, b + 1) for a, b in box)))


@given(kernels, st.booleans())
def test_before_the_middle_is_what_comes_first_row_by_row(kernel: Axes, included: bool) -> None:
    middle = tuple(k // 2 for k in kernel)
    kept = [t for t in product(*map(range, kernel)) if t < middle or (included and t == middle)]
    boxes = before_the_middle(kernel, included=included)
    assert inside(boxes) == kept
    assert taps_of(boxes) == len(kept)
    assert len(boxes) <= len(kernel)


@given(kernels, st.data())
def test_ones_are_the_taps_whose_bit_is_one(kernel: Axes, data: st.DataObject) -> None:
    kept = data.draw(st.sets(st.sampled_from([*product(*map(range, kernel))])))

    def bits(tap: Axes) -> Bits:
        if len(tap) == len(kernel):
            return int(tap in kept)
        return tuple(bits((*tap, i)) for i in range(kernel[len(tap)]))

    assert inside(ones(bits(()), kernel)) == sorted(kept)


def test_a_mask_has_a_bit_for_every_tap() -> None:
    with pytest.raises(ShapeError, match="mask has 3 zeros and ones, but the kernel has 3×3 taps"):
        ones((1, 1, 0), (3, 3))


@given(st.tuples(*[st.integers(1, 4)] * 4), st.data())
def test_a_part_of_a_window_reads_what_its_taps_do(sizes: Axes, data: st.DataObject) -> None:
    kernel, stride, dilation, before = sizes
    first = data.draw(st.integers(0, kernel - 1))
    last = data.draw(st.integers(first, kernel - 1))
    window = Window((kernel,), (stride,), (dilation,), ((before, 5),))
    some = part(window, ((first, last),))
    assert some.output((30,)) == window.output((30,))
    assert all([*some.reads(0, u)] == [*window.reads(0, u)[first : last + 1]] for u in range(6))


PIXELCNN = """\
- masked_conv: {out_channels: 4, kernel_size: 7, mask: A, padding: 3}
- repeat: 2
  body: [masked_conv: {out_channels: 4, kernel_size: 3, mask: B, padding: 1}]
"""


def test_a_pixelcnn_sees_rows_above_and_to_the_left_but_for_its_blind_spot(network: Build) -> None:
    """Its own row and 3 + 2 above: 5 columns to the left; above to the right a triangle stays unseen."""
    net = network(PIXELCNN, "[1, 40, 40]")
    field = receptive_fields(net)[-1]["input"]
    read = {(0, 0)}
    for kept in ([t for t in product(range(7), repeat=2) if t < (3, 3)], *[B] * 2):
        half = 3 if len(kept) == 24 else 1
        read = {(i + a - half, j + b - half) for i, j in read for a, b in kept}
    rows, columns = ({p[axis] for p in read} for axis in (0, 1))
    assert (field.certainty, field.size) == ("exact", (len(rows), len(columns)))
    assert field.holes == field.size[0] * field.size[1] - len(read)
    assert (0, 0) not in read, "what is predicted is not read"


B = [t for t in product(range(3), repeat=2) if t <= (1, 1)]


def test_weights_are_handed_back_through_the_taps_that_are_kept(network: Build) -> None:
    """24 paths from a 7×7 of type A; as a mean, each of them weighs 1/24."""
    net = network("- masked_conv: {out_channels: 1, kernel_size: 7, mask: A}", "[1, 20, 20]")
    paths = strength(net, net.nodes[0], mean=False)["input"].weights
    assert paths.astype(int).tolist() == [[1] * 7, [1] * 7, [1] * 7, [1] * 3 + [0] * 4]
    shares = strength(net, net.nodes[0], mean=True)["input"].weights
    assert (shares == paths / 24).all()
    along = strength(net, net.nodes[0], mean=True, axes=[1])["input"].weights
    assert along == pytest.approx(paths.sum(axis=0) / 24)
