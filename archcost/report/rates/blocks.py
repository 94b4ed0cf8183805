"""Stacks without holes for people: a table, and which rules mislead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.dilation.solver import MOST_LAYERS
from archcost.report.blocks import Either, Legend, Title
from archcost.report.formats.markdown import bullets
from archcost.report.rates.data import short
from archcost.words.numbers import listed, percent
from archcost.words.tables import Head, Table
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from archcost.dilation.solver import Solution, SolvedStack
    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.results.rates import Request


def blocks(found: tuple[Request, Solution], options: WriteOptions) -> Iterator[Block]:
    """The request, its answer, and what is to be said of it."""
    request, solution = found
    yield Title(_title(request))
    if not options.quiet:
        yield Legend(LEGEND, listed=True)
    yield _table(solution.stacks)
    if not options.quiet:
        said = [*_misleading(solution.stacks)], [*_cut_short(solution.cut_short)]
        yield Either(lambda: [*said[0], *[""] * all(said), *said[1]], lambda: bullets([*said[0], *said[1]]))


LEGEND = (
    "No stack listed has a hole, in whatever order its layers stand.",
    "paths, most: how many ways lead from an output to a position, on average and at most.",
    "even: (Σc)² / (n·Σc²) of the n path counts c; 100 % if all are equal.",
    "effective: positions of the smallest central part with 95.45 % of the paths.",
    "For each number of layers the trade-off: from the most even stack to the smallest field.",
    "distance, factor, sawtooth: what the rules of hybrid dilated convolution say, right or wrong.",
)

_HEADERS = ("layers", "rates", "field", "effective", "paths", "most", "even %")


def _title(request: Request) -> str:
    several = len(request.kernel_sizes) > 1
    kernels = f"kernel{'s' if several else ''} {listed(request.kernel_sizes, MOST_LAYERS)}"
    most = "" if several or request.layers is None else f", at most {plural(request.layers, 'layer')}"
    bound = "" if request.max_rate is None else f", rates up to {request.max_rate:,}"
    return f"{kernels}{most}{bound}: fields of at least {request.field:,}"


def _table(stacks: Sequence[SolvedStack]) -> Table:
    rules = [short(verdict.rule) for verdict in stacks[0].verdicts]
    ranks = {"even %": 1, "effective": 2, "most": 3, "paths": 4}
    heads = [Head("layers", right=True), Head("rates", least=10, cuts="end")]
    heads += [Head(name, right=True, rank=ranks.get(name, 0)) for name in _HEADERS[2:]]
    heads += [Head(rule, rank=5) for rule in rules]
    return Table(heads, list(map(_cells, stacks)))


def _cells(stack: SolvedStack) -> list[str]:
    even = percent(stack.evenness.numerator, stack.evenness.denominator)
    numbers = [
        f"{stack.field:,}",
        f"{stack.effective:,}",
        _decimal(stack.mean_paths),
        f"{stack.most_paths:,}",
    ]
    verdicts = [_WORDS[verdict.holds] for verdict in stack.verdicts]
    return [str(len(stack.rates)), listed(stack.rates, MOST_LAYERS), *numbers, even, *verdicts]


_WORDS = {True: "holds", False: "fails", None: "–"}


def _decimal(number: Fraction) -> str:
    """To two decimals; the exact number is in the JSON."""
    whole, hundredths = divmod(round(100 * number), 100)
    return f"{whole:,}.{hundredths:02}"


def _misleading(stacks: Sequence[SolvedStack]) -> Iterator[str]:
    """Per published rule, the first of these stacks that it refuses though it has no holes."""
    for rule in range(len(stacks[0].verdicts)):
        refused = [stack for stack in stacks if stack.verdicts[rule].holds is False]
        if refused:
            verdict = refused[0].verdicts[rule]
            of = f"{len(refused)} of the {len(stacks)}" if len(stacks) > 1 else "the"
            yield (
                f"'{verdict.rule}' misleads for {of} stacks: it fails for {listed(refused[0].rates)} "
                f"({verdict.reason}), yet nothing is missing."
            )


def _cut_short(layers: Sequence[int]) -> Iterator[str]:
    if layers:
        span = f"{layers[0]} to {layers[-1]}" if len(layers) > 1 else f"{layers[0]}"
        yield f"The search with {span} layers was cut short: more even stacks than those listed may exist."
