"""Dilation rates without holes that reach a field: the search behind `archcost rates`.

A stack of n layers with kernel K covers at most Kⁿ positions, with the rates 1, K, K², …, and then reads each
exactly once: nothing is spare, and every tap matters alone. Smaller rates, or more layers, let several paths
lead to a position. What is lost and won on the way is the trade-off a solution shows, per number of layers.

**Evenness** says how equal the path counts c of a field of n positions are: (Σc)² / (n·Σc²), 1 if all are
equal and 1/n if one position has all paths. (Ecologists know it as Simpson's evenness, statisticians as the
effective sample size over n.) Holes and ripples lower it, and so does a margin that few paths lead to.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from math import log2, prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.dilation.published_rules import Verdict, path_counts, published_rules
from archcost.errors import UsageError
from archcost.words.numbers import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Layers = tuple[tuple[int, int], ...]
"""(kernel size, rate) of each, by rising rate."""

LARGEST_FIELD = 2**13
LARGEST_KERNEL = 2**8
MOST_LAYERS = 32
"""What is searched at most, so that an answer takes seconds."""

SPARE_LAYERS = 2
"""Layers beyond the fewest that are tried where nobody says how many there may be."""

_WIDEST = 2**16
"""Larger fields are not looked at, though a few layers with a large kernel can have them."""

_WORK, _ALL_WORK = 1_000_000, 60_000_000
"""Bytes of numbers that are kept of all beginnings together: after each layer, and added up over all layers
of all searches. They bound the time it takes."""

_SUMS = 200_000_000
"""Additions that are made to describe the stacks listed."""

_MOST_KEPT, _FEWEST_KEPT = 1000, 4
"""Beginnings that are kept at once, however small or large the field."""

_HINTS = 6
"""Stacks that are a hint where there is one more layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedStack:
    """Layers that read every position of their field.

    Attributes:
        kernel_sizes: of each layer.
        rates: the dilation of each; rising, where the kernels are equal. Any order covers the same.
        field: positions from the first to the last.
        mean_paths: to a position, on average; those at both ends always have one.
        most_paths: to any of the positions.
        effective: positions of the smallest central part with 95.45 % of the paths.
        evenness: of the path counts, see `archcost.dilation.solver`.
        verdicts: what the published rules say, for the layers in this order.
    """

    kernel_sizes: tuple[int, ...]
    rates: tuple[int, ...]
    field: int
    mean_paths: Fraction
    most_paths: int
    effective: int
    evenness: Fraction
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The stacks that answer a request, fewest layers first, then the most even, then the smallest.

    Attributes:
        stacks: per number of layers, some of those that no other of as many layers beats in evenness and
            field at once: the most even, the smallest, and what lies between.
        cut_short: the numbers of layers for which not all stacks were compared, as there are too many. What
            is listed for them is true, but other stacks may be more even.
    """

    stacks: tuple[SolvedStack, ...]
    cut_short: tuple[int, ...]


def solve(
    kernel_sizes: Sequence[int],
    layers: int | None,
    field: int,
    *,
    max_rate: int | None = None,
    top: int = 3,
) -> Solution:
    """Stacks without holes whose field is at least `field`.

    Stacks with more layers than needed are for more paths, not for an even larger field: unless all their
    rates are 1, they stay within what the fewest layers can cover.

    Args:
        kernel_sizes: one for all layers, or one per layer; then all of these layers are used, in this order.
        layers: how many there may be at most; None for the fewest that do, and up to two more.
        field: positions that are to be covered, along one axis.
        max_rate: the largest rate that is allowed.
        top: stacks per number of layers.

    Raises:
        UsageError: nothing reaches the field, or something is out of bounds.

    >>> [stack.rates for stack in solve([3], 4, 63, top=2).stacks]
    [(1, 3, 9, 27), (1, 2, 7, 21)]
    """
    _check(kernel_sizes, layers, field, max_rate, top)
    limit = _WIDEST if max_rate is None else max_rate
    if len(kernel_sizes) > 1:
        covered = largest_field(kernel_sizes, limit)
        searches = [_RateSearch.of(tuple(kernel_sizes), field, covered, limit, _WORK)]
    else:
        searches = [*_searches(kernel_sizes[0], layers, field, limit)]
    _check_top(top, searches)
    stacks: list[SolvedStack] = []
    cut_short: list[int] = []
    hints: frozenset[Layers] = frozenset()
    for search in searches:
        found, cut = search.run(hints)
        front = _front(found)
        stacks += [_stack(search, one, kernel_sizes) for one in _spread(front, top)]
        cut_short += [len(search.kernels)] if cut else []
        hints = _hints(_spread(front, _HINTS))
    return Solution(stacks=tuple(stacks), cut_short=tuple(cut_short))


def largest_field(kernels: Iterable[int], max_rate: int) -> int:
    """The most positions a stack can cover without holes: each rate is as large as the field before it.

    Where rates are bounded, small kernels come first: a large one is worth most at a large rate.

    >>> largest_field([3, 3, 3, 3], 100), largest_field([3, 3, 3, 3], 5)
    (81, 29)
    """
    return _grown(1, sorted(kernels), max_rate)


def _grown(field: int, kernels: Iterable[int], max_rate: int) -> int:
    """The largest complete field that more layers, in this order, can make of one."""
    for kernel in kernels:
        field += (kernel - 1) * min(field, max_rate)
    return field


def fewest_layers(kernel: int, field: int, max_rate: int) -> int:
    """How many layers of one kernel it takes to cover a field without holes.

    >>> fewest_layers(3, 81, 100), fewest_layers(3, 82, 100), fewest_layers(3, 10**9 + 1, 1)
    (4, 5, 500000000)
    """
    layers, reached = 1, kernel
    while reached < min(field, max_rate):
        reached += (kernel - 1) * reached
        layers += 1
    missing = max(0, field - reached)
    if reached < max_rate:
        return layers
    return layers + -(-missing // ((kernel - 1) * max_rate))


# -- the request ------------------------------------------------------------------------------------------


def _check(kernels: Sequence[int], layers: int | None, field: int, max_rate: int | None, top: int) -> None:
    """Bounds first, then whether anything reaches the field."""
    _check_kernels(kernels, layers)
    bounds = {"layers": (layers, MOST_LAYERS), "field": (field, LARGEST_FIELD), "max-rate": (max_rate, None)}
    for name, (value, most) in (bounds | {"top": (top, None)}).items():
        if value is not None and value < 1:
            raise UsageError(f"{name}={value} must be at least 1")
        if value is not None and most is not None and value > most:
            raise UsageError(f"{name}={value} is more than the {most:,} that are searched")
    _check_reach(kernels, layers, field, max_rate)


def _check_kernels(kernels: Sequence[int], layers: int | None) -> None:
    if not kernels:
        raise UsageError("kernel: there is none; give one for all layers, or one per layer")
    for kernel in kernels:
        if kernel < 2:
            raise UsageError(f"kernel={kernel} must be at least 2: with fewer taps a rate changes nothing")
        if kernel > LARGEST_KERNEL:
            raise UsageError(f"kernel={kernel} is more than the {LARGEST_KERNEL:,} that are searched")
    if len(kernels) > MOST_LAYERS:
        raise UsageError(f"there are {len(kernels)} kernels, and at most {MOST_LAYERS} layers are searched")
    if len(kernels) > 1 and layers not in {None, len(kernels)}:
        text = f"layers={layers} contradicts the {len(kernels)} kernels {listed(kernels)}; leave it out"
        raise UsageError(text)


def _check_reach(kernels: Sequence[int], layers: int | None, field: int, max_rate: int | None) -> None:
    limit = field if max_rate is None else max_rate  # no rate beyond the field is worth anything
    bound = "" if max_rate is None else f" with rates up to {max_rate:,}"
    if len(kernels) > 1:
        if (most := largest_field(kernels, limit)) < field:
            covered = f"kernels {listed(kernels)}{bound} cover {most:,} positions at most without holes"
            raise UsageError(f"{covered}, not {field:,}: add a layer or widen a kernel")
        return
    (kernel,) = kernels
    fewest = fewest_layers(kernel, field, limit)
    if layers is not None and fewest > layers:
        most = largest_field([kernel] * layers, limit)
        who = "1 layer" if layers == 1 else f"{layers} layers"
        covered = f"{who} of kernel {kernel}{bound} can cover {most:,} positions at most without holes"
        raise UsageError(f"{covered}, not {field:,}: that takes {fewest:,} layers")
    if fewest > MOST_LAYERS:
        who = f"field={field} takes {fewest:,} layers of kernel {kernel}{bound}"
        raise UsageError(f"{who}, and at most {MOST_LAYERS} are searched")


def _check_top(top: int, searches: Sequence[_RateSearch]) -> None:
    """Whether all that may be listed can be described in time: it takes a sum per layer and position."""
    sums = [(len(search.kernels) * search.widest, search.widest - search.field + 1) for search in searches]
    if sum(each * min(top, fields) for each, fields in sums) > _SUMS:
        most = _SUMS // sum(each for each, _ in sums)
        many = f"{len(searches)} numbers of layers and " if len(searches) > 1 else ""
        raise UsageError(f"top={top} is more than the {most:,} that are listed for {many}a field so large")


def _searches(kernel: int, layers: int | None, field: int, max_rate: int) -> Iterator[_RateSearch]:
    """A search per number of layers."""
    fewest = fewest_layers(kernel, field, max_rate)
    covered = largest_field([kernel] * fewest, max_rate)
    last = min(fewest + SPARE_LAYERS, MOST_LAYERS) if layers is None else layers
    numbers = range(fewest, last + 1)
    for n in numbers:
        work = min(_WORK, _ALL_WORK // (len(numbers) * n))
        yield _RateSearch.of((kernel,) * n, field, max(covered, 1 + n * (kernel - 1)), max_rate, work)


# -- the search -------------------------------------------------------------------------------------------


class _Beginning(NamedTuple):
    """The layers with the smallest rates, by rising rate, and which kernels are left.

    With path counts c, `sums` holds Σ_x c(x)·c(x + s) for every shift s from 1 − field to field − 1, as one
    large integer, `word` bytes per number. Σc² with one more layer adds up a few of these numbers, so a layer
    can be judged without counting its paths.
    """

    layers: Layers
    field: int
    left: tuple[int, ...]
    sums: int


class _Candidate(NamedTuple):
    """A beginning and one more layer: `unevenness` first, since the least of it is best.

    Unevenness is field·Σc²·(product of the kernels left)²; with none left, (Σc)² over evenness.
    """

    unevenness: int
    field: int
    layers: Layers
    left: tuple[int, ...]
    before: _Beginning


class _RateSearch(NamedTuple):
    """Stacks of just these kernels, from `field` to `widest` positions.

    Layers are added by rising rate, as in the proof of `is_complete`: a rate up to the field so far leaves no
    hole. Where more than `kept` beginnings can still reach the field within bounds, the rest is dropped.
    `narrowed` says that `widest` is not all that can be covered.
    """

    kernels: tuple[int, ...]
    field: int
    widest: int
    max_rate: int
    word: int
    kept: int
    narrowed: bool

    @classmethod
    def of(cls, kernels: tuple[int, ...], field: int, covered: int, max_rate: int, work: int) -> _RateSearch:
        """The search up to `covered` positions, or less if these are too many; see `_WORK` for `work`."""
        word = prod(kernels).bit_length() // 4 + 1
        needed = max(field, 1 + sum(k - 1 for k in kernels)) + max(kernels)
        widest = min(covered, max(min(_WIDEST, work // word), needed))
        kept = min(_MOST_KEPT, max(_FEWEST_KEPT, work // (widest * word)))
        return cls(tuple(sorted(kernels)), field, widest, max_rate, word, kept, widest < covered)

    def run(self, hints: frozenset[Layers]) -> tuple[list[_Candidate], bool]:
        """All stacks that were compared, and whether some were not. Hints are beginnings worth keeping."""
        beginnings, cut = [_Beginning((), 1, self.kernels, 1)], self.narrowed
        for _ in self.kernels[1:]:
            found = self._longer(beginnings)
            cut = cut or len(found) > self.kept
            beginnings = [self._begun(candidate) for candidate in _best(found, self.kept, hints)]
        return self._longer(beginnings), cut

    def _longer(self, beginnings: Iterable[_Beginning]) -> list[_Candidate]:
        """One more layer, in every way that can still end within bounds."""
        return [candidate for one in beginnings for candidate in self._extensions(one)]

    def _extensions(self, one: _Beginning) -> Iterator[_Candidate]:
        for i, kernel in enumerate(one.left):
            if i and one.left[i - 1] == kernel:
                continue
            left = one.left[:i] + one.left[i + 1 :]
            if rates := self._rates(one, kernel, left):
                rest = prod(left) ** 2
                for rate, squares in zip(rates, self._squares(one, kernel, rates), strict=True):
                    field = one.field + (kernel - 1) * rate
                    layers = (*one.layers, (kernel, rate))
                    yield _Candidate(rest * squares * field, field, layers, left, one)

    def _rates(self, one: _Beginning, kernel: int, left: Sequence[int]) -> range:
        """The rates the next layer may have.

        No smaller than the last, to meet each stack once; no larger than the field, or there would be holes.
        At the largest, the layers after it repeat it (with a smaller kernel, they take the next) and stay
        within bounds; at the smallest, they still reach `field` when they grow as fast as they can.
        """
        last_kernel, last = one.layers[-1] if one.layers else (0, 1)
        smaller = [k for k in left if k < kernel]
        room = self.widest - one.field - sum(k - 1 for k in smaller)
        most = min(room // sum(k - 1 for k in one.left), self.max_rate - bool(smaller))
        rates = range(last + (kernel < last_kernel), min(one.field, most) + 1)
        return rates[
            bisect_left(
                rates,
                self.field,
                key=lambda rate: _grown(one.field + (kernel - 1) * rate, left, self.max_rate),
            ) :
        ]

    def _squares(self, one: _Beginning, kernel: int, rates: range) -> list[int]:
        """Σc² with one more layer, per rate: Σ_t (kernel − |t|)·(the sum for shift t·rate), |t| < kernel."""
        sums = self._numbers(one, min(one.field, (kernel - 1) * rates[-1] + 1))
        squares = [kernel * sums[0]] * len(rates)
        for t in range(1, kernel):
            shifted = sums[t * rates[0] : t * rates[-1] + 1 : t]
            if not shifted:
                break
            squares[: len(shifted)] = [
                square + 2 * (kernel - t) * one for square, one in zip(squares, shifted, strict=False)
            ]
        return squares

    def _numbers(self, one: _Beginning, count: int) -> list[int]:
        """The sums for so many shifts from 0 on; those for shifts below are the same."""
        text = (one.sums >> 8 * self.word * (one.field - 1)).to_bytes(self.word * one.field, "little")
        return [
            int.from_bytes(text[i : i + self.word], "little") for i in range(0, self.word * count, self.word)
        ]

    def _begun(self, candidate: _Candidate) -> _Beginning:
        """A candidate as the beginning of longer ones: its sums slide through the layer from both sides."""
        kernel, rate = candidate.layers[-1]
        step = 8 * self.word * rate
        sums = _slid(_slid(candidate.before.sums, kernel, step), kernel, step)
        return _Beginning(candidate.layers, candidate.field, candidate.left, sums)


def _slid(number: int, times: int, step: int) -> int:
    """So many copies of a number added up, each `step` bits further on; few additions, by doubling.

    >>> f"{_slid(0b11, 3, 4):b}"
    '1100110011'
    """
    total = 0
    while times:
        if times % 2:
            total = (total << step) + number
        number += number << step
        step, times = 2 * step, times // 2
    return total


def _best(found: list[_Candidate], kept: int, hints: frozenset[Layers]) -> list[_Candidate]:
    """As many as are kept: the best of their size, over sizes of all magnitudes; then the best; and hints.

    The best beginnings alone are much alike, and those of the best stacks need not be among them.
    """
    if len(found) <= kept:
        return found
    found = sorted(found)
    sizes = [candidate.field for candidate in found]
    low, high = log2(min(sizes)), log2(max(sizes))
    steps = (kept // 2 - 1) / max(high - low, 1)
    varied: dict[int, _Candidate] = {}
    for candidate in found:
        varied.setdefault(round((log2(candidate.field) - low) * steps), candidate)
    chosen = {candidate.layers: candidate for candidate in found if candidate.layers in hints}
    chosen |= {candidate.layers: candidate for candidate in varied.values()}
    for candidate in found[:kept]:
        if len(chosen) >= kept:
            break
        chosen[candidate.layers] = candidate
    return list(chosen.values())


def _hints(best: Iterable[_Candidate]) -> frozenset[Layers]:
    """How stacks of one more layer may begin: like the best of these, with a rate of 1 put before."""
    longer = [((candidate.layers[0][0], 1), *candidate.layers) for candidate in best]
    return frozenset(layers[:n] for layers in longer for n in range(len(layers)))


def _front(found: list[_Candidate]) -> list[_Candidate]:
    """Those that no other beats in both evenness and field, the most even first."""
    front: list[_Candidate] = []
    for candidate in sorted(found):
        if not front or candidate.field < front[-1].field:
            front.append(candidate)
    return front


def _spread(front: list[_Candidate], top: int) -> list[_Candidate]:
    """At most `top` of them: both ends, and evenly what lies between.

    >>> _spread([0, 1, 2, 3, 4, 5, 6], 3), _spread([0, 1], 3), _spread([0, 1], 1)
    ([0, 3, 6], [0, 1], [0])
    """
    if len(front) <= top or top == 1:
        return front[:top]
    return [front[i * (len(front) - 1) // (top - 1)] for i in range(top)]


# -- a stack ----------------------------------------------------------------------------------------------


def _stack(search: _RateSearch, found: _Candidate, wanted: Sequence[int]) -> SolvedStack:
    kernels = tuple(wanted) if len(wanted) > 1 else search.kernels
    rates = _in_order(found.layers, kernels)
    paths = path_counts(found.layers)
    return SolvedStack(
        kernel_sizes=kernels,
        rates=rates,
        field=found.field,
        mean_paths=Fraction(sum(paths), found.field),
        most_paths=max(paths),
        effective=effective(paths),
        evenness=evenness(paths),
        verdicts=published_rules(rates, kernels),
    )


def _in_order(layers: Iterable[tuple[int, int]], kernels: Iterable[int]) -> tuple[int, ...]:
    """The rates in the order of the kernels; equal kernels have rising rates.

    >>> _in_order([(5, 1), (3, 2), (5, 7)], [5, 5, 3])
    (1, 7, 2)
    """
    rates: dict[int, list[int]] = {}
    for kernel, rate in sorted(layers, reverse=True):
        rates.setdefault(kernel, []).append(rate)
    return tuple(rates[kernel].pop() for kernel in kernels)


def evenness(paths: Sequence[int]) -> Fraction:
    """How equal path counts are, from 1/n to 1.

    >>> evenness([1, 1, 1]), evenness([1, 2, 3, 2, 1]), evenness([1, 0, 1])
    (Fraction(1, 1), Fraction(81, 95), Fraction(2, 3))
    """
    return Fraction(sum(paths) ** 2, len(paths) * sum(c * c for c in paths))


def effective(paths: Sequence[int]) -> int:
    """Positions of the smallest central part with 95.45 % (two standard deviations) of the paths.

    With averaging kernels, this is the effective field of Luo et al. 2016.

    >>> effective([1] * 81), effective(path_counts([(3, 1)] * 8))
    (79, 11)
    """
    inside = total = sum(paths)
    margin = 0
    while len(paths) - 2 * margin > 2:
        inside -= paths[margin] + paths[-1 - margin]
        if 10_000 * inside < 9545 * total:
            break
        margin += 1
    return len(paths) - 2 * margin
