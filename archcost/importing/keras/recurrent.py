"""Keras' layers along a sequence: recurrent ones, both ways, and others at every step."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.keras.arguments import flag, integer, learned, refuse, unmasked, word
from archcost.importing.rules import as_shape, averaged, concatenated, cut, joined, stated, without
from archcost.importing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Argument
    from archcost.windows.window import Shape

_GATES = {"LSTM": ("lstm", 4), "GRU": ("gru", 3), "SimpleRNN": ("rnn", 1)}
"""Class -> kind, and sums that one unit is made of."""


def _sequence(call: Call, name: str, prefix: str, *, both_ways: bool) -> Value:
    """What leaves at every position."""
    x = unmasked(call)
    if len(x.axes) != 3 or x.axes[0] is not None:
        raise NotUnderstoodError(f"{x.theirs} is no sequence")
    x = call.in_order(x, [2, 1])
    refuse(call, *(f"{prefix}{one}" for one in ("go_backwards", "stateful", "return_state")))
    refuse(call, "call.initial_state", "1")
    kind, gates = _GATES[name]
    activation = word(call, f"{prefix}activation", "tanh")
    known = {"tanh", "relu"} if name == "SimpleRNN" else {"tanh"}
    gate = word(call, f"{prefix}recurrent_activation", "sigmoid")
    if activation not in known or gate != "sigmoid":
        raise NotUnderstoodError(f"its activations are {activation} and {gate}")
    bias = flag(call, f"{prefix}use_bias", default=True)
    if name == "GRU" and not flag(call, f"{prefix}reset_after", default=True):
        raise NotUnderstoodError("a GRU whose gate resets before the product is another one")
    units = integer(call, f"{prefix}units")
    rows = gates * units
    shapes: dict[str, Shape | None] = {}
    for way in ("", "_reverse")[: 1 + both_ways]:
        shapes |= {f"weight_ih_l0{way}": (rows, x.shape[0]), f"weight_hh_l0{way}": (rows, units)}
        shapes |= {f"bias_{of}_l0{way}": (rows,) for of in ("ih", "hh")[: (1 + (name == "GRU")) * bias]}
    # Only the GRU of Keras has a bias for either product.
    fields = stated(bidirectional=(both_ways, False), bias=(bias, True))
    fields |= {"recurrent_bias": False} if bias and name != "GRU" else {}
    fields |= {"nonlinearity": "relu"} if activation == "relu" else {}
    shape = (units * (1 + both_ways), x.shape[1])
    return call.add(kind, [x], shape, (None, 1, 0), learned(call, **shapes), hidden_size=units, **fields)


def _at(call: Call, x: Value, position: int) -> Value:
    """One position of a sequence."""
    return without(call, cut(call, x, 1, range(position, position + 1)), 1)


def _recurrent(name: str) -> Rule:
    def rule(call: Call) -> Value:
        x = _sequence(call, name, "", both_ways=False)
        return x if flag(call, "return_sequences", default=False) else _at(call, x, x.shape[1] - 1)

    return rule


def _bidirectional(call: Call) -> Value:
    """Both ways at once; what leaves backwards last stands at the first position."""
    name = word(call, "layer")
    if name not in _GATES or not _is_alike(call.operation.arguments):
        raise NotUnderstoodError(f"both ways of {name} are not followed, or they are not alike")
    x = _sequence(call, name, "layer.", both_ways=True)
    units = x.shape[0] // 2
    ways = [cut(call, x, 0, range(units)), cut(call, x, 0, range(units, 2 * units))]
    every = flag(call, "layer.return_sequences", default=False)
    merge = word(call, "merge_mode", "concat")
    if merge == "concat" and every:
        return x
    if not every:
        ways = [_at(call, ways[0], x.shape[1] - 1), _at(call, ways[1], 0)]
    if merge == "concat":
        return concatenated(call, ways, 1)
    kinds = {"sum": "add", "mul": "multiply", "ave": "average"}
    if merge not in kinds:
        raise NotUnderstoodError(f"merge_mode is {merge}")
    return joined(call, kinds[merge], *ways)


def _is_alike(given: Mapping[str, Argument]) -> bool:
    """Whether the layer backwards is the one forwards, if it is told at all."""
    if given.get("backward_layer") is None:
        return True
    ours = ("units", "activation", "recurrent_activation", "use_bias", "reset_after", "return_sequences")
    pairs = [(f"layer{end}", f"backward_layer{end}") for end in ("", *(f".{name}" for name in ours))]
    return all(given.get(a) == given.get(b) for a, b in pairs)


_ALIKE = ("Dense", "Activation", "ReLU", "LeakyReLU", "Dropout", "LayerNormalization")
"""Layers that work on the last dimension or on single elements."""

_WINDOWS = {
    "Conv": ("kernel_size", "strides", "dilation_rate"),
    "DepthwiseConv": ("kernel_size", "strides", "dilation_rate"),
    "SeparableConv": ("kernel_size", "strides", "dilation_rate"),
    "MaxPooling": ("pool_size", "strides"),
    "AveragePooling": ("pool_size", "strides"),
}
"""Layers with a window, which is one step long; and their arguments that have a number per axis."""


def _time_distributed(call: Call) -> Value:
    """A layer at every step: a window that is one step long, or a layer that reads no other step."""
    x, name = unmasked(call), word(call, "layer")
    prefix = "layer."
    inner: dict[str, Argument] = {
        key.removeprefix(prefix): value
        for key, value in call.operation.arguments.items()
        if key.startswith(prefix) or key in {"0", "generation"}
    }
    base, rank = name[:-2], len(x.axes) - 3
    if name != "Dense" and inner.get("data_format") == "channels_first":
        raise NotUnderstoodError(f"{name} at every step, with channels first, is not followed")
    if name == "LayerNormalization":
        axes = call.integers("layer.axis", [-1])
        inner["axis"] = [axis + 1 if axis > 0 else axis for axis in axes]  # a step has no dimension for steps
    if name == "Flatten":
        return as_shape(call, x, (*x.theirs[:2], prod(x.theirs[2:])))
    if base == "GlobalAveragePooling":
        keep = bool(inner.get("keepdims"))
        return averaged(call, x, [*range(2, len(x.axes) - 1)], keep=keep)
    if base in _WINDOWS:
        for key in _WINDOWS[base]:
            given = inner.get(key)
            if given is not None:
                inner[key] = [1, *(given if isinstance(given, list) else [given] * rank)]
    elif name not in _ALIKE:
        raise NotUnderstoodError(f"{name} at every step is not followed")
    operation = call.operation._replace(word=name, arguments=inner)
    (found,) = call.run([operation], {}, operation.outputs)
    if not isinstance(found, Value):
        raise NotUnderstoodError(f"{name} makes no tensor")
    return found


RECURRENT: dict[str, Rule] = {
    **{name: _recurrent(name) for name in _GATES},
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
}
"""Layers along a sequence -> their rules."""
