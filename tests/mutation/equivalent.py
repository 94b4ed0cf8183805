"""Changes that make the same program, each with the reason: nothing could notice them.

A change is known by its file, the text of its line and what is changed, so it is found when lines move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutation.changes import Change

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("archcost/hdc.py", "holds = distance <= sizes[0]", "0 → -1"): "there is one size, or it was said before",
    (
        "archcost/layers/base.py",
        "found = {name: settled(getattr(self, name), len(inputs[0])) for name in self.axis_fields if inputs}",
        "0 → -1",
    ): "tensors that are joined along an axis have as many axes each",
    (
        "archcost/passes/looks.py",
        "key = (id(node.layer), position, node.shapes, node.output)",
        "(id(node.layer), position, node.shapes, node.output) → (id(node.layer), position, node.shapes)",
    ): "what leaves a layer follows from the layer and from what arrives",
}
"""The file, its line without indent, `before → after`: why it is the same program."""


def key(change: Change, text: str) -> tuple[str, str, str]:
    """How the list names a change of a file that has this text."""
    _, _, pieces = str(change).partition(f"{change.what}: ")
    return change.path, text.splitlines()[change.line - 1].strip(), pieces


def reason(change: Change, text: str) -> str | None:
    """Why this change makes the same program; None if that was not found."""
    return EQUIVALENT.get(key(change, text))
