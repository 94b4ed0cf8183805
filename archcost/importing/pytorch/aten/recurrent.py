"""Recurrent layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.pytorch.aten.arguments import flag, whole
from archcost.importing.rules import cut, stated, without

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.values import Value

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def _recurrent(kind: str, **fields: str) -> Rule:
    """A sequence of one sample, which begins from zeros."""

    def rule(call: Call) -> list[Value]:
        x = call.value("input")
        batch_first = flag(call, "batch_first")
        batch, steps = (0, 1) if batch_first else (1, 0)
        if x.axes[batch] is not None:
            raise NotUnderstoodError(f"it reads {x.theirs[batch]} sequences")
        for state in call.known_list("hx"):
            if not isinstance(state, Weight) or state.numbers is None:
                raise NotUnderstoodError("its first state is none of zeros")
        layers, directions = whole(call, "num_layers", 1), 1 + flag(call, "bidirectional")
        weights = _weights(call, layers, directions)
        rows = weights["weight_hh_l0"].shape
        hidden = rows[0] // _GATES[kind]
        projected = weights["weight_hr_l0"].shape[0] if "weight_hr_l0" in weights else 0
        sequence = call.in_order(x, [2, steps])
        shape = (directions * (projected or hidden), sequence.shape[1])
        made = call.add(
            kind,
            [sequence],
            shape,
            (None, 1, 0) if batch_first else (1, None, 0),
            weights,
            hidden_size=hidden,
            **stated(
                num_layers=(layers, 1),
                bidirectional=(directions == 2, False),
                bias=(flag(call, "has_biases", default=True), True),
                proj_size=(projected, 0),
            ),
            **fields,
        )
        return [made, _last(call, made)] if layers == directions == 1 else [made]

    return rule


def _last(call: Call, made: Value) -> Value:
    """The state behind the last step, `[layers, batch, features]`."""
    end = cut(call, made, 1, range(made.shape[1] - 1, made.shape[1]))
    return without(call, end._replace(axes=(1, None, 0)), 0)._replace(axes=(None, None, 0))


def _weights(call: Call, layers: int, directions: int) -> dict[str, Weight]:
    """By the names that PyTorch gives them, which are the layer's as well; they come in this order."""
    found = call.known_list("params")
    each = len(found) // (layers * directions)
    words = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * flag(call, "has_biases", default=True)
    words += ["weight_hr"] * (each - len(words))
    ends = [f"l{layer}{end}" for layer in range(layers) for end in ("", "_reverse")[:directions]]
    names = [f"{word}_{end}" for end in ends for word in words]
    taken = {
        name: weight
        for name, weight in zip(names, found, strict=True)
        if isinstance(weight, Weight) and weight.is_learned
    }
    if len(taken) < len(names):
        raise NotUnderstoodError("its weights are not all learned")
    return taken


RULES: Mapping[str, Rule] = {
    "lstm": _recurrent("lstm"),
    "gru": _recurrent("gru"),
    "rnn_tanh": _recurrent("rnn"),
    "rnn_relu": _recurrent("rnn", nonlinearity="relu"),
}
