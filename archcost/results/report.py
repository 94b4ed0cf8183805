"""The result of an analysis: plain values in written order, the same for every writer.

A report holds numbers and words only, no layers and no graph, so it can be kept, compared and pickled
long after its network is gone. Its JSON form is `archcost-report/1`; keys are only ever added to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache, cached_property
from itertools import zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, cast

from archcost.results.record import Record
from archcost.windows.window import Shape
from archcost.words.paths import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMA = "archcost-report/1"

Level = Literal["error", "warn", "info"]


class Dataclass(Protocol):
    """Any instance of a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class Counts(Record):
    """What one layer, a group of layers or a whole network costs, for one sample. Never blended.

    Attributes:
        params: elements of learned tensors; shared ones count at their first user only.
        buffers: elements kept but not learned (running statistics).
        macs: multiply-accumulates of convolutions, linear layers and matrix products, padding included.
        multiplications: all scalar multiplications, the MACs included.
        additions: all scalar additions.
        comparisons: of max pooling, ReLU and the like.
        divisions: all scalar divisions.
        exponentials: each exp, log, sin, cos, tanh, erf, power and square root.
        activations: elements of the outputs.
        memory_access: elements read and written, each layer's inputs, weights and output once.
    """

    params: int
    buffers: int
    macs: int
    multiplications: int
    additions: int
    comparisons: int
    divisions: int
    exponentials: int
    activations: int
    memory_access: int

    def counts(self) -> dict[str, int]:
        """The counts by name, in their fixed order."""
        return dict(zip(COUNTS, amounts(self), strict=True))


COUNTS = tuple(field.name for field in fields(Counts))
"""Names of the counts, in the order every report shows them."""

amounts: Callable[[Counts], tuple[int, ...]] = attrgetter(*COUNTS)
"""The counts alone, in that order."""


def add_up(parts: Iterable[Counts]) -> dict[str, int]:
    """The sum of several counts, by name.

    >>> one = Counts(**dict.fromkeys(COUNTS, 1))
    >>> add_up([one, one])["macs"]
    2
    """
    sums = [sum(column) for column in zip(*map(amounts, parts), strict=True)]
    return dict(zip(COUNTS, sums or [0] * len(COUNTS), strict=True))


class PeakActivations(Record):
    """The most elements alive at once.

    Attributes:
        as_written: running the layers in the order of the spec.
        best: under the best order.
        best_is_exact: False if the search for the best order was cut short; `best` is then an upper bound.
        node: the node that runs when the written order first peaks; None without nodes.
    """

    as_written: int
    best: int
    best_is_exact: bool
    node: str | None


class Totals(Counts):
    """The counts of a whole network, and its peak memory.

    Attributes:
        peak_activations: its peak memory.
        unmasked_macs: its MACs without those that masks hide; None, and missing in JSON, if they hide none.
    """

    peak_activations: PeakActivations
    unmasked_macs: int | None = None


class ReceptiveField(Record):
    """What a node sees of one input, in positions of that input, per spatial axis.

    Attributes:
        certainty: `exact`; `at_most` if no output reads more than this and some may read less; `nominal` if
            a deformable convolution lies on the way, whose offsets follow from the data: without them.
        size: from the first to the last position that is read, not clipped to the input; with phases the
            largest. The whole input if an operation over all positions lies on the way.
        stride: input positions between neighbouring outputs, as `p/q`.
        center: the middle of output 0's extent, as `p/q`; input position i has its centre at i.
        coverage: share of the extent that is read, 0 to 1; with phases the smallest.
        holes: positions of the extent that are not read; with phases the most.
        is_global: an operation over all positions lies on the way. In JSON this is `global`.
        local: the field that ignores such operations; null without them, or if nothing is left.
        upper_bound: the true field may be smaller than this one.
    """

    certainty: Literal["exact", "at_most", "nominal"]
    size: Shape
    stride: tuple[str, ...]
    center: tuple[str, ...]
    coverage: float
    holes: int
    is_global: bool
    local: ReceptiveField | None
    upper_bound: bool

    @property
    def moving(self) -> ReceptiveField | None:
        """What moves along with the output position: the field, or its local part; None if nothing does."""
        return self.local if self.is_global else self


class UnknownField(Record):
    """What a node sees of one input, where not all that is read could be followed: no number of it is known.

    Attributes:
        certainty: always `unknown`.
    """

    certainty: Literal["unknown"] = "unknown"
    size: None = None
    stride: None = None
    center: None = None
    coverage: None = None
    holes: None = None
    is_global: None = None
    local: None = None
    upper_bound: None = None
    moving: ClassVar[None] = None


SeenField = ReceptiveField | UnknownField
"""What a node sees of one input."""


