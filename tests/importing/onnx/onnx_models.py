"""Small ONNX models, written with the `onnx` package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import AttributeProto, TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto


def node(
    op: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    name: str = "",
    *,
    domain: str = "",
    **attributes: Any,  # noqa: ANN401 - what ONNX takes
) -> NodeProto:
    """An operation."""
    made = helper.make_node(op, inputs, outputs, name, domain=domain)
    made.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
    return made


def learned(*shape: int) -> np.ndarray:
    """Numbers that differ from each other."""
    size = int(np.prod(shape))
    return (np.arange(size, dtype=np.float32).reshape(shape) - size / 2) / 100


def whole(*numbers: int) -> np.ndarray:
    """A row of whole numbers, as shapes are."""
    return np.array(numbers, np.int64)


def graph(
    nodes: Sequence[NodeProto],
    tensors: Mapping[str, np.ndarray],
    inputs: Mapping[str, Sequence[int | str | None]],
    outputs: Mapping[str, Sequence[int | str | None] | None],
    types: Mapping[str, int] | None = None,
) -> GraphProto:
    """A graph; values are floats, if `types` does not say otherwise."""

    def infos(several: Mapping[str, Any]) -> list[Any]:
        return [
            helper.make_tensor_value_info(name, (types or {}).get(name, TensorProto.FLOAT), shape)
            for name, shape in several.items()
        ]

    return helper.make_graph(
        nodes,
        "net",
        infos(inputs),
        infos(outputs),
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )


def model(made: GraphProto, opset: int = 20, functions: Sequence[FunctionProto] = ()) -> ModelProto:
    """A model of a graph."""
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(f.domain, 1) for f in functions)]
    return helper.make_model(made, opset_imports=opsets, functions=functions, ir_version=9)


def saved(made: ModelProto | bytes, path: Path) -> Path:
    """The file of a model."""
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return path


def small() -> ModelProto:
    """A convolution, an activation, a pool and a classifier behind a reshape by sizes of a shape."""
    nodes = [
        node("Conv", ["image", "conv.weight", "conv.bias"], ["a"], "/stem/conv/Conv", pads=[1, 1, 1, 1]),
        node("Relu", ["a"], ["b"], "/stem/act/Relu"),
        node("MaxPool", ["b"], ["c"], "/stem/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Shape", ["c"], ["d"], "/Shape"),
        node("Gather", ["d", "zero"], ["e"], "/Gather"),
        node("Unsqueeze", ["e", "zeros"], ["f"], "/Unsqueeze"),
        node("Concat", ["f", "rest"], ["g"], "/Concat", axis=0),
        node("Reshape", ["c", "g"], ["h"], "/Reshape"),
        node("Gemm", ["h", "head.weight", "head.bias"], ["scores"], "/head/Gemm", transB=1),
    ]
    tensors = {
        "conv.weight": learned(8, 3, 3, 3),
        "conv.bias": learned(8),
        "head.weight": learned(10, 8 * 4 * 4),
        "head.bias": learned(10),
        "zero": np.array(0),
        "zeros": whole(0),
        "rest": whole(-1),
    }
    return model(graph(nodes, tensors, {"image": ["batch", 3, 8, 8]}, {"scores": ["batch", 10]}))


def branching(condition: np.ndarray | str = "given") -> ModelProto:
    """A convolution, or none, by a condition."""
    then = graph([node("Conv", ["x", "weight"], ["then"])], {}, {}, {"then": None})
    other = graph([node("Relu", ["x"], ["other"])], {}, {}, {"other": None})
    nodes = [node("If", ["condition"], ["y"], "choice", then_branch=then, else_branch=other)]
    tensors = {"weight": learned(4, 3, 1, 1)}
    inputs: dict[str, list[int | str | None]] = {"x": [1, 3, 6, 6]}
    if isinstance(condition, str):
        inputs["condition"] = [1]
    else:
        tensors["condition"] = condition
    return model(graph(nodes, tensors, inputs, {"y": None}, {"condition": TensorProto.BOOL}))


def calling() -> ModelProto:
    """A function of the file, called twice, of which one calls another."""
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    inner = helper.make_function(
        "own", "Act", ["x"], ["y"], [node("LeakyRelu", ["x"], ["y"])], opsets, ["alpha"]
    )
    slope = inner.node[0].attribute.add()
    slope.name = slope.ref_attr_name = "alpha"
    slope.type = AttributeProto.FLOAT
    outer = helper.make_function(
        "own",
        "Block",
        ["x", "w"],
        ["y"],
        [
            node("Conv", ["x", "w"], ["t"], pads=[1, 1, 1, 1]),
            node("Act", ["t"], ["y"], domain="own", alpha=0.25),
        ],
        opsets,
    )
    nodes = [
        node("Block", ["x", "w1"], ["a"], "/one/Block", domain="own"),
        node("Block", ["a", "w2"], ["y"], "/two/Block", domain="own"),
    ]
    tensors = {"w1": learned(4, 3, 3, 3), "w2": learned(4, 4, 3, 3)}
    made = graph(nodes, tensors, {"x": [1, 3, 8, 8]}, {"y": [1, 4, 8, 8]})
    return model(made, functions=[inner, outer])


def quantized(way: str) -> ModelProto:
    """A convolution as it is, between steps of quantization, as QLinearConv, or of whole numbers."""
    scale, zero = np.array(0.1, np.float32), np.array(0, np.int8)
    whole_weight = np.arange(4 * 3 * 9).reshape(4, 3, 3, 3).astype(np.int8)
    tensors: dict[str, np.ndarray] = {"s": scale, "z": zero}
    pads: dict[str, Any] = {"pads": [1, 1, 1, 1]}
    if way == "plain":
        tensors = {"w": learned(4, 3, 3, 3)}
        nodes = [node("Conv", ["x", "w"], ["c"], **pads)]
    elif way == "qdq":
        tensors["w"] = whole_weight
        nodes = [
            node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
            node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
            node("DequantizeLinear", ["w", "s", "z"], ["wd"]),
            node("Conv", ["xd", "wd"], ["c"], **pads),
        ]
    elif way == "operator":
        tensors["w"] = whole_weight
        nodes = [
            node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
            node("QLinearConv", ["xq", "s", "z", "w", "s", "z", "s", "z"], ["cq"], **pads),
            node("DequantizeLinear", ["cq", "s", "z"], ["c"]),
        ]
    else:
        tensors["w"] = whole_weight
        tensors["wz"] = np.array(0, np.int8)
        nodes = [
            node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
            node("Mul", ["xs", "s"], ["both"]),
            node("ConvInteger", ["xq", "w", "xz", "wz"], ["ci"], **pads),
            node("Cast", ["ci"], ["cf"], to=TensorProto.FLOAT),
            node("Mul", ["cf", "both"], ["c"]),
        ]
    nodes.append(node("Relu", ["c"], ["y"]))
    return model(graph(nodes, tensors, {"x": [1, 3, 8, 8]}, {"y": [1, 4, 8, 8]}))
