"""What changed between two networks, as plain values and in every format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from archcost.escape import through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.report.look import Look
    from archcost.results.difference import Diff

FORMATS = {"table": "text", "json": "json", "markdown": "markdown", "csv": "csv"}
"""Format -> the module whose `write` makes it. It is loaded when it is first used."""


def write(diffs: Sequence[Diff], form: str, look: Look) -> str:
    """The differences in one of the formats, as text."""
    module = import_module(f"archcost.report.difference.{FORMATS[form]}")
    writer = cast("Callable[[Sequence[Diff], Look], str]", module.write)
    return through(form, diffs, lambda clean: writer(clean, look))