class Masked(Record):
    """What a fixed mask leaves of a node's work. All of it is counted, whatever the mask hides.

    Attributes:
        mask: path of the `constant`; of a masked convolution its own.
        seen: elements of the scores, or taps of the window, that it lets through.
        elements: how many there are.
        macs: multiply-accumulates that these need; 0 of a softmax.
    """

    mask: str
    seen: int
    elements: int
    macs: int


class NodeRow(Counts):
    """One layer and what it costs.

    Attributes:
        path: where it stands in the network, e.g. `stage.2.3.bottleneck.conv_bn_2.conv`.
        kind: what it does (`conv`, whatever rank the spec asserts).
        fields: its fields as the spec sets them; equal layers share one mapping.
        file: the text it is written in; a block may come from another file than the network.
        line: where it is written, from 1.
        column: where it is written, from 1.
        inputs: paths of the nodes and network inputs it reads, in order.
        output: the shape that leaves.
        receptive_field: what it sees of the network's only input; None without a spatial relation to it.
        receptive_fields: what it sees of each, if the network has several inputs; else None.
        convention_count: what the chosen convention counts; None, and missing in JSON, without one.
        masked: what a fixed mask leaves of its work; None, and missing in JSON, without one.
    """

    path: str
    kind: str
    fields: Mapping[str, object]
    file: str
    line: int
    column: int
    inputs: tuple[str, ...]
    output: Shape
    receptive_field: SeenField | None
    receptive_fields: Mapping[str, SeenField] | None
    convention_count: int | None = None
    masked: Masked | None = None


class GroupRow(Counts):
    """All nodes whose paths start alike, summed.

    Attributes:
        path: what the paths start with.
        nodes: how many there are.
        params_fraction: share of the network's parameters, 0 to 1; 0 if it has none.
        macs_fraction: share of the network's MACs, 0 to 1; 0 if it has none.
        convention_count: the sum over its nodes of what the chosen convention counts; None without one.
        unmasked_macs: its MACs without those that masks hide; None, and missing in JSON, if they hide none.
    """

    path: str
    nodes: int
    params_fraction: float
    macs_fraction: float
    convention_count: int | None = None
    unmasked_macs: int | None = None


class Finding(Record):
    """Something a rule noticed.

    Attributes:
        rule: its name.
        level: `error` and `warn` are for `check` to fail at, `info` is for reading.
        node: path of a node or a group; None if it is about the network as a whole.
        file: the text it is about.
        line: where, from 1.
        column: where, from 1.
        message: what was noticed, with the numbers.
    """

    rule: str
    level: Level
    node: str | None
    file: str
    line: int
    column: int
    message: str


class Declared(Record):
    """A `custom` layer: its costs were stated by the spec, not derived.

    Attributes:
        node: its path.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
        reason: why, in the author's words.
        declared: the fields that were stated.
    """

    node: str
    file: str
    line: int
    column: int
    reason: str
    declared: Mapping[str, object]


class ConventionTotal(Record):
    """What another tool, or somebody else, would print for the network. Our own counts do not change.

    Attributes:
        name: the convention's.
        unit: what is counted.
        definition: what that means.
        source: whose rules these are, in which version.
        total: the sum over all nodes.
        parts: the same, by the formulas that are added up.
    """

    name: str
    unit: str
    definition: str
    source: str
    total: int
    parts: Mapping[str, int]

    @property
    def heading(self) -> str:
        """What stands above its column."""
        return f"{self.name}: {self.unit}"


class Report(Record):
    """Everything archcost knows about one network.

    Attributes:
        path: the file as the user named it.
        name: the network's.
        variant: the variant that was chosen, if any.
        vars: the variables with their final values.
        inputs: shapes by name.
        outputs: shapes by name.
        totals: the network's counts and peak.
        nodes: a row per node, in written order.
        groups: a row per path that several nodes start with, in written order, outer groups first.
        findings: what the rules noticed, in the order of the text.
        declared: what was stated rather than derived.
        convention: what the chosen convention counts; None, and missing in JSON, without one.
        imported: what it was imported from, and how faithful that is; None, and missing in JSON, of a spec.
    """

    path: str
    name: str
    variant: str | None
    vars: Mapping[str, object]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    totals: Totals
    nodes: tuple[NodeRow, ...]
    groups: tuple[GroupRow, ...]
    findings: tuple[Finding, ...]
    declared: tuple[Declared, ...]
    convention: ConventionTotal | None = None
    imported: str | None = None

    def node(self, path: str) -> NodeRow:
        """The row of one node.

        Raises:
            UsageError: there is no such node; the text names similar ones.
        """
        if path not in self._nodes:
            raise unknown(path, self.name, self._nodes)
        return self._nodes[path]

    def group(self, path: str) -> GroupRow:
        """The row of one group.

        Raises:
            UsageError: there is no such group; the text names similar ones.
        """
        if path not in self._groups:
            raise unknown(path, self.name, self._groups, what="group")
        return self._groups[path]

    @cached_property
    def _nodes(self) -> dict[str, NodeRow]:
        return {row.path: row for row in self.nodes}

    @cached_property
    def _groups(self) -> dict[str, GroupRow]:
        return {row.path: row for row in self.groups}

    def to_dict(self) -> dict[str, object]:
        """The report as one entry of `specs` in `archcost-report/1`: integers are exact, shapes are lists."""
        return to_dict(self)

    def rows(self) -> list[dict[str, object]]:
        """A flat row per node, ready for a data frame: shapes and lists are words, counts are integers."""
        return [flat(row) for row in self.nodes]


