"""Calls of layers, as Keras 3 and Keras 2 write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from archcost.importing.keras.document import listed, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.model import Argument, Reference


class Tensor(NamedTuple):
    """One of the tensors that a call of a layer gives."""

    layer: str
    call: int
    place: int


MOST_OUTPUTS = 10_000
"""Tensors that a layer gives at most."""


class Called(NamedTuple):
    """What a layer is called on.

    Attributes:
        given: arguments by position (`0`) or name (`call.mask`), with tensors among them.
        reads: the tensors, in order.
        shapes: of tensors whose shape is stated, the batch first; None of a size that is open.
    """

    given: dict[str, Any]
    reads: tuple[Tensor, ...]
    shapes: dict[Tensor, Sequence[int | None]]

    def arguments(self, known: Mapping[Tensor, Reference]) -> dict[str, Argument]:
        """The arguments, with the values that tensors are."""
        return {name: _resolved(value, known) for name, value in self.given.items()}


def _resolved(value: Any, known: Mapping[Tensor, Reference]) -> Argument:  # noqa: ANN401 - JSON
    if isinstance(value, Tensor):
        return known[value]
    return [_resolved(one, known) for one in listed(value)] if isinstance(value, list) else value


def call_on(*tensors: Tensor) -> Called:
    """A call on tensors, each an argument."""
    return Called({str(i): tensor for i, tensor in enumerate(tensors)}, tensors, {})


def call_of(node: Any) -> Called:  # noqa: ANN401 - JSON
    """A call, of an entry of `inbound_nodes`."""
    reader = _Reader()
    if isinstance(node, dict):
        found = named(node)
        positional, by_name = listed(found["args"]), named(found["kwargs"])
    else:
        positional, by_name = _of_keras_2(listed(node))
    given = {str(i): reader.plain(value) for i, value in enumerate(positional)}
    for name, value in by_name.items():
        # Layers that heed a mask refuse it, whatever makes it; to others it makes no difference.
        given[f"call.{name}"] = value is not None if name == "mask" else reader.plain(value)
    return Called(given, tuple(reader.reads), reader.shapes)


class _Reader:
    """Makes tensors, slices and constants of the objects that stand for them."""

    def __init__(self) -> None:
        self.reads: dict[Tensor, None] = {}
        self.shapes: dict[Tensor, Sequence[int | None]] = {}

    def plain(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """An argument as a tensor, a number, a word, or a list of such."""
        if isinstance(value, Tensor):
            self.reads[value] = None
        elif isinstance(value, list):
            return [self.plain(one) for one in listed(value)]
        elif isinstance(value, dict):
            return self._object(named(value))
        return value

    def _object(self, held: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        word = held.get("class_name")
        if word is None:
            return [self.plain(held[name]) for name in sorted(held)]
        config = named(held["config"])
        if word == "__keras_tensor__":
            tensor = _tensor(config["keras_history"])
            self.reads[tensor] = None
            if isinstance(config.get("shape"), list):
                self.shapes[tensor] = config["shape"]
            return tensor
        if word == "__slice__":
            return ["slice", *(config[key] for key in ("start", "stop", "step"))]
        if word in {"__tensor__", "__numpy__"}:
            return config["value"]
        if word == "__ellipsis__":
            return "..."
        raise ValueError(f"{word} is no argument of a layer")


def _tensor(given: Any) -> Tensor:  # noqa: ANN401 - JSON
    layer, call, place = listed(given)
    if not 0 <= int(place) < MOST_OUTPUTS:
        raise ValueError(f"{layer} gives no tensor {place}")
    return Tensor(str(layer), int(call), int(place))


_CONSTANT = "_CONSTANT_VALUE"
"""What Keras 2 writes in place of a layer's name if a layer is called on a number."""


def _of_keras_2(node: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Keras 2 lists the tensors that a layer is called on, `[name, call, place, arguments]`."""
    several = [node] if node and isinstance(node[0], str) else [listed(one) for one in node]
    tensors: list[Any] = []
    by_name: dict[str, Any] = {}
    for layer, call, place, *more in several:
        tensors.append(place if layer == _CONSTANT else _tensor([layer, call, place]))
        by_name |= named(more[0]) if more else {}
    by_name = {name: _tensor_or(value) for name, value in by_name.items()}
    return ([tensors] if len(tensors) > 1 else tensors), by_name


def _tensor_or(value: Any) -> Any:  # noqa: ANN401 - JSON
    """An argument that is `[name, call, place]` is a tensor."""
    if not isinstance(value, list):
        return value
    several = listed(value)
    if [type(one) for one in several[:2]] == [str, int] and len(several) == 3:
        return several[2] if several[0] == _CONSTANT else _tensor(several)
    return [_tensor_or(one) for one in several]


def tensors_in(value: Any) -> list[Tensor]:  # noqa: ANN401 - JSON
    """The tensors of `input_layers` or `output_layers`, in lists or under names, then by these."""
    several = (
        [named(value)[name] for name in sorted(named(value))] if isinstance(value, dict) else listed(value)
    )
    if len(several) == 3 and isinstance(several[0], str):
        return [_tensor(several)]
    return [tensor for one in several for tensor in tensors_in(one)]
