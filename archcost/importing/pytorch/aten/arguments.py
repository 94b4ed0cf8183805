"""Arguments of operations as rules want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.converter import Call
    from archcost.importing.values import Value


def dims(call: Call, name: str, x: Value, default: Sequence[int] = ()) -> list[int]:
    """Dimensions, counted from the first."""
    given = (
        call.integers(name, default)
        if call.argument(name) is not None
        else [*(default or range(len(x.axes)))]
    )
    return [d % len(x.axes) for d in given]
