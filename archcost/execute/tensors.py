"""The tensors a run needs: random ones, the same for the same seed, wherever a layer stands."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from archcost.execute.weights_file import given_weights
from archcost.spec.weights import tensors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.execute.arrays import Array
    from archcost.network import Input, Network, Node
    from archcost.windows.window import Shape


class Tensors:
    """Weights and inputs by name. A set of weights that nodes share is one array.

    Args:
        seed: another one, other values.
        dtype: `float64` or `float32`.
        given: values that are not random, by the key of a set (`Node.shared` or path) and the name there.

    Attributes:
        dtype: of all tensors, and of those that a network brings itself.
    """

    def __init__(
        self, seed: int = 0, dtype: str = "float64", given: Mapping[tuple[str, str], Array] | None = None
    ) -> None:
        self._seed = seed
        self.dtype = dtype
        self._dtype = np.dtype(dtype)
        self._given = given or {}
        self._sets: dict[str, dict[str, Array]] = {}

    @classmethod
    def of_network(cls, network: Network, seed: int = 0, dtype: str = "float64") -> Tensors:
        """Random ones, except where the spec has values of its own.

        Raises:
            SpecError: a file with weights that cannot be used.
        """
        return cls(seed, dtype, given_weights(network))

    def of(self, node: Node) -> dict[str, Array]:
        """Parameters and statistics of a node, by name."""
        key = node.shared or node.path
        if key not in self._sets:
            numbered = node.layer.numbered(*node.shapes)
            self._sets[key] = {
                name: self._tensor(key, name, shape, numbered.get(name))
                for name, shape in tensors(node).items()
            }
        return self._sets[key]

    def _tensor(self, key: str, name: str, shape: Shape, elements: int | None) -> Array:
        """A tensor; one that numbers so many elements has whole numbers below."""
        given = self._given.get((key, name))
        if given is None and elements is not None:
            given = self._random(f"{key}.{name}").integers(elements, size=shape)
        return self._weight(f"{key}.{name}", name, shape) if given is None else given.astype(self._dtype)

    def _weight(self, key: str, name: str, shape: Shape) -> Array:
        """Such values that numbers stay of one size from layer to layer; a variance is positive."""
        values = self._random(key).standard_normal(shape)  # perhaps gigabytes: changed in place
        if name == "running_var":
            np.abs(values, out=values)
            values += 1
        elif len(shape) > 1:
            values *= (2 / max(prod(shape[1:]), 1)) ** 0.5
        else:
            values /= 10
            values += name == "weight"
        return values.astype(self._dtype, copy=False)

    def inputs(self, network: Network) -> dict[str, Array]:
        """A value for each input of the network, by name: numbers of tokens where those are read."""
        tokens = _tokens(network)
        return {x.path: self._input(x, tokens.get(x)).astype(self._dtype) for x in network.inputs}

    def _input(self, tensor: Input, tokens: int | None) -> Array:
        random = self._random(f"input {tensor.path}")
        if tokens is None:
            return random.standard_normal(tensor.output)
        return random.integers(tokens, size=tensor.output)

    def _random(self, key: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, crc32(key.encode())])


def _tokens(network: Network) -> dict[Node | Input, int]:
    """The tensors that have to be numbers of tokens, and how many tokens there are.

    They are what embeddings read, and what layers on the way there only move. Who reads a tensor stands
    after it, so readers are asked first; the smallest table decides.
    """
    found: dict[Node | Input, int] = {}
    for node in reversed(network.nodes):
        tokens = node.layer.known_tokens or (found.get(node) if _only_moves(node) else None)
        if tokens is not None:
            found |= {source: min(tokens, found.get(source, tokens)) for source in node.inputs}
    return found


def _only_moves(node: Node) -> bool:
    """Whether the numbers that leave are numbers that arrive: it computes nothing and learns nothing."""
    return not any(node.formulas().operations()) and not node.weight_shapes()
