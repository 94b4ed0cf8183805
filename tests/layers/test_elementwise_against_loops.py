"""Kinds without a kernel, against loops over numbers that count what is done to them.

Nothing here knows a formula of archcost. A tensor is a dictionary from index to number: its shape is read off
its indices, learned tensors are the learned numbers that were touched, costs are what the numbers counted.
What the kind does when it runs is compared as well: its values, what NumPy counted, and, with one number of
the input unknown (NaN), which outputs are unknown then.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from random import Random
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archcost.execute.kernels import Kernels
from archcost.layers import KINDS, find
from archcost.layers.base import Layer, Operations
from tests.execute.running import operations, run
from tests.layers.definitions import MEANING
from tests.layers.loops import leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcost.execute.arrays import Array
    from archcost.layers.base import Kind

Index: TypeAlias = tuple[int, ...]
Tensor: TypeAlias = "dict[Index, Counted]"


@dataclass(frozen=True, eq=False)
class Counted:
    """A number that counts operations. Plain floats are constants."""

    value: float
    counts: Counter[str] = field(repr=False)

    def did(self, what: str, value: float) -> Counted:
        self.counts[what] += 1
        return Counted(value, self.counts)

    def __add__(self, other: Counted | float) -> Counted:
        return self.did("additions", self.value + plain(other))

    def __sub__(self, other: Counted | float) -> Counted:
        return self.did("additions", self.value - plain(other))

    def __mul__(self, other: Counted | float) -> Counted:
        return self.did("multiplications", self.value * plain(other))

    def __truediv__(self, other: Counted) -> Counted:
        return self.did("divisions", self.value / other.value)

    def __rtruediv__(self, other: float) -> Counted:
        return self.did("divisions", other / self.value)

    def __pow__(self, exponent: float) -> Counted:
        return self.did("exponentials", self.value**exponent)

    def __gt__(self, other: Counted | float) -> bool:
        self.counts["comparisons"] += 1
        return self.value > plain(other)

    def __le__(self, other: Counted | float) -> bool:
        self.counts["comparisons"] += 1
        return self.value <= plain(other)

    def __neg__(self) -> Counted:
        return Counted(-self.value, self.counts)

    def __abs__(self) -> Counted:
        return Counted(abs(self.value), self.counts)

    __radd__ = __add__
    __rmul__ = __mul__


def plain(x: Counted | float) -> float:
    return x.value if isinstance(x, Counted) else x


def larger(x: Counted, y: Counted | float) -> Counted:
    """The larger one; of something unknown it is unknown."""
    return x if x > y or math.isnan(x.value) else Counted(plain(y), x.counts)


def smaller(x: Counted, y: Counted | float) -> Counted:
    return Counted(plain(y), x.counts) if x > y else x


def transcendental(function: Callable[[float], float]) -> Callable[[Counted], Counted]:
    return lambda x: x.did("exponentials", function(x.value))


exp, log, tanh, erf, root = map(transcendental, (math.exp, math.log, math.tanh, math.erf, math.sqrt))


def power(x: Counted, exponent: float) -> Counted:
    return x.did("exponentials", x.value**exponent)


def total(numbers: Iterable[Counted]) -> Counted:
    return reduce(lambda a, b: a + b, numbers)


def normal(random: Random) -> float:
    return random.gauss()


class Bench:
    """Where one loop runs: what it counts, and the numbers it is given or has touched. All are drawn."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.weights: defaultdict[str, dict[Index, float]] = defaultdict(dict)
        self._random = Random(0)  # noqa: S311 - no secret

    def tensor(self, shape: Index, number: Callable[[Random], float] = normal) -> Tensor:
        indices = product(*map(range, shape))
        return {index: Counted(number(self._random), self.counts) for index in indices}

    def learned(self, name: str, *index: int) -> Counted:
        """A number that is added or multiplied like any other."""
        return Counted(self.known(name, *index), self.counts)

    def known(self, name: str, *index: int) -> float:
        """A number that is known before anything arrives. A variance is positive."""
        if index not in self.weights[name]:
            drawn = normal(self._random)
            self.weights[name][index] = abs(drawn) + 0.1 if name == "running_var" else drawn
        return self.weights[name][index]


def extents(indices: Iterable[Index]) -> Index:
    """The shape of a full box of indices."""
    found = set(indices)
    sizes = tuple(max(along) + 1 for along in zip(*found, strict=True))
    assert len(found) == math.prod(sizes)
    return sizes


def array(numbers: Mapping[Index, Counted] | Mapping[Index, float], dtype: str = "float64") -> Array:
    """The numbers of a full box of indices, in one array."""
    x = np.empty(extents(numbers), dtype)
    for index, number in numbers.items():
        x[index] = plain(number)
    return x


def build(kind: str, **fields: object) -> Kind:
    found = find(kind)
    assert found is not None
    return found[0].model_validate(fields)


Loop: TypeAlias = "Callable[[Bench, Tensor], Tensor]"


def agrees(layer: Kind, shape: Index, loop: Loop) -> None:
    """The loop, run on a tensor of this shape, finds what the layer says."""
    all_agree(layer, [shape], lambda bench, xs: loop(bench, xs[0]))


