"""Runs a network and puts what was measured beside what was predicted, node by node.

Measured is measured: a shape is that of the array that came out, counts are of the operations NumPy carried
out, and a field is where NaN arrives that was put at a single position of the input. Parameters are called
`allocated`: they are counted on the arrays, which are made from the same shapes as the prediction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import product, repeat
from math import ceil, prod
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from archcost.errors import TooLargeError
from archcost.execute.against_torch import TOLERANCES, against_torch, difference
from archcost.execute.executor import steps
from archcost.execute.need import need
from archcost.execute.tensors import Tensors
from archcost.execute.touched import TouchFollower, readers, start
from archcost.limits import DEFAULT
from archcost.passes.access import AccessCache
from archcost.passes.cost import costs
from archcost.passes.masked import sights
from archcost.passes.receptive_field import Tracer, reaches, traced
from archcost.results.verification import OPERATIONS
from archcost.words.numbers import duration, size_in_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcost.execute.against_torch import Answer
    from archcost.execute.arrays import Array, Tally
    from archcost.execute.executor import ExecutedNode
    from archcost.execute.touched import Mask, Touched
    from archcost.limits import Limits
    from archcost.network import Input, Network, Node
    from archcost.passes.cost import Cost
    from archcost.passes.receptive_field import Reaches
    from archcost.windows.window import Axes, Shape

SAMPLES = 8
"""Positions of every input that are probed, unless another number is asked for."""

NOT_FINITE = "its values are infinite or no numbers"
UNTRACED = "what it reads is not followed to the input"


class Difference(NamedTuple):
    """Something that was not as predicted."""

    what: str
    measured: str
    predicted: str


class Run(NamedTuple):
    """What a network is run on, and what somebody else says of every node.

    Attributes:
        tensors: where weights come from.
        inputs: values by name.
        answers: one for each node, in written order.
    """

    tensors: Tensors
    inputs: dict[str, Array]
    answers: Iterator[Answer] | Iterator[None]


class Beside(NamedTuple):
    """A value beside PyTorch's.

    Attributes:
        difference: the largest of two elements, relative to the largest element; None if PyTorch has none.
        tolerance: the most that is rounding.
        reason: why PyTorch has none.
    """

    difference: float | None
    tolerance: float
    reason: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether it is more than rounding (or no number)."""
        return self.difference is not None and not self.difference <= self.tolerance


@dataclass(slots=True)
class FieldCheck:
    """What NaN at single positions of the inputs showed about one node.

    Attributes:
        pairs: of an input position and an output position that were compared.
        at_borders: pairs the field has and the run has not, because the way leads through padding.
        is_bounded: the field is an upper bound somewhere, and nothing beyond it was touched.
        untold: why the field could not be compared; empty if it was.
        wrong: pairs that disagree.
        example: the first of them.
    """

    pairs: int = 0
    at_borders: int = 0
    is_bounded: bool = False
    untold: str = ""
    wrong: int = 0
    example: Difference | None = None


@dataclass(slots=True)
class Proof:
    """One node: what was measured, and what had been predicted.

    Attributes:
        node: the node.
        cost: as predicted.
        shape: of the array that came out.
        tally: the operations that ran.
        allocated: elements of the learned tensors, each once.
        is_made_up: its values are not computed, so nothing is proved about it.
        follows_made_up: what it computed on depends on values that are made up.
        touched: see `FieldCheck`.
        torch: PyTorch's opinion, if it was asked for.
    """

    node: Node
    cost: Cost
    shape: Shape
    tally: Tally
    allocated: int
    is_made_up: bool
    follows_made_up: bool
    touched: FieldCheck = field(default_factory=FieldCheck)
    torch: Beside | None = None

    def differences(self) -> Iterator[Difference]:
        """Everything that was not as predicted."""
        if self.shape != self.node.output:
            yield Difference("shape", str(list(self.shape)), str(list(self.node.output)))
        if not self.is_made_up:
            pairs = [("params", self.allocated, self.cost.params)]
            pairs += [(n, getattr(self.tally, n), getattr(self.cost.operations, n)) for n in OPERATIONS]
            yield from (Difference(n, f"{m:,}", f"{p:,}") for n, m, p in pairs if m != p)
        if self.touched.example:
            yield self.touched.example
        if self.torch and self.torch.is_wrong:
            off = f"{self.torch.difference:.1e} off"
            yield Difference("values, against PyTorch's", off, f"within {self.torch.tolerance:.0e}")


@dataclass(frozen=True, slots=True)
class Verification:
    """A network that was run.

    Attributes:
        network: the network.
        proofs: a proof per node, in written order.
        positions: the input positions that were probed, by input.
        seed: of the random weights and inputs.
        dtype: of all numbers.
    """

    network: Network
    proofs: tuple[Proof, ...]
    positions: dict[str, tuple[Axes, ...]]
    seed: int
    dtype: str

    @property
    def agrees(self) -> bool:
        """Whether everything that was measured is as predicted."""
        return not any(True for proof in self.proofs for _ in proof.differences())


