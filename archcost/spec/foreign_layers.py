"""Layers as programs and papers write them, and how they are written here.

`nn.Conv2d(3, 64, 3)`, `Dense(10)`, `conv 3x3, 64`: what is meant is plain, so the message can say what to
write.
"""

from __future__ import annotations

import ast
import re

from archcost import foreign, layers
from archcost.spec.foreign_values import parsed, rendered
from archcost.words.suggest import plain

_LONGEST = 300
"""Characters of a text that are looked at."""

# Only mistakes need these patterns, so they are texts, which `re` compiles when there is one.
_CALL = r"(?s)[A-Za-z_][\w.]*\s*\(.*\)\s*"
_SQUARES = r"(?P<word>[A-Za-z_]\w*)[\s,:]+(?:\[?(?P<a>\d+)\s*[x×]\s*(?P<b>\d+)\]?)(?:[\s,/@]+(?P<out>\d+))?"

_NUMBERS = r"([A-Za-z_][\w.]*)((?: +\d+)+)"
_SEVERAL = r"([A-Za-z_][\w.]*)(?:\(\))? *(?:->|→|=>|\||\+|>>|,|;) *\S.*"

_COMMENT = r"([A-Za-z_]\w*) *(?:#|//|--|%) *(.*)"
_FUNCTIONAL = r"(F|torch|tf\.nn|(\w+\.)*functional)\.[a-z]\w+$"

_ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "Conv": ("out_channels kernel_size stride padding groups dilation act", {}),
    "DWConv": ("out_channels kernel_size stride dilation act", {"groups": "$in_channels"}),
}
"""Modules of Ultralytics that are `std/conv_norm_act` -> what their arguments mean, and what else is said."""

_WINDOW = "kernel_size stride padding"
_RECURRENT = "input_size hidden_size num_layers"
_TORCH = {
    "conv": f"in_channels out_channels {_WINDOW} dilation groups bias",
    "conv_transpose": f"in_channels out_channels {_WINDOW} output_padding groups bias dilation",
    "lstm": f"{_RECURRENT} bias batch_first dropout bidirectional proj_size",
    "gru": f"{_RECURRENT} bias batch_first dropout bidirectional",
    "rnn": f"{_RECURRENT} nonlinearity bias batch_first dropout bidirectional",
    "linear": "in_features out_features bias",
    "max_pool": f"{_WINDOW} dilation",
    "avg_pool": f"{_WINDOW} ceil_mode count_include_pad",
    "batch_norm": "num_features eps momentum affine",
    "instance_norm": "num_features eps momentum affine",
    "group_norm": "num_groups num_channels eps affine",
    "layer_norm": "",
    "rms_norm": "",
    "normalize": "",
    "upsample": "size scale_factor mode align_corners",
    **dict.fromkeys(("reshape", "expand"), ""),
    **dict.fromkeys(("squeeze", "unsqueeze", "stack"), "axis"),
    "flatten": "start end",
    "unflatten": "axis sizes",
    "split": "parts axis",
    "roll": "shifts axis",
    "flip": "axis",
    "unfold": "kernel_size dilation padding stride",
    "fold": "output_size kernel_size dilation padding stride",
}
"""Kind -> what the arguments of PyTorch's layer mean by their places, where that is not our order."""

_KERAS = {
    "conv": f"out_channels {_WINDOW}",
    "conv_transpose": f"out_channels {_WINDOW}",
    "max_pool": _WINDOW,
    "avg_pool": _WINDOW,
    "linear": "out_features",
    **dict.fromkeys(("lstm", "gru", "rnn"), "hidden_size"),
    "upsample": "scale_factor",
}

INFERRED = ("in_channels", "in_features", "num_features", "num_channels", "input_size")
"""What arrives is known; to write it is an assertion."""


def layer(text: str) -> str | None:
    """What to write for a layer that is written as a call, or as papers do; None if it is neither.

    >>> layer("nn.Conv2d(3, 64, kernel_size=3)"), layer("conv 3x3, 64"), layer("relu()"), layer("quux")
    ('write `conv: {out_channels: 64, kernel_size: 3}`', 'write `conv: {out_channels: 64, kernel_size: 3}`', \
'write `relu`', None)
    """
    if len(text) > _LONGEST:
        return None
    return next((found for reads in _FORMS if (found := reads(text.strip()))), None)


_ASSIGNED = r"(?s)(?:self\.)?(?P<name>[A-Za-z_]\w*) *= *(?P<call>\S.*)"
_PRINTED = r"\(?(?P<name>\w+)\)?"


