"""The formats a report can be written in. A writer is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from archcost.escape import through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.report.look import Look
    from archcost.results.report import Report

WRITERS = {
    "table": "table",
    "json": "json",
    "csv": "csv",
    "markdown": "markdown",
}
"""Format -> the module whose `write` makes it."""


def write(reports: Sequence[Report], form: str, look: Look) -> str:
    """The reports in one of the formats, as text."""
    module = import_module(f"archcost.report.analysis.{WRITERS[form]}")
    writer = cast("Callable[[Sequence[Report], Look], str]", module.write)
    return through(form, reports, lambda clean: writer(clean, look))
