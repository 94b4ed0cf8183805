"""Which positions read which, for every row of the tables: what fields say, against where NaN arrives.

NaN at one position goes to the outputs that read it. What a layer says of itself in `window`, `mixed_axes`,
`is_global`, `rearrangement` and `place` goes through the passes, as in a network of that layer alone. Kinds
that do not say it to the position are listed here, so that no other comes to it by mistake.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.execute.touched import TouchFollower, readers, start
from archcost.layers import find
from archcost.network import Input, Network, Node
from archcost.passes.access import AccessCache
from archcost.passes.receptive_field import Tracer, reaches, receptive_fields
from archcost.source import Place, Source
from tests.execute.running import run
from tests.execute.test_rows_run import arriving, held
from tests.layers.table import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.execute.arrays import Array
    from archcost.execute.touched import Mask
    from archcost.windows.window import Axes
    from tests.layers.case import Case

NOT_FOLLOWED = {"custom", "deform_conv", "deform_sum", "grid_sample", "roi_align"}
"""Nobody knows where they read, or the data say it."""
AT_MOST = {"dynamic_conv_transpose", "fold", "gather", "max_unpool", "stack"}
"""No output reads more than is said, but some may read less."""
TRIED = 9
"""Positions of each input that NaN is put at, the first and the last among them."""
ELEMENTS = 10**6
"""Rows with larger tensors take too long."""

WITH_POSITIONS = [case for case in CASES if any(len(x) > 1 for x in case.inputs)]
SMALL = [
    case
    for case in WITH_POSITIONS
    if case.kind not in NOT_FOLLOWED
    if max(map(prod, (*case.inputs, case.output))) <= ELEMENTS and case.ops.macs < 10**7
]
every_small_row = pytest.mark.parametrize("case", SMALL, ids=lambda case: f"{case.kind}: {case.sentence}")


def alone(case: Case) -> Network:
    """A network of one layer, its inputs named by their numbers."""
    found = find(case.kind)
    assert found is not None
    place = Place(Source(case.kind))
    inputs = tuple(Input(str(i), x, place) for i, x in enumerate(case.inputs))
    layer = found[0].model_validate(case.fields).settled(case.inputs)
    node = Node("layer", case.kind, layer, inputs, case.output, place)
    return Network("net", "-", None, {}, inputs, (node,), {"layer": node})


def tried(axes: Axes) -> Iterator[Axes]:
    """Some positions, evenly apart."""
    for i in {int(i) for i in np.linspace(0, prod(axes) - 1, TRIED)}:
        yield tuple(map(int, np.unravel_index(i, axes)))


def spoilt(x: Array, position: Axes, tokens: int | None) -> Array:
    """The input with another number at a position, in all channels: NaN, or another token."""
    y = x.copy()
    at = (slice(None), *position)
    y[at] = (y[at] + 1) % tokens if tokens else np.nan
    return y


def measured(case: Case, node: Node) -> Iterator[tuple[int, Axes, Mask]]:
    """Input, position, and the positions of the output that are not what they are without it."""
    weights = {name: held(name, shape, "float64") for name, shape in (case.weights | case.buffers).items()}
    xs = [arriving(100 + i, shape, "float64", node.layer) for i, shape in enumerate(case.inputs)]
    before, _ = run(node.layer, xs, weights)
    for i, x in enumerate(xs):
        for position in tried(x.shape[1:]) if x.ndim > 1 else ():
            y, _ = run(
                node.layer, [*xs[:i], spoilt(x, position, node.layer.known_tokens), *xs[i + 1 :]], weights
            )
            yield i, position, (y != before).any(axis=0)


def agrees(case: Case) -> None:
    network = alone(case)
    (node,) = network
    (fields,) = receptive_fields(network)
    sizes = {tensor.path: tensor.output[1:] for tensor in network.inputs}
    (reach,) = reaches(network, Tracer(sizes, AccessCache()))
    followed = TouchFollower(AccessCache())
    for i, position, touched in measured(case, node):
        field = fields.get(str(i))
        if field is None:
            assert not touched.any(), f"{case.kind} reads input {i} and has no field there"
            continue
        exact = field.certainty == "exact"
        assert exact or (case.kind in AT_MOST and field.certainty == "at_most"), (
            f"{case.kind} does not say exactly which positions it reads; name it above if it cannot"
        )
        spot = followed.through_input(node, i, start(network, str(i), position)[node.inputs[i]])
        away = spot.inside.all(axis=0)  # at a border a mirror image or an edge is read instead
        read = f"position {position} of input {i}"
        told = readers(reach[str(i)], case.output, position)
        assert not (touched & ~told & away).any(), f"{case.kind} reads {read}, which its field has not"
        assert not exact or not (told & ~touched & away).any(), f"{case.kind} does not read {read}"
        assert (touched == spot.touched.any(axis=0)).all() or not spot.is_exact, f"{read}, at a border"


@every_small_row
def test_a_kind_says_which_positions_read_which(case: Case) -> None:
    agrees(case)


def test_every_kind_is_among_them() -> None:
    assert {case.kind for case in WITH_POSITIONS} - {case.kind for case in SMALL} == NOT_FOLLOWED


# -- the comparison bites -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "word", "nothing"),
    [
        ("layer_norm", "mixed_axes", ()),
        ("group_norm", "mixed_axes", ()),
        ("instance_norm", "mixed_axes", ()),
        ("softmax", "mixed_axes", ()),
        ("matmul", "rearrangement", None),
        ("slice", "window", None),
        ("concat", "place", None),
    ],
)
def test_a_kind_that_forgets_to_say_it_is_found(
    monkeypatch: pytest.MonkeyPatch, kind: str, word: str, nothing: object
) -> None:
    def says_nothing(*_: object) -> object:
        return nothing

    found = find(kind)
    assert found is not None
    monkeypatch.setattr(found[0], word, says_nothing)
    assert any(_disagrees(case) for case in SMALL if case.kind == kind)


def _disagrees(case: Case) -> bool:
    try:
        agrees(case)
    except (AssertionError, ValueError):  # masks of other sizes do not compare
        return True
    return False