def all_agree(
    layer: Kind,
    shapes: Sequence[Index],
    loop: Callable[[Bench, list[Tensor]], Tensor],
    number: Callable[[Random], float] = normal,
    blanks: int | None = None,
) -> None:
    """The loop, run on tensors of these shapes, finds what the layer says and what it does.

    Args:
        layer: what is asked and run.
        shapes: of the tensors that arrive.
        loop: finds the outcome.
        number: draws the numbers that arrive.
        blanks: how many of the tensors may hold a number that is unknown; all without.
    """
    bench, arriving = Bench(), tuple(shapes)
    xs = [bench.tensor(shape, number) for shape in shapes]
    outcome = loop(bench, xs)
    touched = {name: extents(found) for name, found in bench.weights.items()}
    assert leaving(layer, arriving) == extents(outcome)
    assert layer.weight_shapes(*arriving) | layer.buffer_shapes(*arriving) == touched
    assert layer.formulas(*arriving, y=extents(outcome)).operations() == Operations(**bench.counts)
    runs(layer, xs, bench, outcome)
    for x in xs[:blanks]:
        x[Random(len(x)).choice(sorted(x))] = Counted(math.nan, bench.counts)  # noqa: S311 - no secret
        y, _ = run(layer, [array(x) for x in xs], learned(bench))
        assert (np.isnan(y) == np.isnan(array(loop(bench, xs)))).all()


def runs(layer: Kind, xs: list[Tensor], bench: Bench, outcome: Tensor) -> None:
    """The layer, run on what the loop was given, gives what it found, at the same cost."""
    y, tally = run(layer, [array(x) for x in xs], learned(bench))
    assert np.allclose(y, array(outcome), rtol=1e-12, atol=1e-12)
    assert operations(tally, bench.counts["macs"]) == Operations(**bench.counts)
    single, _ = run(layer, [array(x, "float32") for x in xs], learned(bench, "float32"))
    assert single.dtype == "float32"
    assert np.allclose(single, y, rtol=1e-3, atol=1e-3)


def learned(bench: Bench, dtype: str = "float64") -> dict[str, Array]:
    return {name: array(numbers, dtype) for name, numbers in bench.weights.items()}


shapes_of_any_rank = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
shapes_with_axes = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)
booleans = st.booleans()


# Activations: the formula in the docstring is run as it is written.

DOCUMENTED = [word for word, home in KINDS.items() if home.startswith("activation:") and "oftm" not in home]
ACTIVATIONS = [word for word in DOCUMENTED if word not in ("activation", "prelu", "threshold")]


def formulas_of(kind: str) -> list[str]:
    found = find(kind)
    assert found is not None
    return re.findall(r"`([^`]*\bx\b[^`]*)`", found[0].__doc__ or "")


def softplus(x: Counted) -> Counted:
    return run_formula(formulas_of("softplus")[0], x)


def where(condition: object, yes: Counted | float, no: Counted) -> Counted:
    """The condition was counted, and both values, before they came here."""
    return Counted(plain(yes), no.counts) if condition else no


NAMES: dict[str, object] = {
    "abs": abs,
    "erf": erf,
    "exp": exp,
    "lambd": 0.5,
    "log": log,
    "max": larger,
    "max_val": 1,
    "min": smaller,
    "min_val": -1,
    "negative_slope": 0.01,
    "pi": math.pi,
    "scale": 1.0507009873554805,
    "slope": (1 / 8 + 1 / 3) / 2,
    "softplus": softplus,
    "sqrt": math.sqrt,  # of constants only
    "tanh": tanh,
    "where": where,
}


def run_formula(formula: str, x: Counted, **names: object) -> Counted:
    """Run one documented formula on a number."""
    alpha = 1.6732632423543772 if "scale" in formula else 1.0
    return eval(formula, {"__builtins__": {}}, NAMES | {"x": x, "alpha": alpha} | names)  # noqa: S307 - our docs


@pytest.mark.parametrize("kind", ACTIVATIONS)
@given(value=st.floats(-8, 8))
def test_the_documented_formula_is_the_function_people_mean(kind: str, value: float) -> None:
    found = run_formula(formulas_of(kind)[0], Counted(value, Counter()))
    assert math.isclose(found.value, MEANING[kind](value), rel_tol=1e-9, abs_tol=1e-12)


@given(value=st.floats(-8, 8))
def test_the_documented_tanh_formula_of_gelu_is_close_to_gelu(value: float) -> None:
    found = run_formula(formulas_of("gelu")[1], Counted(value, Counter()))
    assert math.isclose(found.value, MEANING["gelu"](value), abs_tol=1e-3)


@pytest.mark.parametrize("kind", ACTIVATIONS)
@given(shape=shapes_of_any_rank)
def test_activations_cost_what_their_documented_formula_costs(kind: str, shape: Index) -> None:
    formula = formulas_of(kind)[0]
    agrees(build(kind), shape, lambda _, x: {i: run_formula(formula, v) for i, v in x.items()})


