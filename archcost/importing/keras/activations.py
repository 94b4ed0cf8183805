"""Activations of Keras, by the names of functions and as layers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.keras.arguments import arriving, learned, number, unmasked, word
from archcost.importing.rules import along, like, stated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value

FUNCTIONS: Mapping[str, tuple[str, dict[str, FieldValue]]] = {
    **{
        name: (name, {})
        for name in (
            *(
                "relu",
                "relu6",
                "silu",
                "gelu",
                "tanh",
                "sigmoid",
                "elu",
                "selu",
                "softplus",
                "softsign",
                "mish",
            ),
            *("celu", "log_sigmoid", "tanh_shrink", "hard_tanh", "hard_shrink", "soft_shrink", "exp"),
        )
    },
    "swish": ("silu", {}),
    "exponential": ("exp", {}),
    "hard_silu": ("hard_swish", {}),
    "hard_swish": ("hard_swish", {}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
}
"""Function of Keras -> kind, and its fields."""


def activated(call: Call, x: Value, key: str = "activation") -> Value:
    """What a layer's activation makes of it; it stands beside the layer, not in it."""
    if call.argument(key) in {None, "linear"}:
        return x
    call.module = call.module.rpartition(".")[0]
    return function(call, x, word(call, key), f"{key}.")


def function(call: Call, x: Value, name: str, prefix: str = "") -> Value:
    """An activation by its name, or by the name of its layer.

    Args:
        call: of the layer that has it.
        x: what arrives.
        name: of the function.
        prefix: of the arguments of an activation that is a layer.
    """
    if name in {"softmax", "log_softmax"}:
        return along(call, x, name, len(x.axes) - 1)
    if name == "linear":
        return x
    if name == "hard_sigmoid":
        return _hard_sigmoid(call, x)
    if name in FUNCTIONS:
        kind, fields = FUNCTIONS[name]
        return like(call, x, kind, **fields)
    if name in _LAYERS:
        return _LAYERS[name](call, x, prefix)
    raise NotUnderstoodError(f"there is no rule for the activation {name}")


def _hard_sigmoid(call: Call, x: Value) -> Value:
    """Keras 2 has another slope than Keras 3."""
    if call.argument("generation") == 3:
        return like(call, x, "hard_sigmoid")
    x = like(call, like(call, x, "scale", factor=0.2), "offset", value=0.5)
    return like(call, x, "clamp", min=0, max=1)


def _relu(call: Call, x: Value, prefix: str) -> Value:
    largest = call.argument(f"{prefix}max_value")
    slope = number(call, f"{prefix}negative_slope", 0) if call.argument(f"{prefix}negative_slope") else 0
    if call.argument(f"{prefix}threshold") or (slope and largest is not None):
        raise NotUnderstoodError("its threshold, or slope and max_value together, are not followed")
    if slope:
        return like(call, x, "leaky_relu", **stated(negative_slope=(slope, 0.01)))
    if largest is None:
        return like(call, x, "relu")
    most = number(call, f"{prefix}max_value", 6)
    return like(call, x, "relu6") if most == 6 else like(call, x, "clamp", min=0, max=most)


def _leaky(call: Call, x: Value, prefix: str) -> Value:
    name = next(
        (n for n in ("negative_slope", "alpha") if call.argument(f"{prefix}{n}") is not None), "alpha"
    )
    return like(call, x, "leaky_relu", **stated(negative_slope=(number(call, f"{prefix}{name}", 0.3), 0.01)))


def _elu(call: Call, x: Value, prefix: str) -> Value:
    return like(call, x, "elu", **stated(alpha=(number(call, f"{prefix}alpha", 1.0), 1.0)))


def _softmax(call: Call, x: Value, prefix: str) -> Value:
    axes = call.integers(f"{prefix}axis", [-1])
    if len(axes) != 1:
        raise NotUnderstoodError(f"it is along {len(axes)} axes")
    return along(call, x, "softmax", axes[0] % len(x.axes))


_LAYERS: dict[str, Callable[[Call, Value, str], Value]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "Softmax": _softmax,
}
"""Layers that are activations of other layers as well."""


def _layer(name: str) -> Rule:
    def rule(call: Call) -> Value:
        return _LAYERS[name](call, unmasked(call), "")

    return rule


def _activation(call: Call) -> Value:
    return function(call, arriving(call), word(call, "activation"), "activation.")


def _prelu(call: Call) -> Value:
    """A slope per channel, or one for all; one per element is a tensor of its own."""
    x = arriving(call)
    given = call.integers("shared_axes") if call.argument("shared_axes") is not None else []
    shared = {d % len(x.axes) for d in given}
    single = {
        axis for d, axis in enumerate(x.axes) if axis is not None and (d in shared or x.shape[axis] == 1)
    }
    shape = tuple(1 if axis in single else n for axis, n in enumerate(x.shape))
    if {*range(1, len(x.shape))} <= single:
        return call.add(
            "prelu",
            [x],
            x.shape,
            x.axes,
            learned(call, weight=shape[:1]),
            **stated(num_parameters=(shape[0], 1)),
        )
    slope = call.add("parameter", [], shape, x.axes, learned(call, weight=shape), shape=[*shape])
    below = like(call, like(call, x, "negate"), "relu")
    pair = [like(call, x, "relu"), call.add("multiply", [below, slope], x.shape, x.axes)]
    return call.add("subtract", pair, x.shape, x.axes)


ACTIVATIONS: dict[str, Rule] = {
    "Activation": _activation,
    **{name: _layer(name) for name in _LAYERS},
    "PReLU": _prelu,
}
"""Layers that are activations -> their rules."""