def named(word: str, value: str) -> str | None:
    """What to write for a named call: `self.stem = nn.ReLU()`, or a line that PyTorch prints.

    >>> named("(conv1)", "Conv2d(3, 64, kernel_size=(7, 7))"), named("self.act = nn.ReLU()", "")
    ('write `conv: {out_channels: 64, kernel_size: [7, 7]}`, and `name: conv1` beside it', \
'write `relu`, and `name: act` beside it')
    """
    found = re.fullmatch(_PRINTED, word) if value else re.fullmatch(_ASSIGNED, word)
    call = value or found["call"] if found else ""
    written = layer(f"{call})" if call.endswith("(") else call)
    if found is None or written is None or found["name"].isdecimal():
        return written
    return f"{written}, and `name: {found['name']}` beside it"


def row(module: str, arguments: list[str]) -> str:
    """What to write for a row of Ultralytics.

    >>> row("Conv", ["64", "2", "2"])[:84], row("nn.Upsample", ["None", "2", "nearest"])
    ('write `std/conv_norm_act: {out_channels: 64, kernel_size: 2, stride: 2, padding: 1, ', \
'write `upsample: {scale_factor: 2, mode: nearest}`')
    """
    if module in _ROWS:
        names, others = _ROWS[module]
        said = {"out_channels": "…", "kernel_size": "1"} | dict(zip(names.split(), arguments, strict=False))
        if said["kernel_size"] in {"2", "4", "6", "8"}:  # whose padding is half of it, not of one less
            said.setdefault("padding", str(int(said["kernel_size"]) // 2))
        act = {"False": "none", "True": "silu"}.get(said.pop("act", "True"), "…")
        fields = {name: value for name, value in said.items() if value != "None"} | others | {"act": act}
        written = ", ".join(f"{name}: {value}" for name, value in fields.items())
        return f"write `std/conv_norm_act: {{{written}}}`, its channels times the width of the model"
    if module == "Concat":
        return "write `{concat, from: [a, b]}`"
    if "." in module and (written := layer(f"{module}({', '.join(map(_quoted, arguments))})")):
        return written
    return foreign.layers.INSTEAD.get(plain(module)) or foreign.layers.MODULE


def _quoted(text: str) -> str:
    """An argument as Python writes it."""
    return text if parsed(text) is not None and not text.islower() else repr(text)


def _window(text: str) -> str | None:
    """`conv 3x3, 64`."""
    match = re.fullmatch(_SQUARES, text)
    kind = kind_of(match["word"]) if match else None
    if match is None or kind not in {"conv", "depthwise_conv", "conv_transpose", "max_pool", "avg_pool"}:
        return None
    size = match["a"] if match["a"] == match["b"] else f"[{match['a']}, {match['b']}]"
    fields = {"kernel_size": size}
    if kind in {"conv", "conv_transpose"}:
        fields = {"out_channels": match["out"] or "…", **fields}
    return _written(kind, fields)


def _numbers(text: str) -> str | None:
    """`linear 10`."""
    match = re.fullmatch(_NUMBERS, text)
    return _call(f"{match[1]}({', '.join(match[2].split())})") if match and kind_of(match[1]) else None


def _comment(text: str) -> str | None:
    """`relu // as in the paper`."""
    match = re.fullmatch(_COMMENT, text)
    if match is None or kind_of(match[1]) is None:
        return None
    return f"a comment begins with a space and #, as in `{match[1]}  # {match[2]}`"


def _several(text: str) -> str | None:
    """`conv -> relu`."""
    match = re.fullmatch(_SEVERAL, text)
    if match is None or kind_of(match[1]) is None:
        return None
    return "an item is one layer; each begins with `- ` on a line of its own"


def _call(text: str) -> str | None:
    """`nn.Conv2d(3, 64, 3)`."""
    if not re.fullmatch(_CALL, text):
        return None
    word, call = text.partition("(")[0].strip(), parsed(text)
    kind = kind_of(word)
    if why := foreign.layers.INSTEAD.get(plain(word)) or _OURS.get(plain(word)):
        return why
    if kind is None or not isinstance(call, ast.Call):
        return f"a layer is a word and a mapping of its fields, as in {_EXAMPLE}"
    if plain(word) == "multiheadattention":
        return _attention(call)
    if layers.find_item(kind) is None:
        below = "its parameters" if kind.startswith("std/") else "its items"
        return f"write `{kind}:`, and {below} below it"
    if re.match(_FUNCTIONAL, word):  # its first argument is the tensor
        call.args = call.args[1:]
    other = foreign.layers.DIFFERS.get(word.rpartition(".")[2])
    given = _arguments(call, _order(word, kind), kind)
    if not (_is_ours(word) or _is_keras(word)):
        given = {name: _without_batch(value) if name in _AXES else value for name, value in given.items()}
    return _written(kind, given) + (f"; {other}" if other else "")


_OURS = {
    "split": "write `split: {parts: …}` for so many equal parts, or `split: {sizes: […]}` for parts of these "
    "sizes"
}
"""Words of ours of which a call elsewhere has other arguments."""

_OF_ATTENTION = {"embed_dim", "key_dim", "dropout", "batch_first", "device", "dtype", "name"}
"""Arguments that change nothing of `std/attention`: its width is what arrives."""


def _attention(call: ast.Call) -> str:
    """A call of multi-head attention."""
    if heads := _heads(call):
        return f"write `std/attention: {{heads: {heads}}}`; its heads share the channels that arrive"
    return (
        "`std/attention` has parameters for its biases, for heads of keys and values, and for their "
        "channels; to other tokens it is `std/cross_attention`"
    )


def _heads(call: ast.Call) -> str | None:
    """The heads of attention; None where it has more than a number of them, so that it is another attention.

    PyTorch's has the channels before the heads; Keras's, with a large H, has those of a head behind them.
    """
    is_keras = ast.unparse(call.func).endswith("MultiHeadAttention")
    given = {word.arg or "**": word.value for word in call.keywords if word.arg not in _OF_ATTENTION}
    given |= dict(
        zip(["num_heads", "key_dim"] if is_keras else ["embed_dim", "num_heads"], call.args, strict=False)
    )
    if given.keys() - _OF_ATTENTION != {"num_heads"} or len(call.args) > _BEFORE_OTHERS:
        return None
    return rendered(given["num_heads"])


_BEFORE_OTHERS = 2
"""Arguments of attention by their places: the channels and the heads."""


_EXAMPLE = "`conv: {out_channels: 8, kernel_size: 3}`"
_FORMS = (_window, _numbers, _call, _comment, _several)


def kind_of(word: str) -> str | None:
    """The kind, structure or standard block that a word of any framework means."""
    bare = plain(word)
    return next((kind for kind in layers.KINDS if plain(kind) == bare), None) or foreign.layers.KINDS.get(
        bare
    )


def _is_ours(word: str) -> bool:
    """Whether a word may be one of this language, in a call."""
    return word.islower() and "." not in word


def _is_keras(word: str) -> bool:
    last = word.rpartition(".")[2]
    is_keras = re.search(r"[123]D|Dense|Pooling|^UpSampling|ization", last)
    return bool("keras" in word or "layers." in word or is_keras)


def _order(word: str, kind: str) -> list[str]:
    """What arguments mean by their places."""
    own = _fields(kind)
    if _is_ours(word):
        return own
    table = _KERAS if _is_keras(word) else _TORCH
    return table[kind].split() if kind in table else own


def _fields(kind: str) -> list[str]:
    found = layers.find_item(kind)
    return list(found[0].model_fields) if found else []


def _arguments(call: ast.Call, order: list[str], kind: str) -> dict[str, str]:
    """The arguments by the names of fields. Those that nobody knows are left out."""
    own = _fields(kind)
    given = dict(zip(order, call.args, strict=False))
    for keyword in call.keywords:
        word = (keyword.arg or "").lower()
        field = (
            word
            if word in own
            else foreign.fields.FIELDS_OF.get(kind, {}).get(word) or foreign.fields.FIELDS.get(word)
        )
        if field:
            given[field] = keyword.value
    empty = [name for name, node in given.items() if isinstance(node, ast.Constant) and node.value is None]
    kept = (name for name in own if name in given and name not in empty and name not in INFERRED)
    return {name: rendered(given[name]) or "…" for name in kept}


_AXES = ("axis", "start", "end")
"""Fields of kinds in `_TORCH` that number axes."""


def _without_batch(axis: str) -> str:
    """An axis that was counted with the batch in front.

    >>> [_without_batch(axis) for axis in ("1", "-1", "0")]
    ['0', '-1', '…']
    """
    number = int(axis) if re.fullmatch(r"-?\d+", axis) else 0
    return str(number - (number > 0)) if number else "…"


def _written(kind: str, given: dict[str, str]) -> str:
    """How to write a layer, with `…` for required fields that are not known."""
    if found := layers.find_item(kind):
        needed = [name for name, field in found[0].model_fields.items() if field.is_required()]
        given = {name: given.get(name, "…") for name in _fields(kind) if name in given or name in needed}
    fields = ", ".join(f"{name}: {value}" for name, value in given.items())
    return f"write `{kind}: {{{fields}}}`" if fields else f"write `{kind}`"
