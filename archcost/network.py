"""The network: nodes in written order, which is a topological order, and the graph they form."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from archcost.layers import unranked
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    import networkx as nx

    from archcost.expressions.values import Value
    from archcost.files import Stored
    from archcost.layers.base import Formulas, Kind, Shapes
    from archcost.source import Place, PlaceKeys
    from archcost.windows.window import Shape


# Nodes are many and refer to each other: plain classes with slots, equal only to themselves.


class Input:
    """A tensor the network is given. `path` is its name, `place` where the spec says its shape."""

    __slots__ = ("output", "path", "place")

    def __init__(self, path: str, output: Shape, place: Place) -> None:
        self.path = path
        self.output = output
        self.place = place

    def __repr__(self) -> str:
        return f"<Input {self.path} {show(self.output)}>"


class Node:
    """One layer at one place of the network.

    Attributes:
        path: stable and unique, dot-joined, e.g. `stage.2.3.bottleneck.conv_bn_2.conv`.
        word: the kind as the spec writes it (`conv2d`).
        layer: the kind with its fields; equal items share one object.
        inputs: what it reads, in order.
        shapes: the shapes of these.
        output: the shape that leaves.
        place: where it is written.
        shared: the key of its set of weights if the spec shares them, else None. Nodes with equal keys use
            the same tensors.
        called: where the author of the spec can change it: `place`, but for nodes of a standard block where
            that is called.
        uses: the calls of blocks it stands in, innermost first: (block name, place of the call).
    """

    __slots__ = ("called", "inputs", "layer", "output", "path", "place", "shapes", "shared", "uses", "word")

    def __init__(  # noqa: PLR0913, PLR0917 - what a node is
        self,
        path: str,
        word: str,
        layer: Kind,
        inputs: tuple[Node | Input, ...],
        output: Shape,
        place: Place,
        shared: str | None = None,
        called: Place | None = None,
        uses: tuple[tuple[str, Place], ...] = (),
    ) -> None:
        self.called = called or place
        self.uses = uses
        self.path = path
        self.word = word
        self.layer = layer
        self.inputs = inputs
        self.shapes = tuple(source.output for source in inputs)  # each input of a merge may be asked with all
        self.output = output
        self.place = place
        self.shared = shared

    def __repr__(self) -> str:
        """Short: a node holds its inputs, and they theirs."""
        return f"<Node {self.path} {self.word} {show(self.output)}>"

    @property
    def kind(self) -> str:
        """The kind that `word` names: `conv2d` is a `conv`, and asserts its rank."""
        return unranked(self.word)

    @property
    def written(self) -> PlaceKeys:
        """Where it is written; of a text that nobody wrote, where what it was made of calls it."""
        return (self.called if self.place.source.origin else self.place).written

    def weight_shapes(self) -> Shapes:
        """What its layer learns from what arrives; see `Kind.weight_shapes`."""
        return self.layer.weight_shapes(*self.shapes)

    def buffer_shapes(self) -> Shapes:
        """What its layer keeps; see `Kind.buffer_shapes`."""
        return self.layer.buffer_shapes(*self.shapes)

    def formulas(self) -> Formulas:
        """What its layer computes; see `Kind.formulas`."""
        return self.layer.formulas(*self.shapes, y=self.output)


class Expectation(NamedTuple):
    """One line of an `expect`, with what it speaks of.

    Attributes:
        path: of the item, a node or a group of nodes.
        what: `shape`, `stride`, `receptive_field`, `coverage`, `params` or `macs`.
        expected: a shape, one number per axis (or one for all), or a single number.
        tolerance: how far the measured number may be off; 0 unless it was written with a suffix
            (`1.2M` is printed precision: within 50,000).
        text: the value as written.
        place: where it is written.
        first: index of the item's first node in `Network.nodes`.
        last: one past its last node.
        outputs: the tensors that leave the item.
    """

    path: str
    what: str
    expected: Value
    tolerance: Fraction
    text: str
    place: Place
    first: int
    last: int
    outputs: tuple[Node | Input, ...]


class Unused(NamedTuple):
    """A name in the spec that nothing uses.

    Attributes:
        what: `variable`, `parameter`, `loop variable`, `counter` (of a plain count), `input` (of a block),
            `carry`, `block`, `include`, `share`, `push` (nothing pops), or `pushed` (some are never popped).
        name: as it is written.
        place: where.
        of: the block that has the parameter or the input; of `pushed`, how many of how many.
    """

    what: str
    name: str
    place: Place
    of: str = ""


class GivenWeights(NamedTuple):
    """Values that an item of the spec fixes for the tensors inside it, by `weights`.

    Attributes:
        place: where the numbers are written, or the file's name is.
        names: every tensor inside the item as the item calls it: its node, and its name there.
        numbers: nested lists of numbers by the same names; they fit. Empty if a file has them.
        file: the .npz file that has them; not opened so far.
    """

    place: Place
    names: dict[str, tuple[Node, str]]
    numbers: dict[str, Value]
    file: Stored | None


class Network:
    """A whole network. Nodes stand in written order; each reads only inputs and nodes before it.

    Attributes:
        name: as the spec says.
        path: the file as the user named it (`zoo:vgg16`, `-` for standard input).
        variant: the variant that was chosen, if any.
        variables: the spec's `vars` after variant and `--set`: numbers, booleans, words and lists of these.
        outputs: what the network gives, by name (or path, if it has no name).
        expectations: every `expect` that was reached.
        given: every `weights` that was reached.
        variants: the names of the variants its spec has.
        unused: names in its spec that nothing uses.
        imported: what it was imported from and how faithful that is, in a sentence; empty of a spec.
        known: what others found out about it, by type, so that it is found out once.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a network is
        self,
        name: str,
        path: str,
        variant: str | None,
        variables: dict[str, Value],
        inputs: tuple[Input, ...],
        nodes: tuple[Node, ...],
        outputs: dict[str, Node | Input],
        expectations: tuple[Expectation, ...] = (),
        given: tuple[GivenWeights, ...] = (),
        variants: tuple[str, ...] = (),
        unused: tuple[Unused, ...] = (),
    ) -> None:
        self.name = name
        self.path = path
        self.variant = variant
        self.variables = variables
        self.inputs = inputs
        self.nodes = nodes
        self.outputs = outputs
        self.expectations = expectations
        self.given = given
        self.variants = variants
        self.unused = unused
        self.imported = ""
        self.known: dict[type, object] = {}

    def with_nodes(self, nodes: Iterable[Node], outputs: dict[str, Node | Input]) -> Network:
        """A network of other nodes in the place of this one. What the spec expects of its nodes is gone."""
        return Network(self.name, self.path, self.variant, self.variables, self.inputs, tuple(nodes), outputs)

    def __repr__(self) -> str:
        return f"<Network {self.name}: {len(self.nodes)} nodes>"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def by_path(self) -> dict[str, Node]:
        """Nodes by their paths."""
        return {node.path: node for node in self.nodes}

    @cached_property
    def _first_users(self) -> dict[str | None, Node]:
        return {node.shared: node for node in reversed(self.nodes)}

    def first_user(self, node: Node) -> Node:
        """The node that counts the weights of a node: itself, or the first of those that share them."""
        return node if node.shared is None else self._first_users[node.shared]

    @cached_property
    def readers(self) -> dict[Node | Input, list[tuple[Node, int]]]:
        """Who reads each tensor, in written order, and as which of its inputs.

        These are the edges of `graph`, which is not used: the rules of `analyze` need them for ResNet-50
        and every third network of the zoo, and importing networkx takes as long as half of the rest.
        """
        found: dict[Node | Input, list[tuple[Node, int]]] = {
            tensor: [] for tensor in (*self.inputs, *self.nodes)
        }
        for node in self.nodes:
            for position, source in enumerate(node.inputs):
                found[source].append((node, position))
        return found

    @cached_property
    def graph(self) -> nx.MultiDiGraph[Node | Input]:
        """The DAG as networkx knows it: an edge per read, with its `position` among the reader's inputs."""
        import networkx as nx  # noqa: PLC0415 - half of the start-up time, and few questions need it

        graph: nx.MultiDiGraph[Node | Input] = nx.MultiDiGraph()
        graph.add_nodes_from(self.inputs)
        graph.add_nodes_from(self.nodes)
        for node in self.nodes:
            for position, source in enumerate(node.inputs):
                graph.add_edge(source, node, position=position)
        return graph

    def ancestors(self, tensors: Iterable[Node | Input]) -> set[Node | Input]:
        """These tensors and all that they are made of."""
        return _reached(self.graph.reverse(copy=False), tensors)

    def descendants(self, tensors: Iterable[Node | Input]) -> set[Node | Input]:
        """These tensors and all that is made of them."""
        return _reached(self.graph, tensors)


def _reached(graph: nx.MultiDiGraph[Node | Input], start: Iterable[Node | Input]) -> set[Node | Input]:
    import networkx as nx  # noqa: PLC0415 - as above

    return set(chain.from_iterable(nx.bfs_layers(graph, [*start])))
