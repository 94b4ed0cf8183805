# ruff: noqa: ANN401 - a model is whatever the format allows
"""The models that ship in ONNX's package, as archcost's layers: node after node, through a graph.

Small ones with weights, inputs and outputs come from PyTorch and run. The famous networks have weights that
are all alike: there only shapes and MACs are worth a look, so nothing is computed (`Prediction`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.execute.onnx_cases import Case, attributes, checked, compare
from tests.execute.onnx_operators import TRANSLATIONS
from tests.execute.onnx_scope import why_not

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind
    from archcost.windows.window import Shape
    from tests.execute.onnx_cases import Apply


def look_up(case: Case) -> Array:
    """Rows of a matrix: an embedding of every sample's numbers, its channels last."""
    table, rows = case.x, case.tensor(1).astype(case.x.dtype)
    assert table.ndim == 2
    assert case.attribute("axis", 0) == 0
    y = case.each(
        "embedding", rows, weights={"weight": table}, num_embeddings=len(table), embedding_dim=table.shape[1]
    )
    return case.each("transpose", y, axes=(1, 0))


SAYABLE = TRANSLATIONS | {"Gather": look_up}
"""Among ONNX's node tests no `Gather` looks up rows of a matrix, among PyTorch's models every one does."""

OPSET = 13
"""Older models are brought to this version of the operators by ONNX's converter."""


@dataclass
class Model:
    """A graph, brought to `OPSET`.

    Attributes:
        graph: as ONNX has it.
        opset: the version it was written for.
    """

    name: str
    graph: Any
    opset: int
    folder: Path

    def operators(self) -> set[str]:
        """What it is made of, apart from constants."""
        return {node.op_type for node in self.graph.node} - {"Constant"}

    def data(self, what: str) -> list[Any]:
        """The inputs or the outputs that ship with it."""
        files = sorted(
            self.folder.glob(f"test_data_set_0/{what}_*.pb"), key=lambda file: int(file.stem.split("_")[1])
        )
        return [_onnx().numpy_helper.to_array(_onnx().load_tensor(str(file))) for file in files]


def _onnx() -> Any:
    import onnx  # noqa: PLC0415 - takes a second

    return onnx


def models(collection: str) -> list[Model]:
    """The models of a folder of the package's test data: each a folder with data, or a file."""
    root = Path(_onnx().__file__).parent / "backend" / "test" / "data" / collection
    files = sorted([*root.glob("*/model.onnx"), *root.glob("*.onnx")])
    return [_model(file) for file in files]


def _model(file: Path) -> Model:
    from onnx import version_converter  # noqa: PLC0415 - takes a second

    model = _onnx().load(str(file))
    (opset,) = (one.version for one in model.opset_import)
    name = file.parent.name.removeprefix("test_") if file.stem == "model" else file.stem
    return Model(name, version_converter.convert_version(model, OPSET).graph, opset, file.parent)


def run(model: Model) -> str | None:
    """Run a model on its inputs and hold the outputs against its own; or say why it is not run.

    Raises:
        AssertionError: something does not come out as it should.
    """
    values = dict(zip(_inputs(model), model.data("input"), strict=True))
    for case, names in cases(model, values):
        if why := why_not(case):
            return why
        made = SAYABLE[case.op](case)
        assert not case.overlooked()
        values |= zip(names, made if isinstance(made, list) else [made], strict=False)
    wanted = tuple(model.data("output"))
    end = Case(model.name, "", {}, (), wanted, rtol=1e-3, atol=1e-7)
    compare(end, [values[output.name] for output in model.graph.output])
    return None


def _inputs(model: Model) -> list[str]:
    """Names of the inputs that are not weights."""
    initialized = {one.name for one in model.graph.initializer}
    return [one.name for one in model.graph.input if one.name not in initialized]


def cases(
    model: Model, values: dict[str, Any], apply: Apply | None = None
) -> Iterator[tuple[Case, list[str]]]:
    """Node after node as a case with the inputs it finds in `values`, and the names of its outputs.

    Constants are put there, and so has to be what comes out of every case, before the next is asked for.
    """
    values |= {one.name: _onnx().numpy_helper.to_array(one) for one in model.graph.initializer}
    for node in model.graph.node:
        inputs: tuple[Any, ...] = tuple(values[name] if name else None for name in node.input)
        if node.op_type in _CONSTANTS:
            values[node.output[0]] = _constant(node, inputs)
            continue
        if node.op_type == "PRelu" and model.opset < 7:  # slopes were along the channels
            inputs = (inputs[0], inputs[1].reshape(-1, *(1 for _ in inputs[0].shape[2:])))
        outputs = (None,) * len(node.output)
        case = Case(node.name, node.op_type, attributes(node), inputs, outputs, rtol=0, atol=0)
        if apply is not None:
            case.apply = apply
        yield case, list(node.output)


_CONSTANTS = {"Constant", "ConstantOfShape", "Shape"}
"""Operators whose output depends on no value that arrives."""


def _constant(node: Any, inputs: tuple[Any, ...]) -> Any:
    given = attributes(node)
    if node.op_type == "Constant":
        return given["value"]
    if node.op_type == "Shape":
        return np.array(inputs[0].shape)
    return np.broadcast_to(given["value"].ravel()[0], tuple(inputs[0].tolist()))


@dataclass
class Prediction:
    """Predicts instead of running: gives tensors of zeros (which take no memory) of the right shape."""

    macs: int = 0
    kinds: set[str] = field(default_factory=set[str])

    def __call__(self, layer: Kind, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
        """What leaves the layer."""
        shapes = checked(layer, inputs, weights)
        y = layer.output_shape(*shapes)
        self.macs += layer.formulas(*shapes, y=y).operations().macs
        return np.broadcast_to(np.float32(0), y)


def predict(model: Model) -> tuple[dict[str, Shape], int]:
    """The shape of every tensor, by name, and all MACs, by archcost's formulas."""
    prediction = Prediction()
    values = {
        one.name: np.broadcast_to(np.float32(0), _dimensions(one))
        for one in model.graph.input
        if one.name in _inputs(model)
    }
    for case, names in cases(model, values, prediction):
        assert why_not(case) is None
        made = SAYABLE[case.op](case)
        values |= zip(names, made if isinstance(made, list) else [made], strict=False)
    return {name: value.shape for name, value in values.items()}, prediction.macs


def shapes_by_onnx(model: Model) -> dict[str, Shape]:
    """The shape of every tensor as ONNX infers it."""
    opset = _onnx().helper.make_opsetid("", OPSET)
    whole = _onnx().helper.make_model(model.graph, opset_imports=[opset])
    graph = _onnx().shape_inference.infer_shapes(whole, data_prop=True).graph
    return {one.name: _dimensions(one) for one in (*graph.value_info, *graph.output) if _dimensions(one)}


def _dimensions(value: Any) -> Shape:
    return tuple(one.dim_value for one in value.type.tensor_type.shape.dim)


def macs_by_onnx(model: Model, shapes: Mapping[str, Shape]) -> int:
    """Products of convolutions and matrix products, from ONNX's shapes alone."""
    total = 0
    for node in model.graph.node:
        if node.op_type in {"Conv", "Gemm"}:
            weight = shapes[node.input[1]]
            transposed = attributes(node).get("transB", 0) or node.op_type == "Conv"
            taps = prod(weight[1:]) if transposed else weight[0]
            total += prod(shapes[node.output[0]]) * taps
    return total
