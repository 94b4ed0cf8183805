"""What is said about a path that is not there."""

from __future__ import annotations

import pytest

from archcost.words.paths import unknown

KNOWN = ["stem.conv", "stem.bn", "stage.0.unit.conv", "stage.0.unit.relu", "stage.1.unit.conv", "head"]


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("unit.relu", " (did you mean 'stage.0.unit.relu'?)"),
        ("unit.conv", " (did you mean 'stage.0.unit.conv' or 'stage.1.unit.conv'?)"),
        ("conv", " (did you mean 'stem.conv', 'stage.0.unit.conv' or 'stage.1.unit.conv'?)"),
        ("stem.cnov", " (did you mean 'stem.conv'?)"),
        ("stage.0.unti.conv", " (did you mean 'stage.0.unit'?)"),
        ("stage.7.unit.conv", "; 'stage' holds 0, 1"),
        ("stem.conv.weight", " (did you mean 'stem.conv'?)"),
        ("haed", " (did you mean 'head'?)"),
        ("???", "; it holds stem, stage, head"),
        ("", "; it holds stem, stage, head"),
        (".", "; it holds stem, stage, head"),
    ],
)
def test_an_unknown_path_is_followed_as_far_as_it_leads(path: str, rest: str) -> None:
    assert str(unknown(path, "net", KNOWN)) == f"net has no node '{path}'{rest}"


def test_of_many_only_some_are_listed() -> None:
    many = [f"layer_{i}.conv" for i in range(20)]
    shown = str(unknown("conv", "net", many))
    assert shown.endswith("(did you mean 'layer_0.conv', 'layer_1.conv', 'layer_2.conv' or one of 17 more?)")
    listed = str(unknown("?", "net", many))
    assert listed.endswith("; it holds " + ", ".join(f"layer_{i}" for i in range(8)) + " and 12 more")
