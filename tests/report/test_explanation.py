"""Explanations: the last number of every derivation is the one that is reported elsewhere."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.errors import UsageError
from archcost.layers.base import Operations
from archcost.results.explanation import GroupExplanation, NodeExplanation

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network
    from archcost.results.derivation import DerivationStep

ZOO = ["lenet5", "googlenet", "shufflenet_v2_x1_0", "deeplabv3_resnet50", "squeezenet1_0"]


def explained(net: Network, path: str) -> NodeExplanation:
    found = archcost.explain(net, path)
    assert isinstance(found, NodeExplanation)
    return found


def evaluate(numbers: str) -> int:
    """What a calculator makes of a line of numbers; division must come out whole."""
    text = numbers.replace(",", "").replace("ceil(", "-(-1 * ")
    tree = ast.parse(text, mode="eval")
    assert all(
        isinstance(node, ast.Expression | ast.BinOp | ast.UnaryOp | ast.Constant | ast.operator | ast.unaryop)
        for node in ast.walk(tree)
    )
    return eval(compile(tree, "numbers", "eval"))  # noqa: S307 - the tree was just checked to be arithmetic alone


def assert_comes_out(step: DerivationStep) -> None:
    if step.numbers and "ceil" not in step.numbers:
        assert evaluate(step.numbers) == step.value


@pytest.mark.parametrize("name", ZOO)
def test_every_derivation_ends_in_the_number_that_is_reported(name: str) -> None:
    net = archcost.load(f"zoo:{name}")
    report = archcost.analyze(net)
    seen: set[tuple[int, object]] = set()
    for node in net:
        key = (id(node.layer), node.shapes)
        if key in seen:
            continue
        seen.add(key)
        found, row = explained(net, node.path), report.node(node.path)
        assert found.params == row.params
        assert sum(tensor.elements for tensor in found.buffers) == row.buffers
        counts = dict.fromkeys(Operations._fields, 0) | {step.name: step.value for step in found.counts}
        assert counts == {count: getattr(row, count) for count in Operations._fields}
        for step in (*found.terms, *found.counts, *(s for axis in found.window for s in axis.steps)):
            assert_comes_out(step)
        if found.window:
            positions = [axis.steps[-1].value - bool(axis.note) for axis in found.window for _ in axis.axes]
            assert sorted(positions) == sorted(row.output[1:])


@pytest.mark.parametrize("name", ZOO)
def test_a_derived_field_is_the_measured_one(name: str) -> None:
    net = archcost.load(f"zoo:{name}")
    derived = 0
    for node in list(net)[:40]:
        found = explained(net, node.path)
        for axis in found.seen:
            size, step = axis.steps
            derived += 1
            assert_comes_out(size)
            assert size.value in (found.receptive_fields["input"].size or ())
            assert str(step.value) in (found.receptive_fields["input"].stride or ())
    assert derived


def test_a_left_over_window_is_mentioned(network: Callable[..., Network]) -> None:
    net = network("- max_pool: {kernel_size: 2, stride: 2, padding: 1, ceil_mode: true}", x="[1, 5, 4]")
    height, width = explained(net, "max_pool").window
    assert (height.axes, height.steps[-1].value, height.note) == (
        ("height",),
        4,
        "the last window would start behind the input and is left out: 3",
    )
    assert (width.axes, width.steps[-1].value, width.note) == (("width",), 3, "")


def test_weights_that_are_counted_elsewhere_say_where(network: Callable[..., Network]) -> None:
    net = network("""
        - {name: a, conv: {out_channels: 3, kernel_size: 1}, share: w}
        - {name: b, conv: {out_channels: 3, kernel_size: 1}, share: w}
        """)
    assert (explained(net, "a").params, explained(net, "a").counted_at) == (12, None)
    assert (explained(net, "b").params, explained(net, "b").counted_at) == (0, "a")


def test_a_group_is_the_sum_of_what_is_directly_in_it() -> None:
    net = archcost.load("zoo:resnet50")
    for path in ("stem", "stage", "stage.3", "stage.3.0.bottleneck"):
        found = archcost.explain(net, path)
        assert isinstance(found, GroupExplanation)
        assert sum(part.params for part in found.parts) == found.group.params
        assert sum(part.macs for part in found.parts) == found.group.macs
    assert [part.path for part in found.parts][:3] == [
        "stage.3.0.bottleneck.conv_bn",
        "stage.3.0.bottleneck.relu",
        "stage.3.0.bottleneck.conv_bn_2",
    ]


def test_an_input_has_nothing_to_derive(network: Callable[..., Network]) -> None:
    with pytest.raises(UsageError) as caught:
        archcost.explain(network("- relu"), "input")
    assert str(caught.value) == "'input' is an input of net, 3×8×8: nothing to derive"


def test_a_window_over_positions_of_another_map_derives_no_field(network: Callable[..., Network]) -> None:
    net = network(
        """
        - {reshape: {shape: [2, -1, 2]}}
        - {name: c, conv: {out_channels: 2, kernel_size: 1}}
        """,
        x="[4, 4, 1, 4]",
    )
    assert explained(net, "c").output == (2, 16, 2)
