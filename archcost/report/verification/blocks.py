"""A verification for people: the verdict, what was measured beside what was predicted, and remarks."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from archcost.escape import markdown
from archcost.execute.proof_report import sums_of
from archcost.report.analysis.sentences import named
from archcost.report.blocks import Either, Legend, Sentences, Title
from archcost.report.formats.markdown import bullets, joined
from archcost.results.tree import FITS
from archcost.results.verification import OPERATIONS, NodeProof, Pair, VerifyReport
from archcost.windows.window import show
from archcost.words.numbers import percent, si
from archcost.words.tables import Head, Table
from archcost.words.wording import few_of, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.words.style import Style


LEGEND = (
    "Shapes are those of the arrays that came out, operations those NumPy carried out on them; params are",
    "allocated; a field is where NaN arrives that was put at one position of the input. In the table of",
    "layers a number is measured and predicted alike; `a ≠ b`: measured a, predicted b.",
)

_LISTED = 3
"""Nodes that a remark names."""


def blocks(reports: Sequence[VerifyReport], options: WriteOptions) -> Iterator[Block]:
    """The reports one below the other; of each a line, and what differs, for who wants it quiet."""
    if options.quiet:
        yield _verdicts(reports, options.style)
        return
    for report in reports:
        yield Title(title(report), [f"{named(report.inputs)}; {report.dtype}, seed {report.seed}"])
        yield _verdicts([report], options.style)
        yield Legend(LEGEND)
        yield totals(report)
        yield Sentences(remarks(report))
        yield layers(report, everything=options.everything)


def _verdicts(reports: Sequence[VerifyReport], style: Style) -> Either:
    def lines() -> Iterator[str]:
        for report in reports:
            yield style.paint(verdict(report), "bold" if report.agrees else "error")
            yield from (f"  {line}" for line in differing(report))

    texts = [text for r in reports for text in (f"**{markdown(verdict(r))}**", bullets(differing(r)))]
    return Either(lines, lambda: joined(texts).rstrip())


def title(report: VerifyReport) -> str:
    """The network, and how it was run."""
    variant = f", variant {report.variant}" if report.variant else ""
    scale = f", {report.scale_channels} of its channels" if report.scale_channels else ""
    return f"{report.name} ({report.path}{variant}{scale})"


def verdict(report: VerifyReport) -> str:
    """Whether it agrees, and in what, in a line."""
    wrong = sum(not node.agrees for node in report.nodes)
    if wrong:
        differ = "node differs" if wrong == 1 else "nodes differ"
        return f"{report.name}: {wrong} {differ} from what was predicted, of {len(report.nodes)}"
    declared = sum(node.status == "declared" for node in report.nodes)
    count = len(report.nodes) - declared
    nodes = "the node agrees" if count == 1 else f"all {count} nodes agree"
    but = f"; {declared} declared, not proved" if declared else ""
    fields = ""
    if not report.positions:
        fields = "; no fields, for no input has positions"
    if probed := sum(map(len, report.positions.values())):
        pairs = sum(node.field.pairs for node in report.nodes)
        fields = f", fields ({plural(probed, 'position')}, {si(pairs)} pairs)"
    return f"{report.name}: {nodes}: shapes, params, {len(OPERATIONS)} counts{fields}{but}"


def differing(report: VerifyReport) -> list[str]:
    """A line for everything that was not as predicted."""
    return [
        f"{d.file}:{d.line}:{d.column}: {d.node}: {d.what}: measured {d.measured}, predicted {d.predicted}"
        for d in report.differences
    ]


def totals(report: VerifyReport) -> Table:
    """What was measured of the whole network, beside what was predicted."""
    measured = sum(node.measured_shape == node.predicted_shape for node in report.nodes)
    rows = [("shapes", measured, len(report.nodes))]
    rows += [(name, pair.measured, pair.predicted) for name, pair in report.totals.items()]
    if probed := sum(map(len, report.positions.values())):
        pairs = sum(node.field.pairs for node in report.nodes)
        wrong = sum(node.field.wrong for node in report.nodes)
        rows.append((f"field pairs, at {probed} positions", pairs - wrong, pairs))
    cells = [[name, f"{m:,}", f"{p:,}", "" if m == p else "differs"] for name, m, p in rows]
    heads = [Head("", least=10, cuts="end", name="counts"), Head("measured", right=True)]
    return Table([*heads, Head("predicted", right=True), Head("")], cells)


def remarks(report: VerifyReport) -> Iterator[str]:
    """What the numbers do not say."""
    if report.on_padding:
        products = report.totals["multiplications"].measured
        share = percent(report.on_padding, products)
        yield f"Of the multiplications {report.on_padding:,} ({share} %) only touch zero padding."
    if borders := sum(node.field.at_borders for node in report.nodes):
        yield f"{borders:,} pairs are in a field and not in the run: their way leads through padding."
    if bounded := [node.path for node in report.nodes if node.field.upper_bound]:
        yield f"An upper bound of the field, and nothing beyond it was touched: {few_of(bounded, _LISTED)}."
    for reason, nodes in _by_reason((n.field.untold, n.path) for n in report.nodes):
        yield f"No field to compare, {reason}: {few_of(nodes, _LISTED)}."
    if declared := [node.path for node in report.nodes if node.status == "declared"]:
        yield f"Declared by the spec, not proved: {few_of(declared, _LISTED)}."
    if after := [node.path for node in report.nodes if node.status == "on made-up values"]:
        yield f"Ran on made-up values of the shape that was declared: {few_of(after, _LISTED)}."
    yield from _torch(report)


def _torch(report: VerifyReport) -> Iterator[str]:
    told = [(node.path, node.torch) for node in report.nodes if node.torch and not node.torch.untold]
    if same := [proof.difference or 0.0 for _, proof in told if not proof.differs]:
        nodes = plural(len(same), "node")
        yield f"PyTorch gives the same values at {nodes}: at most {max(same):.1e} off, relatively."
    if others := [path for path, proof in told if proof.differs]:
        yield (
            f"PyTorch gives other values at {few_of(others, _LISTED)}. Where terms cancel, as in the mean "
            "behind a norm, all that is left is rounding, and no two ways of adding up agree on that."
        )
    for reason, nodes in _by_reason((n.torch.untold, n.path) for n in report.nodes if n.torch):
        yield f"Not compared with PyTorch, {reason}: {few_of(nodes, _LISTED)}."


def _by_reason(told: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for reason, path in told:
        found.setdefault(reason, []).append(path)
    return [(reason, paths) for reason, paths in found.items() if reason]


def layers(report: VerifyReport, *, everything: bool) -> Table:
    """A row per node or group, without the counts that nothing has."""
    groups = [(node.path, [node]) for node in report.nodes] if everything else _grouped(report.nodes)
    counts = [name for name, pair in report.totals.items() if pair.measured or pair.predicted]
    rows = [_row(path, nodes, counts) for path, nodes in groups]
    ranks = {name: i for i, name in enumerate(("params", "multiplications", "field pairs", "additions"))}
    heads = [Head("layer", least=12), Head("nodes", right=True, rank=5), Head("output", rank=4)]
    heads += [Head(name, right=True, rank=ranks.get(name, 6)) for name in (*counts, "field pairs")]
    return Table(heads, rows)


def _grouped(nodes: Sequence[NodeProof]) -> list[tuple[str, list[NodeProof]]]:
    """Neighbours whose paths begin alike, as many segments as fit on a screen."""
    deepest = max((node.path.count(".") + 1 for node in nodes), default=1)
    every_depth = (_runs(nodes, depth) for depth in range(deepest, 0, -1))
    return next((groups for groups in every_depth if len(groups) <= FITS), _runs(nodes, 1))


def _runs(nodes: Sequence[NodeProof], depth: int) -> list[tuple[str, list[NodeProof]]]:
    return [(path, [*run]) for path, run in groupby(nodes, lambda node: _beginning(node.path, depth))]


def _beginning(path: str, segments: int) -> str:
    return ".".join(path.split(".")[:segments])


def _row(path: str, nodes: Sequence[NodeProof], counts: Sequence[str]) -> list[str]:
    last, sums = nodes[-1], sums_of(nodes)
    shape = show(last.measured_shape)
    if last.measured_shape != last.predicted_shape:
        shape += f" ≠ {show(last.predicted_shape)}"
    start = [path, str(len(nodes)), shape]
    if all(node.status == "declared" for node in nodes):
        return [*start, *("declared" for _ in counts), ""]
    pairs = sum(node.field.pairs for node in nodes)
    touched = Pair(measured=pairs - sum(node.field.wrong for node in nodes), predicted=pairs)
    return [*start, *(_cell(sums[name]) for name in counts), _cell(touched)]


def _cell(pair: Pair) -> str:
    if pair.measured == pair.predicted:
        return si(pair.measured)
    return f"{pair.measured:,} ≠ {pair.predicted:,}"
