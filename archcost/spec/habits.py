"""Values and layers as other languages write them, and how they are written here.

Python's tuples, calls and words, numbers with separators, `3x3`, templates in braces: what is meant is plain,
so the message can say what to write.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from archcost import foreign, layers
from archcost.suggest import plain

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST = 300
"""Characters of a text that are looked at."""

_SEPARATED = re.compile(r"\d{1,3}(,\d{3})+|\d+(_\d+)+")
_TIMES = re.compile(r"\d+( *[x×,] *\d+)+")
_SUM = re.compile(r"[\d.]+(\s*[+*/-]\s*[\d.]+)+")
_THOUSANDS = {"k": 1000, "K": 1024, "M": 10**6}
_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false", "t": "true", "f": "false"}
_TEMPLATE = re.compile(r"\$?\{+ *([A-Za-z_]\w*) *\}+|%\(?([A-Za-z_]\w*)\)?s?|<([A-Za-z_]\w*)>")
_CALCULATION = re.compile(r"[\w\s.+*/%()-]*[+*/%-][\w\s.+*/%()-]*")


def instead(text: str, known: Collection[str] = ()) -> str:
    """What to write for a value, as the end of a message; empty if nobody knows. `known` are the variables.

    >>> instead("(3, 3)"), instead("1,024"), instead("3x3"), instead("None"), instead("w * 2", ["w"])
    ('; write [3, 3]', '; write 1024', '; write [3, 3]', '; leave it out', '; write $(w * 2)')
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return ""
    if text in {"None", "none", "nil", "undefined", "NULL", "default"}:
        return "; leave it out"
    found = _value(text) or _variable(text, known)
    return f"; write {found}" if found else ""


def _value(text: str) -> str | None:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[0] == "(" and text[-1] == ")" and (items := _parsed(text)) is not None:
        return _rendered(items)
    return _number(text)


def _number(text: str) -> str | None:
    """A number with separators or a unit, several with times between them, or a calculation."""
    if _SEPARATED.fullmatch(text):
        return re.sub(r"[,_]", "", text)
    if _TIMES.fullmatch(text):
        return f"[{', '.join(re.findall(r'[0-9]+', text))}]"
    if not text[:-1].isdecimal():
        return f"$({text})" if _SUM.fullmatch(text) else None
    if text[-1] == "%":
        return str(int(text[:-1]) / 100)
    return str(int(text[:-1]) * _THOUSANDS[text[-1]]) if text[-1] in _THOUSANDS else None


def _variable(text: str, known: Collection[str]) -> str | None:
    if match := _TEMPLATE.fullmatch(text):
        return f"${next(filter(None, match.groups()))}"
    if text in known:
        return f"${text}"
    names = re.findall(r"[A-Za-z_]\w*", text)
    if names and all(name in known for name in names) and _CALCULATION.fullmatch(text):
        return f"$({text})"
    return None


def _parsed(text: str) -> ast.expr | None:
    """An expression of Python; None if it is none. Nothing is run."""
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _rendered(node: ast.expr) -> str | None:
    """A constant of Python as YAML writes it; None if it is none."""
    if isinstance(node, ast.Tuple | ast.List):
        parts = [_rendered(one) for one in node.elts]
        return None if None in parts or not parts else f"[{', '.join(filter(None, parts))}]"
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(node.value).lower()
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return str(node.value)
    return None


# -- layers as calls ------------------------------------------------------------------------------------

_CALL = re.compile(r"[A-Za-z_][\w.]*\s*\(.*\)\s*", re.DOTALL)
_SQUARES = re.compile(
    r"(?P<word>[A-Za-z_]\w*)[\s,:]+(?:\[?(?P<a>\d+)\s*[x×]\s*(?P<b>\d+)\]?)(?:[\s,/@]+(?P<out>\d+))?"
)

_NUMBERS = re.compile(r"([A-Za-z_][\w.]*)((?: +\d+)+)")
_SEVERAL = re.compile(r"([A-Za-z_][\w.]*)(?:\(\))? *(?:->|→|=>|\||\+|>>|,|;) *\S.*")

_FUNCTIONAL = re.compile(r"(F|torch|tf\.nn|(\w+\.)*functional)\.[a-z]\w+$")

_WINDOW = "kernel_size stride padding"
_TORCH = {
    "conv": f"in_channels out_channels {_WINDOW} dilation groups bias",
    "conv_transpose": f"in_channels out_channels {_WINDOW} output_padding groups bias dilation",
    "linear": "in_features out_features bias",
    "max_pool": f"{_WINDOW} dilation",
    "avg_pool": f"{_WINDOW} ceil_mode count_include_pad",
    "batch_norm": "num_features eps momentum affine",
    "instance_norm": "num_features eps momentum affine",
    "group_norm": "num_groups num_channels eps affine",
    "layer_norm": "",
    "upsample": "size scale_factor mode align_corners",
    "reshape": "",
    "flatten": "",
}
"""Kind -> what the arguments of PyTorch's layer mean by their places, where that is not our order."""

