"""Differences as JSON, `archcost-diff/1`: everything, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.analysis.json import envelope
from archcost.results.difference import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.report.look import Look
    from archcost.results.difference import Diff


def write(diffs: Sequence[Diff], _look: Look) -> str:
    """The envelope and every difference in it."""
    return envelope(SCHEMA, "diffs", (diff.to_dict() for diff in diffs))
