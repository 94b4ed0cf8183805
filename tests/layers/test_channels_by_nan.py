"""Which channels read which, for every row of the tables: what is said, against where NaN arrives.

NaN in one channel goes to those that read it. A kind that cannot tell channels apart says that each of them
may read all of them. Which kinds do is listed here, so that no other comes to it by mistake.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.layers import find
from archcost.windows.channels import ChannelRun, Channels
from tests.execute.running import run
from tests.execute.test_rows_run import arriving, held
from tests.layers.table import CASES

if TYPE_CHECKING:
    from archcost.layers.base import Kind
    from tests.layers.case import Case

NOT_TOLD = {
    "flatten",
    "gather",
    "group_norm",
    "gru",
    "local_response_norm",
    "matmul",
    "pixel_unshuffle",
    "transpose",
    "unfold",
}
TRIED = 6
"""Channels of each input that NaN is put in, at the ends and in between."""
ELEMENTS = 10**6
"""Rows with larger tensors take too long."""

UNTRIED = {
    "parameter",
    "constant",
    "custom",
    "embedding",
    "deform_conv",
    "deform_sum",
    "grid_sample",
    "roi_align",
}
"""Nothing arrives, nobody knows, or it depends on the numbers what is read."""
SMALL = [
    case
    for case in CASES
    if case.kind not in UNTRIED
    if max(map(prod, (*case.inputs, case.output))) <= ELEMENTS and case.ops.macs < 10**7
]


def said(layer: Kind, case: Case) -> tuple[list[set[int]], bool]:
    """What every channel is said to read, channels numbered through all inputs, and whether that is sure."""
    firsts = [sum(x[0] for x in case.inputs[:i]) for i in range(len(case.inputs))]
    each = [
        Channels(tuple(ChannelRun(1, frozenset([first + c])) for c in range(x[0])))
        for first, x in zip(firsts, case.inputs, strict=True)
    ]
    found = layer.channels(tuple(each), case.output[0])
    return [set(run.sources) for run in found.runs for _ in range(run.length)], not found.blurred


def tried(case: Case) -> dict[int, tuple[int, int]]:
    """Some channels by their numbers: which input, and which channel of it."""
    found: dict[int, tuple[int, int]] = {}
    first = 0
    for i, x in enumerate(case.inputs):
        found |= {first + c: (i, c) for c in {*range(0, x[0], -(-x[0] // TRIED)), x[0] - 1}}
        first += x[0]
    return found


def measured(layer: Kind, case: Case) -> list[set[int]]:
    """What of the channels that are tried every channel reads."""
    weights = {name: held(name, shape, "float64") for name, shape in (case.weights | case.buffers).items()}
    xs = [arriving(100 + i, shape, "float64", layer) for i, shape in enumerate(case.inputs)]
    reads: list[set[int]] = [set() for _ in range(case.output[0])]
    for number, (i, c) in tried(case).items():
        spoilt = [x.copy() for x in xs]
        spoilt[i][c] = np.nan
        y, _ = run(layer, spoilt, weights)
        for o in np.flatnonzero(np.isnan(y).reshape(len(y), -1).any(axis=1)):
            reads[int(o)].add(number)
    return reads


@pytest.mark.parametrize("case", SMALL, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_a_kind_says_which_channels_read_which(case: Case) -> None:
    found = find(case.kind)
    assert found is not None
    layer = found[0].model_validate(case.fields)
    channels, is_sure = said(layer, case)
    channels = [one & tried(case).keys() for one in channels]
    truth = measured(layer, case)
    assert is_sure or case.kind in NOT_TOLD, (
        f"{case.kind} does not tell which channels read which: let `channels` return what it knows, as "
        "`mixed(arriving, out_channels)` where each reads all; or name the kind in NOT_TOLD"
    )
    if is_sure:
        assert channels == truth
    else:
        assert all(read <= told for read, told in zip(truth, channels, strict=True))
        assert set[int]().union(*channels) == set[int]().union(*truth)


def test_every_kind_is_among_them() -> None:
    assert {case.kind for case in CASES} - {case.kind for case in SMALL} == UNTRIED
