"""Changes that make the same program, each with the reason: nothing could notice them.

A change is known by its file, the text of its line and what is changed, so it is found when lines move.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutation.changes import Change

_ONE_RUN = "channels that are all alike are so in any groups and any order"
_SHORT_WAY = "the long way has the same value"
_ZERO = "of 0, both are 0"
_DEPTHS = "depths are only compared with each other"

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("archcost/windows/channels.py", "return len(self.runs) > 1 and self.total <= RUNS", "1 → 0"): _ONE_RUN,
    (
        "archcost/windows/channels.py",
        "return len(self.runs) > 1 and self.total <= RUNS",
        "len(self.runs) > 1 → (len(self.runs) >= 1)",
    ): _ONE_RUN,
    (
        "archcost/windows/channels.py",
        "return len(self.runs) > 1 and self.total <= RUNS",
        "len(self.runs) > 1 and self.total <= RUNS → (self.total <= RUNS)",
    ): _ONE_RUN,
    (
        "archcost/dilation/published_rules.py",
        "holds = distance <= sizes[0]",
        "0 → -1",
    ): "there is one size, or it was said before",
    (
        "archcost/layers/base.py",
        "found = {name: settled(getattr(self, name), len(inputs[0])) for name in self.axis_fields if inputs}",
        "0 → -1",
    ): "tensors that are joined along an axis have as many axes each",
    (
        "archcost/layers/pooling.py",
        'return {"read": (x[0], *bin_reads(spatial(x), self._sizes(x))), "outputs": y}',
        "bin_reads(spatial(x), self._sizes(x)) → (bin_reads(self._sizes(x), spatial(x)))",
    ): "i + o - gcd(i, o), of i positions and o bins",
    (
        "archcost/passes/access.py",
        "key = (id(node.layer), position, node.shapes, node.output)",
        "(id(node.layer), position, node.shapes, node.output) → (id(node.layer), position, node.shapes)",
    ): "what leaves a layer follows from the layer and from what arrives",
    (
        "archcost/windows/offsets.py",
        "skip = (mask & -mask).bit_length() - 1",
        "mask & -mask → (mask | -mask)",
    ): "it is the same number with a minus, which has as many bits",
    (
        "archcost/gate/bases.py",
        "if self.revision is None or then.baseline is None:",
        "self.revision is None or then.baseline is None → (then.baseline is None)",
    ): "a configuration that held there was read from a revision",
    (
        "archcost/review/cause_text.py",
        'removed = [row.base.path for row in rows if row.status == "removed" and row.base]',
        "row.status == \"removed\" and row.base → (row.status == 'removed')",
    ): "what was removed was at the base",
    (
        "archcost/expressions/values.py",
        'never_fails = symbol in {"+", "-", "*"}',
        '{"+", "-", "*"} → {\'-\', \'*\'}',
    ): _SHORT_WAY,
    (
        "archcost/expressions/values.py",
        'never_fails = symbol in {"+", "-", "*"}',
        '{"+", "-", "*"} → {\'+\', \'*\'}',
    ): _SHORT_WAY,
    (
        "archcost/expressions/values.py",
        'never_fails = symbol in {"+", "-", "*"}',
        '{"+", "-", "*"} → {\'+\', \'-\'}',
    ): _SHORT_WAY,
    ("archcost/windows/offsets.py", "left[0] -= len(members)", "0 → -1"): "the list has one element",
    (
        "archcost/execute/kernels/activation.py",
        "return np.where(x > 0, x, negative_slope * x)",
        "x > 0 → (x >= 0)",
    ): _ZERO,
    (
        "archcost/execute/kernels/activation.py",
        "return np.where(x > 0, x, weight.reshape(-1, *(1 for _ in x.shape[1:])) * x)",
        "x > 0 → (x >= 0)",
    ): _ZERO,
    (
        "archcost/execute/kernels/activation.py",
        "return np.where(x > 0, x, alpha * (np.exp(x) - 1))",
        "x > 0 → (x >= 0)",
    ): _ZERO,
    (
        "archcost/windows/channels.py",
        "several = any(len(one.runs) > 1 or one.blurred for one in arriving) or len(arriving) > 1",
        (
            "any(len(one.runs) > 1 or one.blurred for one in arriving)"
            " → (all((len(one.runs) > 1 or one.blurred for one in arriving)))"
        ),
    ): "of one tensor any is all, and of none nothing is read",
    (
        "archcost/windows/reach.py",
        "best = (whole - 1 - low - high) // (2 * step) if step else 0",
        "1 → 2",
    ): "it is one less only where the middles meet, and the next is tried as well",
    ("archcost/passes/stacks.py", "self.depth = 1 + (before.depth if before else 0)", "0 → 1"): _DEPTHS,
    ("archcost/passes/stacks.py", "self.depth = 1 + (before.depth if before else 0)", "0 → -1"): _DEPTHS,
}
"""The file, its line without indent, `before → after`: why it is the same program."""

_LEFT_OVER = re.compile(r"\.reshape\([^()]*-$")
"""Where a size follows that NumPy finds out."""


def key(change: Change, text: str) -> tuple[str, str, str]:
    """How the list names a change of a file that has this text."""
    _, _, pieces = str(change).partition(f"{change.what}: ")
    return change.path, text.splitlines()[change.line - 1].strip(), pieces


def reason(change: Change, text: str) -> str | None:
    """Why this change makes the same program; None if that was not found."""
    if change.after == "2" and _LEFT_OVER.search(text.encode()[: change.start].decode()):
        return "for NumPy, -2 is as unknown a size as -1"
    return EQUIVALENT.get(key(change, text))
