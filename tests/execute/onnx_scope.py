"""What of ONNX's node tests archcost does not run, and why: whole operators, and cases of the others."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf, prod
from typing import TYPE_CHECKING

import numpy as np

from tests.execute.onnx_operators import attention_mask, resized, transformation, wide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction

    from tests.execute.onnx_cases import Case

UNTRANSLATED = "operators of which archcost has a kind, whose fields are not translated here"
"""The one reason for an operator that a layer kind stands for."""

OUT_OF_SCOPE = {
    UNTRANSLATED: """
        EyeLike Gather MaxUnpool Range""",
    "elementary functions and rounding, which no layer kind is by itself": """
        Acos Acosh Asin Asinh Atan Atanh Ceil Cosh Erf Floor Mod Round Sign Sinh Tan""",
    "activations of which archcost has no kind": "Hardmax",
    "pools of which archcost has no kind": "LpPool",
    "running sums along an axis, and the largest few": "CumProd CumSum TopK",
    "logic and bits; an archcost tensor holds numbers": """
        And BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor IsInf IsNaN Not Or Xor""",
    "conversions of types and quantised arithmetic": """
        Cast CastLike ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv
        QLinearMatMul QuantizeLinear""",
    "tensors made of shapes, or repeated": "ConstantOfShape OneHot Shape Size Tile",
    "elements chosen by other tensors' values, so that shapes or costs may depend on data": """
        Compress GatherElements GatherND NonMaxSuppression NonZero ReverseSequence Scatter
        ScatterElements ScatterND TensorScatter Trilu Unique""",
    "images sampled or reassembled at places that are computed": "CenterCropPad",
    "a state kept from call to call": "CausalConvWithState LinearAttention",
    "attention with scores that a graph of its own changes, or with rotated positions": """
        FlexAttention RotaryEmbedding""",
    "matrices beyond their product": "Det",
    "control flow, sequences and optional values": """
        If Loop OptionalGetElement OptionalHasElement Scan SequenceInsert SequenceMap SplitToSequence""",
    "training, losses and random numbers": """
        Adagrad Adam Bernoulli Momentum NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss""",
    "text, trees and other classical machine learning": """
        ArrayFeatureExtractor Binarizer LabelEncoder RegexFullMatch StringConcat StringNormalizer StringSplit
        TfIdfVectorizer TreeEnsemble""",
    "signals and image files": """
        BlackmanWindow DFT HammingWindow HannWindow ImageDecoder MelWeightMatrix STFT""",
}
"""Why -> the operators that are out of scope for it, whatever their attributes."""

OUT = {op: why for why, ops in OUT_OF_SCOPE.items() for op in ops.split()}
"""Operator -> why it is out of scope."""


@dataclass(frozen=True)
class Rule:
    """Cases of supported operators that are left out.

    Attributes:
        operators: whose cases they are; empty for all.
        why: what archcost lacks, or does otherwise.
        applies: whether a case is one of them. What it looks at counts as looked at.
    """

    operators: str
    why: str
    applies: Callable[[Case], bool]


def why_not(case: Case) -> str | None:
    """Why a case of a supported operator is not run; None if it is."""
    for rule in RULES:
        if (not rule.operators or case.op in rule.operators.split()) and rule.applies(case):
            return rule.why
    return None


def _no_tensors(case: Case) -> bool:
    present = [one for one in (*case.inputs, *case.outputs) if one is not None]
    return not all(isinstance(one, np.ndarray) for one in present)


def _trains(case: Case) -> bool:
    """Whether anything is left out at random: a node with a ratio of 0 changes nothing in training either."""
    return case.number(2, default=False) and case.number(1, 0.5) > 0


def _divides_by_what_is_there(case: Case) -> bool:
    return wide(case) and not case.attribute("count_include_pad", 0)


def _resets_before(case: Case) -> bool:
    """Where nothing is fed back yet, and the product has no bias, there is no difference."""
    steps = case.x.shape[1 if case.attribute("layout", 0) else 0]
    biased = case.has(3) and bool(np.split(case.tensor(3), 2, axis=1)[1].any())
    return not case.attribute("linear_before_reset", 0) and (steps > 1 or biased)


def _masks_everything(case: Case) -> bool:
    """Whether some query may look nowhere: its softmax is 0 / 0, which ONNX calls 0."""
    masks = (attention_mask(case, i) for i in range(len(case.x)))
    return any(np.isneginf(mask).all(axis=-1).any() for mask in masks)


def _rounds_another_way(case: Case) -> bool:
    """Whether nearest takes other positions than `floor(u / scale)`."""
    if case.attribute("mode", "nearest") != "nearest" or transformation(case) == "tf_crop_and_resize":
        return False
    nearest = case.attribute("nearest_mode", "floor" if case.op == "Upsample" else "round_prefer_floor")
    sizes, scales = resized(case)
    return any(
        [*_nearest(nearest, transformation(case), i, o, s)]
        != [u * s.denominator // s.numerator for u in range(o)]
        for i, o, s in zip(case.x.shape[2:], sizes, scales, strict=True)
    )


def _nearest(mode: str, transformation: str, length: int, size: int, scale: Fraction) -> Iterator[int]:
    """The positions an output takes, as ONNX's specification of Resize has it."""
    half = scale / scale / 2
    for u in range(size):
        place = {
            "half_pixel": (u + half) / scale - half,
            "asymmetric": u / scale,
            "align_corners": u * half * 2 * (length - 1) / max(size - 1, 1),
        }[transformation]
        whole = {
            "floor": floor(place),
            "ceil": ceil(place),
            "round_prefer_floor": ceil(place - half),
            "round_prefer_ceil": floor(place + half),
        }[mode]
        yield min(max(whole, 0), length - 1)


