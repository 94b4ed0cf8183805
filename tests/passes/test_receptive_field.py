"""Receptive fields against measurement in PyTorch, and against loops that follow every single position."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.passes.receptive_field import receptive_fields
from tests.passes.dependencies import agree

if TYPE_CHECKING:
    from archcost.passes.receptive_field import Field

TRUTH = json.loads((Path(__file__).parent.parent / "data" / "receptive_fields.json").read_text())
WHERE = {
    "resnet50_v1_slim_stride_in_last_unit": ("slim_resnet_v1_50", "block"),
    "fcn_resnet50_layer4_dilated": ("fcn_resnet50", "backbone.map"),
    "fcn_resnet50_output_before_upsample": ("fcn_resnet50", "conv"),
}
"""Measured networks that go by another name here, and the part that was measured."""

SIZES = {"slim_resnet_v1_50": "3x321x321"}
"""What was measured pads all layers evenly; TF-Slim's pool, with SAME padding, does at this size."""


def field_of(path: Path, layers: str, size: str = "[1, 64, 64]") -> Field:
    path.write_text(f"archcost: 1\nname: case\ninput: {size}\nlayers:\n{layers}")
    return receptive_fields(archcost.load(path))[-1]["input"]


@pytest.mark.parametrize("truth", TRUTH["networks"], ids=lambda t: t["network"])
def test_the_last_map_of_a_network_sees_what_was_measured(truth: dict[str, Any]) -> None:
    name, part = WHERE.get(truth["network"], (truth["network"], ""))
    net = archcost.load(f"zoo:{name}", input=SIZES.get(name))
    fields = zip(net, receptive_fields(net), strict=True)
    inside = [field["input"] for node, field in fields if not part or f"{node.path}.".startswith(f"{part}.")]
    last = next(field for field in reversed(inside) if not field.is_global)
    assert last.size == tuple(truth["size"])
    assert last.stride == tuple(truth["stride"])
    first = tuple(c - Fraction(n - 1, 2) for c, n in zip(last.center, last.size, strict=True))
    assert first == tuple(-p for p in truth["padding"])
    assert last.coverage == Fraction(truth["reached"], truth["box"])


@pytest.mark.parametrize("truth", TRUTH["stacks"], ids=lambda t: str(t["stack"]))
def test_a_stack_sees_what_was_measured(truth: dict[str, Any], tmp_path: Path) -> None:
    layers = ""
    for kind, kernel, stride, third in truth["layers"]:
        if kind == "conv":
            half = third * (kernel - 1) // 2
            fields = f"kernel_size: {kernel}, stride: {stride}, dilation: {third}, padding: {half}"
            layers += f"  - conv: {{out_channels: 1, {fields}}}\n"
        else:
            fields = f"kernel_size: {kernel}, stride: {stride}, padding: {third}"
            layers += f"  - conv_transpose: {{out_channels: 1, {fields}}}\n"
    field = field_of(tmp_path / "case.yaml", layers, "[1, 512, 512]")
    if truth["stack"] == "k3 s2 x2, convT k4 s2 p1 x2":
        # One unit was measured, and its phase reads 11 positions; others read 15, which is what we report.
        found = slide(slide(whole(200), [3], [2], [1], [1]), [3], [2], [1], [1])
        found = scatter(scatter(found, 4, 2, 1), 4, 2, 1)
        assert {box(found[(u,)])[0] for u in range(80, 120)} == {11, 15}
        assert field.size == (15, 15)
        return
    assert field.size == (truth["size"],) * 2
    assert (prod(field.size) - field.holes, prod(field.size)) == (truth["reached"], truth["box"])


# -- loops ----------------------------------------------------------------------------------------------

Map: TypeAlias = dict[tuple[int, ...], frozenset[tuple[int, ...]]]
"""Output position -> the input positions it depends on."""


