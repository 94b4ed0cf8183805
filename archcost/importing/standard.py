"""Calls of standard blocks instead of the layers that they are made of."""

from __future__ import annotations

from math import isclose, isqrt, prod
from typing import TYPE_CHECKING, Any, TypeAlias

from archcost.importing.alignment import is_activation
from archcost.importing.parts import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archcost.windows.window import Shape

Found: TypeAlias = "tuple[Part, int] | None"
"""A call, and how many parts it stands for."""

Finder: TypeAlias = "Callable[[Sequence[Part]], Found]"


def squeeze_excite(parts: Sequence[Part]) -> Found:
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


def mlp(parts: Sequence[Part]) -> Found:
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


def attention(parts: Sequence[Part]) -> Found:
    """`std/attention`: every token reads all others, or those of its set."""
    row = _Row(parts)
    qkv, q, k, v = (row.next(word) for word in ("linear", "slice", "slice", "slice"))
    scaled = row.next("scale", (q.name,), (k.name,))
    scores, scale = row.next("matmul"), row.next("scale", ())
    if row.lacking or not qkv.shape:
        return None
    channels, heads = qkv.channels, scores.fields.get("heads", 1)
    added = {**_bias_of(row, heads, qkv.shape), **_mask_of(row, qkv.shape)}
    weights, mixed, project = (row.next(word) for word in ("softmax", "matmul", "linear"))
    if row.lacking or bool(scaled.word) == bool(scale.word):
        return None
    has_bias, out_bias = qkv.fields.get("bias", True), project.fields.get("bias", True)
    cuts = [(part.fields.get("start", 0), part.fields.get("end", 3 * channels)) for part in (q, k, v)]
    read = tuple(scaled.name if part.name in scaled.source else part.name for part in (q, k))
    sets = {"tokens": True} if len(qkv.shape) > 2 else {}
    fits = (
        _is_linear(qkv, has_bias)
        and qkv.fields["out_features"] == 3 * channels
        and cuts == [(n * channels, (n + 1) * channels) for n in range(3)]
        and (q.source, k.source, v.source) == ((), (qkv.name,), (qkv.name,))
        and (scores.source, scores.fields) == (read, {"heads": heads, **sets, "transpose_a": True})
        and (weights.source, weights.fields) == ((), {"axis": len(qkv.shape)})
        and (mixed.source, mixed.fields) == ((weights.name, v.name), {"heads": heads, "transpose_b": True})
        and _is_linear(project, out_bias)
        and (project.source, project.fields["out_features"]) == ((), channels)
    )
    if not fits:
        return None
    fields = {"heads": heads, **_bias(has_bias), **({} if out_bias else {"out_bias": False})}
    factor = (scaled if scaled.word else scale).fields["factor"]
    fields |= {} if isclose(factor, (channels / heads) ** -0.5) else {"scale": factor}
    fields |= {"scaled": "queries" if scaled.source == (q.name,) else "keys"} if scaled.word else {}
    return _call("std/attention", fields | added | ({"sets": True} if sets else {}), row.taken)


NOTHING = Part("")
"""Stands for a part that is not there."""


