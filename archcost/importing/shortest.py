"""The shortest spec of a graph that means the same: steps of rolling up that would change it are undone."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcost.errors import SpecError
from archcost.importing.conversion import network_of, spec_text
from archcost.importing.graph import fingerprints
from archcost.importing.roll import Steps, Units

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from pathlib import Path

    from archcost.importing.conversion import Conversion
    from archcost.importing.model import Model

UNDONE = 4
"""Steps that are looked for and undone one by one; after so many all that follow the first are."""


def shortest(path: Path, model: Model, plain: Conversion) -> str:
    """The text of the spec."""
    return _Rolling(path, model, plain, fingerprints(plain.network)).shortest()


@dataclass
class _Rolling:
    path: Path
    model: Model
    plain: Conversion
    graph: Counter[str]
    units: Units = Units.NONE

    def shortest(self) -> str:
        self.units = min(Units, key=lambda units: _lines(self._text(Steps(), units)))
        left_out: list[int] = []
        while len(left_out) < UNDONE:
            steps = Steps(left_out)
            text = self._text(steps)
            if self._is_same(text):
                return min(self.plain.text, text, key=_lines)
            left_out.append(self._first_wrong(left_out, steps.asked))
        text = self._text(Steps(end=min(left_out) - 1))
        return min(self.plain.text, text, key=_lines) if self._is_same(text) else self.plain.text

    def _first_wrong(self, left_out: Sequence[int], steps: int) -> int:
        """The first step that changes the network."""
        ends = range(1, steps)
        return 1 + bisect_left(ends, 1, key=lambda end: not self._is_same(self._text(Steps(left_out, end))))

    def _text(self, steps: Steps, units: Units | None = None) -> str:
        return spec_text(self.path, self.model, self.plain.converted, steps, units or self.units)

    def _is_same(self, text: str) -> bool:
        try:
            return fingerprints(network_of(text, self.path)) == self.graph
        except SpecError:
            return False


def _lines(text: str) -> int:
    return text.count("\n")