def verify(  # noqa: PLR0913 - one argument per choice
    network: Network,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    dtype: str = "float64",
    limits: Limits = DEFAULT,
    torch: bool = False,
    against: Callable[[Network, int, str], Run] | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Verification:
    """Run a network once with every operation counted, and once more per probed position.

    Args:
        network: what to run.
        samples: positions of each input to probe.
        seed: of random weights, inputs and positions.
        dtype: `float64` or `float32`.
        limits: `memory` applies.
        torch: compare every value with PyTorch's, too.
        against: instead of `torch`, who says of the network, a seed and a data type what to run it on and
            what comes out: a model that it was made of.
        tick: called after every node of every run.

    Raises:
        TooLargeError: it would take more memory than the limit.
        SpecError: weights that cannot be used, or a layer that cannot be run on the values that arrive.
        UsageError: PyTorch is asked for and not installed.

    >>> from archcost import load
    >>> found = verify(load("zoo:cifar_resnet20"), samples=1)
    >>> found.agrees, found.proofs[0].tally.multiplications
    (True, 442368)
    """
    refuse_if_too_large(network, dtype, limits, samples=samples, torch=torch or against is not None)
    tensors, inputs, answers = (against or partial(_alone, torch=torch))(network, seed, dtype)
    positions = {x.path: tuple(_positions(x, samples, seed)) for x in network.inputs if len(x.output) > 1}
    with np.errstate(all="ignore"):
        proofs = tuple(_measured(network, tensors, inputs, answers, tick))
        prober = _Prober(network, tensors, inputs, proofs, tick)
        for name, places in positions.items():
            for position in places:
                prober.probe(name, position)
    return Verification(network, proofs, positions, seed, dtype)


def _alone(network: Network, seed: int, dtype: str, *, torch: bool) -> Run:
    tensors = Tensors.of_network(network, seed, dtype)
    inputs = tensors.inputs(network)
    return Run(tensors, inputs, against_torch(network, tensors, inputs) if torch else repeat(None))


def refuse_if_too_large(
    network: Network, dtype: str, limits: Limits, *, samples: int = SAMPLES, torch: bool = False
) -> None:
    """Look at what `verify` would take.

    Raises:
        TooLargeError: more memory, or more time, than the limit.
    """
    times = runs(network, samples)
    needed = need(network, np.dtype(dtype).itemsize, probes=times - 1, torch=torch)
    if needed.memory > limits.memory:
        total, most = _apart(needed.memory, limits.memory, partial(size_in_bytes, width=1, units="si"), "B")
        parts = (size_in_bytes(n, 1, "si") for n in (needed.weights, needed.activations, needed.temporaries))
        listed = "weights {}, activations {}, temporaries {}".format(*parts)
        raise TooLargeError(
            f"running {network.name} takes about {total} ({listed}), more than {most} (the limit `memory`)"
        )
    if needed.seconds > limits.seconds:
        total, most = _apart(ceil(needed.seconds), limits.seconds, duration, "seconds")
        often = f"{times:,} times" if times > 1 else "once"
        raise TooLargeError(
            f"running {network.name} {often} takes about {total}, more than {most} (the limit `seconds`)"
        )


def _apart(needed: int, limit: int, show: Callable[[int], str], unit: str) -> tuple[str, str]:
    """Both numbers as people read them; exactly, where they would look the same."""
    short = show(needed), show(limit)
    return short if short[0] != short[1] else (f"{needed:,} {unit}", f"{limit:,} {unit}")


def runs(network: Network, samples: int) -> int:
    """How often `verify` runs the network: once, and once per position."""
    return 1 + sum(min(prod(x.output[1:]), samples) for x in network.inputs if len(x.output) > 1)


# -- counting -------------------------------------------------------------------------------------------


def _measured(
    network: Network,
    tensors: Tensors,
    inputs: dict[str, Array],
    answers: Iterator[Answer] | Iterator[None],
    tick: Callable[[], object],
) -> Iterator[Proof]:
    seen: set[int] = set()
    made_up: set[Node | Input] = set()
    nan: set[Node | Input] = set()
    counted = zip(steps(network, tensors, inputs), costs(network), strict=True)
    for ((node, value, tally), cost), answer in zip(counted, answers, strict=False):
        follows = not made_up.isdisjoint(node.inputs)
        if follows or node.layer.values_unknown:
            made_up.add(node)
        if np.isnan(value).any() or not nan.isdisjoint(node.inputs):  # a comparison makes a number of it
            nan.add(node)
        yield Proof(
            node=node,
            cost=cost,
            shape=value.shape,
            tally=tally,
            allocated=0 if node.layer.values_unknown else _allocated(node, tensors, seen),
            is_made_up=node.layer.values_unknown,
            follows_made_up=follows,
            touched=FieldCheck(untold="" if np.isfinite(value).all() and node not in nan else NOT_FINITE),
            torch=None if answer is None else _beside(value, answer),
        )
        tick()


def _beside(value: Array, answer: Answer) -> Beside:
    if answer.value is None:
        return Beside(None, TOLERANCES[value.dtype.name], answer.reason)
    return Beside(difference(value, answer.value), TOLERANCES[value.dtype.name])


def _allocated(node: Node, tensors: Tensors, seen: set[int]) -> int:
    """Elements of the arrays with what the node learns, unless an earlier node has the same arrays."""
    weights = tensors.of(node)
    fresh = {id(weights[name]): weights[name] for name in node.weight_shapes()}
    elements = sum(array.size for key, array in fresh.items() if key not in seen)
    seen.update(fresh)
    return elements


# -- fields ---------------------------------------------------------------------------------------------


def _positions(tensor: Input, samples: int, seed: int) -> Iterator[Axes]:
    """Where to probe an input: a corner, the centre, the far corner, more of the border, then anywhere."""
    axes = tensor.output[1:]
    if prod(axes) <= samples:
        return product(*map(range, axes))
    ends = [sorted({0, n // 2, n - 1}) for n in axes]
    centre, last = tuple(n // 2 for n in axes), tuple(n - 1 for n in axes)
    grid = dict.fromkeys([(0,) * len(axes), centre, last, *product(*ends)])
    chosen = dict.fromkeys(list(grid)[: max(3, samples * 3 // 4)])
    random = np.random.default_rng([seed, crc32(f"positions {tensor.path}".encode())])
    for _ in range(2 * samples):  # some may be chosen already
        chosen[tuple(int(random.integers(n)) for n in axes)] = None
    return iter(list(chosen)[:samples])


class _Prober:
    """Puts NaN at one position and sees where it arrives."""

    def __init__(
        self,
        network: Network,
        tensors: Tensors,
        inputs: dict[str, Array],
        proofs: tuple[Proof, ...],
        tick: Callable[[], object],
    ) -> None:
        self._network = network
        self._tensors = tensors
        self._inputs = inputs
        self._proofs = proofs
        self._tick = tick
        accesses = AccessCache()
        self._sights = sights(network)
        self._tracer = Tracer({x.path: x.output[1:] for x in network.inputs}, accesses, self._sights)
        self._spots = TouchFollower(accesses, self._sights)
        # A border that mirrors touches outputs whose fields do not know of it.
        self._mirrors = any(node.layer.beyond_the_border != "constant" for node in network)

    def probe(self, name: str, position: Axes) -> None:
        """Note for every node what the position touches."""
        inputs = {path: value.copy() if path == name else value for path, value in self._inputs.items()}
        inputs[name][(slice(None), *position)] = np.nan
        followed = zip(
            self._proofs,
            steps(self._network, self._tensors, inputs, count=False, marked=self._sights),
            reaches(self._network, self._tracer),
            traced(self._network, self._spots, start(self._network, name, position)),
            strict=True,
        )
        for proof, step, found, spot in followed:
            _note(proof, _Probe(name, position, step, found, spot, self._mirrors))
            self._tick()


class _Probe(NamedTuple):
    """One node after one position was touched."""

    name: str
    position: Axes
    step: ExecutedNode
    found: Reaches
    spot: Touched
    mirrors: bool


def _note(proof: Proof, probe: _Probe) -> None:
    """Compare what was touched with the field, and within the borders with what the windows reach."""
    touched, spot = proof.touched, probe.spot
    if not spot.is_known:
        touched.untold = touched.untold or UNTRACED
    if touched.untold or proof.shape != proof.node.output:
        return
    measured = np.logical_or.reduce(np.isnan(probe.step.value), axis=0)
    spotted, inside = spot.touched.any(axis=0), spot.inside.all(axis=0)
    wrong = measured & ~spotted if not spot.is_exact else measured ^ spotted
    if (reach := probe.found.get(probe.name)) is not None:
        predicted = readers(reach, proof.shape, probe.position)
        missing = predicted & ~measured
        wrong = wrong | (measured & ~predicted & (inside | (not probe.mirrors)))
        if reach.upper_bound or not spot.is_exact:
            touched.is_bounded = True
        else:
            wrong = wrong | (missing & inside)
            touched.at_borders += int(np.count_nonzero(missing & ~inside))
    touched.pairs += measured.size
    if wrong.any():
        touched.wrong += int(np.count_nonzero(wrong))
        touched.example = touched.example or _example(probe, measured, wrong)


def _example(probe: _Probe, measured: Mask, wrong: Mask) -> Difference:
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    says = ("not touched", "touched")
    there = bool(measured[at])
    what = f"field: position {list(probe.position)} of {probe.name} and output {list(at)}"
    return Difference(what, says[there], says[not there])
