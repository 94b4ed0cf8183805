"""Arenas beside what TensorFlow Lite for Microcontrollers plans, and beside every overlap there may be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcost.passes.arena import Arena, Life, arena

TRUTH = json.loads((Path(__file__).parents[1] / "data" / "arenas.json").read_text())["models"]


@pytest.mark.parametrize("name", TRUTH)
def test_an_arena_is_as_large_as_the_interpreters(name: str) -> None:
    """What its recording allocator says of the head: tests/data/arenas.json."""
    model = TRUTH[name]
    found = arena([Life(t["bytes"], t["first"], t["last"]) for t in model["tensors"]])
    assert (found.alive, found.size) == (model["alive"], model["arena_head"])


def test_no_tensor_has_no_arena() -> None:
    assert arena([]) == Arena((), 0, 0)


LIVES = st.lists(st.tuples(st.integers(1, 100), st.integers(0, 12), st.integers(0, 12)), max_size=14)


@given(LIVES, st.sampled_from([1, 4, 16]))
def test_no_two_tensors_that_are_alive_together_overlap(
    several: list[tuple[int, int, int]], alignment: int
) -> None:
    tensors = [Life(size, min(a, b), max(a, b)) for size, a, b in several]
    found = arena(tensors, alignment)
    places = [(offset, offset + one.size) for offset, one in zip(found.offsets, tensors, strict=True)]
    for i, (one, (start, end)) in enumerate(zip(tensors, places, strict=True)):
        assert start % alignment == 0
        assert end <= found.size
        for other, (start_2, end_2) in zip(tensors[:i], places[:i], strict=True):
            if one.first <= other.last and other.first <= one.last:
                assert end <= start_2 or end_2 <= start
    steps = range(13)
    needed = [
        sum(-(-t.size // alignment) * alignment for t in tensors if t.first <= s <= t.last) for s in steps
    ]
    assert max(needed) == found.alive <= found.size
