"""Swin-T's receptive fields, block by block, beside those measured in PyTorch.

Measured by back-propagation from single units of a network of the same structure (random weights, float64, a
mask of minus infinity), PyTorch 2.13: positions with a gradient, from units in the middle of the map.
From the third stage on the image ends before the field does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import archcost
from archcost.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archcost.passes.receptive_field import Field

MEASURED = [28, 56, 112, 168, 196, 224, 224, 224, 224, 224, 224, 224]
"""The largest extent along an axis after each block, within an image of 224."""

IMAGE = 224
STAGES = ((96, 56, 3, 2), (192, 28, 6, 2), (384, 14, 12, 6), (768, 7, 24, 2))
"""(channels, positions per axis, heads, blocks)"""


def attention(source: str, channels: int, size: int, heads: int) -> Iterator[str]:
    """Attention within windows of 7: windows and heads become matrices side by side."""
    rows, width = size // 7, channels // heads
    each = rows * rows * heads
    yield f"{{layer_norm, from: {source}}}"
    yield f"linear: {{out_features: {3 * channels}, per_position: true}}"
    yield f"reshape: {{shape: [3, {heads}, {width}, {rows}, 7, {rows}, 7]}}"
    yield "transpose: {axes: [0, 3, 5, 1, 2, 4, 6]}"
    yield f"{{name: matrices, reshape: {{shape: [{3 * each}, {width}, 49]}}}}"
    for i, name in enumerate("qkv"):
        yield f"{{name: {name}, slice: {{start: {i * each}, end: {(i + 1) * each}}}, from: matrices}}"
    yield "{matmul: {transpose_a: true}, from: [q, k]}"
    yield "{name: shares, softmax: {axis: 2}}"
    yield "{matmul: {transpose_b: true}, from: [v, shares]}"
    yield f"reshape: {{shape: [{rows}, {rows}, {heads}, {width}, 7, 7]}}"
    yield "{name: back, transpose: {axes: [2, 3, 0, 4, 1, 5]}}"
    yield f"{{name: attended, reshape: {{shape: [{channels}, {size}, {size}]}}}}"


def rolled(source: str, by: int, name: str) -> Iterator[str]:
    """Both axes rolled: what lies before `by` comes last."""
    for axis in (1, 2):
        yield f"{{name: {name}_late{axis}, slice: {{start: {by}, axis: {axis}}}, from: {source}}}"
        yield f"{{name: {name}_early{axis}, slice: {{end: {by}, axis: {axis}}}, from: {source}}}"
        source = f"{name}{axis}"
        late, early = f"{name}_late{axis}", f"{name}_early{axis}"
        yield f"{{name: {source}, concat: {{axis: {axis}}}, from: [{late}, {early}]}}"


def block(channels: int, size: int, heads: int, shift: str) -> Iterator[str]:
    """A block of Swin: attention in windows, which may be shifted by 3, beside the identity; then the MLP."""
    yield "{name: x, identity}"
    last = "attended"
    if not shift:
        yield from attention("x", channels, size, heads)
    elif shift == "pad":  # windows that lie across the border are as good as masked
        yield "{name: padded, pad: {padding: [[4, 3], [4, 3]]}, from: x}"
        yield from attention("padded", channels, size + 7, heads)
        yield "{name: cropped, crop: {cropping: [[4, 3], [4, 3]]}}"
        last = "cropped"
    else:
        yield from rolled("x", 3, "there")
        yield from attention("there2", channels, size, heads)
        yield from rolled("attended", size - 3, "home")
        last = "home2"
    yield f"{{add, from: [x, {last}]}}"
    wide = f"{{out_features: {4 * channels}, per_position: true}}"
    narrow = f"{{out_features: {channels}, per_position: true}}"
    yield f"residual: [layer_norm, linear: {wide}, gelu, linear: {narrow}]"


def swin(shift: str) -> str:
    layers = ["conv: {out_channels: 96, kernel_size: 4, stride: 4}"]
    for channels, size, heads, blocks in STAGES:
        if size < 56:
            layers += ["pixel_unshuffle: {downscale_factor: 2}", "layer_norm"]
            layers += [f"linear: {{out_features: {channels}, per_position: true, bias: false}}"]
        for i in range(blocks):
            shifted = shift if i % 2 and size > 7 else ""
            body = "".join(f"      - {line}\n" for line in block(channels, size, heads, shifted))
            layers.append(f"name: block{size}_{i}\n    body:\n{body.rstrip()}")
    lines = "".join(f"  - {layer}\n" for layer in layers)
    return f"archcost: 1\nname: swin\ninput: [3, {IMAGE}, {IMAGE}]\nlayers:\n{lines}"


def after_blocks(path: Path, shift: str) -> list[Field]:
    path.write_text(swin(shift))
    network = archcost.load(path)
    ends = {
        node.path.split(".")[0]: fields["input"]
        for node, fields in zip(network, receptive_fields(network), strict=True)
    }
    return [field for name, field in ends.items() if name.startswith("block")]


def test_after_each_block_of_swin_t_the_field_is_what_gradients_measure(tmp_path: Path) -> None:
    found = after_blocks(tmp_path / "swin.yaml", "pad")
    assert [field.certainty for field in found] == ["exact"] * 12
    assert [min(field.size[0], IMAGE) for field in found[:4]] == MEASURED[:4]
    assert all(field.size[0] >= measured for field, measured in zip(found, MEASURED, strict=True))
    assert all(field.is_global for field in found[10:]), "the last stage is a single window"
    assert {field.coverage for field in found} == {1}


def test_where_a_map_is_rolled_the_windows_at_the_seam_read_both_ends(tmp_path: Path) -> None:
    """Without a mask, that is. Away from the seam the fields are those above, of 56 positions."""
    found = after_blocks(tmp_path / "swin.yaml", "roll")
    assert [field.certainty for field in found] == ["exact"] * 12
    assert [field.size for field in found[:2]] == [(28, 28), (IMAGE, IMAGE)]
    assert found[1].holes == IMAGE**2 - 56**2
