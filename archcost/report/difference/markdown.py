"""Differences as GitHub renders them: the verdict and the totals first, the causes folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import code, markdown
from archcost.report.difference import words
from archcost.report.difference.text import CAUSES, LAYERS, PLACES
from archcost.report.grid import pipes
from archcost.report.markdown import bullets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.difference.model import Diff
    from archcost.report.numbers import Units
    from archcost.report.words import Look


def write(diffs: Sequence[Diff], look: Look) -> str:
    """A section per network that changed; the others are one sentence."""
    changed = [diff for diff in diffs if diff.status != "equal"]
    sections = [_one(diff, look) for diff in changed]
    if rest := words.unchanged(diffs):
        sections.append(f"{markdown(rest)}\n")
    return "\n".join(sections)


def _one(diff: Diff, look: Look) -> str:
    blocks = [f"### {markdown(words.title(diff))}", f"**{markdown(words.verdict(diff, look.units))}**"]
    blocks.append(_table(words.HEADERS, words.totals(diff, look.units)))
    if setting := bullets(words.setting(diff)):
        blocks.append(setting)
    if look.depth is not None and diff.nodes:
        blocks.append(_where(diff, look.depth, look.units))
    if diff.causes:
        blocks.append(_folded(_summary(diff), list(_causes(diff, look))))
    if names := list(words.renamed(diff)):
        lines = words.few([f"- {markdown(name)}" for name in names], LAYERS, "- ")
        blocks.append(_folded("Other paths, the same layers", ["\n".join(lines)]))
    return "".join(f"{block}\n\n" for block in blocks).removesuffix("\n")


def _summary(diff: Diff) -> str:
    causes, nodes = len(diff.causes), len(diff.nodes)
    return f"{causes} cause{'s' * (causes != 1)}, {nodes} layer{'s differ' if nodes != 1 else ' differs'}"


def _folded(summary: str, blocks: Sequence[str]) -> str:
    inner = "\n\n".join(blocks)
    return f"<details><summary>{summary}</summary>\n\n{inner}\n\n</details>"


def _causes(diff: Diff, look: Look) -> Iterator[str]:
    for index, cause in enumerate(diff.causes[:CAUSES]):
        place = words.place(cause)
        at = f" ({code(place)})" if place else ""
        lines = [
            f"{index + 1}. **{markdown(cause.what)}**{at}: {markdown(words.alone(diff, index, look.units))}"
        ]
        if ripple := words.rippled(diff, index):
            lines.append(f"   - {markdown(ripple)}")
        if not look.quiet:
            found = words.entries(words.changed_by(diff, index), diff, look.units)
            entries = [
                f"- {entry.word} {code(entry.path)} {markdown(f'{entry.kind}: {entry.text}')}"
                for entry in found
            ]
            lines += words.few(entries, LAYERS, "- ", "   ")
        yield "\n".join(lines)
    if more := words.cut(len(diff.causes), CAUSES, "causes"):
        yield more
    if together := list(words.together(diff, look.units)):
        yield "\n".join(words.few([f"- {markdown(line)}" for line in together], CAUSES, "- "))


def _where(diff: Diff, depth: int, units: Units) -> str:
    found = words.where(diff, depth)
    rows = [(code(path), *numbers) for path, *numbers in words.places(found[:PLACES], units)]
    text = _table(words.PLACES, rows)
    more = words.cut(len(found), PLACES, "groups")
    return f"{text}\n\n{more}" if more else text


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return pipes(rows, headers, ["left", *["right"] * (len(headers) - 1)])
