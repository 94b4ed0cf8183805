"""Keras' description of a model as operations: one for each call of a layer, in the order of the data.

Nested models are opened; a layer that is called twice is two operations, which take weights of one name.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from archcost.errors import ModelFileError
from archcost.importing.keras.calls import Tensor, call_of, call_on, tensors_in
from archcost.importing.keras.document import listed, named
from archcost.importing.keras.names import path_of
from archcost.importing.model import Model, Operation, Reference
from archcost.importing.values import canonical
from archcost.limits import DEFAULT
from archcost.words.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from archcost.importing.keras.calls import Called
    from archcost.importing.model import Argument
    from archcost.windows.window import Shape

_NESTED = frozenset({"Functional", "Model", "Sequential"})
"""Classes of models whose configuration is a graph of layers."""
_PLAIN_POLICIES = frozenset({"DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "Policy"})
"""What the type of a layer may be that is not quantized."""


def model(path: Path, document: dict[str, Any], given: Mapping[str, Shape]) -> Model:
    """The model that a description says.

    Args:
        path: of the file, for messages.
        document: its class and its configuration.
        given: shapes of inputs whose sizes it leaves open, channels first and without the batch.

    Raises:
        ModelFileError: it is not as Keras writes it.
    """
    try:
        return _Reader(path, document, given).model()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelFileError(path, f"the description is not as Keras writes it: {error!r}") from error


class _Layer(NamedTuple):
    """A layer of a model, and its calls there."""

    name: str
    word: str
    config: dict[str, Any]
    calls: list[Called]
    document: dict[str, Any]


_Key = tuple[str, int]
"""The name of a layer, and which call of it."""


class _Reader:
    """Makes a model of the JSON."""

    def __init__(self, path: Path, document: dict[str, Any], given: Mapping[str, Shape]) -> None:
        self._path = path
        self._document = document
        self._given = dict(given)
        self._channels_last = _channels_last(document)
        self._inputs: dict[str, Shape] = {}
        self._shapes: dict[str, Shape] = {}
        self._operations: list[Operation] = []
        self._classes: dict[str, str] = {}
        self._homes: dict[tuple[str, str], set[tuple[str, ...]]] = {}

    def model(self) -> Model:
        """All of it."""
        outputs = self._opened(self._document, (), (), None)
        if self._given:
            names = ", ".join(self._inputs)
            self._fail(f"--input names '{next(iter(self._given))}', and the inputs are: {names}")
        axes = {name: self._axes(len(shape)) for name, shape in self._inputs.items()}
        return Model(
            name=self._path.stem,
            inputs=self._inputs,
            weights={},
            shapes=self._shapes,
            operations=tuple(self._operations),
            outputs=tuple(output.name for output in outputs),
            classes=self._classes,
            unread=None,
            notes=("the file states none to compare them with", *self._twins()),
            axes=axes,
        )

    def _fail(self, what: str) -> None:
        raise ModelFileError(self._path, what)

    def _axes(self, rank: int) -> tuple[int | None, ...]:
        """Which of our axes the dimensions of an input are: its last one is channels, or its first."""
        if not self._channels_last or rank < 3:
            return canonical(rank)
        return (None, *range(1, rank - 1), 0)

    # -- models -----------------------------------------------------------------------------------------

    def _opened(
        self,
        document: dict[str, Any],
        place: tuple[str, ...],
        module: tuple[str, ...],
        arriving: Sequence[Argument] | None,
    ) -> list[Reference]:
        """The operations of a model, and what leaves it.

        Args:
            document: of the model.
            place: the names of the models that it stands in.
            module: the path of its module.
            arriving: what it is called on; None of the whole model.
        """
        word, config = document["class_name"], document["config"]
        if word == "Sequential":
            layers, wanted = self._sequence(document)
            entries = [Tensor(layers[0].name, 0, 0)]
        elif word in _NESTED and isinstance(config, dict) and "layers" in config:
            layers = [self._layer(named(layer)) for layer in listed(config["layers"])]
            entries, wanted = tensors_in(config["input_layers"]), tensors_in(config["output_layers"])
        else:
            self._fail(f"{'/'.join(place) or 'the model'} is a {word}: {_OPAQUE}")
            return []
        known: dict[Tensor, Reference] = {}
        if arriving is not None:
            if len(entries) != len(arriving) or not all(isinstance(one, Reference) for one in arriving):
                self._fail(f"{'/'.join(place)}: {len(entries)} tensors are expected, not {len(arriving)}")
            known = {
                entry: one for entry, one in zip(entries, arriving, strict=True) if isinstance(one, Reference)
            }
        several = Counter(key for layer in layers for call in layer.calls for key in call.reads)
        several.update(wanted)
        by_name = {layer.name: _with_own_call(layer, several) for layer in layers}
        widths: dict[_Key, int] = {}
        for tensor in several:
            key = tensor.layer, tensor.call
            widths[key] = max(widths.get(key, 1), tensor.place + 1)
        paths = path_of([layer.name for layer in layers])
        for key in self._ordered(by_name, wanted, known):
            layer = by_name[key[0]]
            here = (*module, *paths[layer.name])
            made = self._called(layer, key, known, (*place, layer.name), here, widths.get(key, 1))
            known |= {Tensor(*key, i): one for i, one in enumerate(made)}
        return [known[tensor] for tensor in wanted]

    def _sequence(self, document: dict[str, Any]) -> tuple[list[_Layer], list[Tensor]]:
        """The layers of a Sequential model, each called on what the one before gives."""
        config: dict[str, Any] = {} if isinstance(document["config"], list) else named(document["config"])
        layers = [self._layer(named(layer)) for layer in listed(config.get("layers", document["config"]))]
        if not layers:
            self._fail("a Sequential model has no layers")
        if layers[0].word != "InputLayer":
            first = layers[0].config
            shape = first.get("batch_input_shape") or first.get("batch_shape")
            if shape is None:
                shape = config.get("build_input_shape") or named(document.get("build_config", {})).get(
                    "input_shape"
                )
            layers.insert(0, _Layer("input", "InputLayer", {"batch_shape": shape}, [], {}))
        before = Tensor(layers[0].name, 0, 0)
        found = [layers[0]._replace(calls=[call_on()])]
        for layer in layers[1:]:
            found.append(layer._replace(calls=[call_on(before)]))
            before = Tensor(layer.name, 0, 0)
        return found, [before]

    def _layer(self, document: dict[str, Any]) -> _Layer:
        config: dict[str, Any] = named(document["config"]) if isinstance(document["config"], dict) else {}
        name = document.get("name", config.get("name", document["class_name"]))
        calls = [call_of(node) for node in listed(document.get("inbound_nodes", []))]
        word = _word(document)
        if word == "InputLayer":
            calls = [call_on()]
        return _Layer(str(name), word, config, calls, document)

    def _ordered(
        self, layers: Mapping[str, _Layer], wanted: Sequence[Tensor], known: Mapping[Tensor, Reference]
    ) -> Iterator[_Key]:
        """The calls that outputs depend on, each behind those that it reads, branch by branch."""
        done: set[_Key] = {(tensor.layer, tensor.call) for tensor in known}
        begun: set[_Key] = set()
        waiting = [(tensor.layer, tensor.call) for tensor in reversed(wanted)]
        while waiting:
            key = waiting[-1]
            if key in done:
                waiting.pop()
                continue
            layer = layers.get(key[0])
            if layer is None or not 0 <= key[1] < len(layer.calls):
                self._fail(f"a layer reads '{key[0]}', call {key[1]}, which there is not")
                return
            missing = [
                before
                for tensor in reversed(layer.calls[key[1]].reads)
                if (before := (tensor.layer, tensor.call)) not in done
            ]
            if not missing:
                done.add(key)
                waiting.pop()
                yield key
            elif key in begun:
                self._fail(f"'{key[0]}' depends on itself")
            else:
                begun.add(key)
                waiting += missing

    # -- layers -----------------------------------------------------------------------------------------

    def _called(  # noqa: PLR0913, PLR0917 - what there is to know of a call
        self,
        layer: _Layer,
        key: _Key,
        known: Mapping[Tensor, Reference],
        place: tuple[str, ...],
        module: tuple[str, ...],
        width: int,
    ) -> list[Reference]:
        """The operations of one call, and what leaves."""
        if layer.word == "InputLayer":
            return [self._arrives(layer)]
        call = layer.calls[key[1]]
        for tensor, shape in call.shapes.items():
            self._states(known[tensor], shape)
        given = call.arguments(known)
        self._refuse_changed(layer, place, given)
        if layer.word in _NESTED:
            self._classes[".".join(module)] = layer.word
            first = given.get("0")
            return self._opened(layer.document, place, module, first if isinstance(first, list) else [first])
        if len(self._operations) >= DEFAULT.nodes:
            self._fail(f"more than {DEFAULT.nodes:,} layers are called")
        where = "/".join(place)
        names = tuple(f"{where}:{len(self._operations)}.{i}" for i in range(width))
        arguments = {**_flat(layer.config), **given}
        self._operations.append(Operation(layer.word, arguments, names, ".".join(module), where))
        return [Reference(name) for name in names]

    def _refuse_changed(self, layer: _Layer, place: tuple[str, ...], given: Mapping[str, Argument]) -> None:
        """Refuse a layer whose weights are not those of its class, and a model that is called in training."""
        policy = layer.config.get("dtype")
        if isinstance(policy, dict) and named(policy).get("class_name") not in _PLAIN_POLICIES:
            self._fail(f"{'/'.join(place)} is quantized: its weights and scales are not followed")
        if layer.config.get("lora_rank"):
            self._fail(f"{'/'.join(place)} has lora_rank: what it learns besides is not followed; merge it")
        if layer.word in _NESTED and given.get("call.training") is True:
            self._fail(f"{'/'.join(place)} is called with training=True")
        if any(key.endswith("_initializer") for key in layer.config):
            models = self._homes.setdefault((layer.name, repr(layer.config)), set())
            models.add(place[:-1])

    def _twins(self) -> list[str]:
        """That layers stand alike in several models: Keras does not write whether they are the same."""
        names = sorted({name for (name, _), models in self._homes.items() if len(models) > 1})
        if not names:
            return []
        which = ", ".join(names[:3]) + ", …" * (len(names) > 3)
        return [
            f"in several models of it there is {which}: if that is the same layer, its weights count once"
        ]

    def _states(self, reference: Reference, shape: Sequence[int | None]) -> None:
        """Notes the shape that the file says of a tensor, if it says all of it."""
        inner = [n for n in shape[1:] if n is not None]
        if shape and len(inner) == len(shape) - 1 and reference.name not in self._inputs:
            self._shapes[reference.name] = (shape[0] or 1, *inner)

    def _arrives(self, layer: _Layer) -> Reference:
        """An input of the whole model."""
        name = layer.name
        stated = layer.config.get("batch_shape") or layer.config.get("batch_input_shape")
        shape: list[int | None] = listed(stated) if stated else []
        if not all(n is None or (type(n) is int and 0 < n <= DEFAULT.dimension) for n in shape):
            self._fail(f"of the shape of input '{name}' it says {short(repr(stated))}, which are no sizes")
        given = self._given.pop(name, None) or self._given.pop("input", None)
        if given and shape:
            axes = self._axes(len(shape))
            ours = [*range(len(shape) - 1)]
            sizes = dict(zip(ours, given, strict=False))
            fits = len(given) == len(ours) and all(
                axis is None or shape[d] in {None, sizes[axis]} for d, axis in enumerate(axes)
            )
            if not fits:
                self._fail(
                    f"--input says that '{name}' is {given}, and the file {tuple(shape)}, {self._order()}"
                )
            shape = [shape[0], *(sizes[axis] for axis in axes if axis is not None)]
        elif given:
            shape = [None, *given[1:], given[0]] if self._channels_last else [None, *given]
        if not shape or None in shape[1:]:
            says = tuple(shape) if shape else "nothing"
            self._fail(
                f"of the shape of input '{name}' it says {says}: give all sizes, channels first, with --input"
            )
        self._inputs[name] = tuple(n or 1 for n in shape)
        return Reference(name)

    def _order(self) -> str:
        return "with the batch first and channels last" if self._channels_last else "with the batch first"


_OPAQUE = (
    "its graph is in the code of its class, and not in the file; what is built of layers, as a Functional or "
    "Sequential model, can be imported"
)


def _with_own_call(layer: _Layer, read: Iterable[Tensor]) -> _Layer:
    """A layer whose calls are counted as others do that read it.

    Keras counts the way from a model's inputs to its outputs as its first call, and does not write it: of
    functional models, and of sequential ones in Keras 2.
    """
    calls = {tensor.call for tensor in read if tensor.layer == layer.name}
    if layer.word not in _NESTED or 0 in calls:
        return layer
    counts = layer.word != "Sequential" or max(calls, default=0) >= len(layer.calls)
    return layer._replace(calls=[call_on(), *layer.calls]) if counts else layer


def _word(document: dict[str, Any]) -> str:
    """What a rule is found by: the class of a layer of Keras, or `ops.` and that of an operation."""
    word, module = document["class_name"], document.get("module")
    if module is None and document.get("registered_name"):
        return f"{document['registered_name']} of its own"
    if isinstance(module, str):
        root = module.split(".", 1)[0]
        if root not in {"keras", "tf_keras", "tensorflow"}:
            return f"{module}.{word}"
        if ".ops." in module:
            return f"ops.{word}"
    if word in {"TFOpLambda", "SlicingOpLambda"}:
        return f"tf.{document['config']['function']}"
    return str(word)


def _flat(config: Mapping[str, Any]) -> dict[str, Argument]:
    """A configuration without objects in it: those that it holds are known by their class, and by dots.

    >>> _flat({"units": 3, "layer": {"class_name": "GRU", "config": {"units": 2}}})
    {'units': 3, 'layer': 'GRU', 'layer.units': 2}
    """
    found: dict[str, Argument] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            held = cast("dict[str, Any]", value)
            word, inner = held.get("class_name"), held.get("config")
            if word == "function":
                found[key] = f"function {inner}"
                continue
            found[key] = _word(held) if isinstance(word, str) else "object"
            if isinstance(inner, dict):
                found |= {f"{key}.{name}": one for name, one in _flat(cast("dict[str, Any]", inner)).items()}
        else:
            found[key] = value
    return found


def _channels_last(document: dict[str, Any]) -> bool:
    """How images lie, by the first layer that says it."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            held = cast("dict[str, Any]", value)
            if held.get("data_format") in {"channels_first", "channels_last"}:
                return held["data_format"] == "channels_last"
            waiting += reversed(held.values())
        elif isinstance(value, list):
            waiting += reversed(cast("list[Any]", value))
    return True
