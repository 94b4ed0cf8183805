"""The sizes that a user gives where a file leaves them open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.limits import DEFAULT
from archcost.words.wording import short

if TYPE_CHECKING:
    from archcost.windows.window import Shape


def sizes(text: str) -> dict[str, Shape]:
    """Shapes by the name of the input; one without a name is that of `input`.

    >>> sizes("3x224x224")
    {'input': (3, 224, 224)}
    >>> sizes("left=3x64x64,right=8")
    {'left': (3, 64, 64), 'right': (8,)}

    Raises:
        UsageError: a text that is no shape, or an input with two.
    """
    found: dict[str, Shape] = {}
    several = text.split(",")
    for one in several:
        name, _, shape = one.rpartition("=")
        name = name.strip() or "input"
        written = shape.strip().replace("×", "x")
        if not re.fullmatch(r"[1-9][0-9]{0,8}(x[1-9][0-9]{0,8})*", written) or (
            len(several) > 1 and "=" not in one
        ):
            raise UsageError(f"--input {short(text)}: write 3x224x224, or left=3x64x64,right=3x64x64")
        found_shape = tuple(map(int, written.split("x")))
        if max(found_shape) > DEFAULT.dimension:
            raise UsageError(f"--input {short(text)}: a size is beyond {DEFAULT.dimension:,}")
        if found.setdefault(name, found_shape) != found_shape:
            raise UsageError(f"--input {short(text)}: {name} has two shapes; leave out one")
    return found