def _spreads_over_parts(case: Case) -> bool:
    if transformation(case) != "align_corners" or not case.has(2):
        return False
    sizes, scales = resized(case)
    return any(o != i * s for i, o, s in zip(case.x.shape[2:], sizes, scales, strict=True))


RULES: tuple[Rule, ...] = (
    Rule("", "sequences and optional values are no tensors", _no_tensors),
    Rule(
        "Reshape Slice Split ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum "
        "ReduceLogSum ReduceLogSumExp ReduceSumSquare",
        "an archcost tensor has elements; none are left here",
        lambda case: not all(prod(one.shape) for one in (*case.inputs[:1], *case.outputs) if one is not None),
    ),
    Rule(
        "Equal",
        "texts are no numbers",
        lambda case: any(one.dtype == object for one in case.inputs),
    ),
    Rule(
        "Div",
        "whole numbers are divided without a rest, an archcost tensor's are not",
        lambda case: case.inputs[0].dtype.kind in "iu",
    ),
    Rule(
        "Pow",
        "`power` raises every element to one constant, and 0 has no logarithm",
        lambda case: len(case.numbers(1)) > 1 and not case.x.all(),
    ),
    Rule(
        "Max Mean Min Sum",
        "a merge joins two or more",
        lambda case: len(case.inputs) == 1,
    ),
    Rule("GridSample", "cubic interpolation", lambda case: case.attribute("mode") == "cubic"),
    Rule(
        "GridSample",
        "mirror images beyond the borders",
        lambda case: case.attribute("padding_mode") == "reflection",
    ),
    Rule("RoiAlign", "the largest of the samples", lambda case: case.attribute("mode") == "max"),
    Rule(
        "ArgMax ArgMin",
        "`reduce` finds the first of equal ones, as PyTorch does",
        lambda case: case.attribute("select_last_index", 0) == 1,
    ),
    Rule("BatchNormalization", "training", lambda case: case.attribute("training_mode", 0) == 1),
    Rule("Dropout", "training", _trains),
    Rule(
        "AveragePool",
        "`avg_pool` has no dilation, as in PyTorch",
        lambda case: any(n > 1 for n in case.attribute("dilations", ())),
    ),
    Rule(
        "AveragePool",
        "padding of more than half the window that does not count in the divisor; `avg_pool` refuses it, as "
        "PyTorch does",
        _divides_by_what_is_there,
    ),
    Rule(
        "Einsum",
        "`einsum` is a product of two operands, of which an axis leaves",
        lambda case: len(case.inputs) != 2 or "->" not in case.attribute("equation"),
    ),
    Rule("LSTM", "peepholes, from the cell to the gates", lambda case: case.has(7)),
    Rule(
        "GRU",
        "a gate that resets what is fed back before its product; `gru` weighs the product, as PyTorch does",
        _resets_before,
    ),
    Rule(
        "Clip",
        "bounds that cross",
        lambda case: case.number(1, -inf) > case.number(2, inf),
    ),
    Rule(
        "Slice",
        "`slice` takes positions in their order, not backwards",
        lambda case: case.has(4) and min(case.numbers(4)) < 0,
    ),
    Rule(
        "Resize",
        "regions of the image (tf_crop_and_resize)",
        lambda case: transformation(case) == "tf_crop_and_resize",
    ),
    Rule(
        "Resize",
        "interpolation with antialiasing",
        lambda case: case.attribute("antialias", 0) == 1,
    ),
    Rule(
        "Resize",
        "a cubic other than Keys's with a = -0.75, or one that leaves out what lies outside",
        lambda case: (
            case.attribute("cubic_coeff_a", -0.75) != -0.75 or case.attribute("exclude_outside", 0) == 1
        ),
    ),
    Rule(
        "Resize Upsample",
        "nearest by another rule than `floor(u / scale)`, which PyTorch has",
        _rounds_another_way,
    ),
    Rule(
        "Resize",
        "interpolation between positions that are neither half_pixel nor align_corners",
        lambda case: (
            transformation(case) in {"asymmetric", "half_pixel_symmetric"}
            and case.attribute("mode", "nearest") != "nearest"
        ),
    ),
    Rule(
        "Resize",
        "pytorch_half_pixel puts a single output at the first position, archcost in the middle",
        lambda case: transformation(case) == "pytorch_half_pixel" and 1 in case.outputs[0].shape[2:],
    ),
    Rule(
        "Resize",
        "align_corners by a scale that leaves a part of a position: ONNX spreads the outputs over that part, "
        "too",
        _spreads_over_parts,
    ),
    Rule("Attention", "queries that may look nowhere: 0 / 0, which ONNX calls 0", _masks_everything),
)
