"""The values of a configuration, each from where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.config.bounds import BOUNDS
from archcost.config.model import Axis, Budget
from archcost.spec.problems import Mistake
from archcost.spec.template import check_plain, shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from archcost.config.amounts import Limit
    from archcost.config.bounds import Bound
    from archcost.spec.inputs import InputShape
    from archcost.spec.load import Setting
    from archcost.spec.yaml_reader import KeyValue, Tree


def pattern(node: Tree, what: str) -> str:
    """A pattern of specs.

    Raises:
        Mistake: it is none.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.text.strip():
        text = f"{what} is {shown(node)}; it must be a pattern such as specs/*.yaml, or a list of them"
        raise Mistake(node.place, text)
    if node.text.startswith("!"):
        raise Mistake(node.place, f"{what} is '{node.text}'; {_INSTEAD_OF_NOT[what]}")
    if "\\" in node.text:
        raise Mistake(node.place, f"{what} is '{node.text}'; folders are separated by /, everywhere")
    return node.text.strip()


_INSTEAD_OF_NOT = {
    "match": "a pattern cannot exclude, list what is meant",
    "exclude": "what it lists is excluded, without a sign",
}
"""What to do where a pattern begins with an exclamation mark."""


def variant(node: Tree) -> str | None:
    """The name of a variant; None, written as nothing, is the spec as it stands.

    Raises:
        Mistake: it is something else.
    """
    if isinstance(node, ScalarNode) and (node.value is None or isinstance(node.value, str)):
        return node.text.strip() if node.value else None
    text = f"variant is {shown(node)}; it must be the name of a variant, '' for the spec as it stands"
    raise Mistake(node.place, text)


def is_per_axis(node: SequenceNode) -> bool:
    """Whether a list has a number for each axis, rather than several limits."""
    return len(node.items) > 1 and all(
        isinstance(one, ScalarNode) and not one.text.startswith(("+", "-")) for one in node.items
    )


def axes(bound: Bound, node: Tree) -> list[tuple[Axis | None, Limit]]:
    """A limit for every axis, or one for each.

    Raises:
        Mistake: it is none.
    """
    nodes = [node]
    if bound.is_per_axis and isinstance(node, SequenceNode):
        nodes = node.items
    elif isinstance(node, ScalarNode) and len(texts := _split(bound, node.text)) > 1:
        nodes = [node.meaning(one) for one in texts]
    limits = [limit(bound, one, bound.key) for one in nodes]
    try:
        return _by_axis(limits)
    except ValueError as error:
        raise Mistake(node.place, f"{bound.key}: {error}") from None


def _split(bound: Bound, text: str) -> list[str]:
    """The numbers for the axes in one text, `31x63`."""
    texts = text.split("x") if bound.is_per_axis else [text]
    return texts if all(texts) else [text]


def _by_axis(limits: list[Limit]) -> list[tuple[Axis | None, Limit]]:
    """A lone limit holds for every axis, several hold for one each.

    Raises:
        ValueError: there are more of them than axes, or none.
    """
    if not 1 <= len(limits) <= 3:
        raise ValueError(f"{len(limits)} numbers, but there are one, two or three spatial axes")
    if len(limits) == 1:
        return [(None, limits[0])]
    return [(Axis(index, len(limits)), limit) for index, limit in enumerate(limits)]


def limit(bound: Bound, node: Tree, what: str) -> Limit:
    """A limit of one number, as it is written.

    Raises:
        Mistake: it is none.
    """
    if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, bool):
        raise Mistake(node.place, f"{what} is {shown(node)}; write a limit: {bound.example}")
    try:
        return bound.read(node.text, node.place)
    except ValueError as error:
        raise Mistake(node.place, f"{what}: {error}") from None


def budgets(key: str, text: str) -> tuple[Budget, ...]:
    """What a limit on the command line asks of every spec.

    Raises:
        ValueError: it cannot be read.
    """
    bound = BOUNDS[key]
    limits = [bound.read(one) for one in _split(bound, text)]
    return tuple(Budget(bound=bound, axis=axis, limit=limit) for axis, limit in _by_axis(limits))


def path(node: Tree, what: str) -> str:
    """A path or a pattern of specs to check.

    Raises:
        Mistake: it is none.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.text.strip():
        raise Mistake(node.place, f"{what} is {shown(node)}; it must be a file or a pattern: specs/*.yaml")
    if node.text == "-":
        raise Mistake(node.place, "standard input (-) is named on the command line, not here")
    return node.text


def setting(entry: KeyValue) -> tuple[str, Setting]:
    """A variable and its value, as text that is read like a spec.

    Raises:
        Mistake: it has none.
    """
    check_plain(entry.value, f"set: {entry.key.text}")
    return entry.key.text, _as_text(entry.value)


def _as_text(node: Tree) -> Setting:
    if isinstance(node, SequenceNode):
        return [_as_text(one) for one in node.items]
    return node.text if isinstance(node, ScalarNode) else ""


def input_shape(node: Tree) -> InputShape | dict[str, InputShape]:
    """A shape, or one for each input by its name.

    Raises:
        Mistake: it is none.
    """
    if isinstance(node, MappingNode) and node.entries:
        return {entry.key.text: _shape(entry.value) for entry in node.entries}
    return _shape(node)


def _shape(node: Tree) -> InputShape:
    """A shape, as `--input` takes it or as a list."""
    if isinstance(node, ScalarNode) and node.value and not isinstance(node.value, bool):
        return node.text
    items = node.items if isinstance(node, SequenceNode) else []
    sizes = [one.value if isinstance(one, ScalarNode) else None for one in items]
    whole = tuple(size for size in sizes if isinstance(size, int) and not isinstance(size, bool))
    if not whole or len(whole) != len(sizes):
        raise Mistake(node.place, f"input is {shown(node)}; it must be a shape: 3x256x256 or [3, 256, 256]")
    return whole
