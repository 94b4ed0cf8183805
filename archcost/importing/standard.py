"""Calls of standard blocks instead of the layers that they are made of."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any

from archcost.importing.alignment import is_activation
from archcost.importing.parts import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Finder = Callable[[Sequence[Part]], Part | None]


def squeeze_excite(parts: Sequence[Part]) -> Part | None:
    """`std/squeeze_excite`: a map times a gate per channel."""
    gate = _gate(parts[0]) if parts else []
    if [part.word for part in gate[::2]] != ["global_avg_pool", *(part.word for part in gate[2::2])]:
        return None
    if len(gate) != 5 or not (is_activation(gate[2]) and is_activation(gate[4])):
        return None
    squeeze, excite = gate[1], gate[3]
    bias = squeeze.fields.get("bias", True)
    wanted = {"out_channels", "kernel_size", "bias"}
    for conv in (squeeze, excite):
        is_plain = conv.word == "conv" and conv.fields.keys() <= wanted and conv.fields["kernel_size"] == 1
        if not is_plain or conv.fields.get("bias", True) != bias:
            return None
    if excite.fields["out_channels"] != parts[0].channels:
        return None
    fields: dict[str, Any] = {"hidden": squeeze.fields["out_channels"]}
    fields |= {"act": gate[2].word} if gate[2].word != "relu" else {}
    fields |= {"gate": gate[4].word} if gate[4].word != "sigmoid" else {}
    return _call("std/squeeze_excite", fields | _bias(bias), parts[:1])


def _gate(part: Part) -> list[Part]:
    is_gate = part.word == "residual" and part.fields == {"merge": "multiply"} and not part.lists["shortcut"]
    gate = part.lists["residual"] if is_gate else []
    return [] if any(inner.is_read or inner.source for inner in gate) else gate


def mlp(parts: Sequence[Part]) -> Part | None:
    """`std/mlp`: two linear layers at every position."""
    found = [*parts[:3]]
    if len(found) < 3 or any(part.is_read for part in found[:2]) or any(part.source for part in found[1:]):
        return None
    widen, act, project = found
    bias = widen.fields.get("bias", True)
    if not (_is_linear(widen, bias) and is_activation(act) and _is_linear(project, bias)):
        return None
    if project.fields["out_features"] != widen.channels:
        return None
    hidden = widen.fields["out_features"]
    fields: dict[str, Any] = {"hidden": hidden} if hidden != 4 * widen.channels else {}
    fields |= {"act": act.word} if act.word != "gelu" else {}
    return _call("std/mlp", fields | _bias(bias), found)


ATTENTION = ("linear", "slice", "slice", "slice", "matmul", "scale", "softmax", "matmul", "linear")
"""What `std/attention` is made of."""


def attention(parts: Sequence[Part]) -> Part | None:
    """`std/attention`: every token reads all others."""
    found = [*parts[: len(ATTENTION)]]
    if tuple(part.word for part in found) != ATTENTION:
        return None
    qkv, q, k, v, scores, scale, weights, mixed, project = found
    channels = qkv.channels
    bias, out_bias = qkv.fields.get("bias", True), project.fields.get("bias", True)
    cuts = [(part.fields.get("start", 0), part.fields.get("end", 3 * channels)) for part in (q, k, v)]
    heads = scores.fields.get("heads", 1)
    fits = (
        _is_linear(qkv, bias)
        and qkv.fields["out_features"] == 3 * channels
        and cuts == [(n * channels, (n + 1) * channels) for n in range(3)]
        and (q.source, k.source, v.source) == ((), (qkv.name,), (qkv.name,))
        and (scores.source, scores.fields.get("transpose_a")) == ((q.name, k.name), True)
        and (scale.source, weights.source) == ((), ())
        and isclose(scale.fields["factor"], (channels / heads) ** -0.5)
        and weights.fields == {"axis": 2}
        and (mixed.source, mixed.fields) == ((weights.name, v.name), {"heads": heads, "transpose_b": True})
        and _is_linear(project, out_bias)
        and (project.source, project.fields["out_features"]) == ((), channels)
    )
    if not fits:
        return None
    fields = {"heads": heads, **_bias(bias), **({} if out_bias else {"out_bias": False})}
    return _call("std/attention", fields, found)


def _is_linear(part: Part, bias: object) -> bool:
    wanted = {"out_features", "per_position", "bias"}
    is_plain = part.word == "linear" and part.fields.keys() <= wanted and part.fields.get("per_position")
    return bool(is_plain) and part.fields.get("bias", True) == bias


def _bias(bias: object) -> dict[str, Any]:
    return {} if bias else {"bias": False}


def _call(word: str, fields: dict[str, Any], parts: Sequence[Part]) -> Part:
    first, last = parts[0], parts[-1]
    return Part(word, fields, {}, last.name, first.source, first.shape, is_read=last.is_read)


BLOCKS: dict[Finder, int] = {squeeze_excite: 1, mlp: 3, attention: len(ATTENTION)}
"""What finds a standard block where a list of parts begins, and how many parts it is."""


def call_standard(parts: list[Part], find: Finder) -> None:
    """Calls instead of what they are made of, in all lists."""
    for part in parts:
        for several in part.lists.values():
            call_standard(several, find)
    i = 0
    while i < len(parts):
        size = BLOCKS[find]
        found = find(parts[i : i + size])
        if found:
            parts[i : i + size] = [found]
        i += 1
