"""`weights:` of an item: values of the tensors inside it, as numbers in the spec or as a file beside it.

Numbers are checked when the spec is expanded: their names and shapes are known then. A file is only opened
by whoever runs the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from archcost.network import GivenWeights
from archcost.spec.opened import beside
from archcost.spec.problems import Mistake
from archcost.spec.template import describe, shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode
from archcost.windows.window import show, size
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from archcost.expressions.values import Value
    from archcost.network import Node
    from archcost.source import Place
    from archcost.spec.checks import Checks
    from archcost.spec.opened import Opened
    from archcost.spec.template import Field, Template
    from archcost.spec.yaml_reader import Tree
    from archcost.windows.window import Shape


class WrittenWeights(NamedTuple):
    """`weights:` as it is written: numbers by name with the places of the names, or the name of a file."""

    place: Place
    numbers: dict[str, tuple[Place, Template]]
    file: str = ""


def written(node: Tree | None, checks: Checks, variables: Collection[str]) -> WrittenWeights | None:
    """Read `weights:`; what is wrong with its form goes to the problems."""
    if node is None:
        return None
    if (word := node.word()) and word.endswith(".npz"):
        return WrittenWeights(node.place, {}, word)
    if not isinstance(node, MappingNode) or not node.entries:
        wanted = "it must be named lists of numbers, or an .npz file beside the spec"
        checks.problems.add(node.place, f"weights is {shown(node)}; {wanted}")
        return None
    for entry in node.entries:
        checks.problems.attempt(_check_numbers, entry.value, f"weights: {entry.key.text}")
    numbers = {e.key.text: (e.key.place, checks.template(e.value, variables)) for e in node.entries}
    return WrittenWeights(node.place, numbers)


def _check_numbers(node: Tree, what: str) -> None:
    """Whether there are numbers, or expressions that may become some, in lists as deep as one likes."""
    if isinstance(node, SequenceNode) and node.items:
        for one in node.items:
            _check_numbers(one, what)
    elif not isinstance(node, ScalarNode) or not (_is_number(node.value) or node.text.startswith("$")):
        raise Mistake(node.place, f"{what} has {shown(node)}; it must hold numbers alone")


def _is_number(value: object) -> bool:
    return value is not None and not isinstance(value, (str, bool, tuple, dict))


class WeightsInPlace:
    """The values that the items of a network fix, each tensor by one item.

    Attributes:
        found: what each item fixes, in order.
    """

    def __init__(self, opened: Opened) -> None:
        self.found: list[GivenWeights] = []
        self._opened = opened
        self._places: dict[tuple[str, str], Place] = {}

    def note(
        self, weights: WrittenWeights, nodes: Sequence[Node], base: str, env: Mapping[str, Value]
    ) -> list[Mistake]:
        """Take over what an item's `weights` say of the nodes it became; what is wrong with that.

        Args:
            weights: as written.
            nodes: that the item became.
            base: the path of the item.
            env: the variables.
        """
        file = beside(self._opened, weights.place.source.name, weights.file) if weights.file else None
        if weights.file and file is None:
            text = f"weights '{weights.file}' leaves the folder of this file; it may only go below it"
            return [Mistake(weights.place, text)]
        names = {
            f"{node.path[len(base) :]}.{tensor}".lstrip("."): (node, tensor)
            for node in nodes
            for tensor in tensors(node)
        }
        numbers: dict[str, Value] = {}
        mistakes: list[Mistake] = []
        for name, (place, template) in weights.numbers.items():
            try:
                numbers[name] = _numbers(name, place, template, names, env)
            except Mistake as mistake:
                mistakes.append(mistake)
        self.found.append(GivenWeights(weights.place, names, numbers, file))
        for name in names if file else numbers:
            node, tensor = names[name]
            before = self._places.setdefault((node.shared or node.path, tensor), weights.place)
            if before != weights.place:
                text = f"weights: {name} is fixed on line {before.line} already"
                mistakes.append(Mistake(weights.place, text))
        return mistakes


def tensors(node: Node) -> dict[str, Shape]:
    """Shapes of all tensors of a node by name: learned ones, then running statistics."""
    return node.weight_shapes() | node.buffer_shapes()


def _numbers(
    name: str,
    place: Place,
    template: Template,
    names: Mapping[str, tuple[Node, str]],
    env: Mapping[str, Value],
) -> Value:
    """The numbers of one tensor.

    Raises:
        Mistake: no such tensor, or numbers of another shape.
    """
    if name not in names:
        raise Mistake(place, f"weights: {unknown_tensor(name, names)}")
    node, tensor = names[name]
    numbers = template.resolve(env)
    try:
        found = _shape(numbers)
    except ValueError as error:
        raise Mistake(template.place, f"weights: {name} {error}") from None
    wanted = tensors(node)[tensor]
    if found != wanted and (found or size(wanted) != 1):
        has = f"has the shape {show(found)}" if found else "is a single number"
        raise Mistake(template.place, f"weights: {name} {has}; {node.word} needs {show(wanted)}")
    return cast("Value", numbers)


def unknown_tensor(name: str, names: Collection[str]) -> str:
    """What to say of a name that none of the tensors has."""
    if not names:
        return f"there is no tensor '{name}'; nothing here has weights"
    known = [*names]
    some = ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    return f"there is no tensor '{name}'{suggest(name, known) or f'; there are {some}'}"


def _shape(numbers: Field) -> Shape:
    """The shape of nested lists.

    Raises:
        ValueError: lists of different lengths, or something that is no number.
    """
    if not isinstance(numbers, tuple):
        if not _is_number(numbers):
            raise ValueError(f"has {describe(numbers)}; it must hold numbers alone")
        return ()
    shapes = list(dict.fromkeys(map(_shape, numbers)))
    if len(shapes) > 1:
        first, other = (show(shape) if shape else "a number" for shape in shapes[:2])
        raise ValueError(f"is ragged: beside {first} stands {other}")
    return (len(numbers), *shapes[0])
