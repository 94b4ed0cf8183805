"""The main job: everything archcost knows about a network, as one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.analysis.rows import declared, groups, node_rows
from archcost.findings import findings
from archcost.findings.rule import Seen
from archcost.gc_paused import collector_paused
from archcost.layers.given import readable
from archcost.passes.access import Looks
from archcost.passes.cost import costs
from archcost.passes.memory import peaks
from archcost.passes.receptive_field import fields_by_tensor, receptive_fields
from archcost.results.report import PeakActivations, Report, Totals, add_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.network import Network
    from archcost.results.report import NodeRow


def analyze(network: Network, convention: str | None = None) -> Report:
    """Shapes, parameters, operations and memory of a network, and what is odd about it.

    With the name of a `convention`, the report also has what that one counts, beside our own numbers.

    Raises:
        UsageError: there is no such convention.

    >>> from archcost import load
    >>> report = analyze(load("zoo:vgg16"))
    >>> report.totals.params, report.totals.macs
    (138357544, 15470264320)
    """
    with collector_paused():
        report = _report(network)
        return _beside(report, network, convention) if convention else report


def _beside(report: Report, network: Network, convention: str) -> Report:
    from archcost.analysis.by_convention import labelled  # noqa: PLC0415 - few analyses ask for a convention

    return labelled(report, network, convention)


def _report(network: Network) -> Report:
    counted = costs(network)
    looks = Looks()
    fields = receptive_fields(network, looks)
    rows = node_rows(network, counted, fields)
    return Report(
        path=network.path,
        name=network.name,
        variant=network.variant,
        vars={name: readable(value) for name, value in network.variables.items()},
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        outputs={name: tensor.output for name, tensor in network.outputs.items()},
        totals=_totals(network, rows),
        nodes=rows,
        groups=groups(rows),
        findings=findings(Seen(network, counted, fields_by_tensor(network, fields), looks)),
        declared=declared(network),
    )


def _totals(network: Network, rows: Iterable[NodeRow]) -> Totals:
    found = peaks(network)
    at = found.at.path if found.at else None
    peak = PeakActivations(
        as_written=found.as_written,
        best=found.best,
        best_is_exact=found.best_is_exact,
        node=at,
    )
    return Totals(**add_up(rows), peak_activations=peak)