@given(shape=shapes_of_any_rank, number=st.floats(-2, 2))
@pytest.mark.parametrize(("kind", "name"), [("leaky_relu", "negative_slope"), ("elu", "alpha")])
def test_an_activation_takes_its_number(shape: Index, kind: str, name: str, number: float) -> None:
    formula = formulas_of(kind)[0]
    fields = {name: number}
    agrees(
        build(kind, **fields),
        shape,
        lambda _, x: {i: run_formula(formula, v, **fields) for i, v in x.items()},
    )


@given(shape=shapes_of_any_rank, number=st.floats(0.1, 2))
@pytest.mark.parametrize(
    ("kind", "name"), [("hard_shrink", "lambd"), ("soft_shrink", "lambd"), ("celu", "alpha")]
)
def test_an_activation_takes_its_positive_number(shape: Index, kind: str, name: str, number: float) -> None:
    formula = formulas_of(kind)[0]
    fields = {name: number}
    agrees(
        build(kind, **fields),
        shape,
        lambda _, x: {i: run_formula(formula, v, **fields) for i, v in x.items()},
    )


@given(shape=shapes_of_any_rank)
def test_a_threshold_is_exceeded_or_replaced(shape: Index) -> None:
    fields = {"threshold": 0.2, "value": -3.0}
    formula = formulas_of("threshold")[0]
    agrees(
        build("threshold", **fields),
        shape,
        lambda _, x: {i: run_formula(formula, v, **fields) for i, v in x.items()},
    )


@given(shape=shapes_of_any_rank)
def test_gelu_by_tanh_costs_what_its_documented_formula_costs(shape: Index) -> None:
    formula = formulas_of("gelu")[1]
    layer = build("gelu", approximate="tanh")
    agrees(layer, shape, lambda _, x: {i: run_formula(formula, v) for i, v in x.items()})


@given(shape=shapes_of_any_rank, each=booleans)
def test_prelu_learns_one_slope_or_one_per_channel(shape: Index, *, each: bool) -> None:
    formula = formulas_of("prelu")[0]

    def loop(bench: Bench, x: Tensor) -> Tensor:
        slope = [bench.learned("weight", c if each else 0) for c in range(shape[0])]
        return {i: run_formula(formula, v, weight=slope[i[0]]) for i, v in x.items()}

    agrees(build("prelu", num_parameters=shape[0] if each else 1), shape, loop)


@given(shape=shapes_of_any_rank, word=st.sampled_from([w for w in DOCUMENTED if w != "activation"]))
def test_an_activation_by_its_word_answers_as_the_activation(shape: Index, word: str) -> None:
    fields = {"threshold": 0.2, "value": -3.0} if word == "threshold" else {}
    named, plainly = build("activation", function=word, **fields), build(word, **fields)
    assert named.output_shape(shape) == plainly.output_shape(shape)
    assert named.weight_shapes(shape) == plainly.weight_shapes(shape)
    assert named.buffer_shapes(shape) == plainly.buffer_shapes(shape)
    assert named.formulas(shape, y=shape).operations() == plainly.formulas(shape, y=shape).operations()
    x, weights = Bench().tensor(shape), {name: np.array([0.3]) for name in plainly.weight_shapes(shape)}
    ran, expected = (run(layer, [array(x)], weights) for layer in (named, plainly))
    assert (ran[0] == expected[0]).all()
    assert ran[1] == expected[1]


def test_an_activation_by_its_word_takes_the_activations_fields() -> None:
    named = build("activation", function="prelu", num_parameters=4)
    assert named.weight_shapes((4, 2)) == {"weight": (4,)}


# Softmax and normalisation: sets of elements are taken together.


def together(x: Tensor, key: Callable[[Index], Index]) -> list[list[Index]]:
    """The indices in sets of equal keys, each in order."""
    sets: defaultdict[Index, list[Index]] = defaultdict(list)
    for index in sorted(x):
        sets[key(index)].append(index)
    return list(sets.values())


def without(index: Index, axes: Iterable[int]) -> Index:
    return tuple(-1 if axis in axes else i for axis, i in enumerate(index))


