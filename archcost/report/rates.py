"""Stacks without holes as a table, as Markdown and CSV, and as JSON, `archcost-rates/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.dilation.solver import MOST_LAYERS
from archcost.escape import markdown
from archcost.report.analysis.csv import table
from archcost.report.analysis.json import envelope
from archcost.report.analysis.markdown import bullets
from archcost.results.rates import SCHEMA, Answer, Request, StackRow
from archcost.results.report import keys, to_dict
from archcost.words.fit import fitted, paragraph
from archcost.words.numbers import listed, percent
from archcost.words.tables import Head, Table, grid, piped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from archcost.dilation.solver import Solution, SolvedStack
    from archcost.words.style import Style


def as_json(request: Request, solution: Solution) -> str:
    """The answer under `answers`, every number exact but evenness."""
    answer = Answer(request=request, cut_short=solution.cut_short, stacks=tuple(map(_row, solution.stacks)))
    return envelope(SCHEMA, "answers", [to_dict(answer)])


def _row(stack: SolvedStack) -> StackRow:
    return StackRow(
        kernel_sizes=stack.kernel_sizes,
        rates=stack.rates,
        field=stack.field,
        effective_field=stack.effective,
        mean_paths=str(stack.mean_paths),
        most_paths=stack.most_paths,
        evenness=float(stack.evenness),
        rules=stack.verdicts,
    )


LEGEND = (
    "No stack listed has a hole, in whatever order its layers stand.",
    "paths, most: how many ways lead from an output to a position, on average and at most.",
    "even: (Σc)² / (n·Σc²) of the n path counts c; 100 % if all are equal.",
    "effective: positions of the smallest central part with 95.45 % of the paths.",
    "For each number of layers the trade-off: from the most even stack to the smallest field.",
    "distance, factor, sawtooth: what the rules of hybrid dilated convolution say, right or wrong.",
)

_HEADERS = ("layers", "rates", "field", "effective", "paths", "most", "even %")


def as_text(request: Request, solution: Solution, style: Style, *, quiet: bool) -> str:
    """The answer for a reader at a terminal."""
    blocks = [[style.paint(_title(request), "bold")], grid(_table(solution.stacks), style)]
    if not quiet:
        blocks[1:1] = [[style.paint(line, "dim") for line in paragraph(LEGEND, style.width)]]
        blocks += [list(_misleading(solution.stacks)), list(_cut_short(solution.cut_short))]
    text = "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)
    return fitted(text, style.width)


def as_markdown(request: Request, solution: Solution, *, quiet: bool) -> str:
    """The answer as GitHub renders it."""
    blocks = [f"## {markdown(_title(request))}", piped(_table(solution.stacks))]
    if not quiet:
        blocks[1:1] = [bullets(LEGEND)]
        blocks += [bullets([*_misleading(solution.stacks), *_cut_short(solution.cut_short)])]
    return "\n\n".join(filter(None, blocks)) + "\n"


def as_csv(solution: Solution) -> str:
    """A row per stack. A rule `holds`, `fails`, or says nothing, which is empty."""
    rows = [_flat(stack) for stack in solution.stacks]
    return table(list(rows[0]), rows)


def _flat(stack: SolvedStack) -> dict[str, object]:
    row = _row(stack)
    numbers = {"kernel_sizes": row.kernel_sizes, "rates": row.rates}
    rules = {_short(one.rule): {True: "holds", False: "fails", None: ""}[one.holds] for one in row.rules}
    rest = {name: getattr(row, name) for name in keys(StackRow) if name not in {*numbers, "rules"}}
    texts = {name: " ".join(map(str, values)) for name, values in numbers.items()}
    return {"layers": len(row.rates), **texts, **rest, **rules}


def _short(rule: str) -> str:
    return rule.rpartition(" ")[2]


def _title(request: Request) -> str:
    several = len(request.kernel_sizes) > 1
    kernels = f"kernel{'s' if several else ''} {listed(request.kernel_sizes, MOST_LAYERS)}"
    most = "" if several or request.layers is None else f", at most {_layers(request.layers)}"
    bound = "" if request.max_rate is None else f", rates up to {request.max_rate:,}"
    return f"{kernels}{most}{bound}: fields of at least {request.field:,}"


def _table(stacks: Sequence[SolvedStack]) -> Table:
    rules = [_short(verdict.rule) for verdict in stacks[0].verdicts]
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


def _layers(number: int) -> str:
    return "1 layer" if number == 1 else f"{number} layers"
