"""The main job: everything archcost knows about a network, as one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.analysis.facts import Facts
from archcost.analysis.rows import declared
from archcost.gc_paused import collector_paused
from archcost.layers.given import readable
from archcost.results.report import PeakActivations, Report, Totals, add_up

if TYPE_CHECKING:
    from archcost.network import Network


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
        found = Facts.of(network).report
        if convention:
            from archcost.analysis.by_convention import labelled  # noqa: PLC0415 - few analyses need it

            found = labelled(found, network, convention)
        return found


def report(facts: Facts) -> Report:
    """The report of what is known of a network."""
    network = facts.network
    return Report(
        path=network.path,
        name=network.name,
        variant=network.variant,
        vars={name: readable(value) for name, value in network.variables.items()},
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        outputs={name: tensor.output for name, tensor in network.outputs.items()},
        totals=_totals(facts),
        nodes=facts.rows,
        groups=facts.groups,
        findings=facts.findings,
        declared=declared(network),
        imported=network.imported or None,
    )


def _totals(facts: Facts) -> Totals:
    found = facts.peaks
    at = found.at.path if found.at else None
    peak = PeakActivations(
        as_written=found.as_written,
        best=found.best,
        best_is_exact=found.best_is_exact,
        node=at,
    )
    hidden = sum(row.macs - row.masked.macs for row in facts.rows if row.masked)
    counts = add_up(facts.rows)
    left = counts["macs"] - hidden if hidden else None
    return Totals(**counts, peak_activations=peak, unmasked_macs=left)
