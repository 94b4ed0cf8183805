"""The words of the language, apart from the kinds of layers: keys of a spec, of a block and of an item."""

from __future__ import annotations

LIBRARY_KEYS = ("archcost", "name", "note", "include", "blocks")
"""What a file that is included may hold."""

SPEC_KEYS = (
    *("archcost", "name", "note", "vars", "variants"),
    *("include", "input", "blocks", "layers", "outputs"),
)

BLOCK_KEYS = ("params", "inputs", "require", "outputs", "body", "note")

META = ("name", "from", "when", "push", "expect", "note", "share", "weights")
"""Keys that any item may have, beside its kind."""

STRUCTURES = {
    "body": ("body",),
    "repeat": ("repeat", "body", "merge", "collect", "dense", "carry"),
    "branches": ("branches", "merge"),
    "residual": ("residual", "shortcut", "merge"),
}
"""Structure kinds and the keys that belong to each."""

COMPANIONS = {
    "shortcut": "`residual`",
    "merge": "`branches`, `residual` or `repeat`",
    "collect": "`repeat`",
    "carry": "`repeat`",
}
"""Keys that only go with a structure -> which."""

MERGES = ("add", "concat", "multiply", "max", "min", "average", "subtract", "divide")
