"""Every field of every kind refuses what it cannot hold, at its place and by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archcost.errors import SpecError
from archcost.layers import KINDS, find
from archcost.loading.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.layers.base import Kind

NEVER = ("{a: 1}", "[[[1]]]", "", "'?!'")
"""What no field holds, but texts the last one, and tables of numbers the second."""
HOLD = {"'?!'": {"reason"}, "[[[1]]]": {"values", "index", "mask"}}


def kind_of(word: str) -> type[Kind]:
    found = find(word)
    assert found
    return found[0]


FIELDS = [(word, field) for word in KINDS for field in kind_of(word).model_fields]
WRONG = [(*one, value) for one in FIELDS for value in NEVER if one[1] not in HOLD.get(value, ())]


@pytest.mark.parametrize(("word", "field", "value"), WRONG)
def test_a_field_refuses_what_it_cannot_hold(word: str, field: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    head = "archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n"
    path.write_text(f"{head}  - {word}:\n      {field}: {value}\n")
    with pytest.raises(SpecError) as caught:
        load(path)
    said = [one.message for one in caught.value.diagnostics if one.place.line == 6]
    assert len(said) == 1
    assert said[0].startswith((f"{word}: {field} ", f"{word}: {field}[", f"no item named '{value[1:-1]}'"))


@pytest.mark.parametrize("word", KINDS)
def test_a_kind_refuses_a_field_it_does_not_have(word: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {word}: {{xyzzy: 1}}\n")
    with pytest.raises(SpecError) as caught:
        load(path)
    (mistake,) = caught.value.diagnostics
    assert mistake.message.startswith(f"{word}: unknown field 'xyzzy'; it takes ")
    assert (mistake.place.line, mistake.place.width) == (5, 5)
