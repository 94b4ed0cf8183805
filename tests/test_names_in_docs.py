"""Whatever name archcost prints or takes stands on a page, so that whoever looks for it finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost.analysis.measures import MEASURES
from archcost.cli.pages import PAGES
from archcost.config.bounds import BOUNDS
from archcost.conventions.table import CONVENTIONS
from archcost.findings import RULES
from archcost.layers import KINDS
from archcost.limits import Limits
from archcost.report.analysis import columns
from archcost.report.comparison import columns as comparison_cells
from archcost.results.judgement import GATE_RULES
from archcost.schemas import SCHEMAS

DOCS = Path(__file__).parents[1] / "docs"

NAMES = {
    "findings": RULES,
    "configuration": [*GATE_RULES, *BOUNDS],
    "conventions": CONVENTIONS,
    "kinds": KINDS,
    "spec-language": Limits._fields,
    "design-reviews": [*MEASURES, *comparison_cells.NAMES],
    "output": [name for name in columns.NAMES if name not in columns.COUNTS],
}


@pytest.mark.parametrize("page", NAMES)
def test_every_name_stands_on_its_page(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    assert [name for name in NAMES[page] if f"`{name}`" not in text and f"[{name}]" not in text] == []


def test_every_page_is_named_by_help_and_every_schema_is_found() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} == set(PAGES)
    pages = "".join(path.read_text("utf-8") for path in DOCS.glob("*.md"))
    assert [name for name in SCHEMAS if f"`{name}`" not in pages] == []