def slide(before: Map, kernel: list[int], stride: list[int], dilation: list[int], pads: list[int]) -> Map:
    """One window over a map, position by position and tap by tap. Only complete windows are kept."""
    after: Map = {}
    ends = [max(p[axis] for p in before) + 1 for axis in range(len(kernel))]
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    for out in product(*(range(n) for n in ends)):
        start = [u * s - p for u, s, p in zip(out, stride, pads, strict=True)]
        if any(i + span > n + p for i, span, n, p in zip(start, spans, ends, pads, strict=True)):
            continue
        taps = product(*(range(k) for k in kernel))
        read = (tuple(i + d * t for i, d, t in zip(start, dilation, tap, strict=True)) for tap in taps)
        after[out] = frozenset[tuple[int, ...]]().union(*(before.get(r, frozenset()) for r in read))
    return after


def scatter(before: Map, kernel: int, stride: int, padding: int) -> Map:
    """A transposed convolution of a 1-D map: every input is spread over the outputs."""
    after: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
    length = max(p[0] for p in before) + 1
    for (i,), reached in before.items():
        for tap in range(kernel):
            u = i * stride + tap - padding
            if 0 <= u < (length - 1) * stride + kernel - 2 * padding:
                after.setdefault((u,), set()).update(reached)
    return {u: frozenset(reached) for u, reached in after.items()}


def whole(*axes: int) -> Map:
    return {p: frozenset([p]) for p in product(*(range(n) for n in axes))}


def clear_of_borders(found: Map, axes: tuple[int, ...], margin: int) -> list[frozenset[tuple[int, ...]]]:
    return [
        reached
        for reached in found.values()
        if reached and all(margin <= p[i] < n - margin for p in reached for i, n in enumerate(axes))
    ]


