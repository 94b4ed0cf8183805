"""TensorFlow Lite's schema: the numbers of fields, operators, types and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archcost.importing.tflite.flatbuffer import Table

IDENTIFIER = b"TFL3"
"""What stands behind the first four bytes."""

_OPERATORS = """
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM
CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND
SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM
CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE
SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW
ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK
REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS
WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM
BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG
REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL
CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL
BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1
"""

OPERATORS = (*_OPERATORS.split(),)
"""The words of operators, by their codes."""

CUSTOM = OPERATORS.index("CUSTOM")

TYPES = {
    0: ("float32", "f"),
    1: ("float16", "e"),
    2: ("int32", "i"),
    3: ("uint8", "B"),
    4: ("int64", "q"),
    6: ("bool", "?"),
    7: ("int16", "h"),
    9: ("int8", "b"),
    10: ("float64", "d"),
    17: ("int4", ""),
}
"""The types of tensors by their codes: their words, and `struct`'s for those that numbers are read of."""

BIASES = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}
"""Operator -> which of its inputs is a bias."""

STATE = ("CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE")
"""Operators that keep something from one run to the next."""

ACTIVATIONS = {0: None, 1: "relu", 2: "hard_tanh", 3: "relu6", 4: "tanh"}
"""What is fused behind an operator -> our kind."""


class Tensor(NamedTuple):
    """A tensor of a graph.

    Attributes:
        shape: its sizes.
        open_sizes: some of them are only known when it runs: those are 1.
        word: of its type.
        form: of its type, for `struct`; empty if its numbers are not read.
        buffer: the number of the buffer that its numbers are in.
        name: what it is called.
        scale: of quantized numbers, if one is for all.
        zero: the number that stands for 0.
    """

    shape: tuple[int, ...]
    open_sizes: bool
    word: str
    form: str
    buffer: int
    name: str
    scale: float | None
    zero: int


def tensor_of(table: Table) -> Tensor:
    """A tensor, of its table."""
    shape, signature = table.integers(0), table.integers(7)
    word, form = TYPES.get(table.integer(1, "b"), ("another type", ""))
    quantization = table.table(4)
    scales = quantization.vector(2, "f") if quantization else ()
    zeros = quantization.integers(3, "q") if quantization else ()
    return Tensor(
        shape,
        any(n < 0 for n in signature[1:]),
        word,
        form,
        table.integer(2, "I"),
        table.text(3),
        float(scales[0]) if len(scales) == 1 else None,
        zeros[0] if len(zeros) == 1 else 0,
    )


class Option(NamedTuple):
    """A field of an operator's options: its number, its type for `struct`, and its default."""

    name: str
    field: int
    form: str = "i"
    default: int = 0


_CONV = (
    Option("padding", 0, "b"),
    Option("stride_w", 1),
    Option("stride_h", 2),
)

OPTIONS: dict[str, tuple[Option, ...]] = {
    "CONV_2D": (
        *_CONV,
        Option("activation", 3, "b"),
        Option("dilation_w", 4, "i", 1),
        Option("dilation_h", 5, "i", 1),
    ),
    "DEPTHWISE_CONV_2D": (
        *_CONV,
        Option("multiplier", 3),
        Option("activation", 4, "b"),
        Option("dilation_w", 5, "i", 1),
        Option("dilation_h", 6, "i", 1),
    ),
    "TRANSPOSE_CONV": (*_CONV, Option("activation", 3, "b")),
    **dict.fromkeys(
        ("MAX_POOL_2D", "AVERAGE_POOL_2D", "L2_POOL_2D"),
        (*_CONV, Option("width", 3), Option("height", 4), Option("activation", 5, "b")),
    ),
    "FULLY_CONNECTED": (Option("activation", 0, "b"), Option("format", 1, "b"), Option("keep", 2, "?")),
    "CONCATENATION": (Option("axis", 0), Option("activation", 1, "b")),
    **dict.fromkeys(("ADD", "MUL", "SUB", "DIV", "L2_NORMALIZATION"), (Option("activation", 0, "b"),)),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"), (Option("keep", 0, "?"),)),
    "RESIZE_BILINEAR": (Option("align", 2, "?"), Option("half", 3, "?")),
    "RESIZE_NEAREST_NEIGHBOR": (Option("align", 0, "?"), Option("half", 1, "?")),
    "LEAKY_RELU": (Option("alpha", 0, "f"),),
    "SOFTMAX": (Option("beta", 0, "f"),),
    "GELU": (Option("approximate", 0, "?"),),
    "PACK": (Option("count", 0), Option("axis", 1)),
    "UNPACK": (Option("count", 0), Option("axis", 1)),
    "GATHER": (Option("axis", 0), Option("batch_dims", 1)),
    "SPACE_TO_DEPTH": (Option("block", 0),),
    "DEPTH_TO_SPACE": (Option("block", 0),),
    "BATCH_MATMUL": (Option("adj_x", 0, "?"), Option("adj_y", 1, "?")),
    "MIRROR_PAD": (Option("mode", 0, "b"),),
    "STRIDED_SLICE": (
        Option("begin_mask", 0),
        Option("end_mask", 1),
        Option("ellipsis_mask", 2),
        Option("new_axis_mask", 3),
        Option("shrink_axis_mask", 4),
        Option("offset", 5, "?"),
    ),
}
"""Operator -> what is read of its options."""
