"""How a report is to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcost.report.analysis.columns import DEFAULT
from archcost.words.style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.words.numbers import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a report is to look.

    Attributes:
        depth: levels of the tree; None for as many as fit on a screen.
        columns: by name, see `archcost.report.analysis.columns`; None for the writer's usual ones.
        sort: a count; its largest lines come first, without the tree. None keeps the written order.
        units: `si` (4.089 G) or `raw` (every digit).
        quiet: the table, the findings and what was declared, without explanations.
        dtype: of weights and activations, for bytes.
        style: whether to colour.
    """

    depth: int | None = None
    columns: Sequence[str] | None = None
    sort: str | None = None
    units: Units = "si"
    quiet: bool = False
    dtype: str = "float32"
    style: Style = field(default_factory=Style)

    @property
    def shown(self) -> Sequence[str]:
        """The columns of a table for reading."""
        return DEFAULT if self.columns is None else self.columns
