"""Stacks without holes for programs: JSON, `archcost-rates/1`, and CSV with a row per stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.data import JsonDocument, Rows
from archcost.results.rates import SCHEMA, RatesAnswer, RatesRow, Request
from archcost.results.report import keys, to_dict

if TYPE_CHECKING:
    from archcost.dilation.solver import Solution, SolvedStack
    from archcost.report.options import WriteOptions


def document(found: tuple[Request, Solution], _options: WriteOptions) -> JsonDocument:
    """The answer under `answers`, every number exact but evenness."""
    request, solution = found
    answer = RatesAnswer(
        request=request, cut_short=solution.cut_short, stacks=tuple(map(_row, solution.stacks))
    )
    return JsonDocument(SCHEMA, "answers", [to_dict(answer)])


def rows(found: tuple[Request, Solution], _options: WriteOptions) -> Rows:
    """A row per stack. A rule `holds`, `fails`, or says nothing, which is empty."""
    flat = [_flat(stack) for stack in found[1].stacks]
    return Rows(list(flat[0]), flat)


def _row(stack: SolvedStack) -> RatesRow:
    return RatesRow(
        kernel_sizes=stack.kernel_sizes,
        rates=stack.rates,
        field=stack.field,
        effective_field=stack.effective,
        mean_paths=str(stack.mean_paths),
        most_paths=stack.most_paths,
        evenness=float(stack.evenness),
        rules=stack.verdicts,
    )


def _flat(stack: SolvedStack) -> dict[str, object]:
    row = _row(stack)
    numbers = {"kernel_sizes": row.kernel_sizes, "rates": row.rates}
    rules = {short(one.rule): {True: "holds", False: "fails", None: ""}[one.holds] for one in row.rules}
    rest = {name: getattr(row, name) for name in keys(RatesRow) if name not in {*numbers, "rules"}}
    texts = {name: " ".join(map(str, values)) for name, values in numbers.items()}
    return {"layers": len(row.rates), **texts, **rest, **rules}


def short(rule: str) -> str:
    """The last word of a rule's name, as the heading of its column."""
    return rule.rpartition(" ")[2]
