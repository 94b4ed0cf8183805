"""Differences as JSON, `archcost-diff/1`: everything, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.difference.model import SCHEMA
from archcost.report.json import envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.report.difference.model import Diff
    from archcost.report.words import Look


def write(diffs: Sequence[Diff], _look: Look) -> str:
    """The envelope and every difference in it."""
    return envelope(SCHEMA, "diffs", (diff.to_dict() for diff in diffs))
