"""Bad fields and bad inputs of the kinds without a kernel, each with the whole message."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from archcost.errors import ShapeError
from archcost.layers import find
from tests.layers.loops import leaving

if TYPE_CHECKING:
    from archcost.layers.base import Kind


def build(kind: str, fields: dict[str, Any]) -> Kind:
    found = find(kind)
    assert found is not None
    return found[0].model_validate(fields)


AXES = "an axis (0 is channels, -1 the last, or by its name), a list of different ones, or all"
SIZES = "a list of sizes, [channels, axes…], one of which may be -1 (whatever is left)"
MARGINS = "a whole number, one per axis, or a [before, after] pair per axis ([[1, 2]] in 1-D)"
ACTIVATIONS = (
    "relu, relu6, leaky_relu, prelu, rrelu, threshold, elu, celu, selu, gelu, gelu_tanh, quick_gelu, silu, "
    "mish, sigmoid, log_sigmoid, tanh, tanh_shrink, hard_tanh, hard_shrink, soft_shrink, softsign, softplus, "
    "hard_sigmoid, hard_swish, softmax, softmin, log_softmax"
)

FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "batch_norm",
        {"affine": False, "shift": True},
        "",
        "affine already decides on scale and shift; write affine or shift",
    ),
    (
        "batch_norm",
        {"affine": True, "scale": False, "shift": True},
        "",
        "affine already decides on scale and shift; write affine or scale and shift",
    ),
    (
        "layer_norm",
        {"affine": False, "bias": True},
        "",
        "bias=true needs affine=true: the shift comes with a scale",
    ),
    *(
        (
            "layer_norm",
            {"axis": axis},
            "axis",
            f"is {shown}; it must be {AXES}",
        )
        for axis, shown in [
            ((1, 1), "[1, 1]"),
            ((), "[]"),
            (True, "true"),
            ("channels", "'channels'"),
            (Fraction(1, 2), "0.5"),
        ]
    ),
    *(
        (
            "reshape",
            {"shape": shape},
            "shape",
            f"is {shown}; it must be {SIZES}",
        )
        for shape, shown in [((-1, -1), "[-1, -1]"), ((4, 0), "[4, 0]"), ((), "[]"), ((4, -2), "[4, -2]")]
    ),
    *(
        (
            kind,
            {field: margins},
            field,
            f"is {shown}; it must be {MARGINS}",
        )
        for kind, field in [("pad", "padding"), ("crop", "cropping")]
        for margins, shown in [("same", "'same'"), (((1, 2, 3),), "[[1, 2, 3]]"), ((), "[]")]
    ),
    ("crop", {"cropping": -1}, "cropping", "is -1; it must be at least 0"),
    ("crop", {"cropping": (1, -1)}, "cropping", "is [1, -1]; it must be at least 0"),
    ("crop", {}, "", "needs one of cropping (what to cut), size (what to keep), like (a tap to match)"),
    (
        "crop",
        {"cropping": 1, "size": 2},
        "",
        "needs one of cropping (what to cut), size (what to keep), like (a tap to match)",
    ),
    (
        "activation",
        {"function": "rleu"},
        "function",
        "is 'rleu'; it must be an activation (did you mean 'relu'?)",
    ),
    (
        "activation",
        {"function": "swish"},
        "function",
        "is 'swish'; it must be an activation (did you mean 'silu'?)",
    ),
    (
        "activation",
        {"function": "conv"},
        "function",
        f"is 'conv'; it must be an activation: {ACTIVATIONS}",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "field", "message"), FIELDS)
def test_a_bad_field_is_one_mistake_at_its_place(
    kind: str, fields: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        build(kind, fields)
    assert [(".".join(map(str, e["loc"])), e["msg"]) for e in caught.value.errors()] == [(field, message)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"negative_slope": "steep"}, "negative_slope"), ({"slope": 1}, "slope")],
)
def test_a_bad_field_of_a_named_activation_is_reported_at_that_field(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        build("activation", {"function": "leaky_relu", **fields})
    assert [e["loc"] for e in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("dropout", {"p": Fraction(3, 2)}, "p"),
        ("dropout", {"p": True}, "p"),
        ("batch_norm", {"eps": -1}, "eps"),
        ("scale", {"factor": float("inf")}, "factor"),
        ("scale", {}, "factor"),
        ("prelu", {"num_parameters": 0}, "num_parameters"),
        ("gelu", {"approximate": "erf"}, "approximate"),
        ("group_norm", {"num_groups": 0}, "num_groups"),
        ("pad", {"padding": 1, "mode": "mirror"}, "mode"),
        ("custom", {"shape": (3,), "reason": ""}, "reason"),
        ("custom", {"shape": (3,)}, "reason"),
        (
            "custom",
            {"shape": (3,), "reason": "x", "receptive_field": {"stride": 1}},
            "receptive_field.kernel_size",
        ),
        ("parameter", {"shape": (3, 0)}, "shape.1"),
    ],
)
def test_values_out_of_range_are_one_mistake_at_their_field(
    kind: str, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        build(kind, fields)
    assert [".".join(map(str, e["loc"])) for e in caught.value.errors()] == [field]


SHAPES: list[tuple[str, dict[str, Any], list[tuple[int, ...]], str]] = [
    ("batch_norm", {"num_features": 32}, [(64, 8)], "num_features is 32, but 64 channels arrive"),
    ("instance_norm", {"num_features": 32}, [(64, 8)], "num_features is 32, but 64 channels arrive"),
    ("instance_norm", {}, [(64,)], "normalises over spatial axes; the input is a vector of 64"),
    (
        "group_norm",
        {"num_groups": 4, "num_channels": 8},
        [(64, 8)],
        "num_channels is 8, but 64 channels arrive",
    ),
    ("group_norm", {"num_groups": 3}, [(64, 8)], "num_groups=3 must divide the 64 channels"),
    (
        "layer_norm",
        {"axis": (0, 3)},
        [(64, 8, 8)],
        "axis=3, but the axes of 64×8×8 are channels (0), height (1), width (2), or -3 to -1 from the end",
    ),
    ("softmax", {"axis": 1}, [(10,)], "axis=1, but the axes of 10 are channels (0), or -1 from the end"),
    (
        "prelu",
        {"num_parameters": 3},
        [(64, 8)],
        "num_parameters=3 must be 1 or the 64 channels that arrive",
    ),
    (
        "activation",
        {"function": "prelu", "num_parameters": 3},
        [(64, 8)],
        "num_parameters=3 must be 1 or the 64 channels that arrive",
    ),
    (
        "reshape",
        {"shape": (64, 7, 7)},
        [(64, 8, 8)],
        "shape 64×7×7 has 3136 elements, but the input 64×8×8 has 4096",
    ),
    (
        "reshape",
        {"shape": (3, -1)},
        [(64, 8)],
        "shape [3, -1] needs a multiple of 3 elements, but the input 64×8 has 512",
    ),
    ("pad", {"padding": 1}, [(64,)], "padding is for spatial axes; the input is a vector of 64"),
    (
        "pad",
        {"padding": (1, 2, 3)},
        [(64, 8, 8)],
        "padding has 3 values, but the input has 2 spatial axes (height, width)",
    ),
    (
        "pad",
        {"padding": ((1, 2),)},
        [(64, 8, 8)],
        "padding needs a pair for each of height, width; it has 1",
    ),
    (
        "pad",
        {"padding": ((0, 0), (0, 8)), "mode": "reflect"},
        [(64, 8, 8)],
        "reflect takes less than the width of 8; padding has 8",
    ),
    ("crop", {"cropping": 1}, [(64,)], "cropping is for spatial axes; the input is a vector of 64"),
    (
        "crop",
        {"cropping": ((4, 4), (0, 0))},
        [(64, 8, 8)],
        "cropping 4 + 4 leaves nothing of the height of 8",
    ),
    ("crop", {"size": (8, 9)}, [(64, 8, 8)], "size 9 is larger than the width of 8"),
    (
        "crop",
        {"size": (8, 8, 8)},
        [(64, 8, 8)],
        "size has 3 values, but the input has 2 spatial axes (height, width)",
    ),
    ("slice", {"end": 65}, [(64, 8)], "end=65 lies outside the 64 of channels"),
    ("slice", {"start": -9, "axis": 1}, [(64, 8)], "start=-9 lies outside the 8 of length"),
    ("slice", {"start": 4, "end": -60}, [(64, 8)], "start=4 and end=-60 leave nothing of the 64 of channels"),
    (
        "slice",
        {"axis": 2},
        [(64, 8)],
        "axis=2, but the axes of 64×8 are channels (0), length (1), or -2 to -1 from the end",
    ),
    (
        "transpose",
        {"axes": (0, 2, 2)},
        [(64, 8, 8)],
        (
            "axes [0, 2, 2] must name each axis of 64×8×8 once: channels (0), height (1), width (2), "
            "or -3 to -1 from the end"
        ),
    ),
    ("channel_shuffle", {"groups": 3}, [(64, 8)], "groups=3 must divide the 64 channels"),
    (
        "where",
        {},
        [(3,), (3,)],
        "takes a condition and two inputs, but 2 arrive; name them with `from: [condition, a, b]`",
    ),
    ("greater", {}, [(3,)], "takes two inputs, or one and a value, but one arrives"),
    ("greater", {"value": 0}, [(3,), (3,)], "takes one input beside a value, but 2 arrive"),
    ("subtract", {}, [(3,), (3,), (3,)], "takes two inputs, but 3 arrive; name them with `from: [a, b]`"),
    (
        "custom",
        {"shape": (3,), "reason": "x", "receptive_field": {"kernel_size": 3}},
        [(64,)],
        "needs spatial axes to slide over; the input is a vector of 64",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "inputs", "message"), SHAPES)
def test_an_input_that_does_not_fit_is_refused_in_the_users_words(
    kind: str, fields: dict[str, Any], inputs: list[tuple[int, ...]], message: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        leaving(build(kind, fields), inputs)
    assert str(caught.value) == message


MERGES: list[tuple[str, dict[str, Any], list[tuple[int, ...]], tuple[int, ...], str]] = [
    (
        "add",
        {},
        [(64, 28, 28), (128, 28, 28)],
        (0, 1),
        "{0} gives 64×28×28 and {1} 128×28×28: channels 64 and 128 differ",
    ),
    (
        "multiply",
        {},
        [(64, 1, 1), (64, 28, 28), (1, 28, 14)],
        (1, 2),
        "{0} gives 64×28×28 and {1} 1×28×14: width 28 and 14 differ",
    ),
    (
        "max",
        {},
        [(64, 28), (64, 28), (64, 14)],
        (0, 2),
        "{0} gives 64×28 and {1} 64×14: length 28 and 14 differ",
    ),
    (
        "average",
        {},
        [(64, 28, 28), (64,)],
        (0, 1),
        "{0} gives 64×28×28 and {1} 64: 2 and 0 spatial axes; reshape one of them to fit",
    ),
    (
        "concat",
        {},
        [(64, 28, 28), (128, 28, 28), (32, 14, 28)],
        (0, 2),
        "{0} gives 64×28×28 and {1} 32×14×28: height 28 and 14 differ, and concat joins along channels",
    ),
    (
        "concat",
        {},
        [(64, 28), (64, 1)],
        (0, 1),
        "{0} gives 64×28 and {1} 64×1: length 28 and 1 differ, and concat joins along channels",
    ),
    (
        "concat",
        {"axis": 1},
        [(64, 28), (32, 28)],
        (0, 1),
        "{0} gives 64×28 and {1} 32×28: channels 64 and 32 differ, and concat joins along length",
    ),
    (
        "concat",
        {"axis": 2},
        [(64, 28), (32, 28)],
        (),
        "axis=2, but the axes of 64×28 are channels (0), length (1), or -2 to -1 from the end",
    ),
    (
        "add",
        {},
        [(64, 28)],
        (),
        "joins two or more inputs, but one arrives; name them with `from: [a, b]`",
    ),
    (
        "custom",
        {"shape": (3, 7), "reason": "x", "receptive_field": {"kernel_size": 3}},
        [(64, 9), (64, 10)],
        (1,),
        "receptive_field has 8 positions on the 64×10 of {0}, but shape is 3×7",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "inputs", "at_fault", "message"), MERGES)
def test_inputs_that_do_not_fit_each_other_are_named(
    kind: str,
    fields: dict[str, Any],
    inputs: list[tuple[int, ...]],
    at_fault: tuple[int, ...],
    message: str,
) -> None:
    with pytest.raises(ShapeError) as caught:
        leaving(build(kind, fields), inputs)
    assert (caught.value.inputs, str(caught.value)) == (at_fault, message)


def test_custom_looks_through_the_window_it_declares() -> None:
    layer = build(
        "custom",
        {"shape": (3, 4), "reason": "x", "receptive_field": {"kernel_size": 3, "stride": 2, "padding": 1}},
    )
    assert layer.output_shape((64, 8), (2, 7)) == (3, 4)