_KERAS = {
    "conv": f"out_channels {_WINDOW}",
    "conv_transpose": f"out_channels {_WINDOW}",
    "max_pool": _WINDOW,
    "avg_pool": _WINDOW,
    "linear": "out_features",
    "upsample": "scale_factor",
}

_INFERRED = ("in_channels", "in_features", "num_features", "num_channels")
"""What arrives is known; to write it is an assertion."""


def layer(text: str) -> str | None:
    """What to write for a layer that is written as a call, or as papers do; None if it is neither.

    >>> layer("nn.Conv2d(3, 64, kernel_size=3)"), layer("conv 3x3, 64"), layer("relu()"), layer("quux")
    ('write `conv: {out_channels: 64, kernel_size: 3}`', 'write `conv: {out_channels: 64, kernel_size: 3}`', \
'write `relu`', None)
    """
    if len(text) > _LONGEST:
        return None
    if match := _SQUARES.fullmatch(text.strip()):
        return _window(match)
    if match := _NUMBERS.fullmatch(text.strip()):
        return layer(f"{match[1]}({', '.join(match[2].split())})") if kind_of(match[1]) else None
    if _CALL.fullmatch(text):
        return _call(text.strip())
    if (match := _SEVERAL.fullmatch(text.strip())) and kind_of(match[1]):
        return "an item is one layer; each begins with `- ` on a line of its own"
    return None


def _window(match: re.Match[str]) -> str | None:
    kind = kind_of(match["word"])
    if kind not in {"conv", "depthwise_conv", "conv_transpose", "max_pool", "avg_pool"}:
        return None
    size = match["a"] if match["a"] == match["b"] else f"[{match['a']}, {match['b']}]"
    fields = {"kernel_size": size}
    if kind in {"conv", "conv_transpose"}:
        fields = {"out_channels": match["out"] or "…", **fields}
    return _written(kind, fields)


def _call(text: str) -> str:
    call = _parsed(text)
    word = text.partition("(")[0].strip()
    if why := foreign.INSTEAD.get(plain(word)):
        return why
    kind = kind_of(word)
    if kind is None:
        return (
            "a layer is a word and a mapping of its fields, as in `conv: {out_channels: 8, kernel_size: 3}`"
        )
    if layers.find(kind) is None:
        return f"write `{kind}:`, and its items below it, each beginning with `- `"
    if not isinstance(call, ast.Call):
        return _written(kind, {})
    if _FUNCTIONAL.match(word):  # its first argument is the tensor
        call.args = call.args[1:]
    return _written(kind, _arguments(call, _order(word, kind), kind))


def kind_of(word: str) -> str | None:
    """The kind, structure or standard block that a word of any framework means."""
    bare = plain(word)
    return next((kind for kind in layers.KINDS if plain(kind) == bare), None) or foreign.KINDS.get(bare)


def _order(word: str, kind: str) -> list[str]:
    """What arguments mean by their places."""
    own = _fields(kind)
    last = word.rpartition(".")[2]
    if last.islower() and "." not in word:
        return own
    is_keras = "keras" in word or "layers." in word or re.search(r"[123]D|Dense|Pooling|^Up|ization", last)
    table = _KERAS if is_keras else _TORCH
    return table[kind].split() if kind in table else own


def _fields(kind: str) -> list[str]:
    found = layers.find(kind)
    return list(found[0].model_fields) if found else []


def _arguments(call: ast.Call, order: list[str], kind: str) -> dict[str, str]:
    """The arguments by the names of fields. Those that nobody knows are left out."""
    own = _fields(kind)
    given = dict(zip(order, call.args, strict=False))
    for keyword in call.keywords:
        word = (keyword.arg or "").lower()
        field = word if word in own else foreign.FIELDS_OF.get(kind, {}).get(word) or foreign.FIELDS.get(word)
        if field:
            given[field] = keyword.value
    empty = [name for name, node in given.items() if isinstance(node, ast.Constant) and node.value is None]
    kept = (name for name in own if name in given and name not in empty and name not in _INFERRED)
    return {name: _rendered(given[name]) or "…" for name in kept}


def _written(kind: str, given: dict[str, str]) -> str:
    """How to write a layer, with `…` for required fields that are not known."""
    if found := layers.find(kind):
        needed = [name for name, field in found[0].model_fields.items() if field.is_required()]
        given = {name: given.get(name, "…") for name in _fields(kind) if name in given or name in needed}
    fields = ", ".join(f"{name}: {value}" for name, value in given.items())
    return f"write `{kind}: {{{fields}}}`" if fields else f"write `{kind}`"
