"""Receptive fields by running: NaN at one input position must arrive exactly where the fields say it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.execute import verification
from archcost.execute.kernels import activation, convolution
from archcost.execute.touched import readers
from archcost.execute.verification import verify
from archcost.windows.offsets import Offsets
from archcost.windows.reach import AxisReach, Reach, identity
from tests.passes.test_fields_of_random_graphs import Writer, networks, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archcost.execute.arrays import Array
    from archcost.execute.verification import Verification
    from archcost.network import Network
    from archcost.passes.receptive_field import Reaches, Tracer
    from archcost.windows.window import Window


def proved(network: Network, samples: int) -> Verification:
    """A run in which everything agrees, and every node has a field that was compared."""
    found = verify(network, samples=samples)
    assert [(p.node.path, *p.differences()) for p in found.proofs if [*p.differences()]] == []
    assert all(p.touched.pairs or p.touched.untold for p in found.proofs)
    return found


def agrees_by_running(writer: Writer, path: Path) -> None:
    write(writer.inputs, writer.items, path)
    found = proved(archcost.load(path), samples=6)
    assert not any(p.touched.untold for p in found.proofs)


@settings(max_examples=25)
@given(st.one_of(networks(1, 48), networks(1, 48, "gaps")))
def test_fields_along_one_axis_are_where_nan_arrives(tmp_path: Path, writer: Writer) -> None:
    agrees_by_running(writer, tmp_path / "random.yaml")


@settings(max_examples=20)
@given(networks(2, 18))
def test_fields_over_two_axes_are_where_nan_arrives(tmp_path: Path, writer: Writer) -> None:
    agrees_by_running(writer, tmp_path / "random.yaml")


@settings(max_examples=10)
@given(networks(3, 10))
def test_fields_over_three_axes_are_where_nan_arrives(tmp_path: Path, writer: Writer) -> None:
    agrees_by_running(writer, tmp_path / "random.yaml")


@settings(max_examples=20)
@given(st.one_of(networks(1, 40, "gates"), networks(2, 12, "gates")))
def test_gates_carry_nan_everywhere(tmp_path: Path, writer: Writer) -> None:
    agrees_by_running(writer, tmp_path / "random.yaml")


@settings(max_examples=20)
@given(st.one_of(networks(1, 48, "picks"), networks(2, 18, "picks")))
def test_channels_that_are_picked_get_the_nan_of_theirs_alone(tmp_path: Path, writer: Writer) -> None:
    agrees_by_running(writer, tmp_path / "random.yaml")


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        ("lenet5", None),
        ("text_cnn", None),
        ("conv_autoencoder", None),
        ("cifar_resnet20", None),
        ("context_module", "21x17x17"),
        ("hdc_segmentation", "3x33x33"),
        ("shufflenet_v1", "3x33x33"),
        ("shufflenet_v2_x1_0", "3x33x33"),
        ("mobilenet_v3_small", "3x33x33"),
        ("squeezenet1_0", "3x48x48"),
    ],
)
def test_fields_of_the_zoo_are_where_nan_arrives(spec: str, shape: str | None) -> None:
    proved(archcost.load(f"zoo:{spec}", input=shape), samples=3)


# -- single layers whose borders are special --------------------------------------------------------------

BORDERS = """
- {pad: {padding: 2, mode: reflect}}
- {pad: {padding: 2, mode: replicate}}
- {conv: {out_channels: 2, kernel_size: 3, dilation: 3, padding: 3}}
- {upsample: {scale_factor: 2, mode: bicubic}}
- {upsample: {scale_factor: 1.5, mode: bilinear}}
- {adaptive_avg_pool: {output_size: [5, 7]}}
- {max_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}}
- {conv_transpose: {out_channels: 2, kernel_size: 3, stride: 2, padding: 1}}
- {pixel_shuffle: {upscale_factor: 1}}
- {instance_norm: {}}
"""


@pytest.mark.parametrize("layer", BORDERS.strip().splitlines())
def test_nan_at_every_position_arrives_where_it_should(network: Callable[..., Network], layer: str) -> None:
    found = proved(network(f"{layer}\n- conv: {{out_channels: 2, kernel_size: 3, padding: 1}}"), samples=64)
    assert len(found.positions["input"]) == 64


def test_where_offsets_lead_is_not_predicted_and_the_report_says_so(
    network: Callable[..., Network],
) -> None:
    layers = """
    - {name: a, conv: {out_channels: 4, kernel_size: 3, padding: 1}}
    - {name: b, std/deform_conv: {out_channels: 2, kernel_size: 3, padding: 1}}
    """
    found = proved(network(layers), samples=2)
    untold = [p.node.word for p in found.proofs if p.touched.untold]
    assert untold == ["deform_conv"]


# -- the comparison bites -----------------------------------------------------------------------------------

CHAIN = """
- {name: a, conv: {out_channels: 2, kernel_size: 3, padding: 1}}
- {name: b, conv: {out_channels: 2, kernel_size: 3, padding: 2, dilation: 2}}
- {name: c, relu: }
"""


def wrong_nodes(network: Network, samples: int = 9) -> list[str]:
    found = verify(network, samples=samples)
    assert not found.agrees
    return [p.node.path for p in found.proofs if p.touched.wrong]


def test_a_kernel_that_reads_one_position_too_many_is_found(
    network: Callable[..., Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    relu = activation.relu

    def smeared(x: Array) -> Array:
        return relu(x) + x[..., ::-1]

    monkeypatch.setattr(activation, "relu", smeared)
    assert wrong_nodes(network(CHAIN)) == ["c"]


def test_a_kernel_that_gives_its_outputs_in_another_order_is_found(
    network: Callable[..., Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    conv = convolution.conv

    def mirrored(x: Array, weight: Array, bias: Array | None, window: Window, groups: int = 1) -> Array:
        y = conv(x, weight, bias, window, groups)
        return y[..., ::-1] if window.dilation[0] == 2 else y

    monkeypatch.setattr(convolution, "conv", mirrored)
    assert wrong_nodes(network(CHAIN)) == ["b", "c"]


@pytest.mark.parametrize("by", [-1, 1])
def test_a_field_that_is_off_by_one_is_found(
    network: Callable[..., Network], monkeypatch: pytest.MonkeyPatch, by: int
) -> None:
    """The borders explain nothing in the middle: a field that is one wider is as wrong as a narrower one."""
    found = verification.reaches

    def off(network: Network, tracer: Tracer) -> Iterator[Reaches]:
        for reaches in found(network, tracer):
            yield {
                name: reach._replace(moving=tuple(map(widened, reach.moving)))
                for name, reach in reaches.items()
            }

    def widened(lines: tuple[AxisReach, ...]) -> tuple[AxisReach, ...]:
        first, *rest = lines
        return (AxisReach(tuple(s and Offsets(s.low, s.high + by) for s in first.sets), first.step), *rest)

    monkeypatch.setattr(verification, "reaches", off)
    assert wrong_nodes(network(CHAIN, x="[1, 24, 24]"))[0] == "a"


def test_a_position_that_no_output_reads_is_read_by_none() -> None:
    strided = Reach(((AxisReach((Offsets(0, 0),), 2),),), (), identity(1).stride)
    assert [int(readers(strided, (1, 4), (p,)).sum()) for p in range(8)] == [1, 0] * 4


def test_phases_and_holes_decide_which_outputs_read_a_position() -> None:
    holes: Any = Offsets(-2, 2, 0b10101)
    reach = Reach(((AxisReach((holes, None, Offsets(0, 1)), 1),),), (), identity(1).stride)
    expected = {
        p: {u for u in range(9) if (s := reach.moving[0][0].at(u)) and s.within(p, p)} for p in range(4)
    }
    assert {p: {*np.flatnonzero(readers(reach, (1, 9), (p,)))} for p in range(4)} == expected
