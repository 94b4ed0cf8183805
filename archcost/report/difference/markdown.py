"""Differences as GitHub renders them: the verdict and the totals first, the causes folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import code, markdown
from archcost.report.analysis.markdown import bullets
from archcost.report.difference import sentences
from archcost.report.difference.text import CAUSES, LAYERS, PLACES
from archcost.words.tables import pipes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.look import Look
    from archcost.results.difference import Diff
    from archcost.words.numbers import Units


def write(diffs: Sequence[Diff], look: Look) -> str:
    """A section per network that changed; the others are one sentence."""
    changed = [diff for diff in diffs if diff.status != "equal"]
    sections = [_one(diff, look) for diff in changed]
    if rest := sentences.unchanged(diffs):
        sections.append(f"{markdown(rest)}\n")
    return "\n".join(sections)


def _one(diff: Diff, look: Look) -> str:
    blocks = [
        f"### {markdown(sentences.title(diff))}",
        f"**{markdown(sentences.verdict(diff, look.units))}**",
    ]
    blocks.append(_table(sentences.HEADERS, sentences.totals(diff, look.units)))
    if setting := bullets(sentences.setting(diff)):
        blocks.append(setting)
    if look.depth is not None and diff.nodes:
        blocks.append(_where(diff, look.depth, look.units))
    if diff.causes:
        blocks.append(_folded(_summary(diff), list(_causes(diff, look))))
    if names := list(sentences.renamed(diff)):
        lines = sentences.few([f"- {markdown(name)}" for name in names], LAYERS, "- ")
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
        place = sentences.place(cause)
        at = f" ({code(place)})" if place else ""
        alone = markdown(sentences.alone(diff, index, look.units))
        lines = [f"{index + 1}. **{markdown(cause.what)}**{at}: {alone}"]
        if ripple := sentences.rippled(diff, index):
            lines.append(f"   - {markdown(ripple)}")
        if not look.quiet:
            found = sentences.entries(sentences.changed_by(diff, index), diff, look.units)
            entries = [
                f"- {entry.word} {code(entry.path)} {markdown(f'{entry.kind}: {entry.text}')}"
                for entry in found
            ]
            lines += sentences.few(entries, LAYERS, "- ", "   ")
        yield "\n".join(lines)
    if more := sentences.cut(len(diff.causes), CAUSES, "causes"):
        yield more
    if together := list(sentences.together(diff, look.units)):
        yield "\n".join(sentences.few([f"- {markdown(line)}" for line in together], CAUSES, "- "))


def _where(diff: Diff, depth: int, units: Units) -> str:
    found = sentences.where(diff, depth)
    rows = [(code(path), *numbers) for path, *numbers in sentences.places(found[:PLACES], units)]
    text = _table(sentences.PLACES, rows)
    more = sentences.cut(len(found), PLACES, "groups")
    return f"{text}\n\n{more}" if more else text


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return pipes(rows, headers, ["left", *["right"] * (len(headers) - 1)])
