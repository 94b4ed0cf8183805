# ruff: noqa: ANN401 - attributes and inputs are whatever the operator says they are
"""ONNX's node tests: what they are, and how archcost's layers run on them.

A case is one node with its attributes, inputs and the outputs that ONNX ships. ONNX's tensors have a batch
in front, archcost's do not: `each` runs a layer on every sample, `run` on a tensor as it is (for operators
to which a batch means nothing, it stands where archcost's channels do).

Wherever a layer runs, its predictions are held against what happened: the shape that left, the shapes of
the weights it was given, and every operation that was carried out.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from archcost.execute.arrays import Tally, counted, plain
from archcost.execute.kernels import KERNELS
from archcost.layers import find

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind
    from archcost.windows.window import Shape

    Apply = Callable[[Kind, tuple[Array, ...], Mapping[str, Array]], Array]


@dataclass
class Case:
    """One node test. What is asked of it is noted: attributes and inputs nobody looks at are a mistake.

    Attributes:
        inputs: by position; None where the node leaves one out.
        outputs: as ONNX says they must be.
        kinds: the layers that ran for it, in order of appearance.
        apply: how a layer runs.
    """

    name: str
    op: str
    attributes: Mapping[str, Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    rtol: float
    atol: float
    kinds: list[str] = field(default_factory=list[str])
    apply: Apply = field(default_factory=lambda: proved)
    _looked_at: set[str | int] = field(default_factory=set[str | int])

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute: lists are tuples, text is text."""
        self._looked_at.add(name)
        return self.attributes.get(name, default)

    def has(self, position: int) -> bool:
        """Whether there is an input at this position."""
        return position < len(self.inputs) and self.inputs[position] is not None

    def tensor(self, position: int) -> Array:
        """An input, in float64 or float32: whole numbers become float64, what is shorter float32."""
        self._looked_at.add(position)
        return as_float(self.inputs[position])

    def numbers(self, position: int) -> tuple[Any, ...]:
        """An input as Python's numbers, in a row."""
        self._looked_at.add(position)
        return tuple(self.inputs[position].ravel().tolist())

    def number(self, position: int, default: Any) -> Any:
        """An input that is a single number."""
        return self.numbers(position)[0] if self.has(position) else default

    @property
    def x(self) -> Array:
        """The first input."""
        return self.tensor(0)

    def axis(self, default: int) -> int:
        """The attribute `axis`, counted from the front."""
        return self.attribute("axis", default) % len(self.inputs[0].shape)

    def run(
        self, word: str, *inputs: Array, weights: Mapping[str, Array] | None = None, **fields: Any
    ) -> Array:
        """What a layer of this kind and these fields makes of tensors without a batch.

        Raises:
            AssertionError: shape, weights or operations are not as predicted.
        """
        found = find(word)
        assert found is not None, word
        if word not in self.kinds:
            self.kinds.append(word)
        return self.apply(found[0].model_validate(fields), inputs, weights or {})

    def each(
        self, word: str, *inputs: Array, weights: Mapping[str, Array] | None = None, **fields: Any
    ) -> Array:
        """The same for every sample of a batch."""
        samples = zip(*inputs, strict=True)
        return np.stack([self.run(word, *one, weights=weights, **fields) for one in samples])

    def overlooked(self) -> set[str | int]:
        """Attributes and inputs that nobody has looked at."""
        present = {i for i in range(len(self.inputs)) if self.has(i)}
        return (self.attributes.keys() | present) - self._looked_at


def as_float(array: Array) -> Array:
    """In one of the two types that kernels work on."""
    if array.dtype.name in {"float64", "float32"}:
        return array
    return array.astype(np.float64 if array.dtype.kind in "iu" else np.float32)


def collect() -> list[Case]:
    """Every node test the installed package has. Takes some seconds: ONNX computes them anew each time.

    Left out are those whose one node was replaced by the several ones that define it (`..._expanded`): their
    values are those of the test they were made from.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of its examples overflow on purpose
        from onnx.backend.test.case.node import collect_testcases  # noqa: PLC0415 - takes a second

        return [_case(one) for one in cast("list[Any]", collect_testcases()) if "_expanded" not in one.name]


def _case(test: Any) -> Case:
    graph = test.model.graph
    (node,), ((inputs, outputs),) = graph.node, test.data_sets
    given = dict(zip((one.name for one in graph.input), map(_lifted, inputs), strict=True))
    return Case(
        name=test.name.removeprefix("test_"),
        op=node.op_type,
        attributes=attributes(node),
        inputs=tuple(given[name] if name else None for name in node.input),
        outputs=tuple(map(_lifted, outputs)),
        rtol=max(test.rtol, _coarseness(outputs)),
        atol=test.atol,
    )


def _lifted(value: Any) -> Any:
    """A lone number as an array, which it is at times and at times not."""
    return np.asarray(value) if np.isscalar(value) else value


def attributes(node: Any) -> dict[str, Any]:
    """A node's attributes by name."""
    return {one.name: _value(one) for one in node.attribute}


def _value(attribute: Any) -> Any:
    from onnx import helper, numpy_helper  # noqa: PLC0415 - takes a second

    value: Any = helper.get_attribute_value(attribute)
    if attribute.type == attribute.TENSOR:
        return numpy_helper.to_array(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


def _coarseness(outputs: list[Any]) -> float:
    """ONNX's own tests let bfloat16 differ by two units in its last place."""
    return 2**-6 if any(getattr(one, "dtype", None) == "bfloat16" for one in outputs) else 0


def proved(layer: Kind, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    """What a layer makes of its inputs, with everything it predicts held against what happened."""
    shapes = checked(layer, inputs, weights)
    tally = Tally()
    y = plain(layer.run(KERNELS, *(counted(x, tally) for x in inputs), **weights))
    assert y.shape == layer.output_shape(*shapes)
    assert not inputs or y.dtype == inputs[0].dtype
    operations = layer.formulas(*shapes, y=y.shape).operations()._asdict()
    assert {name: getattr(tally, name) for name in operations if name != "macs"} == {
        name: count for name, count in operations.items() if name != "macs"
    }
    return y


def checked(layer: Kind, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> tuple[Shape, ...]:
    """The shapes of the inputs, once the weights have those that are predicted."""
    shapes = tuple(x.shape for x in inputs)
    predicted = layer.weight_shapes(*shapes) | layer.buffer_shapes(*shapes)
    assert predicted == {name: weight.shape for name, weight in weights.items()}
    return shapes


def compare(case: Case, ys: list[Array]) -> None:
    """Hold what came out against ONNX, with the tolerances of its own tests."""
    assert len(ys) <= len(case.outputs)
    for y, wanted in zip(ys, case.outputs, strict=False):
        assert y.shape == wanted.shape
        rounded = y if wanted.dtype.kind in "iub" else y.astype(wanted.dtype).astype(y.dtype)
        np.testing.assert_allclose(rounded, wanted.astype(y.dtype), rtol=case.rtol, atol=case.atol)