@given(shape=shapes_of_any_rank, data=st.data(), logarithm=booleans)
def test_softmax_shifts_by_the_largest_before_it_exponentiates(
    shape: Index, data: st.DataObject, *, logarithm: bool
) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))

    def loop(_: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for one in together(x, lambda i: without(i, [axis])):
            largest = reduce(larger, (x[i] for i in one))
            shifted = {i: x[i] - largest for i in one}
            raised = {i: exp(v) for i, v in shifted.items()}
            divisor = total(raised.values())
            if logarithm:
                subtrahend = log(divisor)
                y |= {i: v - subtrahend for i, v in shifted.items()}
            else:
                y |= {i: v / divisor for i, v in raised.items()}
        return y

    agrees(build("log_softmax" if logarithm else "softmax", axis=axis), shape, loop)


def standardize(x: Tensor, one: Sequence[Index], eps: float) -> Tensor:
    n = len(one)
    mean = total(x[i] for i in one) * (1 / n)
    distance = {i: x[i] - mean for i in one}
    variance = total(d * d for d in distance.values()) * (1 / n)
    deviation = root(variance + eps)
    return {i: d / deviation for i, d in distance.items()}


def normalizing(
    key: Callable[[Index], Index],
    parameter: Callable[[Index], Index],
    *,
    weight: bool,
    bias: bool,
    eps: float = 1e-5,
) -> Loop:
    """The loop that normalises sets of equal `key` and learns numbers at the index `parameter` gives."""

    def loop(bench: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for one in together(x, key):
            for i, found in standardize(x, one, eps).items():
                scaled = bench.learned("weight", *parameter(i)) * found if weight else found
                y[i] = scaled + bench.learned("bias", *parameter(i)) if bias else scaled
        return y

    return loop


@given(shape=shapes_of_any_rank, data=st.data(), affine=booleans, bias=booleans)
def test_layer_norm_normalises_over_the_axes_it_is_given(
    shape: Index, data: st.DataObject, *, affine: bool, bias: bool
) -> None:
    rank = len(shape)
    axes = data.draw(st.lists(st.integers(0, rank - 1), min_size=1, unique=True))
    loop = normalizing(
        lambda i: without(i, axes),
        lambda i: tuple(i[axis] for axis in range(rank) if axis in axes),
        weight=affine,
        bias=affine and bias,
        eps=0.3,
    )
    learned = {"affine": affine} | ({"bias": bias} if affine else {})
    layer = build("layer_norm", axis=tuple(axes), eps=0.3, **learned)
    agrees(layer, shape, loop)


@given(shape=shapes_of_any_rank)
def test_layer_norm_takes_channels_by_default_and_everything_for_all(shape: Index) -> None:
    by_channel = normalizing(lambda i: i[1:], lambda i: i[:1], weight=True, bias=True)
    agrees(build("layer_norm"), shape, by_channel)
    agrees(
        build("layer_norm", axis="all"),
        shape,
        normalizing(lambda _: (), lambda i: i, weight=True, bias=True),
    )


@given(
    axes=st.lists(st.integers(1, 3), max_size=3),
    groups=st.integers(1, 3),
    each=st.integers(1, 3),
    affine=booleans,
    bias=booleans,
)
def test_group_norm_normalises_each_group_over_all_positions(
    axes: list[int], groups: int, each: int, *, affine: bool, bias: bool
) -> None:
    shift = affine and bias
    loop = normalizing(lambda i: (i[0] // each,), lambda i: i[:1], weight=affine, bias=shift, eps=0.3)
    fields = {"affine": affine} | ({"bias": bias} if affine else {})
    layer = build("group_norm", num_groups=groups, eps=0.3, **fields)
    agrees(layer, (groups * each, *axes), loop)


@given(shape=shapes_with_axes, affine=booleans)
def test_instance_norm_normalises_each_channel_over_its_positions(shape: Index, *, affine: bool) -> None:
    loop = normalizing(lambda i: i[:1], lambda i: i[:1], weight=affine, bias=affine, eps=0.3)
    agrees(build("instance_norm", affine=affine, eps=0.3), shape, loop)


some_axes = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)


def those_there(axes: Sequence[int], shape: Index) -> Index:
    """The axes that a tensor has; channels if it has none of them."""
    return tuple(axis for axis in axes if axis < len(shape)) or (0,)


@given(shape=shapes_of_any_rank, axes=some_axes, affine=booleans)
def test_rms_norm_divides_by_the_root_of_the_mean_square(
    shape: Index, axes: list[int], *, affine: bool
) -> None:
    over = those_there(axes, shape)

    def loop(bench: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for one in together(x, lambda i: without(i, over)):
            length = root(total(x[i] * x[i] for i in one) * (1 / len(one)) + 0.3)
            for i in one:
                found = x[i] / length
                scale = [i[axis] for axis in sorted(over)]
                y[i] = bench.learned("weight", *scale) * found if affine else found
        return y

    agrees(build("rms_norm", axis=over, affine=affine, eps=0.3), shape, loop)


@given(shape=shapes_of_any_rank, axes=some_axes, p=st.sampled_from([1, 2]))
@pytest.mark.parametrize("eps", [1e-12, 2.0])
def test_normalize_divides_by_the_norm_which_is_eps_at_least(
    shape: Index, axes: list[int], p: int, eps: float
) -> None:
    over = those_there(axes, shape)

    def loop(_: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for one in together(x, lambda i: without(i, over)):
            length = total(abs(x[i]) for i in one) if p == 1 else root(total(x[i] * x[i] for i in one))
            length = larger(length, eps)
            y |= {i: x[i] / length for i in one}
        return y

    agrees(build("normalize", axis=over, p=p, eps=eps), shape, loop)


@given(shape=shapes_with_axes)
def test_global_response_norm_divides_norms_by_their_mean(shape: Index) -> None:
    def loop(bench: Bench, x: Tensor) -> Tensor:
        norms = [root(total(x[i] * x[i] for i in one)) for one in together(x, lambda i: i[:1])]
        divisor = total(norms) * (1 / len(norms)) + 0.3
        shares = [norm / divisor for norm in norms]
        scaled = {i: bench.learned("weight", i[0]) * (v * shares[i[0]]) for i, v in x.items()}
        return {i: x[i] + (v + bench.learned("bias", i[0])) for i, v in scaled.items()}

    agrees(build("global_response_norm", eps=0.3), shape, loop)


def folded(*, weight: bool, bias: bool, kept: bool = True, eps: float = 1e-5) -> Loop:
    """One product and one sum per element; what is known is folded into them beforehand."""

    def loop(bench: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for i, v in x.items():
            mean, variance = (bench.known(f"running_{s}", i[0]) if kept else None for s in ("mean", "var"))
            scale = (bench.known("weight", i[0]) if weight else 1) / math.sqrt((variance or 1) + eps)
            shift = bench.known("bias", i[0]) if bias else 0
            y[i] = v * scale + (shift - (mean or 0) * scale)
        return y

    return loop


@given(shape=shapes_of_any_rank, scale=booleans, shift=booleans, kept=booleans)
def test_batch_norm_is_one_product_and_one_sum_whatever_it_learns(
    shape: Index, *, scale: bool, shift: bool, kept: bool
) -> None:
    layer = build("batch_norm", scale=scale, shift=shift, track_running_stats=kept, eps=0.001)
    agrees(layer, shape, folded(weight=scale, bias=shift, kept=kept, eps=0.001))


@given(shape=shapes_of_any_rank, affine=booleans)
def test_affine_stands_for_both_learned_numbers_of_batch_norm(shape: Index, *, affine: bool) -> None:
    agrees(build("batch_norm", affine=affine), shape, folded(weight=affine, bias=affine))


@given(shape=shapes_with_axes, affine=booleans)
def test_instance_norm_with_running_statistics_folds_like_batch_norm(shape: Index, *, affine: bool) -> None:
    layer = build("instance_norm", affine=affine, track_running_stats=True)
    agrees(layer, shape, folded(weight=affine, bias=affine))


@pytest.mark.parametrize("kind", ["batch_norm", "instance_norm"])
def test_running_statistics_are_two_numbers_per_channel_and_not_learned(kind: str) -> None:
    kept, forgotten = (build(kind, track_running_stats=track) for track in (True, False))
    assert kept.buffer_shapes((5, 2)) == {"running_mean": (5,), "running_var": (5,)}
    assert forgotten.buffer_shapes((5, 2)) == {}


@given(shape=shapes_of_any_rank, window=st.integers(1, 6))
def test_local_response_norm_sums_a_window_of_channels_with_zeros_beyond(shape: Index, window: int) -> None:
    def loop(bench: Bench, x: Tensor) -> Tensor:
        squares = {i: v * v for i, v in x.items()}
        zero = Counted(0, bench.counts)
        y: Tensor = {}
        for channel, *rest in x:
            first = channel - window // 2
            covered = [squares.get((c, *rest), zero) for c in range(first, first + window)]
            y[channel, *rest] = x[channel, *rest] / power(total(covered) * (0.7 / window) + 1.5, 0.6)
        return y

    agrees(build("local_response_norm", size=window, alpha=0.7, beta=0.6, k=1.5), shape, loop)


# Reductions: every set of elements leaves one number.


def spread(numbers: Sequence[Counted], less: int) -> Counted:
    mean = total(numbers) * (1 / len(numbers))
    distances = [x - mean for x in numbers]
    return total(d * d for d in distances) * (1 / (len(numbers) - less))


REDUCTIONS: dict[str, Callable[[Sequence[Counted], int], Counted]] = {
    "sum": lambda xs, _: total(xs),
    "mean": lambda xs, _: total(xs) * (1 / len(xs)),
    "max": lambda xs, _: reduce(largest, xs),
    "min": lambda xs, _: -reduce(largest, [-x for x in xs]),
    "argmax": lambda xs, _: number(reduce(largest, xs), xs),
    "argmin": lambda xs, _: number(-reduce(largest, [-x for x in xs]), xs),
    "prod": lambda xs, _: reduce(lambda a, b: a * b, xs),
    "var": spread,
    "std": lambda xs, less: root(spread(xs, less)),
    "l1": lambda xs, _: total(map(abs, xs)),
    "l2": lambda xs, _: root(total(x * x for x in xs)),
}


def number(found: Counted, among: Sequence[Counted]) -> Counted:
    """Where it is, if it is known."""
    unknown = math.isnan(found.value)
    return Counted(math.nan if unknown else [x.value for x in among].index(found.value), found.counts)


def largest(x: Counted, y: Counted) -> Counted:
    """The larger of two; of something unknown it is unknown."""
    return y if math.isnan(y.value) and not x > y else larger(x, y)


@given(shape=shapes_of_any_rank, axes=some_axes, keeps=booleans, less=st.integers(0, 1))
@pytest.mark.parametrize("function", REDUCTIONS)
def test_a_reduction_makes_one_number_of_every_set(
    function: str, shape: Index, axes: list[int], less: int, *, keeps: bool
) -> None:
    over = those_there(axes, shape)
    varies = function in {"var", "std"}
    assume((keeps or len(over) < len(shape)) and not (varies and math.prod(shape[a] for a in over) <= less))

    def loop(_: Bench, x: Tensor) -> Tensor:
        y: Tensor = {}
        for one in together(x, lambda i: without(i, over)):
            place = tuple(
                0 if axis in over else i for axis, i in enumerate(one[0]) if keeps or axis not in over
            )
            y[place] = REDUCTIONS[function]([x[i] for i in one], less)
        return y

    fields = {"correction": less} if varies else {}
    agrees(build("reduce", function=function, axis=over, keepdim=keeps, **fields), shape, loop)


# Element by element.


@given(shape=shapes_of_any_rank)
@pytest.mark.parametrize("kind", ["identity", "dropout", "drop_path"])
def test_what_does_nothing_at_inference_costs_nothing_and_is_an_alias(kind: str, shape: Index) -> None:
    agrees(build(kind), shape, lambda _, x: x)
    assert build(kind).alias


@given(shape=shapes_of_any_rank)
def test_scale_multiplies_every_element_once(shape: Index) -> None:
    agrees(build("scale", factor=0.5), shape, lambda _, x: {i: v * 0.5 for i, v in x.items()})


@given(shape=shapes_of_any_rank, bias=booleans)
def test_layer_scale_learns_a_factor_per_channel(shape: Index, *, bias: bool) -> None:
    def loop(bench: Bench, x: Tensor) -> Tensor:
        scaled = {i: bench.learned("weight", i[0]) * v for i, v in x.items()}
        return {i: v + bench.learned("bias", i[0]) for i, v in scaled.items()} if bias else scaled

    agrees(build("layer_scale", bias=bias), shape, loop)


# Functions that mathematics names: the formula in the docstring is run as it is written.

MATHEMATICS = [word for word, home in KINDS.items() if home.startswith("mathematics:")]
FIELDS: dict[str, dict[str, float]] = {
    "offset": {"value": -0.5},
    "power": {"exponent": 1.7},
    "clamp": {"min": 0.25, "max": 1},
}
IN_FORMULAS = {"min": "lower", "max": "upper"}
"""Fields that are called otherwise there, where these words are functions."""


def above_zero(random: Random) -> float:
    return abs(random.gauss()) + 0.01


@pytest.mark.parametrize("kind", MATHEMATICS)
@given(shape=shapes_of_any_rank)
def test_functions_cost_what_their_documented_formula_costs(kind: str, shape: Index) -> None:
    fields = FIELDS.get(kind, {})
    names: dict[str, object] = {IN_FORMULAS.get(name, name): number for name, number in fields.items()}
    names |= {"sqrt": root, "sin": transcendental(math.sin), "cos": transcendental(math.cos)}
    formula = formulas_of(kind)[0]

    def loop(_: Bench, xs: list[Tensor]) -> Tensor:
        return {i: run_formula(formula, v, **names) for i, v in xs[0].items()}

    all_agree(build(kind, **fields), [shape], loop, above_zero)


# Merges.


def mean(numbers: list[Counted]) -> Counted:
    return total(numbers) * (1 / len(numbers))


def lesser(x: Counted, y: Counted) -> Counted:
    """The smaller one; of something unknown it is unknown."""
    return y if x > y or math.isnan(y.value) else x


JOIN: dict[str, Callable[[list[Counted]], Counted]] = {
    "add": total,
    "multiply": lambda numbers: reduce(lambda a, b: a * b, numbers),
    "max": lambda numbers: reduce(larger, numbers),
    "min": lambda numbers: reduce(lesser, numbers),
    "average": mean,
}


@pytest.mark.parametrize("kind", JOIN)
@given(shape=shapes_of_any_rank, data=st.data())
def test_merges_broadcast_sizes_of_one(kind: str, shape: Index, data: st.DataObject) -> None:
    shrink = st.tuples(*(st.sampled_from([1, n]) for n in shape))
    shapes = data.draw(st.lists(shrink, min_size=2, max_size=4))

    def loop(_: Bench, xs: list[Tensor]) -> Tensor:
        y: Tensor = {}
        for index in product(*(range(max(sizes)) for sizes in zip(*shapes, strict=True))):
            y[index] = JOIN[kind]([x.get(index) or repeated(x, index) for x in xs])
        return y

    all_agree(build(kind), shapes, loop)


def told(holds: Callable[[float, float], bool]) -> Callable[[list[Counted]], Counted]:
    """1 if a relation holds, else 0; of something unknown that is unknown."""

    def answer(numbers: list[Counted]) -> Counted:
        x, y = (number.value for number in numbers)
        return numbers[0].did("comparisons", math.nan if math.isnan(x + y) else float(holds(x, y)))

    return answer


def chosen(numbers: list[Counted]) -> Counted:
    """By a condition; whatever is chosen depends on all three."""
    condition, a, b = (number.value for number in numbers)
    unknown = math.isnan(condition + a + b)
    return numbers[0].did("comparisons", math.nan if unknown else a if condition else b)


SEVERAL: dict[str, tuple[int, Callable[[list[Counted]], Counted]]] = {
    "subtract": (2, lambda numbers: numbers[0] - numbers[1]),
    "divide": (2, lambda numbers: numbers[0] / numbers[1]),
    "greater": (2, told(operator.gt)),
    "greater_equal": (2, told(operator.ge)),
    "less": (2, told(operator.lt)),
    "less_equal": (2, told(operator.le)),
    "equal": (2, told(operator.eq)),
    "not_equal": (2, told(operator.ne)),
    "where": (3, chosen),
}


def small(random: Random) -> float:
    """Numbers of which many are equal."""
    return random.choice((-1.0, 1.0, 2.0))


@pytest.mark.parametrize("kind", SEVERAL)
@given(shape=shapes_of_any_rank, data=st.data())
def test_what_takes_so_many_inputs_broadcasts_them(kind: str, shape: Index, data: st.DataObject) -> None:
    count, take = SEVERAL[kind]
    shrink = st.tuples(*(st.sampled_from([1, n]) for n in shape))
    shapes = data.draw(st.lists(shrink, min_size=count, max_size=count))

    def loop(_: Bench, xs: list[Tensor]) -> Tensor:
        sizes = [range(max(along)) for along in zip(*shapes, strict=True)]
        return {index: take([repeated(x, index) for x in xs]) for index in product(*sizes)}

    all_agree(build(kind), shapes, loop, small)


@pytest.mark.parametrize("kind", [kind for kind, (count, _) in SEVERAL.items() if count == 2][2:])
@given(shape=shapes_of_any_rank)
def test_a_number_is_compared_with_every_element(kind: str, shape: Index) -> None:
    take = SEVERAL[kind][1]

    def loop(bench: Bench, xs: list[Tensor]) -> Tensor:
        return {i: take([x, Counted(1, bench.counts)]) for i, x in xs[0].items()}

    all_agree(build(kind, value=1), [shape], loop, small)


def test_nan_is_compared_as_in_pytorch_unless_it_marks_what_is_read() -> None:
    x, y = np.array([[math.nan, 1.0]]), np.array([[2.0, 3.0]])
    assert build("greater").run(Kernels(), x, y).tolist() == [[0, 0]]
    assert build("where").run(Kernels(), y, y, x).tolist() == [[2, 3]]
    assert np.isnan(build("where").run(Kernels(marked=True), y, y, x)).tolist() == [[True, False]]


def repeated(x: Tensor, index: Index) -> Counted:
    """The element a tensor with sizes of 1 shows at an index beyond its own."""
    own = extents(x)
    return x[tuple(0 if own[axis] == 1 else i for axis, i in enumerate(index))]


@given(shape=shapes_of_any_rank, data=st.data())
def test_concat_adds_up_the_sizes_along_its_axis(shape: Index, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    lengths = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))

    def loop(_: Bench, xs: list[Tensor]) -> Tensor:
        y: Tensor = {}
        done = 0
        for x, length in zip(xs, lengths, strict=True):
            y |= {(*i[:axis], i[axis] + done, *i[axis + 1 :]): v for i, v in x.items()}
            done += length
        return y

    all_agree(build("concat", axis=axis), [(*shape[:axis], n, *shape[axis + 1 :]) for n in lengths], loop)


# Shapes.


def in_order(x: Tensor, shape: Index) -> Tensor:
    """The elements of x, in order, under another shape."""
    return dict(zip(product(*map(range, shape)), (x[i] for i in sorted(x)), strict=True))


def gather(x: Tensor, axis: int, positions: Sequence[int | None], zero: Counted) -> Tensor:
    """x with `positions` in place of one axis; None is a zero."""
    y: Tensor = {}
    others = {without(i, [axis]) for i in x}
    for other, (new, old) in product(others, enumerate(positions)):
        element = zero if old is None else x[*other[:axis], old, *other[axis + 1 :]]
        y[*other[:axis], new, *other[axis + 1 :]] = element
    return y


@given(shape=shapes_of_any_rank)
def test_flatten_lines_up_all_elements(shape: Index) -> None:
    agrees(build("flatten"), shape, lambda _, x: in_order(x, (len(x),)))
    assert build("flatten").alias


@given(shape=shapes_of_any_rank, data=st.data())
def test_reshape_keeps_every_element_and_fills_in_what_is_left(shape: Index, data: st.DataObject) -> None:
    target = list(data.draw(st.permutations([*shape, 1])))
    written = list(target)
    if data.draw(booleans):
        written[data.draw(st.integers(0, len(target) - 1))] = -1
    layer = build("reshape", shape=tuple(written))
    agrees(layer, shape, lambda _, x: in_order(x, tuple(target)))
    assert layer.alias


@given(shape=shapes_of_any_rank, data=st.data())
def test_transpose_takes_each_axis_from_where_it_was(shape: Index, data: st.DataObject) -> None:
    axes = data.draw(st.permutations(range(len(shape))))
    agrees(
        build("transpose", axes=tuple(axes)),
        shape,
        lambda _, x: {tuple(i[axis] for axis in axes): v for i, v in x.items()},
    )


@given(axes=st.lists(st.integers(1, 3), max_size=3), groups=st.integers(1, 4), each=st.integers(1, 4))
def test_channel_shuffle_deals_the_channels_out(axes: list[int], groups: int, each: int) -> None:
    def loop(_: Bench, x: Tensor) -> Tensor:
        dealt = [g * each + j for j in range(each) for g in range(groups)]
        return {(new, *i[1:]): x[old, *i[1:]] for i in x for new, old in enumerate(dealt)}

    agrees(build("channel_shuffle", groups=groups), (groups * each, *axes), loop)


def mirrored(n: int, before: int, after: int) -> list[int]:
    there = range(n)
    return [*reversed(there[1 : before + 1]), *there, *reversed(there[n - 1 - after : n - 1])]


@given(shape=shapes_with_axes, data=st.data(), mode=st.sampled_from(["constant", "reflect", "replicate"]))
def test_pad_adds_positions_at_both_ends_of_every_axis(shape: Index, data: st.DataObject, mode: str) -> None:
    most = [n - 1 if mode == "reflect" else 3 for n in shape[1:]]
    pairs = data.draw(st.tuples(*(st.tuples(st.integers(0, m), st.integers(0, m)) for m in most)))

    def loop(bench: Bench, x: Tensor) -> Tensor:
        for axis, (before, after) in enumerate(pairs, start=1):
            n = shape[axis]
            ends = {
                "constant": [None] * before + [*range(n)] + [None] * after,
                "reflect": mirrored(n, before, after),
                "replicate": [0] * before + [*range(n)] + [n - 1] * after,
            }
            x = gather(x, axis, ends[mode], Counted(0, bench.counts))
        return x

    agrees(build("pad", padding=pairs, mode=mode), shape, loop)


@given(shape=shapes_with_axes, data=st.data())
def test_crop_cuts_positions_off_both_ends_of_every_axis(shape: Index, data: st.DataObject) -> None:
    kept = [data.draw(st.integers(1, n)) for n in shape[1:]]
    before = [data.draw(st.integers(0, n - k)) for n, k in zip(shape[1:], kept, strict=True)]
    pairs = tuple((b, n - k - b) for n, k, b in zip(shape[1:], kept, before, strict=True))
    layer = build("crop", cropping=pairs)
    agrees(layer, shape, taking([list(range(b, b + k)) for b, k in zip(before, kept, strict=True)]))
    reads_what_it_takes(layer, shape, before)


@given(shape=shapes_with_axes, data=st.data())
def test_crop_to_a_size_keeps_the_centre(shape: Index, data: st.DataObject) -> None:
    kept = tuple(data.draw(st.integers(1, n)) for n in shape[1:])
    taken: list[list[int]] = []
    for n, k in zip(shape[1:], kept, strict=True):
        left = list(range(n))
        while len(left) > k:  # the end first, then both in turn
            left.pop(-1 if (len(left) - k) % 2 else 0)
        taken.append(left)
    layer = build("crop", size=kept)
    agrees(layer, shape, taking(taken))
    reads_what_it_takes(layer, shape, [left[0] for left in taken])


@given(shape=shapes_of_any_rank, data=st.data())
def test_slice_takes_what_a_python_slice_takes(shape: Index, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    n = shape[axis]
    start = data.draw(st.integers(-n, n - 1))
    end = data.draw(st.none() | st.integers(-n, n).filter(lambda e: bool(list(range(n))[start:e])))
    positions = list(range(n))[start:end]
    layer = build("slice", start=start, end=end, axis=axis)
    agrees(layer, shape, lambda bench, x: gather(x, axis, positions, Counted(0, bench.counts)))
    if axis:
        reads_what_it_takes(layer, shape, [positions[0] if axis == i else 0 for i, _ in enumerate(shape)][1:])


def taking(positions: list[list[int]]) -> Loop:
    def loop(bench: Bench, x: Tensor) -> Tensor:
        for axis, along in enumerate(positions, start=1):
            x = gather(x, axis, along, Counted(0, bench.counts))
        return x

    return loop


def reads_what_it_takes(layer: Kind, shape: Index, first: list[int]) -> None:
    """The layer's window reads one position per output, the first of them at `first`."""
    assert isinstance(layer, Layer)
    window = layer.window(shape)
    assert window is not None
    assert (window.span, window.stride) == ((1,) * len(first), (1,) * len(first))
    assert [-before for before, _ in window.padding] == first


# Declared.


@given(shape=shapes_of_any_rank)
def test_a_parameter_brings_its_tensor_and_costs_nothing(shape: Index) -> None:
    def loop(bench: Bench, _: list[Tensor]) -> Tensor:
        return {index: bench.learned("weight", *index) for index in product(*map(range, shape))}

    all_agree(build("parameter", shape=shape), [], loop)


@given(
    shapes=st.lists(shapes_of_any_rank, min_size=1, max_size=3),
    shape=shapes_of_any_rank,
    params=st.integers(0, 9),
    macs=st.integers(0, 9),
)
def test_custom_says_what_it_was_told(shapes: list[Index], shape: Index, params: int, macs: int) -> None:
    layer = build("custom", shape=shape, params=params, macs=macs, reason="tried")
    arriving = tuple(shapes)
    assert leaving(layer, arriving) == shape
    assert sum(map(math.prod, layer.weight_shapes(*arriving).values())) == params
    assert layer.buffer_shapes(*arriving) == {}
    assert layer.formulas(*arriving, y=shape).operations() == Operations(
        macs=macs, multiplications=macs, additions=macs
    )
