"""What masks leave, against the masks themselves and the shares that a run gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcost
from archcost.analysis.explain import explain
from archcost.execute.executor import steps
from archcost.execute.kernels import KERNELS
from archcost.execute.tensors import Tensors
from archcost.layers.constant import Constant
from archcost.passes.masked import Left, masked
from archcost.report.formats import write
from archcost.report.options import WriteOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

Build: TypeAlias = "Callable[..., Network]"

SIZE = st.integers(1, 9)


def let_through(**fields: object) -> tuple[int | None, int]:
    """What a constant says it lets through, and how many of its numbers really are `inside`."""
    mask = Constant.model_validate({"inside": 3, "outside": -2, **fields})
    values = mask.run(KERNELS)
    for axis in (-1, -2):
        assert mask.reaches_along(axis) == bool((values == 3).any(axis=axis).all())
    return mask.seen, int((values == 3).sum())


@given(st.integers(1, 3), SIZE, SIZE)
def test_a_causal_mask_lets_through_what_it_says(heads: int, rows: int, columns: int) -> None:
    said, true = let_through(values="causal", shape=(heads, rows, columns))
    assert said == true


@given(SIZE, SIZE, st.integers(0, 12), st.integers(0, 12))
def test_a_band_lets_through_what_it_says(rows: int, columns: int, before: int, after: int) -> None:
    said, true = let_through(values="banded", shape=(1, rows, columns), before=before, after=after)
    assert said == true


@given(st.data(), st.lists(st.tuples(st.integers(1, 3), st.integers(2, 4)), min_size=1, max_size=2))
def test_shifted_windows_let_through_what_they_say(data: st.DataObject, axes: list[tuple[int, int]]) -> None:
    shift = tuple(data.draw(st.integers(1, window - 1)) for _, window in axes)
    said, true = let_through(
        values="shifted_windows",
        map_size=tuple(windows * window for windows, window in axes),
        window_size=tuple(window for _, window in axes),
        shift=shift,
    )
    assert said == true


def test_what_is_no_mask_lets_nothing_through_or_all() -> None:
    assert Constant.model_validate({"values": "identity", "shape": (3, 3)}).seen is None
    assert Constant.model_validate({"values": 0, "shape": (3, 3)}).seen is None


# -- products and softmax ---------------------------------------------------------------------------------

QKV = "{q: [12, 7], k: [12, 7], v: [12, 7]}"
OWN = """
- {name: scores, from: [q, k], matmul: {heads: 3, transpose_a: true}}
- {name: scaled, scale: {factor: 0.5}}
- {name: mask, constant: {values: %s, shape: [1, 7, 7]%s, inside: 0, outside: %s}}
- {name: hidden, add, from: [scaled, mask]}
- {name: weights, softmax: {axis: -1}}
- {name: kept, dropout}
- {name: mixed, from: [kept, v], matmul: {transpose_b: true}}
"""
CHOSEN = """
- {name: scores, from: [q, k], matmul: {heads: 3, transpose_a: true}}
- {name: mask, constant: {values: causal, shape: [1, 7, 7]%s}}
- {name: small, constant: {values: %s, shape: [1, 1, 1]}}
- {name: hidden, where, from: %s}
- {name: weights, softmax: {axis: -1}}
- {name: mixed, from: [weights, v], matmul: {transpose_b: true}}
"""
LINEAR = """
- {name: scores, from: [q, k], einsum: {equation: "cq,ck->qk"}}
- {name: mask, constant: {values: causal, shape: [7, 7]}}
- {name: weights, multiply, from: [scores, mask]}
- {name: mixed, from: [weights, v], einsum: {equation: "qk,ck->cq"}}
"""
WHOLE = {
    "causal": (OWN % ("causal", "", -1e9), QKV),
    "a band": (OWN % ("banded", ", before: 2, after: 1", -100), QKV),
    "a choice": (CHOSEN % ("", -1e9, "[mask, scores, small]"), QKV),
    "the other choice": (CHOSEN % (", inside: 0, outside: 1", -1e4, "[mask, small, scores]"), QKV),
    "multiplied, without a softmax": (LINEAR, QKV),
    "a block": ("- std/attention: {heads: 2, causal: true}", "[8, 6]"),
    "shared keys": ("- std/attention: {heads: 4, kv_heads: 2, causal: true}", "[8, 6]"),
    "sets": ("- std/attention: {heads: 2, causal: true, sets: true}", "[8, 3, 6]"),
    "windows": ("- std/attention: {heads: 2, window: 4, shift: 1, position_bias: true}", "[8, 8, 12]"),
}


@pytest.mark.parametrize("case", WHOLE)
def test_the_shares_that_a_run_leaves_are_those_that_are_said(case: str, network: Build) -> None:
    net = network(*WHOLE[case])
    values: dict[str, Any] = {
        step.node.path: np.asarray(step.value) for step in steps(net, Tensors.of_network(net), count=False)
    }
    found = masked(net)
    of = {node.path.rpartition(".")[2]: (node, left) for node, left in found.items()}
    assert {"scores", "mixed"} <= of.keys() <= {"scores", "weights", "mixed"}
    shares = next(value for path, value in values.items() if path.rpartition(".")[2] == "weights")
    for node, left in of.values():
        assert (left.seen, left.elements) == (int((np.abs(shares) > 1e-25).sum()), shares.size)
        macs = node.formulas().operations().macs
        # Every score is a sum of equally many products, and so is every share's part in what is mixed.
        assert left.macs == macs // shares.size * left.seen


def left_of(network: Build, layers: str, x: str = QKV) -> dict[str, Left]:
    return {node.path: left for node, left in masked(network(layers, x)).items()}


MASKED = OWN % ("causal", "", -1e9)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (("- {name: scaled", "- {name: read, relu, from: scores}\n- {name: scaled, from: scores"), "scores"),
        (("outside: -1000000000.0", "outside: -10"), "scores weights mixed"),
        (
            (
                "constant: {values: causal, shape: [1, 7, 7], inside: 0, outside: -1000000000.0}",
                "parameter: {shape: [1, 7, 7]}",
            ),
            "scores weights mixed",
        ),
        (("from: [scaled, mask]", "from: [mask, mask]"), "scores weights mixed"),
        (("- {name: kept, dropout}", "- {name: kept, reshape: {shape: [3, 7, 7]}}"), "mixed"),
        (
            ("- {name: weights", "- {name: more, multiply, from: [hidden, mask]}\n- {name: weights"),
            "scores weights mixed",
        ),
        (("{axis: -1}", "{axis: 0}"), "scores weights mixed"),
        (("{axis: -1}", "{axis: -2}"), ""),
        (("- {name: kept", "- {name: more, relu, from: hidden}\n- {name: kept, from: weights"), "scores"),
    ],
    ids=[
        "scores are read beside",
        "not enough",
        "learned",
        "nothing under it",
        "moved",
        "weighed",
        "shares of heads",
        "shares of queries",
        "hidden scores are read beside",
    ],
)
def test_what_is_not_sure_is_not_said(network: Build, change: tuple[str, str], left: str) -> None:
    before, after = change
    assert before in MASKED
    everything = set(left_of(network, MASKED))
    assert everything == {"scores", "weights", "mixed"}
    assert set(left_of(network, MASKED.replace(before, after))) == everything - set(left.split())


@pytest.mark.parametrize("choice", ["[mask, small, scores]", "[scores, mask, small]"])
def test_a_choice_that_hides_nothing(network: Build, choice: str) -> None:
    assert left_of(network, CHOSEN % ("", -1e9, choice)) == {}


def test_an_output_is_needed_whole(network: Build) -> None:
    net = network(MASKED, QKV, outputs="[scores, mixed]")
    assert [node.path for node in masked(net)] == ["weights", "mixed"]


# -- where it shows ---------------------------------------------------------------------------------------


def test_a_report_has_both_figures(network: Build) -> None:
    report = archcost.analyze(network(MASKED, QKV))
    # 7 + 6 + … + 1 of 49 scores in each of 3 heads, of 4 products each; and as many for what is mixed.
    assert (report.totals.macs, report.totals.unmasked_macs) == (2 * 3 * 49 * 4, 2 * 3 * 28 * 4)
    found = report.node("scores").masked
    assert found is not None
    assert (found.mask, found.seen, found.elements, found.macs) == ("mask", 3 * 28, 3 * 49, 3 * 28 * 4)
    shares = report.node("weights").masked
    assert shares is not None
    assert (shares.seen, shares.macs) == (3 * 28, 0)
    text = write("analysis", [report], "table", WriteOptions())
    assert "Masks hide 504 MACs, which are counted all the same; without those there are 672." in text
    node = json.loads(write("analysis", [report], "json", WriteOptions()))["specs"][0]["nodes"][0]
    assert node["masked"] == {"mask": "mask", "seen": 84, "elements": 147, "macs": 336}


def test_a_group_has_both_figures(network: Build) -> None:
    layers = "- {name: a, std/attention: {heads: 2, causal: true}}\n- {name: b, std/attention: {heads: 2}}"
    report = archcost.analyze(network(layers, "[8, 6]"))
    group = report.group("a")
    assert group.unmasked_macs is not None
    # 15 of 36 scores, of 4 products each in 2 heads, and as many of what is mixed.
    assert group.macs - group.unmasked_macs == 2 * 15 * 4 * 2
    assert report.group("b").unmasked_macs is None
    assert report.totals.macs - (report.totals.unmasked_macs or 0) == 2 * 15 * 4 * 2


def test_a_masked_convolution_is_among_them(network: Build) -> None:
    net = network("- masked_conv: {out_channels: 16, kernel_size: 7, mask: A, padding: 3}", "[1, 28, 28]")
    report = archcost.analyze(net)
    # Three rows of 7 taps above, and 3 to the left.
    assert (report.totals.macs, report.totals.unmasked_macs) == (28**2 * 16 * 49, 28**2 * 16 * 24)
    text = write("explanation", explain(net, "masked_conv"), "table", WriteOptions())
    assert "it lets 24 of 49 taps through, and all are counted: 301,056 of 614,656 macs are left\n" in text


def test_without_masks_there_is_nothing_about_them(network: Build) -> None:
    report = archcost.analyze(network("- std/attention: {heads: 2}", "[8, 6]"))
    assert report.totals.unmasked_macs is None
    for form in ("table", "json"):
        text = write("analysis", [report], form, WriteOptions())
        assert "Mask" not in text
        assert "masked" not in text


def test_explain_says_it_beside_the_counts(network: Build) -> None:
    net = network(MASKED, QKV)
    text = write("explanation", explain(net, "scores"), "table", WriteOptions())
    assert "mask lets 84 of 147 scores through, and all are counted: 336 of 588 macs are left\n" in text
    text = write("explanation", explain(net), "table", WriteOptions())
    assert "100.0 % of its MACs (masks hide 504); the sum of its parts:" in text
    text = write("explanation", explain(net, "weights"), "table", WriteOptions())
    assert "mask lets 84 of 147 scores through, and all are counted\n" in text
