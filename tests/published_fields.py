"""Receptive fields that papers and repositories print, and what here each of them is about."""

from __future__ import annotations

import json
import re
from collections import Counter
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from tests.published_numbers import Printed, Target, published, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUANTITIES = ("receptive_field", "stride", "padding", "other")
COVERAGE = ("distinct 1-D taps / receptive field", "pixels used of region")
"""Units of the other numbers that are about fields."""

TABLE = "google-research/receptive_field receptive_field/RECEPTIVE_FIELD_TABLE.md @f12ae8e"
SIZES = ("224x224", "321x321")
"""The table gives each end point's field at no size and at these."""


def published_fields() -> Iterator[tuple[str, Printed]]:
    """Every published size, stride, padding and coverage of a field, with its source."""
    for source, printed in published(QUANTITIES):
        if printed.quantity != "other" or printed.unit in COVERAGE:
            yield source, printed


def spec(layers: str, shape: str) -> str:
    return f"archcost: 1\nname: printed\ninput: {shape}\nlayers:\n{layers}"


def stack(kind: str, kernel: int, rates: list[int], shape: str, padding: str = "same") -> str:
    """Dilated convolutions one after the other."""
    fields = f"out_channels: 1, kernel_size: {kernel}, padding: {padding}"
    return spec("".join(f"  - {kind}: {{{fields}, dilation: {rate}}}\n" for rate in rates), shape)


def rates_of(variant: str) -> tuple[int, list[int]]:
    """The kernel size and the rates in `k=2 d=[1, 2, 4]`."""
    kernel, rates = re.findall(r"[kK]=(\d+) [rd]=(\[.*\])", variant)[0]
    return int(kernel), json.loads(rates)


def dilated(printed: Printed) -> Target | None:
    """Networks that are named by what they are made of."""
    variant = printed.variant or ""
    match printed.network:
        case "Dilated stack coverage":
            return Target(stack("conv1d", *rates_of(variant), "[1, 512]"))
        case "dilated causal stack":
            kernel, rates = rates_of(variant)
            stacks = int(variant.rpartition("=")[2])
            return Target(stack("conv1d", kernel, rates * stacks, "[1, 512]", "causal"))
        case _:
            return None


VGG_CONVOLUTIONAL = """\
  - repeat: {depth: [2, 2, 3, 3, 3]}
    body:
      - repeat: $depth
        body:
          - conv: {out_channels: 1, kernel_size: 3, padding: 1}
      - max_pool: {kernel_size: 2}
  - conv: {out_channels: 1, kernel_size: 7}
"""
"""VGG-16 with its first linear layer as a convolution."""

TOY_1 = """\
  - merge: add
    branches:
      a:
        - conv: {out_channels: 1, kernel_size: 1, stride: 4}
      b:
        - conv: {out_channels: 1, kernel_size: 3, stride: 2, padding: [[1, 0], [1, 0]]}
        - conv: {out_channels: 1, kernel_size: 1, stride: 2}
"""

TOY_8 = f"""\
{TOY_1}\
  - merge: add
    branches:
      a:
        - conv: {{out_channels: 1, kernel_size: 1, stride: 2}}
      b:
        - conv: {{out_channels: 1, kernel_size: 3, stride: 2, padding: [[1, 0], [1, 0]]}}
"""

TOY_5 = """\
  - conv: {out_channels: 1, kernel_size: [3, 5], stride: 2}
  - conv: {out_channels: 1, kernel_size: [3, 1], stride: 2}
"""


TOY_3 = """\
  - merge: add
    branches:
      a:
        - conv: {out_channels: 1, kernel_size: 5, stride: 2, padding: [[2, 1], [2, 1]]}
      b:
        - conv: {out_channels: 1, kernel_size: 3}
        - conv: {out_channels: 1, kernel_size: 3}
"""
"""What the tests of google-research/receptive_field must refuse."""


def with_same(layers: str) -> str:
    return layers.replace("[[1, 0], [1, 0]]", "same")


CLOSED_FORM = "closed form, symmetric padding"

