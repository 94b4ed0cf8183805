"""Layer kinds by example: one line says what happens, the numbers were worked out by hand.

Every kind has at least one row (`tests/test_registry.py` checks it), in the table of its family: those of
`archcost/layers/pooling.py` are in `table_pooling.py`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.layers.case import Case


def _cases() -> Iterator[Case]:
    for path in sorted(Path(__file__).parent.glob("table_*.py")):
        yield from cast("list[Case]", import_module(f"tests.layers.{path.stem}").CASES)


CASES = [*_cases()]
