"""Records behave as frozen dataclasses do."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import pytest

from archcost.results.record import Record


class Point(Record):
    x: int
    y: int = 0


class Named(Point):
    name: str


def test_a_record_has_its_fields_and_those_it_inherits() -> None:
    made = Named(x=1, name="a")
    assert (made.x, made.y, made.name) == (1, 0, "a")
    assert is_dataclass(made)
    assert [field.name for field in fields(Named)] == ["x", "y", "name"]
    assert repr(made) == "Named(x=1, y=0, name='a')"


def test_records_are_equal_if_their_kinds_and_values_are() -> None:
    assert Point(x=1) == Point(x=1, y=0) == pickle.loads(pickle.dumps(Point(x=1)))  # noqa: S301 - our own
    assert hash(Point(x=1)) == hash(Point(x=1, y=0))
    assert Point(x=1) != replace(Point(x=1), y=2)
    assert Point(x=1) != (1, 0)


@pytest.mark.parametrize(("given", "wrong"), [({}, "x"), ({"x": 1, "z": 2}, "z"), ({"y": 1, "z": 2}, "x, z")])
def test_what_is_missing_or_unknown_is_refused(given: dict[str, int], wrong: str) -> None:
    with pytest.raises(TypeError, match=f"^Point: missing or unknown: {wrong}$"):
        Point(**given)


def test_nothing_can_be_changed() -> None:
    made = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        setattr(made, "x", 2)  # noqa: B010 - as a type checker would not let us
    with pytest.raises(FrozenInstanceError):
        delattr(made, "y")
    assert made == Point(x=1)
