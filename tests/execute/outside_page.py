"""Parts of `docs/outside-suites.md`: written by tests, and held against what these find."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

PAGE = Path(__file__).parents[2] / "docs" / "outside-suites.md"


def hold(request: pytest.FixtureRequest, part: str, text: str) -> None:
    """The page must have this text as this part; with `--renew` it gets it."""
    begin, end = f"<!-- {part}: begin -->\n", f"<!-- {part}: end -->\n"
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    renewed = f"{before}{begin}\n{text}\n{end}{after}"
    if request.config.getoption("--renew"):
        PAGE.write_text(renewed, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == renewed


def paragraphs(text: str) -> str:
    """The text, with lines as long as they may be."""
    return "\n\n".join(fill(part, 115, break_on_hyphens=False) for part in text.split("\n\n")) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a head with a colon stands over numbers."""
    rule = ["---:" if head.endswith(":") else "---" for head in heads]
    lines = [[head.removesuffix(":") for head in heads], rule, *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def listed(words: Iterable[str]) -> str:
    """Words as code, one after the other."""
    return ", ".join(f"`{word}`" for word in words)
