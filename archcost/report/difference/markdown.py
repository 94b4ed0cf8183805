"""Differences as GitHub renders them: the verdict and the totals first, the causes folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import code, markdown
from archcost.report.difference import sentences
from archcost.report.difference.table import CAUSES, LAYERS, PLACES
from archcost.report.formats.markdown import bullets, joined
from archcost.words.tables import pipes
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.difference import Diff
    from archcost.words.numbers import Units


def write(diffs: Sequence[Diff], options: WriteOptions) -> str:
    """A section per network that changed; the others are one sentence."""
    blocks = [block for diff in diffs if diff.status != "equal" for block in _one(diff, options)]
    return joined([*blocks, markdown(sentences.unchanged(diffs))])


def _one(diff: Diff, options: WriteOptions) -> list[str]:
    blocks = [
        f"### {markdown(sentences.title(diff))}",
        f"**{markdown(sentences.verdict(diff, options.units))}**",
    ]
    blocks.append(_table(sentences.HEADERS, sentences.totals(diff, options.units)))
    blocks.append(bullets(sentences.setting(diff)))
    if options.depth is not None and diff.nodes:
        blocks.append(_where(diff, options.depth, options.units))
    if diff.causes:
        blocks.append(_folded(_summary(diff), list(_causes(diff, options))))
    if names := list(sentences.renamed(diff)):
        lines = sentences.few([f"- {markdown(name)}" for name in names], LAYERS, "- ")
        blocks.append(_folded("Other paths, the same layers", ["\n".join(lines)]))
    return blocks


def _summary(diff: Diff) -> str:
    layers = f"{plural(len(diff.nodes), 'layer')} differ{'s' * (len(diff.nodes) == 1)}"
    return f"{plural(len(diff.causes), 'cause')}, {layers}"


def _folded(summary: str, blocks: Sequence[str]) -> str:
    inner = "\n\n".join(blocks)
    return f"<details><summary>{summary}</summary>\n\n{inner}\n\n</details>"


def _causes(diff: Diff, options: WriteOptions) -> Iterator[str]:
    for index, cause in enumerate(diff.causes[:CAUSES]):
        place = sentences.place(cause)
        at = f" ({code(place)})" if place else ""
        alone = markdown(sentences.alone(diff, index, options.units))
        lines = [f"{index + 1}. **{markdown(cause.what)}**{at}: {alone}"]
        if ripple := sentences.rippled(diff, index):
            lines.append(f"   - {markdown(ripple)}")
        if not options.quiet:
            found = sentences.entries(sentences.changed_by(diff, index), diff, options.units)
            entries = [
                f"- {entry.word} {code(entry.path)} {markdown(f'{entry.kind}: {entry.text}')}"
                for entry in found
            ]
            lines += sentences.few(entries, LAYERS, "- ", "   ")
        yield "\n".join(lines)
    if more := sentences.cut(len(diff.causes), CAUSES, "causes"):
        yield more
    if together := list(sentences.together(diff, options.units)):
        yield "\n".join(sentences.few([f"- {markdown(line)}" for line in together], CAUSES, "- "))


def _where(diff: Diff, depth: int, units: Units) -> str:
    found = sentences.where(diff, depth)
    rows = [(code(path), *numbers) for path, *numbers in sentences.places(found[:PLACES], units)]
    text = _table(sentences.PLACES, rows)
    more = sentences.cut(len(found), PLACES, "groups")
    return f"{text}\n\n{more}" if more else text


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return pipes(rows, headers, ["left", *["right"] * (len(headers) - 1)])
