"""The same network in PyTorch: an outside check of every value the executor computes.

`against_torch(network, tensors, inputs)` takes what `archcost.execute.executor.steps` takes and gives an
`Answer` for each node, in the same order, so that both can be run side by side:

    tensors = Tensors.of_network(network)
    for step, answer in zip(steps(network, tensors), against_torch(network, tensors), strict=True):
        if answer.value is None:
            print(step.node.path, "not compared:", answer.reason)
        else:
            print(step.node.path, difference(step.value, answer.value))

A value counts as equal if the difference is within `TOLERANCES[step.value.dtype.name]`.

PyTorch runs on values of its own: what a node reads are PyTorch's values of the nodes before it, so a
difference is carried on. It computes in float64, whatever the executor's data type is. Where it has no
counterpart (`Answer.reason` says why), the executor's kernel is run on PyTorch's values, and PyTorch
continues from there.

PyTorch is an extra (`pip install 'archcost[peers]'`) and imported by the call, not by the module.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost.errors import UsageError
from archcost.execute.kernels import KERNELS
from archcost.execute.tensors import Tensors
from archcost.execute.torch_counterparts import COUNTERPARTS
from archcost.execute.torch_counterparts.common import NoCounterpartError
from archcost.layers import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.execute.arrays import Array
    from archcost.execute.torch_counterparts.common import Tensor, Torch
    from archcost.layers.base import Kind
    from archcost.network import Input, Network, Node

TOLERANCES = {"float64": 1e-9, "float32": 1e-3}
"""How much `difference` may be, by the data type the executor computes in: rounding, over a deep network."""


BOUNDLESS = 1e11
"""What is as good as infinite: a spec says 1e12 for an infinite number."""


class Answer(NamedTuple):
    """What PyTorch says of one node.

    Attributes:
        node: the node.
        value: PyTorch's value of its output, `(channels, *axes)`, float64; None if it has no counterpart.
        reason: why there is none, else empty.
    """

    node: Node
    value: Array | None
    reason: str = ""


def difference(ours: Array, theirs: Array) -> float:
    """The largest difference of two elements, relative to the largest element; infinite if shapes differ.

    Equal infinities do not differ, nor does NaN in both, nor an infinity from what is `BOUNDLESS`. NaN in one
    of them makes it NaN, which is within no tolerance.

    >>> difference(np.array([1.0, 4.0]), np.array([1.0, 5.0]))
    0.2
    """
    if ours.shape != theirs.shape:
        return float("inf")
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    same |= np.isinf(theirs) & (ours * np.sign(theirs) >= BOUNDLESS)
    apart = np.abs(np.subtract(ours, theirs, out=np.zeros(theirs.shape), where=~same))
    largest = np.max(np.abs(theirs), initial=np.finfo(theirs.dtype).tiny, where=np.isfinite(theirs))
    return float(np.max(apart, initial=0) / largest)


def against_torch(
    network: Network, tensors: Tensors | None = None, inputs: Mapping[str, Array] | None = None
) -> Iterator[Answer]:
    """PyTorch's value of every node, in written order. What nobody will read again is given up.

    Args:
        network: what to build and run in PyTorch.
        tensors: where weights come from; without, what the spec says, and random ones.
        inputs: the inputs' values by name, `(channels, *axes)`; random ones without.

    Raises:
        UsageError: PyTorch is not installed.
        SpecError: a file with weights that cannot be used.
    """
    tensors = tensors or Tensors.of_network(network)
    return _answers(_torch(), network, tensors, tensors.inputs(network) if inputs is None else inputs)


def _torch() -> Torch:
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise UsageError("comparing with PyTorch needs PyTorch: pip install 'archcost[peers]'") from None


def _answers(
    torch: Torch, network: Network, tensors: Tensors, inputs: Mapping[str, Array]
) -> Iterator[Answer]:
    given = {tensor.path: _tensor(torch, inputs[tensor.path])[None] for tensor in network.inputs}
    for node, value, reason in forward(torch, network, tensors, given):
        yield Answer(node, None if reason else value[0].numpy(), reason)


def forward(
    torch: Torch, network: Network, tensors: Tensors, inputs: Mapping[str, Tensor]
) -> Iterator[tuple[Node, Tensor, str]]:
    """Every node, its value `[1, channels, *axes]`, and why it is our kernel's if PyTorch has no counterpart.

    Where `inputs` ask for gradients, values carry them.
    """
    values: dict[Node | Input, Tensor] = {tensor: inputs[tensor.path] for tensor in network.inputs}
    for node in network:
        arriving = [values[source] for source in node.inputs]
        weights = {} if node.layer.values_unknown else tensors.of(node)
        values[node], reason = _run(torch, node.layer, weights, arriving)
        yield node, values[node], reason
        for source in (node, *node.inputs):
            readers = network.readers[source]
            if not readers or readers[-1][0] is node:
                values.pop(source, None)


def _tensor(torch: Torch, array: Array) -> Tensor:
    return torch.from_numpy(np.require(array, np.float64, ["C", "W"]))


def _run(torch: Torch, layer: Kind, weights: Mapping[str, Array], xs: Sequence[Tensor]) -> tuple[Tensor, str]:
    """The output, and why it is not PyTorch's, if it is not."""
    w = {name: _tensor(torch, array) for name, array in weights.items()}
    try:
        return _call(torch, layer, *xs, **w), ""
    except NoCounterpartError as why:
        ours = layer.run(
            KERNELS, *(x[0].numpy() for x in xs), **{name: one.numpy() for name, one in w.items()}
        )
        return _tensor(torch, ours)[None], str(why)


def _call(torch: Torch, layer: Kind, *xs: Tensor, **weights: Tensor) -> Tensor:
    kind = _words()[type(layer).__name__]
    if kind not in COUNTERPARTS:
        raise NoCounterpartError(f"nothing says what {kind} is in PyTorch")
    return COUNTERPARTS[kind](torch, layer, *xs, **weights)


@cache
def _words() -> dict[str, str]:
    return {home.partition(":")[2]: kind for kind, home in KINDS.items()}