class _Row:
    """Parts that are looked at one after the other.

    Attributes:
        taken: those that were found.
        lacking: whether one was not there, or not as it has to be.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._left = [*parts][::-1]
        self.taken: list[Part] = []
        self.lacking = False

    def next(self, word: str, *sources: tuple[str, ...]) -> Part:
        """The next part, if it has that word; one that has to read one of some sources may be missing."""
        part = self._left[-1] if self._left else NOTHING
        if part.word == word and (not sources or part.source in sources):
            self.taken.append(self._left.pop())
            return part
        self.lacking |= not sources
        return NOTHING

    def added(self, *words: str) -> list[Part]:
        """What is made by these and added to what is there, if the next part does that."""
        part = self._left[-1] if self._left else NOTHING
        inner = part.lists.get("residual", [])
        is_plain = not (part.source or part.fields or part.lists.get("shortcut"))
        if not is_plain or tuple(one.word for one in inner) != words:
            return []
        self.taken.append(self._left.pop())
        return inner

    @property
    def is_row(self) -> bool:
        """Whether what was found follows each other, and nothing else reads what is in between."""
        inside = any(part.is_read for part in self.taken[:-1]) or any(part.source for part in self.taken[1:])
        return not self.lacking and not inside


def _bias_of(row: _Row, heads: object, shape: Shape) -> dict[str, Any]:
    """A learned number for every head and relative position, which is added to scores."""
    behind = ("reshape",) if len(shape) > 2 else ()
    added = row.added("parameter", "gather", *behind)
    if not added:
        return {}
    tokens = [*shape][-1]
    side = isqrt(tokens)
    wanted: list[dict[str, Any]] = [{"shape": [heads, (2 * side - 1) ** 2]}]
    wanted += [{"axis": 1, "index": "declared", "index_shape": [tokens, tokens]}]
    wanted += [{"shape": [heads, 1, tokens, tokens]} for _ in behind]
    row.lacking |= side**2 != tokens or [part.fields for part in added] != wanted
    return {"position_bias": True, "positions": side, "declared": True}


def _mask_of(row: _Row, shape: Shape) -> dict[str, Any]:
    """A number for every pair of tokens of a set, which is added to scores."""
    added = row.added("constant") if len(shape) > 2 else []
    wanted = {"shape": [1, *shape[1:], *shape[2:]], "values": "declared"}
    row.lacking |= bool(added) and added[0].fields != wanted
    return {"mask": True, "declared": True} if added else {}


def rearrange(parts: Sequence[Part]) -> Found:
    """`rearrange`: axes of a map, or of sets of tokens, that are split, swapped and joined."""
    row = _Row(parts)
    split, swap, join = (row.next(word) for word in ("reshape", "transpose", "reshape"))
    if not row.is_row or len(split.shape) != 3:
        return None
    sizes, axes = split.fields["shape"], swap.fields["axes"]
    source = _factors(split.shape, sizes)
    target = _factors(join.fields["shape"], [sizes[axis] for axis in axes])
    if not (source and target) or any(len(axis) > 2 for axis in source):
        return None
    names = "".join(pair[: len(axis)] for axis, pair in zip(source, ("cd", "ya", "xb"), strict=True))
    inner = {names[axis[1]]: sizes[axis[1]] for axis in source if len(axis) > 1}
    sides = _side(source, names), _side(target, [names[axis] for axis in axes])
    return _call("rearrange", {"pattern": " -> ".join(sides), "sizes": inner}, row.taken)


def _factors(shape: Sequence[int], factors: Sequence[int]) -> list[range]:
    """Which neighbours each axis is the product of; nothing if they are not, or if each is one."""
    found: list[range] = []
    start = 0
    for size in shape:
        ends = range(start + 1, len(factors) + 1)
        end = next((end for end in ends if prod(factors[start:end]) == size), 0)
        found.append(range(start, end))
        start = end
    return found if start == len(factors) > len(shape) else []


def _side(axes: Sequence[range], names: Sequence[str]) -> str:
    several = [" ".join(names[i] for i in axis) for axis in axes]
    return " ".join(f"({one})" if " " in one else one for one in several)


WINDOWS = {
    False: ("c (y a) (x b) -> c (y x) (a b)", "c (y a) (x b) -> c (y x) (a b)"),
    True: ("c (y a) (x b) -> c (a b) (y x)", "c (y a) (x b) -> c (x y) (b a)"),
}
"""How a map becomes windows, and they a map; by whether each is a grid over all of it."""


def windows(parts: Sequence[Part]) -> Found:
    """`std/attention` in the windows of a map, instead of that of sets between two rearrangements."""
    row = _Row(parts)
    there = row.next("roll", parts[0].source)
    apart = row.next("rearrange", parts[0].source, ())
    whole = NOTHING if apart.word else row.next("reshape")
    call = row.next("std/attention")
    together = row.next("rearrange" if apart.word else "reshape")
    back = row.next("roll", ())
    shape = parts[0].shape
    if not row.is_row or len(shape) != 3 or back.word != there.word:
        return None
    found = _whole(shape, whole, call) if whole.word else _windows(shape, apart.fields, together.fields)
    positions, shift = call.fields.get("positions"), back.fields.get("shifts", 0)
    if not found or positions not in {None, found["window"]}:
        return None
    if back.word:
        ways = [{"shifts": far, "axis": [1, 2]} for far in (-shift, shift)]
        if not isinstance(shift, int) or shift < 0 or [there.fields, back.fields] != ways:
            return None
        found["shift"] = shift
    masked = bool(call.fields.get("mask"))
    found |= {"mask": masked} if masked != bool(back.word) else {}
    kept = {key: value for key, value in call.fields.items() if key not in {"sets", "positions", "mask"}}
    fields = {"heads": kept.pop("heads"), **found, **kept}
    return _call("std/attention", fields, row.taken)


def _windows(shape: Shape, apart: Mapping[str, Any], together: Mapping[str, Any]) -> dict[str, Any]:
    """How large windows are, and whether they are grids; nothing if there are none."""
    _, height, width = shape
    for grid, (there, back) in WINDOWS.items():
        inner = apart["sizes"].get("a", 1)
        side = height // inner if grid else inner
        y, x = height // side, width // side
        sizes = {"a": y, "b": x} if grid else {"a": side, "b": side}
        if apart == {"pattern": there, "sizes": sizes} and together == {
            "pattern": back,
            "sizes": {"a": x, "b": side},
        }:
            return {"window": side, **({"grid": True} if grid else {})}
    return {}


def _whole(shape: Shape, flat: Part, call: Part) -> dict[str, Any]:
    """The window that is all of a map; nothing if it is not."""
    channels, height, width = shape
    is_whole = height == width == call.fields.get("positions")
    return {"window": height} if is_whole and flat.fields == {"shape": [channels, height * width]} else {}


def _is_linear(part: Part, bias: object) -> bool:
    wanted = {"out_features", "per_position", "bias"}
    is_plain = part.word == "linear" and part.fields.keys() <= wanted and part.fields.get("per_position")
    return bool(is_plain) and part.fields.get("bias", True) == bias and not part.share


def _bias(bias: object) -> dict[str, Any]:
    return {} if bias else {"bias": False}


def _call(word: str, fields: dict[str, Any], parts: Sequence[Part]) -> tuple[Part, int]:
    first, last = parts[0], parts[-1]
    return Part(word, fields, {}, last.name, first.source, first.shape, is_read=last.is_read), len(parts)


INSIDE: tuple[Finder, ...] = (squeeze_excite, mlp, attention)
"""What finds a standard block where a list of parts begins."""

AROUND: tuple[Finder, ...] = (rearrange, windows)
"""What finds what small modules make together, or a call and what stands around it."""

LONGEST = 12
"""Parts that one is made of at most."""


def call_standard(parts: list[Part], find: Finder) -> None:
    """Calls instead of what they are made of, in all lists."""
    for part in parts:
        for several in part.lists.values():
            call_standard(several, find)
    i = 0
    while i < len(parts):
        found = find(parts[i : i + LONGEST])
        if found:
            call, length = found
            parts[i : i + length] = [call]
        i += 1