def box(reached: frozenset[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(max(c) - min(c) + 1 for c in zip(*reached, strict=True))


def yaml(kind: str, **fields: object) -> str:
    body = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return f"{kind}: {{{body}}}"


kernels = st.integers(1, 4)
steps = st.integers(1, 3)


@settings(max_examples=60)
@given(
    layers=st.lists(
        st.tuples(st.sampled_from(["conv", "max_pool"]), kernels, st.integers(1, 2), steps), max_size=4
    ),
    up=st.booleans(),
)
def test_a_chain_agrees_with_following_every_position(
    layers: list[tuple[str, int, int, int]], up: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    length, spec, found = 150, "  - identity\n", whole(150)
    for kind, kernel, stride, dilation in layers:
        padding = kernel // 2
        out = {"out_channels": 1} if kind == "conv" else {}
        fields = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "padding": padding}
        spec += f"  - {yaml(kind, **out, **fields)}\n"
        found = slide(found, [kernel], [stride], [dilation], [padding])
    if up:
        spec += "  - conv_transpose: {out_channels: 1, kernel_size: 4, stride: 2, padding: 1}\n"
        found = scatter(found, 4, 2, 1)
    field = field_of(tmp_path_factory.mktemp("chain") / "case.yaml", spec, f"[1, {length}]")
    reached = clear_of_borders(found, (length,), margin=1)
    interior = reached[len(reached) // 4 : -len(reached) // 4 or None]
    if len(interior) < 8:
        return  # nothing is clear of the borders
    assert field.size == (max(box(r)[0] for r in interior),)
    assert field.holes == max(box(r)[0] - len(r) for r in interior)
    assert field.coverage == min(Fraction(len(r), box(r)[0]) for r in interior)
    # Two outputs, a period apart, lie a period of strides apart.
    period = 2 if up else 1
    middle = sorted(u[0] for u, r in found.items() if r in interior)
    a = middle[len(middle) // 2]
    first, second = found[(a,)], found.get((a + period,), frozenset())
    if second in interior:
        assert min(second)[0] - min(first)[0] == field.stride[0] * period


@settings(max_examples=40)
@given(
    left=st.lists(st.tuples(kernels, kernels, steps), min_size=1, max_size=2),
    right=st.lists(st.tuples(kernels, kernels, steps), max_size=2),
    merge=st.sampled_from(["add", "concat"]),
    stride=st.integers(1, 2),
)
def test_branches_in_two_dimensions_agree_with_following_every_position(
    left: list[tuple[int, int, int]],
    right: list[tuple[int, int, int]],
    merge: str,
    stride: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    size = 44
    start = slide(whole(size, size), [1, 1], [stride] * 2, [1, 1], [0, 0])
    spec = f"  - conv: {{out_channels: 1, kernel_size: 1, stride: {stride}}}\n"
    spec += f"  - merge: {merge}\n    branches:\n"
    maps: list[Map] = []
    for name, layers in (("left", left), ("right", right)):
        found, items = start, "[]"
        if layers:
            items = ""
        for height, width, dilation in layers:
            pads = [dilation * (height - 1) // 2, dilation * (width - 1) // 2]
            rest = [dilation * (height - 1) - pads[0], dilation * (width - 1) - pads[1]]
            padding = f"[[{pads[0]}, {rest[0]}], [{pads[1]}, {rest[1]}]]"
            fields = f"kernel_size: [{height}, {width}], dilation: {dilation}, padding: {padding}"
            items += f"\n        - conv: {{out_channels: 1, {fields}}}"
            found = slide_padded(found, [height, width], [dilation] * 2, pads)
        spec += f"      {name}: {items}\n"
        maps.append(found)
    field = field_of(tmp_path_factory.mktemp("dag") / "case.yaml", spec, f"[1, {size}, {size}]")
    middle = (size // stride // 2,) * 2
    reached = maps[0][middle] | maps[1][middle]
    assert field.size == box(reached)
    assert field.holes == prod(box(reached)) - len(reached)
    assert field.stride == (stride, stride)
    corner = [min(p[axis] for p in reached) - stride * middle[axis] for axis in (0, 1)]
    assert [c - Fraction(n - 1, 2) for c, n in zip(field.center, field.size, strict=True)] == corner


def slide_padded(before: Map, kernel: list[int], dilation: list[int], pads: list[int]) -> Map:
    """A window at stride 1 over a map padded so that its size stays."""
    return {
        out: frozenset[tuple[int, ...]]().union(
            *(
                before.get(
                    tuple(u - p + d * t for u, p, d, t in zip(out, pads, dilation, tap, strict=True)),
                    frozenset(),
                )
                for tap in product(*(range(k) for k in kernel))
            ),
        )
        for out in before
    }


# -- what is not a window -------------------------------------------------------------------------------


def test_a_gate_from_the_global_mean_makes_the_field_global_and_keeps_the_local_one(tmp_path: Path) -> None:
    field = field_of(
        tmp_path / "case.yaml",
        "  - conv: {out_channels: 4, kernel_size: 3}\n  - std/squeeze_excite: {ratio: 2}\n",
    )
    assert field.is_global
    assert field.size == (64, 64)
    assert field.coverage == 1
    assert field.local is not None
    assert field.local.size == (3, 3)


@pytest.mark.parametrize("second", ["[c, input]", "[input, c]", "[c, c]"])
@pytest.mark.parametrize("first", ["[c, input]", "[c, c]"])
def test_a_block_that_only_adds_is_looked_at_anew_for_other_shapes(
    first: str, second: str, tmp_path: Path
) -> None:
    """What the window sees is one map of 1×1, repeated over all positions where the input is added to it."""
    path = tmp_path / "case.yaml"
    path.write_text(
        "archcost: 1\nname: net\ninput: [4, 9, 9]\nblocks:\n"
        "  join:\n    inputs: [a, b]\n    body: [{add: {}, from: [a, b]}]\n"
        "layers:\n  - {name: c, conv: {out_channels: 4, kernel_size: 9}}\n"
        f"  - {{join: {{}}, from: {first}}}\n  - {{join: {{}}, from: {second}}}\n"
    )
    network = archcost.load(path)
    fields = [field["input"] for field in receptive_fields(network)]
    assert [(field.size, field.certainty) for field in fields] == [((9, 9), "exact")] * 3
    agree(network, far_from_borders=True)


def test_a_global_mean_of_every_second_position_reads_a_quarter(tmp_path: Path) -> None:
    layers = "  - conv: {out_channels: 4, kernel_size: 1, stride: 2}\n"
    layers += "  - global_avg_pool\n  - linear: {out_features: 2}\n"
    field = field_of(tmp_path / "case.yaml", layers)
    assert (field.is_global, field.coverage, field.local) == (True, Fraction(1, 4), None)


def test_two_dilations_side_by_side_leave_holes_no_axis_shows_alone(tmp_path: Path) -> None:
    layers = "  - repeat: {d: [1, 2]}\n    merge: add\n    body:\n"
    layers += "      - conv: {out_channels: 1, kernel_size: 3, dilation: $d, padding: same}\n"
    assert field_of(tmp_path / "case.yaml", layers).coverage == Fraction(17, 25)


def test_each_input_has_its_own_field_and_a_vector_has_none(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        "archcost: 1\nname: two\ninput: {a: [1, 9, 9], b: [1, 9, 9], v: [5]}\nlayers:\n"
        "  - {name: wide, conv: {out_channels: 1, kernel_size: 3, padding: 1}, from: a}\n"
        "  - {add: , from: [wide, b]}\n"
        "  - {linear: {out_features: 3}, from: v}\n"
    )
    _, added, linear = receptive_fields(archcost.load(path))
    assert {name: field.size for name, field in added.items()} == {"a": (3, 3), "b": (1, 1)}
    assert linear == {}


def test_behind_an_undeclared_custom_layer_the_field_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        "archcost: 1\nname: c\ninput: [1, 9, 9]\nlayers:\n"
        "  - custom: {shape: [1, 9, 9], reason: secret}\n  - relu\n"
    )
    assert [fields["input"].certainty for fields in receptive_fields(archcost.load(path))] == ["unknown"] * 2
    row = archcost.analyze(archcost.load(path)).nodes[-1].receptive_field
    assert row is not None
    assert (row.certainty, row.size, row.coverage, row.holes) == ("unknown", None, None, None)


# -- inputs that play different parts --------------------------------------------------------------------


def test_a_deformable_convolution_sees_its_nominal_window_and_what_its_offsets_saw(tmp_path: Path) -> None:
    deform = "  - {from: [input, offsets], deform_conv: {out_channels: 1, kernel_size: 3, padding: 1}}\n"
    wide = "  - {name: offsets, conv: {out_channels: 18, kernel_size: 5, padding: 2}}\n"
    narrow = "  - {name: offsets, conv: {out_channels: 18, kernel_size: 1}}\n"
    assert field_of(tmp_path / "case.yaml", wide + deform).size == (5, 5)
    assert field_of(tmp_path / "case.yaml", narrow + deform).size == (3, 3)


def test_offsets_that_look_like_features_are_still_read_at_one_position(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    size = "{features: [18, 16, 16], offsets: [18, 16, 16]}"
    layers = "  - {from: [features, offsets], deform_conv: {out_channels: 18, kernel_size: 3, padding: 1}}\n"
    path.write_text(f"archcost: 1\nname: case\ninput: {size}\nlayers:\n{layers}")
    fields = receptive_fields(archcost.load(path))[-1]
    assert {name: field.size for name, field in fields.items()} == {"features": (3, 3), "offsets": (1, 1)}


@pytest.mark.parametrize(
    ("then", "features", "offsets"),
    [
        ("", "nominal", "exact"),
        (
            "  - conv: {out_channels: 1, kernel_size: 3}\n  - upsample: {scale_factor: 2}\n",
            "nominal",
            "exact",
        ),
        ("  - {flatten: , name: flat}\n", "nominal", "exact"),
        ("  - transpose: {axes: [0, 2, 1]}\n", "nominal", "exact"),
        ("  - global_avg_pool\n", "nominal", "exact"),
        ("  - {name: joined, add: , from: [deformed, other]}\n", "nominal", "exact"),
        ("  - custom: {shape: [1, 16, 16], reason: a test}\n", "unknown", "unknown"),
    ],
)
def test_only_what_a_deformable_convolution_read_through_its_window_is_nominal(
    tmp_path: Path, then: str, features: str, offsets: str
) -> None:
    path = tmp_path / "case.yaml"
    size = "{features: [18, 16, 16], offsets: [18, 16, 16]}"
    layers = (
        "  - {name: other, conv: {out_channels: 18, kernel_size: 1}, from: features}\n"
        "  - name: deformed\n    from: [features, offsets]\n"
        "    deform_conv: {out_channels: 18, kernel_size: 3, padding: 1}\n"
    )
    path.write_text(f"archcost: 1\nname: case\ninput: {size}\nlayers:\n{layers}{then}")
    found = receptive_fields(archcost.load(path))
    assert found[0]["features"].certainty == "exact"
    assert (found[-1]["features"].certainty, found[-1]["offsets"].certainty) == (features, offsets)


# -- channels -------------------------------------------------------------------------------------------

NARROW_AND_WIDE = """\
  - merge: concat
    branches:
      narrow: [{conv: {out_channels: 4, kernel_size: 3, padding: 1}}]
      wide: [{conv: {out_channels: 4, kernel_size: 7, padding: 3}}]
  - {name: both, relu: }
"""


@pytest.mark.parametrize(
    ("then", "size"),
    [
        ("slice: {end: 4}", 3),
        ("slice: {start: 3, end: 6}", 7),
        ("slice: {start: -4}", 7),
        ("repeat: 1\n    body: [conv: {out_channels: 8, kernel_size: 3, groups: 2}, slice: {end: 4}]", 5),
        ("repeat: 1\n    body: [depthwise_conv: {kernel_size: 3, multiplier: 2}, slice: {end: 8}]", 5),
        ("repeat: 1\n    body: [conv: {out_channels: 8, kernel_size: 3}, slice: {end: 4}]", 9),
        ("repeat: 1\n    body: [channel_shuffle: {groups: 2}, slice: {end: 1}]", 3),
        ("repeat: 1\n    body: [channel_shuffle: {groups: 2}, slice: {end: 2}]", 7),
        ("repeat: 1\n    body: [softmax, slice: {end: 1}]", 7),
        ("repeat: 1\n    body: [maxout: {pieces: 4}, slice: {end: 1}]", 3),
        ("repeat: 1\n    body: [max_pool: {kernel_size: 2}, slice: {end: 1}]", 4),
    ],
)
def test_a_part_of_the_channels_sees_what_its_own_channels_see(then: str, size: int, tmp_path: Path) -> None:
    field = field_of(tmp_path / "case.yaml", f"{NARROW_AND_WIDE}  - {then}\n", "[2, 64, 64]")
    assert (field.size, field.upper_bound) == ((size, size), False)


@pytest.mark.parametrize(("groups", "is_bound"), [(1, False), (2, True)])
def test_what_channels_of_a_deformable_convolution_read_is_known_if_all_read_all(
    groups: int, is_bound: bool, tmp_path: Path
) -> None:
    deform = f"""\
  - {{name: offsets, from: input, conv: {{out_channels: 18, kernel_size: 1}}}}
  - from: [both, offsets]
    deform_conv: {{out_channels: 8, kernel_size: 3, padding: 1, groups: {groups}}}
  - slice: {{end: 4}}
"""
    field = field_of(tmp_path / "case.yaml", NARROW_AND_WIDE + deform)
    assert (field.size, field.upper_bound, field.is_nominal) == ((9, 9), is_bound, True)


def test_channels_that_read_different_positions_of_a_square_are_bounded_together(tmp_path: Path) -> None:
    layers = "  - pixel_unshuffle: {downscale_factor: 2}\n  - slice: {end: 1}\n"
    field = field_of(tmp_path / "case.yaml", layers)
    assert (field.size, field.upper_bound) == ((2, 2), True)
    mixed = field_of(
        tmp_path / "case.yaml", layers.replace("slice: {end: 1}", "conv: {out_channels: 2, kernel_size: 1}")
    )
    assert (mixed.size, mixed.upper_bound) == ((2, 2), False)


def test_an_output_that_skips_the_wide_channels_by_its_connections_does_not_see_them(tmp_path: Path) -> None:
    conv = "  - conv: {out_channels: 2, kernel_size: 1, connections: [[0, 1], [2]]}\n"
    assert field_of(tmp_path / "case.yaml", NARROW_AND_WIDE + conv, "[2, 64, 64]").size == (3, 3)


def test_more_different_channels_than_are_told_apart_are_bounded_and_say_so(tmp_path: Path) -> None:
    layers = f"  - repeat: {{k: {list(range(1, 71))}}}\n    merge: concat\n    body:\n"
    layers += "      - conv: {out_channels: 1, kernel_size: $k, padding: same}\n"
    whole = field_of(tmp_path / "case.yaml", layers + "  - slice: {end: 70}\n", "[1, 99]")
    part = field_of(tmp_path / "case.yaml", layers + "  - slice: {end: 1}\n", "[1, 99]")
    assert (whole.size, part.size) == ((70,), (70,))
    assert part.upper_bound


@pytest.mark.parametrize(
    "norm", ["group_norm: {num_groups: 1}", "instance_norm", "layer_norm: {axis: [1, 2]}"]
)
def test_a_norm_over_the_map_keeps_positions_and_makes_the_field_global(norm: str, tmp_path: Path) -> None:
    conv = "  - conv: {out_channels: 4, kernel_size: 3, padding: 1}\n"
    field = field_of(tmp_path / "case.yaml", f"{conv}  - {norm}\n{conv}", "[1, 20, 20]")
    assert (field.is_global, field.size, field.stride) == (True, (20, 20), (1, 1))
    assert field.local is not None
    assert (field.local.size, field.local.center) == ((5, 5), (0, 0))


def test_a_window_that_hits_nothing_but_gaps_sees_nothing(tmp_path: Path) -> None:
    """Outputs 0, 2, 4… are reached by a kernel of 1 at stride 2; a stride of 2 from 1 on takes the others."""
    path = tmp_path / "case.yaml"
    gaps = (
        "  - conv_transpose: {out_channels: 1, kernel_size: 1, stride: 2}\n  - slice: {axis: 1, start: 1}\n"
    )
    odd = (
        "  - max_pool: {kernel_size: 1, stride: 2}\n  - conv: {out_channels: 1, kernel_size: 3, padding: 1}\n"
    )
    path.write_text(f"archcost: 1\nname: gaps\ninput: [1, 32]\nlayers:\n{gaps}{odd}")
    assert receptive_fields(archcost.load(path))[2:] == ({}, {})
    assert archcost.analyze(archcost.load(path)).nodes[-1].receptive_field is None


def test_with_what_nobody_knows_a_field_is_unknown_whatever_else_is_known(tmp_path: Path) -> None:
    lost = "custom: {shape: [1, 9, 9], reason: secret}"
    layers = "  - {name: known, conv: {out_channels: 1, kernel_size: 3, padding: 1}}\n"
    layers += f"  - {{name: other, from: input, identity: }}\n  - {lost}\n    name: lost\n"
    path = tmp_path / "case.yaml"
    path.write_text(
        f"archcost: 1\nname: lost\ninput: [1, 9, 9]\nlayers:\n{layers}"
        "  - {add: , from: [known, lost]}\n  - conv: {out_channels: 1, kernel_size: 3, padding: 1}\n"
    )
    *_, known, lost_field, added, after = receptive_fields(archcost.load(path))
    assert known["input"].certainty == "exact"
    for fields in (lost_field, added, after):
        assert (fields["input"].certainty, fields["input"].local) == ("unknown", None)


def test_what_an_output_does_not_read_along_one_axis_moves_its_middle_along_no_other(tmp_path: Path) -> None:
    # Output 0 reads row 0 of what lies above. Of what lies below, rows 3 on, it falls between the columns.
    field = field_of(
        tmp_path / "net.yaml",
        """
  - branches:
      above:
        - slice: {axis: 1, end: 6}
        - upsample: {scale_factor: [1, 2]}
        - crop: {cropping: [[0, 0], [0, 2]]}
      below:
        - slice: {axis: 1, start: 3}
        - conv_transpose: {out_channels: 1, kernel_size: 1, stride: [1, 2]}
        - crop: {cropping: [[0, 0], [1, 0]]}
    merge: add""",
        "[1, 9, 9]",
    )
    assert field.center == (0, 0)
