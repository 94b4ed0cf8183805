"""Networks beside each other: plain values, the same for every writer. In JSON, `archcost-compare/1`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from archcost.results.record import Record
from archcost.results.report import Declared, Level, field_text, to_dict
from archcost.windows.window import Shape
from archcost.words.paths import unknown

SCHEMA = "archcost-compare/1"


class OutputField(Record):
    """What an output sees of an input before anything looks at all positions at once.

    Attributes:
        output: the output's name.
        input: the input's name.
        certainty: `exact`; `at_most`, if the true size may be smaller; `nominal`, without the offsets of a
            deformable convolution; `unknown`, if not all that is read could be followed. Then size and
            coverage are null.
        size: of the largest field among the last maps that lead to the output, per axis.
        coverage: the smallest share of such a field that is read, 0 to 1.
        upper_bound: the true size may be smaller.
        is_global: an operation over all positions lies on the way. In JSON this is `global`.
    """

    output: str
    input: str
    certainty: Literal["exact", "at_most", "nominal", "unknown"]
    size: Shape | None
    coverage: float | None
    upper_bound: bool
    is_global: bool


def _extent(seen: OutputField) -> tuple[int, int]:
    """Whether all positions are seen, and how many before that; of what is unknown, less than of anything."""
    return (-1, 0) if seen.size is None else (int(seen.is_global), min(seen.size, default=0))


class Noticed(Record):
    """How often a rule noticed something.

    Attributes:
        rule: its name.
        level: `error`, `warn` or `info`.
        count: how often.
    """

    rule: str
    level: Level
    count: int


class NetworkRow(Record):
    """One of the networks.

    Attributes:
        label: what it is called here, unlike every other.
        path: the file as the user named it.
        name: the network's.
        variant: the variant that was chosen, if any.
        vars: the variables with their final values.
        inputs: shapes by name.
        outputs: shapes by name.
        measures: its numbers by name, elements where memory is meant; null where it has none, or it is not
            known.
        best_peak_is_exact: False if `best_peak` is only the best order that was found.
        relative: each whole number over the base's, as `p/q` in lowest terms; null where the base's is 0.
        fields: what its outputs see of its inputs.
        pareto_optimal: no other network is as good in everything that was asked for, and better in something.
        dominated_by: the label of the first optimal one that is; null if it is optimal itself.
        findings: what the rules noticed.
        declared: what was stated rather than derived.
    """

    label: str
    path: str
    name: str
    variant: str | None
    vars: Mapping[str, object]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    measures: Mapping[str, int | float | None]
    best_peak_is_exact: bool
    relative: Mapping[str, str | None]
    fields: tuple[OutputField, ...]
    pareto_optimal: bool
    dominated_by: str | None
    findings: tuple[Noticed, ...]
    declared: tuple[Declared, ...]

    @property
    def least_seen(self) -> OutputField | None:
        """The field that counts: the smallest, if there are several. All positions are more than any."""
        return min(self.fields, key=_extent, default=None)

    @property
    def sight(self) -> tuple[int, int] | None:
        """What networks are ranked by in `field`, the larger the better; None if none is known."""
        least = self.least_seen
        return None if least is None or least.size is None else _extent(least)

    def noticed(self, level: Level) -> int:
        """How many findings have that level."""
        return sum(finding.count for finding in self.findings if finding.level == level)


class BlockRow(Record):
    """All nodes whose paths start alike, in every network.

    Attributes:
        path: what the paths start with.
        counts: the sums by label; null where a network has no such nodes.
    """

    path: str
    counts: Mapping[str, Mapping[str, int] | None]


class Comparison(Record):
    """Networks beside each other.

    Attributes:
        base: the label of the network that the others are relative to.
        pareto: the measures by which networks are optimal or not.
        depth: segments of the paths of `blocks`; null if there are none.
        blocks: the parts whose sums are the totals, in written order; null unless they were asked for.
        networks: in the order they were given.
    """

    base: str
    pareto: tuple[str, ...]
    depth: int | None
    blocks: tuple[BlockRow, ...] | None
    networks: tuple[NetworkRow, ...]

    def network(self, label: str) -> NetworkRow:
        """The row of one network.

        Raises:
            UsageError: there is no such label; the text names similar ones.
        """
        rows = {row.label: row for row in self.networks}
        if label not in rows:
            raise unknown(label, "the comparison", rows, what="network")
        return rows[label]

    def to_dict(self) -> dict[str, object]:
        """The comparison as `archcost-compare/1` has it, without the envelope: integers are exact."""
        return to_dict(self)

    def rows(self) -> list[dict[str, object]]:
        """A flat row per network, ready for a data frame: numbers and words only."""
        return [flat(row) for row in self.networks]


def who(row: NetworkRow) -> dict[str, object]:
    """What tells a network from others, as the first columns of a data frame."""
    return {
        "label": row.label,
        "spec": row.path,
        "network": row.name,
        "variant": row.variant,
        **{f"vars.{name}": value_text(value) for name, value in row.vars.items()},
        "input": shapes(row.inputs),
        "output": shapes(row.outputs),
    }


def flat(row: NetworkRow) -> dict[str, object]:
    """A network as one row of a data frame."""
    end: dict[str, object] = {
        "pareto_optimal": row.pareto_optimal,
        "dominated_by": row.dominated_by,
        "errors": row.noticed("error"),
        "warnings": row.noticed("warn"),
        "declared": len(row.declared),
    }
    return who(row) | dict(row.measures) | end


def value_text(value: object) -> object:
    """A variable's value as one cell: a list becomes what a spec writes."""
    return value if isinstance(value, str | int | float) else field_text({"": value}).removeprefix(": ")


def shapes(tensors: Mapping[str, Shape]) -> str:
    """`3x64x64` if there is one tensor, else `left=3x64x64,right=3x64x64`, as `--input` takes it."""
    texts = {name: "x".join(map(str, shape)) for name, shape in tensors.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return ",".join(f"{name}={text}" for name, text in texts.items())
