"""What the inputs of operations are called in rules; ONNX has them by their place.

Where an older version has an attribute instead of an input, both have the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.model import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.model import Argument

_QUANTIZED = "x x_scale x_zero weight weight_scale weight_zero y_scale y_zero bias"

INPUTS = {
    **dict.fromkeys(("Conv", "ConvTranspose", "Gemm", "com.microsoft.FusedConv"), "x weight bias"),
    **dict.fromkeys(("QLinearConv", "QLinearMatMul"), _QUANTIZED),
    **dict.fromkeys(("ConvInteger", "MatMulInteger"), "x weight x_zero weight_zero"),
    "DeformConv": "x weight offsets bias mask",
    "BatchNormalization": "x scale shift mean variance",
    **dict.fromkeys(
        ("InstanceNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"),
        "x scale shift",
    ),
    "com.microsoft.SimplifiedLayerNormalization": "x scale",
    "SimplifiedLayerNormalization": "x scale",
    "Clip": "x min max",
    "Reshape": "x shape",
    "Expand": "x shape",
    "Slice": "x starts ends axes steps",
    "Gather": "x indices",
    "GatherND": "x indices",
    "ScatterND": "x indices updates",
    "SplitToSequence": "x split",
    "SequenceAt": "x index",
    "Split": "x split",
    "Pad": "x pads value axes",
    "Tile": "x repeats",
    "Resize": "x roi scales sizes",
    "Upsample": "x scales",
    "Where": "condition x y",
    "Range": "start limit delta",
    "ConstantOfShape": "shape",
    "PRelu": "x slope",
    "Dropout": "x ratio training_mode",
    "LSTM": "x weight recurrence bias lengths hidden cell peepholes",
    "com.microsoft.DynamicQuantizeLSTM": "x weight recurrence bias lengths hidden cell peepholes "
    "weight_scale weight_zero recurrence_scale recurrence_zero",
    "GRU": "x weight recurrence bias lengths hidden",
    "RNN": "x weight recurrence bias lengths hidden",
    "Attention": "q k v mask past_key past_value lengths",
    "GridSample": "x grid",
    "CumSum": "x axis",
    "Trilu": "x k",
    "OneHot": "x depth values",
    "Col2Im": "x size block",
    "If": "condition",
    "AffineGrid": "x size",
    "CastLike": "x like",
    "QuantizeLinear": "x step zero",
    "DequantizeLinear": "x step zero",
}
"""The inputs of operations, in their order; those of others are `x`, `y` and `z`."""

for _word in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"):
    INPUTS[f"Reduce{_word}"] = "x axes"
for _word in ("Squeeze", "Unsqueeze"):
    INPUTS[_word] = "x axes"

STEPS = frozenset(
    {
        "step",
        "zero",
        *(f"{x}_{what}" for x in ("x", "weight", "recurrence", "y") for what in ("scale", "zero")),
    }
)
"""Inputs that say how numbers are quantized, which changes no cost."""

SEVERAL = frozenset({"Concat", "Sum", "Max", "Min", "Mean", "Einsum"})
"""Operations of any number of inputs, which are `tensors`."""


def arguments_of(
    op: str, opset: int, inputs: Sequence[str], attributes: Mapping[str, Argument]
) -> dict[str, Argument]:
    """Inputs and attributes by their names, and the version of the operation as `opset`."""
    given: dict[str, Argument] = {**attributes, "opset": opset}
    if op in SEVERAL:
        given["tensors"] = [Reference(name) for name in inputs]
        return given
    names = ("x scales" if op == "Resize" and opset < 11 else INPUTS.get(op, "x y z")).split()
    names += [f"input {i}" for i in range(len(names) + 1, len(inputs) + 1)]
    given |= {
        name: Reference(one)
        for name, one in zip(names, inputs, strict=False)
        if one and name not in STEPS and name != "like"
    }
    return given
