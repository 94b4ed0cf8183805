"""The page about receptive fields: its pictures, its tables, and what it says was measured.

Its examples run in `test_docs.py`. `pytest tests/test_receptive_fields_page.py --renew` rewrites the tables,
`python docs/draw.py` the pictures: look at them.
"""

from __future__ import annotations

import json
from pathlib import Path
from runpy import run_path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "receptive-fields.md"


def test_the_pictures_are_what_the_page_s_commands_draw() -> None:
    drawn = run_path(str(DOCS / "draw.py"))["pictures"]()
    kept = {file.name: file.read_text("utf-8") for file in (DOCS / "pictures").iterdir()}
    assert kept.keys() == drawn.keys()
    assert [name for name in drawn if kept[name] != drawn[name]] == [], "renew with `python docs/draw.py`"


def test_every_picture_is_shown() -> None:
    page = PAGE.read_text("utf-8")
    assert [
        file.name for file in (DOCS / "pictures").iterdir() if f"](pictures/{file.name})" not in page
    ] == []


@pytest.mark.parametrize("name", ["enumeration", "misleading"])
def test_a_table_about_the_published_rule_is_what_its_script_counts(
    name: str, request: pytest.FixtureRequest
) -> None:
    table = run_path(str(DOCS / "gridding_rule.py"))[name]()
    page = PAGE.read_text("utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    start, rest = page.split(begin)
    renewed = f"{start}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    if request.config.getoption("--renew"):
        PAGE.write_text(renewed, "utf-8")
    assert PAGE.read_text("utf-8") == renewed


def test_the_page_says_how_many_fields_were_measured() -> None:
    data = Path(__file__).parent / "data" / "receptive_fields.json"
    measured = json.loads(data.read_text("utf-8"))
    said = (
        f"{len(measured['networks'])} networks and {len(measured['stacks'])} stacks were measured in PyTorch"
    )
    assert said in " ".join(PAGE.read_text("utf-8").split())
