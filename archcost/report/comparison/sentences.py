"""What a comparison says in sentences, shared by the writers that are read by people."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from archcost.analysis.measures import MEASURES
from archcost.report.analysis import sentences
from archcost.report.comparison.columns import are_related, factor, field, local_field, share
from archcost.results.report import field_text
from archcost.words.wording import in_a_row, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.comparison import Comparison, NetworkRow, Noticed
    from archcost.windows.window import Shape

_SENTENCES = 6
"""Networks of which a sentence says what beats them."""

_NAMED = 4
"""Networks that are named one by one."""


def title(found: Comparison) -> str:
    """How many networks, of which spec if it is one, and which one the others are relative to."""
    first, count = found.networks[0], len(found.networks)
    spec = f"{first.name} ({first.path}): " if len({row.path for row in found.networks}) == 1 else ""
    relative = count > 1 and are_related(found.networks)
    return f"{spec}{plural(count, 'network')}" + (f", relative to {found.base}" if relative else "")


def setting(found: Comparison) -> Iterator[str]:
    """What all networks have in common: the input, and the variables of the spec if it is one."""
    if not any(differing_inputs(found)):
        yield sentences.named(found.networks[0].inputs)
    if len({row.path for row in found.networks}) == 1 and (same := _common(found.networks)):
        yield f"with {field_text(same)}"


def _common(rows: Sequence[NetworkRow]) -> dict[str, object]:
    first = rows[0].vars
    return {name: value for name, value in first.items() if all(row.vars[name] == value for row in rows)}


def differing_inputs(found: Comparison) -> Iterator[str]:
    """That the networks do not read the same, if so: costs at different inputs are no fair race."""
    users: dict[tuple[Shape, ...], list[NetworkRow]] = {}
    for row in found.networks:
        users.setdefault(tuple(row.inputs.values()), []).append(row)
    if len(users) > 1:
        parts = [
            f"{sentences.named(rows[0].inputs)} ({_some([r.label for r in rows])})" for rows in users.values()
        ]
        apart = "" if are_related(found.networks) else ". Not all have as many axes, so there are no factors"
        yield f"inputs differ: {_some(parts, '; ')}{apart}"


def _some(names: Sequence[str], between: str | None = None) -> str:
    """The first names; what stands between them is not what stands in one."""
    between = between or ("; " if any("," in name for name in names) else ", ")
    more = len(names) - _NAMED
    return between.join(names[:_NAMED]) + (f"{between}{more} more" if more > 0 else "")


def legend(found: Comparison, names: Sequence[str], options: WriteOptions) -> Iterator[str]:
    """What the table does not explain by itself, as far as it occurs."""
    yield sentences.CONVENTION[0]
    only_macs = all(row.measures["multiplications"] == row.measures["macs"] for row in found.networks)
    included = "those of the MACs, no others" if only_macs else "all of them, the MACs included"
    yield f"Padding counts like data. Multiplications: {included}."
    memory = [name for name in ("weights", "activations", "peak", "best_peak") if name in names]
    if memory:
        yield f"Memory in {options.dtype}: {'; '.join(_MEMORY[name] for name in memory)}."
    if "field" in names:
        whole = all(
            seen.coverage == 1 and not seen.upper_bound for row in found.networks for seen in row.fields
        )
        read = " Every position of it is read." if whole and "coverage" not in names else ""
        before = "of the last map before anything looks at all positions"
        if any(seen.is_global and seen.size for row in found.networks for seen in row.fields):
            before += ", in parentheses where something does"
        yield f"Receptive field: {before}.{read}"


_MEMORY = {
    "weights": "weights",
    "activations": "activations, the outputs of all layers",
    "peak": "peak, the most of them alive at once",
    "best_peak": "best peak, likewise in the best order",
}


def mark(found: Comparison, sign: str) -> Iterator[str]:
    """What the sign of optimal networks means, where there is a choice."""
    if len(found.networks) > 1:
        titles = in_a_row(MEASURES[name].title for name in found.pareto)
        if len(found.pareto) == 1:
            (only,) = found.pareto
            better = "least" if MEASURES[only].less_is_better else "most"
            yield f"{sign} the best in {titles}, where the {better} is best."
        else:
            yield f"{sign} Pareto-optimal: no other is as good in {titles}, and better in one."


def facts(found: Comparison) -> Iterator[str]:
    """What the first networks that are not optimal are beaten by, and by how much."""
    by_label = {row.label: row for row in found.networks}
    beaten = [(row, by_label[row.dominated_by]) for row in found.networks if row.dominated_by is not None]
    for row, winner in beaten[:_SENTENCES]:
        yield _beaten(row, winner, found.pareto)
    if (more := len(beaten) - _SENTENCES) > 0:
        yield f"{more} more {'are' if more > 1 else 'is'} not optimal; --format json says what is better."


def _beaten(row: NetworkRow, winner: NetworkRow, pareto: Sequence[str]) -> str:
    costs = [name for name in pareto if MEASURES[name].less_is_better]
    clauses = [*_costs(row, winner, costs), *_sight(row, winner, pareto)]
    return f"{row.label} is beaten by {winner.label}: it {_clauses(*clauses)}{_but(row, winner)}."


def _but(row: NetworkRow, winner: NetworkRow) -> str:
    """What is wrong with a network that wins and not with the other: the measures say nothing of it."""
    also = {one.rule for one in row.findings if one.level != "info"}
    wrong = [one for one in winner.findings if one.level == "error" or _leaves_out(one)]
    others = [_noticed(one) for one in wrong if one.rule not in also]
    return f"; but {winner.label} has findings: {in_a_row(others)}" if others else ""


def _leaves_out(one: Noticed) -> bool:
    """Whether positions are not read that the size of the field promises."""
    return one.rule == "gridding" and one.level == "warn"


def _clauses(*clauses: str) -> str:
    """Joined so that commas inside of them do no harm."""
    *first, last = clauses
    return f"{', '.join(first)}, and {last}" if first else last


def _costs(row: NetworkRow, winner: NetworkRow, costs: Sequence[str]) -> Iterator[str]:
    factors: dict[str, list[str]] = {}
    for name in costs:
        more, less = row.measures[name], winner.measures[name]
        if more != less and isinstance(more, int) and isinstance(less, int):
            factors.setdefault(_times(more, less), []).append(MEASURES[name].title)
    if factors:
        yield f"has {', '.join(f'{text} {in_a_row(of)}' for text, of in factors.items())}"
    elif costs:
        yield "costs as much"


def _times(more: int, less: int) -> str:
    """By how much the first is more; where a rounded factor would not tell, by how many."""
    text = factor(Fraction(more, less)) if less else ">1"
    return f"{more - less:,} more" if text == ">1" else f"{text} times the"


def _sight(row: NetworkRow, winner: NetworkRow, pareto: Iterable[str]) -> Iterator[str]:
    if "field" in pareto:
        mine, other = row.sight, winner.sight
        if mine and other and mine[0] == other[0] == 1 and mine != other:
            smaller = f"({local_field(row)}, not {local_field(winner)})"
            yield f"sees less before anything looks at all positions {smaller}"
        elif mine != other:
            yield f"sees less ({field(row)}, not {field(winner)})"
        elif row.fields:
            yield "sees no more"
    if "coverage" in pareto and row.measures["coverage"] != winner.measures["coverage"]:
        mine, other = (share(one.measures["coverage"]) for one in (row, winner))
        yield f"reads less of its field{f' ({mine}, not {other})' if mine != other else ''}"


def findings(found: Comparison) -> Iterator[str]:
    """Which rules found errors or faults, networks with the same ones together."""
    users: dict[str, list[str]] = {}
    for row in found.networks:
        rules = [_noticed(one) for one in row.findings if one.level != "info"]
        if rules:
            users.setdefault(", ".join(rules), []).append(row.label)
    for rules, labels in users.items():
        yield f"{'all' if len(labels) == len(found.networks) > 1 else _some(labels)}: {rules}"


def _noticed(one: Noticed) -> str:
    return f"{one.rule} ({one.level}{f' ×{one.count}' if one.count > 1 else ''})"


def declared(found: Comparison) -> Iterator[str]:
    """What was declared, each line once, with the networks it is part of unless all of them are."""
    users: dict[str, list[str]] = {}
    for row in found.networks:
        for line in sentences.declared(row.declared):
            users.setdefault(line, []).append(row.label)
    for line, labels in users.items():
        yield line if len(labels) == len(found.networks) else f"{line}, in {_some(labels)}"
