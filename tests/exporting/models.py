"""Exported models with numbers for their weights, and who runs them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.reference

from archcost.layers import find
from archcost.network import Input, Network, Node
from archcost.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.execute.arrays import Array
    from archcost.execute.tensors import Tensors
    from archcost.windows.window import Shape

NEEDS_ONNXRUNTIME = "needs ONNX Runtime: pip install 'archcost[peers]'"


def network_of(kind: str, fields: Mapping[str, object], shapes: tuple[Shape, ...]) -> Network:
    """A network of one layer."""
    found = find(kind)
    assert found is not None
    layer = found[0].model_validate(fields).settled(shapes)
    place = Place(Source("net.yaml"))
    inputs = tuple(Input(f"x{i}", shape, place) for i, shape in enumerate(shapes))
    node = Node("stem.layer", kind, layer, inputs, layer.output_shape(*shapes), place)
    return Network("net", "net.yaml", None, {}, inputs, (node,), {"out": node})


def filled(data: bytes, weights: Mapping[str, Array]) -> onnx.ModelProto:
    """The model with initializers of these numbers in place of the operations that make its weights."""
    model = onnx.load_from_string(data)
    kept = [node for node in model.graph.node if node.output[0] not in weights]
    made = [node.output[0] for node in model.graph.node if node.output[0] in weights]
    assert sorted(made) == sorted(weights)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    for name, value in weights.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    return model


def weights_of(network: Network, tensors: Tensors) -> dict[str, Array]:
    """What nodes learn and keep, by its names in a model."""
    found: dict[str, Array] = {}
    for node in network:
        owner = network.first_user(node)
        for name, value in tensors.of(node).items():
            type_ = np.int64 if name in owner.layer.numbered(*owner.shapes) else np.float32
            found[f"{owner.path}.{name}"] = value.astype(type_)
    return found


def arriving(model: onnx.ModelProto, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The inputs as the model takes them: with a batch of 1, and of its types."""
    types = {
        x.name: onnx.helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type) for x in model.graph.input
    }
    return {name: value[None].astype(types[name]) for name, value in inputs.items()}


def check(data: bytes) -> None:
    """ONNX's checker accepts it, and what its strict inference of shapes finds is what the model says."""
    checker: Any = onnx.checker
    checker.check_model(data, full_check=True)


Run: TypeAlias = "Callable[[onnx.ModelProto, Mapping[str, Array]], dict[str, Array]]"


def by_reference(model: onnx.ModelProto, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """What leaves, as the definitions of ONNX compute it."""
    evaluator: Any = onnx.reference.ReferenceEvaluator(model)
    return dict(
        zip([y.name for y in model.graph.output], evaluator.run(None, arriving(model, inputs)), strict=True)
    )


def by_onnxruntime(model: onnx.ModelProto, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """What leaves, as ONNX Runtime computes it."""
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(
        zip([y.name for y in model.graph.output], session.run(None, arriving(model, inputs)), strict=True)
    )
