"""The words of other frameworks, side by side on a page: each leads in a spec to what stands in its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archcost import foreign
from archcost.layers import KINDS, find
from archcost.spec.foreign_layers import kind_of
from archcost.spec.unknown_words import field_tail
from archcost.words.suggest import plain

PAGE = (Path(__file__).parent.parent / "docs" / "coming-from.md").read_text("utf-8")


def rows(heading: str) -> list[tuple[str, list[str]]]:
    """The rows of the first table of a section: the cell of ours, and the words in the other cells."""
    section = re.split(r"^## ", PAGE.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(ours, re.findall(r"`([^`]+)`", " ".join(others))) for ours, *others in cells]


LAYERS = [(ours.strip("`"), word) for ours, words in rows("The layers") for word in words]
FIELDS = [(*re.findall(r"`(\w+)`", ours), word) for ours, words in rows("The fields") for word in words]


def test_every_kind_has_its_row() -> None:
    assert [ours.strip("`") for ours, _ in rows("The layers")] == list(KINDS)


@pytest.mark.parametrize(("kind", "word"), LAYERS)
def test_a_layer_of_another_framework_is_that_kind_or_has_a_sentence_that_names_it(
    kind: str, word: str
) -> None:
    sentence = foreign.layers.INSTEAD.get(plain(word), "")
    assert kind_of(word) == kind or f"`{kind}" in sentence or f"{{{kind}" in sentence


COUNTS_THE_BATCH = (
    ": write `axis`, which counts without the batch: PyTorch's dim 1 is `axis: 0` (channels), and -1 is the "
    "last in both"
)


@pytest.mark.parametrize(("field", "kind", "word"), FIELDS)
def test_a_field_of_another_framework_is_that_field(field: str, kind: str, word: str) -> None:
    found = find(kind)
    assert found is not None
    known = list(found[0].model_fields)
    assert field in known
    tail = field_tail(word, known, kind)
    # A word that counts otherwise is translated in a sentence that says so.
    assert word == field or tail in {f" (did you mean '{field}'?)", COUNTS_THE_BATCH}
