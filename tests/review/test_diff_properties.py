"""What holds for the difference of any two networks."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from archcost import SpecError, analyze, diff
from archcost.results.report import COUNTS
from archcost.review.causes import Attribution
from archcost.review.matching import Matching
from tests.review.sketches import Edits, Sketch, chance, load

if TYPE_CHECKING:
    from archcost.network import Network
    from archcost.results.difference import Diff
    from archcost.review.causes import NodeDifference
    from archcost.review.edits import Cause
    from tests.review.sketches import Spec

seeds = st.integers(0, 2**32)
often = settings(max_examples=40)


Json = Any
"""A difference as JSON has it."""


def networks(seed: int, edits: int) -> tuple[Network, Network]:
    """A random network, and what some edits make of it."""
    random = chance(seed)
    sketch = Sketch(random)
    return loaded(sketch.spec, Edits(random, sketch.spec).apply(edits))


def loaded(base: Spec, head: Spec) -> tuple[Network, Network]:
    """Both networks, unless one of the specs is wrong."""
    with TemporaryDirectory() as folder:
        try:
            return load(Path(folder), base), load(Path(folder), head)
        except SpecError:
            reject()


def negated(value: Json, key: str = "") -> Json:
    """A difference as it must be from head to base."""
    if isinstance(value, dict):
        found = cast("dict[str, Json]", value)
        turned = {name: negated(one, name) for name, one in found.items()}
        for name in found:
            other = name.replace("base", "head", 1)
            if name.startswith("base") and other in found:
                turned[name], turned[other] = turned[other], turned[name]
        return turned
    if isinstance(value, list):
        return [negated(item, key) for item in cast("list[Json]", value)]
    if key in (*COUNTS, "difference"):
        return -value
    return {"added": "removed", "removed": "added"}.get(value, value) if key == "status" else value


def told_of(found: Diff) -> Json:
    """A difference without its words, the place of a node that both sides have, and the order of names."""
    data: Json = found.to_dict()
    for cause in data["causes"]:
        del cause["what"]
    for node in data["nodes"]:
        node["fields"].sort(key=str)
        if node["base"] and node["head"]:
            del node["file"], node["line"], node["column"], node["kind"]
    data["renamed"].sort(key=str)
    return data


@often
@given(seeds, st.integers(1, 4))
def test_from_head_to_base_every_number_is_the_negative_one(seed: int, edits: int) -> None:
    base, head = networks(seed, edits)
    there, back = told_of(diff(base, head)), told_of(diff(head, base))
    turned = negated(there)
    turned["renamed"].sort(key=str)
    assert turned == back


@often
@given(seeds, st.integers(0, 5))
def test_what_is_booked_adds_up_to_the_difference(seed: int, edits: int) -> None:
    base, head = networks(seed, edits)
    found = diff(base, head)
    totals = {total.measure: total.difference for total in found.totals}
    for count in COUNTS:
        booked = [getattr(one, count) for one in (*found.causes, *found.together)]
        assert sum(booked) == sum(getattr(node, count) for node in found.nodes) == totals.get(count, 0)


@often
@given(seeds)
def test_the_same_spec_has_no_difference(seed: int) -> None:
    base, head = networks(seed, 0)
    found = diff(base, head)
    assert found.status == "equal"
    assert (found.totals, found.causes, found.nodes, found.renamed, found.outputs) == ((),) * 5


def expanded(network: Network) -> list[object]:
    """All that a network is: who has which name, computes what and reads whom."""
    rows = [(one.path, None, (), one.output) for one in network.inputs]
    rows += [(n.path, n.layer, tuple(x.path for x in n.inputs), n.output) for n in network]
    return [*rows, {name: tensor.path for name, tensor in network.outputs.items()}]


@settings(max_examples=100)
@given(seeds, st.integers(0, 2))
def test_two_networks_are_equal_if_all_they_are_is_the_same_names_too(seed: int, edits: int) -> None:
    base, head = networks(seed, edits)
    assert (diff(base, head).status == "equal") == (expanded(base) == expanded(head))


PLAIN: Spec = {
    "archcost": 1,
    "name": "net",
    "input": {"image": [4, 8, 8], "other": [4, 8, 8]},
    "layers": [
        {"name": "first", "relu": None, "from": "image"},
        {"name": "second", "gelu": None},
        {"name": "third", "add": None, "from": ["second", "other"]},
    ],
    "outputs": ["third"],
}
ALONE: dict[str, Spec] = {
    "a layer's name": {"layers": [PLAIN["layers"][0] | {"name": "stem"}, *PLAIN["layers"][1:]]},
    "an input that nobody reads": {"input": PLAIN["input"] | {"mask": [2]}},
    "an input's name": {
        "input": {"image": [4, 8, 8], "more": [4, 8, 8]},
        "layers": [*PLAIN["layers"][:2], PLAIN["layers"][2] | {"from": ["second", "more"]}],
    },
    "one output more": {"outputs": ["second", "third"]},
    "what is read": {"layers": [*PLAIN["layers"][:2], PLAIN["layers"][2] | {"from": ["first", "other"]}]},
}


@pytest.mark.parametrize("edit", ALONE.values(), ids=ALONE)
def test_what_differs_alone_is_a_difference(edit: Spec, tmp_path: Path) -> None:
    base, head = load(tmp_path, PLAIN), load(tmp_path, PLAIN | edit)
    assert (diff(base, base).status, diff(base, head).status) == ("equal", "changed")


def test_a_name_that_differs_alone_is_told(tmp_path: Path) -> None:
    (renamed,) = diff(load(tmp_path, PLAIN), load(tmp_path, PLAIN | ALONE["a layer's name"])).renamed
    assert (renamed.base, renamed.head, renamed.nodes) == ("first", "stem", 1)


@often
@given(seeds)
def test_an_inserted_layer_is_that_layer_and_nothing_else(seed: int) -> None:
    random = chance(seed)
    sketch = Sketch(random)
    edits = Edits(random, sketch.spec)
    edits.insert()
    base, head = loaded(sketch.spec, edits.spec)
    found = diff(base, head)
    changes = list(found.changes)
    assert {node.status for node in changes} == {"added"}
    assert len(changes) == len(head) - len(base)
    assert len({(node.kind, str(node.fields)) for node in changes}) == 1
    assert all(one.renumbered for one in found.renamed)
    assert [cause.nodes for cause in found.causes] == [len(changes)]


@often
@given(seeds, st.integers(1, 4))
def test_who_is_to_blame_does_not_depend_on_the_side_one_looks_from(seed: int, edits: int) -> None:
    base, head = networks(seed, edits)
    there, back = Matching(base, head), Matching(head, base)
    assume(there.head_of == back.base_of)
    rows = analyze(base).nodes, analyze(head).nodes
    one, other = Attribution(there, *rows), Attribution(back, *rows[::-1])
    assert {key(row) for row in one.rows} == {key(row.turned(), turn=True) for row in other.rows}


def key(row: NodeDifference, *, turn: bool = False) -> tuple[object, ...]:
    causes = frozenset(told(cause, turn=turn) for cause in row.causes)
    return row.base and row.base.path, row.head and row.head.path, row.status, row.counts, causes


def told(cause: Cause, *, turn: bool) -> tuple[object, ...]:
    sides = (cause.head, cause.base) if turn else (cause.base, cause.head)
    return cause.kind, cause.name if cause.kind == "variable" else "", *sides_told(sides)


def sides_told(sides: tuple[object, ...]) -> list[str]:
    return [str(getattr(side, "place", getattr(side, "path", side))) for side in sides]