TARGETS: dict[tuple[str, str | None], Target] = {
    **{
        ("Context module", f"layer {i} (k={1 if i == 8 else 3}, dilation={rate})"): Target(
            "context_module", f"context.layer.{i - 1}"
        )
        for i, rate in enumerate((1, 1, 2, 4, 8, 16, 1, 1), start=1)
    },
    **{
        ("Dilated 3x3 stack (1,2,4)", f"F{i}"): Target(
            stack("conv", 3, [1, 2, 4], "[1, 32, 32]"), "conv" if i == 1 else f"conv_{i}"
        )
        for i in (1, 2, 3)
    },
    ("HDC", "kernel 3, rate 2 single layer"): Target(stack("conv", 3, [2], "[1, 32, 32]")),
    ("WaveNet", "one block 1..512, k=2"): Target("wavenet"),
    ("WaveNet", "three blocks, k=2"): Target("wavenet_3_blocks"),
    ("VGG-16 pool5", CLOSED_FORM): Target("vgg16", "stage.4.max_pool"),
    ("VGG-16 conv5_3", CLOSED_FORM): Target("vgg16", "stage.4.2"),
    ("VGG-16 fc6 as conv", CLOSED_FORM): Target(spec(VGG_CONVOLUTIONAL, "[3, 224, 224]")),
    ("VGG-19 pool5", CLOSED_FORM): Target("vgg19", "stage.4.max_pool"),
    ("ResNet-18 conv5_2", CLOSED_FORM): Target("resnet18", "stage.3"),
    ("ResNet-34", CLOSED_FORM): Target("resnet34", "stage.3"),
    **{
        (f"ResNet-{depth} stride in {place}", CLOSED_FORM): Target(f"resnet{depth}{suffix}", "stage.3")
        for depth in (50, 101, 152)
        for place, suffix in (("3x3", ""), ("1x1", "_v1"))
    },
    ("MobileNet v1 symmetric pads", CLOSED_FORM): Target("mobilenet_v1", "stage.4"),
    ("RF unit test", "toy net 1/2/6/7"): Target(spec(TOY_1, "[1, 8, 8]")),
    ("RF unit test", "toy net 4, input 5x5 SAME"): Target(spec(with_same(TOY_1), "[1, 5, 5]")),
    ("RF unit test", "toy net 8"): Target(spec(TOY_8, "[1, 8, 8]")),
    ("RF unit test", "toy net 9, input 17x17"): Target(spec(with_same(TOY_8), "[1, 17, 17]")),
    ("RF unit test", "toy net 5 x axis"): Target(spec(TOY_5, "[1, 32, 32]")),
    ("RF unit test", "toy net 5 y axis"): Target(spec(TOY_5, "[1, 32, 32]")),
    **{
        ("I3D (Inflated Inception-V1)", where): Target("i3d", part)
        for where, part in {
            "first 1x3x3 pool": "max_pool",
            "second 1x3x3 pool": "max_pool_2",
            "3x3x3 pool": "max_pool_3",
            "2x2x2 pool": "max_pool_4",
            "mean of 2x7x7": "avg_pool",
        }.items()
    },
}
"""By network and variant, what the fields are about. Those of TF-Slim are with the other numbers."""


def field_target_of(printed: Printed) -> Target | None:
    return TARGETS.get(printed.of) or dilated(printed) or target_of(printed)


def sizes_of(source: str, printed: Printed) -> tuple[str | None, ...]:
    """The sizes of the input at which a number has to hold."""
    return SIZES if source == TABLE and not printed.input else (printed.input,)


def found(printed: Printed, target: Target) -> str:
    """What the last layer that a number is about sees, written as in the data."""
    field = target.nodes(printed)[-1].receptive_field
    assert field is not None
    assert field.size is not None
    assert field.stride is not None
    assert field.center is not None
    assert field.holes is not None
    match printed.quantity:
        case "receptive_field":
            values = field.size
        case "stride":
            values = tuple(map(Fraction, field.stride))
        case "padding":  # output 0 reads from here on, before the input begins
            pairs = zip(field.size, field.center, strict=True)
            values = tuple(Fraction(size - 1, 2) - Fraction(center) for size, center in pairs)
        case _:
            return f"{prod(field.size) - field.holes}/{prod(field.size)}"
    return written(values[AXES.get((printed.variant or "")[-6:], slice(None))])


AXES = {"y axis": slice(0, 1), "x axis": slice(1, 2)}


def written(values: Sequence[int | Fraction]) -> str:
    """A value per axis, or one if all agree."""
    texts = [str(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else ",".join(texts)


def outcome(printed: Printed) -> str:
    """Which of three a number is."""
    if printed.unsound:
        return "unsound"
    return "out of scope" if printed.out_of_scope else "compared"


def statement() -> str:
    """How many of how many are compared, for the page about the zoo."""
    counts = Counter(outcome(printed) for _, printed in published_fields())
    compared = counts["compared"]
    return (
        f"The file also has {counts.total()} sizes, strides, paddings and coverages of receptive fields. "
        f"{compared} are compared, and all {compared} hold. {counts['unsound']} are wrong at the source, and "
        f"{counts['out of scope']} are about something else."
    )
