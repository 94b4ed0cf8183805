"""A verification as Markdown and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import markdown, through
from archcost.report.analysis.csv import table
from archcost.report.analysis.markdown import bullets
from archcost.report.analysis.sentences import named
from archcost.report.verification import LEGEND, differing, layers, remarks, title, totals, verdict
from archcost.results.verification import OPERATIONS
from archcost.words.tables import piped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.results.verification import NodeProof, Pair, VerifyReport


def as_markdown(reports: Sequence[VerifyReport], *, everything: bool = False, quiet: bool = False) -> str:
    """The reports as GitHub renders them; the arguments are those of `as_text`."""

    def text(clean: Sequence[VerifyReport]) -> str:
        return "\n".join(_one(report, everything=everything, quiet=quiet) for report in clean)

    return through("markdown", reports, text)


def _one(report: VerifyReport, *, everything: bool, quiet: bool) -> str:
    blocks = [f"**{markdown(verdict(report))}**", bullets(differing(report))]
    if not quiet:
        inputs = f"{named(report.inputs)}; {report.dtype}, seed {report.seed}"
        blocks[:0] = [f"## {markdown(title(report))}", bullets([inputs])]
        blocks += [
            "\n".join(LEGEND),
            piped(totals(report)),
            bullets(remarks(report)),
            piped(layers(report, everything=everything)),
        ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def as_csv(reports: Sequence[VerifyReport]) -> str:
    """A row per node, what was measured beside what was predicted."""
    rows = [_flat(report, node) for report in reports for node in report.nodes]
    return through("csv", rows, lambda clean: table(_COLUMNS, clean))


_COUNTS = ("params", *OPERATIONS)

_COLUMNS = (
    *("spec", "network", "path", "kind", "agrees", "status", "output", "predicted_output"),
    *(column for name in _COUNTS for column in (name, f"predicted_{name}")),
    *("field_pairs", "wrong_field_pairs", "file", "line", "column"),
)


_OWN = ("path", "kind", "agrees", "status", "file", "line", "column")


def _flat(report: VerifyReport, node: NodeProof) -> dict[str, object]:
    pairs: dict[str, Pair] = {"params": node.params, **node.counts}
    return {
        "spec": report.path,
        "network": report.name,
        **{
            name: getattr(node, name)
            for name in ("path", "kind", "agrees", "status", "file", "line", "column")
        },
        "output": "x".join(map(str, node.measured_shape)),
        "predicted_output": "x".join(map(str, node.predicted_shape)),
        **{name: pairs[name].measured for name in _COUNTS},
        **{f"predicted_{name}": pairs[name].predicted for name in _COUNTS},
        "field_pairs": node.field.pairs,
        "wrong_field_pairs": node.field.wrong,
    }