@cache
def keys(kind: type) -> tuple[str, ...]:
    """The keys of a dataclass's JSON form: what is its own, then the counts; in totals the counts first."""
    names = tuple(field.name for field in fields(kind))
    always = tuple(name for name in names if name not in OPTIONAL_KEYS)
    own = tuple(name for name in always if name not in COUNTS)
    return own + COUNTS if issubclass(kind, Counts) and kind is not Totals else always


OPTIONAL_KEYS = ("convention", "convention_count", "masked", "unmasked_macs", "imported")
"""Keys that are there only with `--convention`, where a mask is, or of a model; always the last ones."""

JSON_NAMES = {"is_global": "global"}
"""Keys that are no names in Python."""


def to_dict(value: Dataclass) -> dict[str, object]:
    """A dataclass as a JSON object."""
    names = keys(type(value))
    if isinstance(value, NodeRow):
        names = _one_of_two(names, several=value.receptive_fields is not None)
    names += tuple(name for name in OPTIONAL_KEYS if getattr(value, name, None) is not None)
    return {JSON_NAMES.get(name, name): plain(getattr(value, name)) for name in names}


@cache
def _one_of_two(names: tuple[str, ...], *, several: bool) -> tuple[str, ...]:
    """A network with one input has a `receptive_field`, one with several has `receptive_fields`."""
    return tuple(name for name in names if name != ("receptive_field" if several else "receptive_fields"))


def plain(value: object) -> object:
    """A value as JSON knows it: dataclasses and mappings become dicts, tuples lists.

    >>> plain({"shape": (64, 56, 56)})
    {'shape': [64, 56, 56]}
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list):
        return [plain(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("Mapping[str, object]", value).items()}
    return to_dict(value) if is_dataclass(value) and not isinstance(value, type) else value


def flat(row: NodeRow) -> dict[str, object]:
    """A node as one row of a data frame: numbers and words only."""
    start: dict[str, object] = {
        "path": row.path,
        "kind": row.kind,
        "fields": field_text(row.fields),
        "inputs": " ".join(row.inputs),
        "output": "x".join(map(str, row.output)),
    }
    place: dict[str, object] = {"file": row.file, "line": row.line, "column": row.column}
    seen = dict(zip_longest(FIELD_COLUMNS, _flat_field(row.receptive_field)))
    local = row.receptive_field.local if row.receptive_field else None
    without = dict(zip(LOCAL_COLUMNS, _flat_local(local), strict=True)) if local else {}
    convention = {} if row.convention_count is None else {"convention_count": row.convention_count}
    return start | row.counts() | seen | place | convention | without


FIELD_COLUMNS = ("receptive_field", "receptive_field_stride", "coverage", "holes", "global", "certainty")
"""What a data frame holds of a receptive field; empty where there is none, or one per input."""

LOCAL_COLUMNS = (
    *("local_receptive_field", "local_receptive_field_stride", "local_coverage", "local_holes"),
    "local_certainty",
)
"""The same of the field without operations over all positions; only where there are such operations."""


def _flat_field(field: SeenField | None) -> Iterator[object]:
    if isinstance(field, ReceptiveField):
        *numbers, certainty = _flat_local(field)
        yield from (*numbers, field.is_global, certainty)
    elif field:
        yield from (None, None, None, None, None, field.certainty)


def _flat_local(field: ReceptiveField) -> Iterator[object]:
    yield "x".join(map(str, field.size))
    yield "x".join(field.stride)
    yield from (field.coverage, field.holes, field.certainty)


def field_text(given: Mapping[str, object]) -> str:
    """The fields of a layer in one line, as a spec writes them.

    >>> field_text({"out_channels": 64, "kernel_size": [7], "bias": False})
    'out_channels: 64, kernel_size: 7, bias: false'
    """
    return ", ".join(f"{name}: {_value_text(value)}" for name, value in given.items())


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        items = [_value_text(item) for item in cast("tuple[object, ...]", value)]
        return items[0] if len(items) == 1 else "[" + ", ".join(items) + "]"
    if isinstance(value, Mapping):
        return "{" + field_text(cast("Mapping[str, object]", value)) + "}"
    return "null" if value is None else str(value)
