"""Runs a network, node by node, counting what really ran."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost.errors import Diagnostic, ExecutionError, SpecError
from archcost.execute.arrays import Tally, counted, plain
from archcost.execute.behind_masks import behind_mask
from archcost.execute.kernels import Kernels
from archcost.execute.tensors import Tensors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcost.execute.arrays import Array
    from archcost.network import Input, Network, Node
    from archcost.passes.receptive_field import Sights


class ExecutedNode(NamedTuple):
    """One node that has run.

    Attributes:
        node: the node.
        value: its output, `(channels, *axes)`.
        tally: the operations that ran for it.
    """

    node: Node
    value: Array
    tally: Tally


def steps(
    network: Network,
    tensors: Tensors | None = None,
    inputs: Mapping[str, Array] | None = None,
    *,
    count: bool = True,
    marked: Sights | None = None,
) -> Iterator[ExecutedNode]:
    """Runs the nodes in written order. What nobody will read again is given up.

    Args:
        network: what to run.
        tensors: where weights come from; without, what the spec says, and random ones.
        inputs: the inputs' values by name, `(channels, *axes)`; random ones without.
        count: False leaves the tallies at zero, which is faster.
        marked: NaN among the inputs marks what is read, and everything hands it on, but where a mask hides it
            from a sum: what is seen then, by node and position. None: NaN is a value like any.

    Raises:
        SpecError: a layer cannot be run on these values.

    >>> from archcost import load
    >>> for node, value, tally in steps(load("zoo:lenet5")):
    ...     print(node.path, value.shape, tally.multiplications)
    ...     break
    c1 (6, 28, 28) 117600
    """
    tensors = tensors or Tensors.of_network(network)
    given = inputs if inputs is not None else tensors.inputs(network)
    kernels = Kernels(tensors.dtype, marked=marked is not None)
    values: dict[Node | Input, Array] = {tensor: given[tensor.path] for tensor in network.inputs}
    for node in network:
        tally = Tally()
        arriving = tuple(values[source] for source in node.inputs)
        if count:
            arriving = tuple(counted(value, tally) for value in arriving)
        run = partial(_run, node, tensors, kernels)
        by = [marked.get((node, i)) for i, _ in enumerate(arriving)] if marked else []
        made = behind_mask(by, arriving, run) if any(by) else run(*arriving)
        values[node] = value = _owned(plain(made))
        for source in node.inputs:
            if network.readers[source][-1][0] is node:
                values.pop(source, None)
        if not network.readers[node]:
            del values[node]
        yield ExecutedNode(node, value, tally)


def _owned(value: Array) -> Array:
    """The array, or a copy if it is a part of a larger one, all of which it would keep alive."""
    whole = value.base
    return value.copy() if isinstance(whole, np.ndarray) and whole.size > value.size else value


def _run(node: Node, tensors: Tensors, kernels: Kernels, *arriving: Array) -> Array:
    # What is declared may declare any number of weights, and has no use for them.
    weights = {} if node.layer.values_unknown else tensors.of(node)
    try:
        return node.layer.run(kernels, *arriving, **weights)
    except ExecutionError as error:
        raise SpecError([Diagnostic(node.place, f"{node.word}: {error}")]) from None
