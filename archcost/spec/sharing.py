"""Weights that several items share: who uses which, and whether their shapes agree."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from archcost.spec.naming import is_name
from archcost.spec.problems import Mistake
from archcost.spec.template import describe
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcost.expressions.values import Value
    from archcost.layers.base import Shapes
    from archcost.spec.template import Field, Template


def set_of_weights(share: Template, env: Mapping[str, Value]) -> str | None:
    """The name of the set of weights that a `share` means under these variables; None if it is `false`.

    Several parts are joined: `[encoder, $layer]` may be `encoder.0`. If the first is `false`, there is no set
    to have parts: `[$cell, $layer]` of a block that is called with `cell: false`.

    Raises:
        Mistake: a value that names nothing.
    """
    value = share.resolve(env)
    parts = value if isinstance(value, tuple) else (value,)
    if parts and parts[0] is False:
        return None
    if value != () and all(map(_is_part, parts)):
        return ".".join(map(str, parts))
    wanted = "it must be a word, a whole number, a list of these, or false"
    if isinstance(value, str):
        wanted = "it must be letters a-z, digits, _ and -, with at least one letter"
    raise Mistake(share.place, f"share is {describe(value)}{share.origin}; {wanted}")


def _is_part(value: Field) -> bool:
    if isinstance(value, str):
        return is_name(value)
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class Shared:
    """One item's use of a set of weights.

    Its layers take theirs in order, since the paths of two items that share may be numbered differently.
    """

    def __init__(self, name: str, item: str, base: str, first: Shared | None) -> None:
        """Begin one use.

        Args:
            name: of the set, the word under `share`.
            item: that shares, as an error calls it.
            base: the path of the item.
            first: the use that comes first, unless this is it.
        """
        self.item = item
        self.layers: list[tuple[str, Shapes]] = []
        """Those with weights, in order: path within the item, and the weights' shapes."""
        self._name = name
        self._base = base
        self._first = first

    def key(self, path: str, weights: Shapes) -> str | None:
        """The key of the next layer's weights: the set's name, and what the first user calls the layer."""
        if not weights:
            return None
        place = len(self.layers)
        self.layers.append((path.removeprefix(self._base).lstrip("."), weights))
        known = (self._first or self).layers
        called, _ = known[place] if place < len(known) else self.layers[place]
        return f"{self._name}:{called}"

    def differs(self) -> str | None:
        """The first disagreement with the first user in words; None if every weight has one shape."""
        return next(self._disagreements(self._first), None) if self._first else None

    def _disagreements(self, first: Shared) -> Iterator[str]:
        none: tuple[str, Shapes] = ("", {})
        for (called, theirs), (here, mine) in zip_longest(first.layers, self.layers, fillvalue=none):
            for name in theirs | mine:
                if theirs.get(name) != mine.get(name):
                    weight = f"{called or here}.{name}".lstrip(".")
                    both = f"{_has(theirs, name)} in {first.item} and {_has(mine, name)} in {self.item}"
                    yield f"{weight} is {both}; one set of weights has one shape"


def _has(weights: Shapes, name: str) -> str:
    return show(weights[name]) if name in weights else "absent"
