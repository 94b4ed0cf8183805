"""Bad fields and bad inputs of the kinds in `table.py`, each with the whole message."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from archcost.errors import ShapeError
from archcost.layers import KINDS, find
from archcost.layers.pooling import AvgPool
from tests.layers.loops import build

PADDING = (
    "a whole number, one per axis, a [before, after] pair per axis ([[1, 2]] in 1-D), or one of "
    "same, same_lower, valid, causal"
)
LINEAR = (
    "; put `flatten` before it, use a 1×1 `conv`, or write per_position: true to apply it at each position"
)
HALF = ", as in PyTorch; a `pad` before the pool may add more"
ONE_OF = "takes scale_factor, size or like (the name of a tap), and one of them"

FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("conv", {"kernel_size": 3}, "out_channels", "Field required"),
    ("conv", {"out_channels": 8}, "kernel_size", "Field required"),
    (
        "conv",
        {"out_channels": 8, "kernel_size": 0},
        "kernel_size.0",
        "Input should be greater than or equal to 1",
    ),
    ("conv", {"out_channels": 8, "kernel_size": 1.5}, "kernel_size.0", "Input should be a valid integer"),
    ("conv", {"out_channels": True, "kernel_size": 1}, "out_channels", "Input should be a valid integer"),
    (
        "conv",
        {"out_channels": 8, "kernel_size": (3, -1)},
        "kernel_size.1",
        "Input should be greater than or equal to 1",
    ),
    ("conv", {"out_channels": 8, "kernel_size": 1, "bias": 1}, "bias", "Input should be a valid boolean"),
    (
        "conv",
        {"out_channels": 8, "kernel_size": 1, "filters": 2},
        "filters",
        "Extra inputs are not permitted",
    ),
    ("conv", {"out_channels": 8, "kernel_size": 1, "padding": -1}, "padding", "is -1; it must be at least 0"),
    (
        "conv_transpose",
        {"out_channels": 8, "kernel_size": 1, "padding": "full"},
        "padding",
        f"is 'full'; it must be {PADDING.removesuffix(', causal')}",
    ),
    *(
        (
            "conv",
            {"out_channels": 8, "kernel_size": 1, "padding": value},
            "padding",
            f"is {shown}; it must be {PADDING}",
        )
        for value, shown in [
            ("full", "'full'"),
            (True, "true"),
            (Fraction(1, 2), "0.5"),
            ((1, (1, 2)), "[1, [1, 2]]"),
            (((1, 2, 3),), "[[1, 2, 3]]"),
            ((), "[]"),
        ]
    ),
    (
        "conv_transpose",
        {"out_channels": 8, "kernel_size": 2, "padding": "causal"},
        "padding",
        "causal is for convolutions; crop the end with [[0, n]]",
    ),
    (
        "conv_transpose",
        {"out_channels": 8, "kernel_size": 3, "stride": 2, "padding": "same", "output_padding": 1},
        "output_padding",
        "has no place beside padding same, which makes the output the input times the stride",
    ),
    (
        "conv_transpose",
        {"out_channels": 8, "kernel_size": 3, "output_padding": -1},
        "output_padding.0",
        "Input should be greater than or equal to 0",
    ),
    (
        "depthwise_conv",
        {"kernel_size": 3, "multiplier": 0},
        "multiplier",
        "Input should be greater than or equal to 1",
    ),
    (
        "max_pool",
        {"kernel_size": 2, "ceil_rule": "keras"},
        "ceil_rule",
        "Input should be 'pytorch' or 'caffe'",
    ),
    ("avg_pool", {"kernel_size": 2, "dilation": 2}, "dilation", "Extra inputs are not permitted"),
    ("adaptive_avg_pool", {}, "output_size", "Field required"),
    ("maxout", {"pieces": 0}, "pieces", "Input should be greater than or equal to 1"),
    ("upsample", {}, "", ONE_OF),
    ("upsample", {"scale_factor": 2, "size": 4}, "", ONE_OF),
    ("upsample", {"like": "c3", "size": 4}, "", ONE_OF),
    ("upsample", {"scale_factor": 0}, "scale_factor.0", "is 0; it must be a number above 0"),
    ("upsample", {"scale_factor": ("2", 2)}, "scale_factor.0", "is '2'; it must be a number above 0"),
    ("upsample", {"scale_factor": True}, "scale_factor.0", "is true; it must be a number above 0"),
    (
        "upsample",
        {"scale_factor": 2, "align_corners": True},
        "align_corners",
        "is for the modes that interpolate, and mode is nearest",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "where", "message"), FIELDS)
def test_a_bad_field_is_one_mistake_at_its_place(
    kind: str, fields: dict[str, Any], where: str, message: str
) -> None:
    found = find(kind)
    assert found is not None
    with pytest.raises(ValidationError) as caught:
        found[0].model_validate(fields)
    errors = [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]
    assert errors == [(where, message)]


def test_no_field_takes_an_empty_list() -> None:
    """But for two of which only the input says how long they must be."""
    fields = [(kind, field) for kind in KINDS if (found := find(kind)) for field in found[0].model_fields]
    assert {one for one in fields if not refuses_an_empty_list(*one)} == {
        ("conv", "connections"),
        ("transpose", "axes"),
    }


def refuses_an_empty_list(kind: str, field: str) -> bool:
    found = find(kind)
    assert found is not None
    try:
        found[0].model_validate({field: ()})
    except ValidationError as error:
        return field in {one["loc"][0] for one in error.errors() if one["loc"]}
    return False


CONV: dict[str, Any] = {"out_channels": 4, "kernel_size": 3}
PAIR: dict[str, Any] = {"out_channels": 2, "kernel_size": 1}

SHAPES: list[tuple[str, dict[str, Any], tuple[int, ...], str]] = [
    ("conv", CONV, (10,), "needs spatial axes to slide over; the input is a vector of 10"),
    ("conv", CONV, (3, 2, 9), "kernel_size 3 is larger than the height of 2"),
    (
        "conv",
        CONV | {"dilation": 4, "padding": 1},
        (3, 9, 6),
        "kernel_size 3 (dilated by 4 to 9) is larger than the width of 6 + 1 + 1 of padding",
    ),
    ("conv", CONV | {"groups": 3}, (4, 9, 9), "groups=3 must divide the 4 channels in and the 4 out"),
    ("conv", CONV | {"groups": 4}, (6, 9, 9), "groups=4 must divide the 6 channels in and the 4 out"),
    ("conv", CONV | {"in_channels": 3}, (4, 9, 9), "in_channels is 3, but 4 channels arrive"),
    (
        "conv",
        CONV | {"stride": (1, 2, 1)},
        (4, 9, 9),
        "stride has 3 values, but the input has 2 spatial axes (height, width)",
    ),
    (
        "conv",
        CONV | {"padding": (1, 2)},
        (4, 9),
        "padding has 2 values, but the input has 1 spatial axis (length); sides are pairs, [[before, after]]",
    ),
    (
        "conv",
        PAIR | {"connections": ((0,),)},
        (3, 9),
        "connections has 1 rows, but out_channels=2 needs one each",
    ),
    (
        "conv",
        PAIR | {"connections": ((0,), (1, 3))},
        (3, 9),
        "connections[1] is [1, 3]; it must name channels 0 to 2, each once",
    ),
    (
        "conv",
        PAIR | {"connections": ((0, 0), (1,))},
        (3, 9),
        "connections[0] is [0, 0]; it must name channels 0 to 2, each once",
    ),
    (
        "conv",
        PAIR | {"connections": ((), (1,))},
        (3, 9),
        "connections[0] is []; it must name channels 0 to 2, each once",
    ),
    (
        "conv",
        PAIR | {"groups": 2, "connections": ((0,), (1,))},
        (4, 9),
        "connections already say who reads whom; groups=2 must be left out",
    ),
    (
        "depthwise_conv",
        {"kernel_size": 3, "in_channels": 8},
        (4, 9),
        "in_channels is 8, but 4 channels arrive",
    ),
    ("conv_transpose", CONV | {"groups": 3}, (3, 4), "groups=3 must divide the 3 channels in and the 4 out"),
    ("conv_transpose", CONV, (8,), "needs spatial axes to slide over; the input is a vector of 8"),
    (
        "conv_transpose",
        CONV | {"stride": 2, "output_padding": 2},
        (3, 4),
        "output_padding 2 must be less than stride 2 or dilation 1",
    ),
    (
        "conv_transpose",
        CONV | {"padding": 2},
        (3, 5, 2),
        "padding 2 + 2 crops all 4 positions of the width",
    ),
    (
        "max_pool",
        {"kernel_size": 3, "padding": 2},
        (3, 9, 9),
        "padding 2 must be at most half of kernel_size 3" + HALF,
    ),
    (
        "avg_pool",
        {"kernel_size": (4, 2), "padding": ((2, 2), (0, 2))},
        (3, 9, 9),
        "padding 2 must be at most half of kernel_size 2" + HALF,
    ),
    ("max_pool", {"kernel_size": 3}, (3, 9, 2), "kernel_size 3 is larger than the width of 2"),
    ("global_avg_pool", {}, (3,), "needs spatial axes to slide over; the input is a vector of 3"),
    ("global_max_pool", {}, (3,), "needs spatial axes to slide over; the input is a vector of 3"),
    (
        "adaptive_avg_pool",
        {"output_size": 1},
        (3,),
        "needs spatial axes to slide over; the input is a vector of 3",
    ),
    (
        "adaptive_max_pool",
        {"output_size": (7, 7)},
        (3, 9),
        "output_size has 2 values, but the input has 1 spatial axis (length)",
    ),
    (
        "linear",
        {"out_features": 10},
        (512, 7, 7),
        "takes a vector, but 512×7×7 arrives" + LINEAR,
    ),
    ("linear", {"out_features": 10, "in_features": 512}, (400,), "in_features is 512, but 400 arrive"),
    ("maxout", {"pieces": 3}, (4, 9), "pieces=3 must divide the 4 channels"),
    (
        "upsample",
        {"scale_factor": 2, "mode": "bilinear"},
        (3, 9),
        "mode bilinear is written for 2-D, but the input 3×9 has 1 spatial axis (length)",
    ),
    (
        "upsample",
        {"scale_factor": Fraction(1, 10)},
        (3, 19, 9),
        "scale_factor 0.1 leaves nothing of the width of 9",
    ),
    (
        "upsample",
        {"scale_factor": (2, 2)},
        (3, 9),
        "scale_factor has 2 values, but the input has 1 spatial axis (length)",
    ),
    ("upsample", {"size": 4}, (3,), "needs spatial axes to slide over; the input is a vector of 3"),
    (
        "pixel_shuffle",
        {"upscale_factor": 2},
        (6, 3, 3),
        "upscale_factor=2 needs channels that 4 divides; 6 arrive",
    ),
    (
        "pixel_shuffle",
        {"upscale_factor": (2, 2)},
        (4, 3),
        "upscale_factor has 2 values, but the input has 1 spatial axis (length)",
    ),
    ("pixel_unshuffle", {"downscale_factor": 2}, (1, 4, 5), "downscale_factor=2 must divide the width of 5"),
]


@pytest.mark.parametrize(("kind", "fields", "x", "message"), SHAPES)
def test_an_input_that_does_not_fit_is_refused_in_the_users_words(
    kind: str, fields: dict[str, Any], x: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        build(kind, **fields).output_shape(x)
    assert str(caught.value) == message


def test_the_divisor_of_a_mean_leaves_same_padding_out_unless_told() -> None:
    for fields, counted in [
        ({"padding": 1}, True),
        ({"padding": 1, "count_include_pad": False}, False),
        ({"padding": "same"}, False),
        ({"padding": "same_lower", "count_include_pad": True}, True),
    ]:
        layer = build("avg_pool", kernel_size=3, **fields)
        assert isinstance(layer, AvgPool)
        assert layer.divisor_counts_padding == counted
