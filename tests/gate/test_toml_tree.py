"""TOML with places: the same data that tomllib reads, each value where it is written."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from datetime import time as clock
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcost.config.toml_tree import read_table
from archcost.errors import SpecError
from archcost.limits import DEFAULT
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.spec.yaml_reader import Tree

EVERYTHING = '''\
# a comment with [brackets] and "quotes"
title = "a # b" # no comment inside
'single' = 'C:\\path'
"quoted key" = "\\u00e9 \\"x\\" \\\\"
multi = """
first ] } # line
a ""quoted"" word \\
   joined"""
ends_in_quotes = """a"""""
empty = ["", \'\', """""", \'\'\'\'\'\']
raw = \'\'\'
it''s "raw" \\ ]
\'\'\'
int = [1, +2, -3, 1_000, 0x1F, 0o17, 0b11]
float = [1.0, -0.5, 1e3, 6.02_2E+2, 5e-3]
bool = [ true,false ]
days = [1979-05-27, 07:32:00, 1979-05-27T07:32:00Z, 1979-05-27 07:32:00.5]
nested = [ [ 1, 2 ], # one
  [ "a", [ ] ], { x = 1, y.z = [ { } ] },
]
dotted . "key" . 'more' = 1
dotted.other = 2
inline = { a = { b = "}" }, "c d" = 1 }

[ table . sub ] # header
x = 1
[table]
y = 2
[[list]]
[[ list ]]
a = 1
[list.child]
b = 2
[[list.child2]]
c = 3
[[list.child2]]
[["list"]]
d.e = 4
[[table.more]]
'''


def of(tree: Tree | None) -> Any:  # noqa: ANN401 - whatever TOML can hold
    """The data of a tree."""
    if isinstance(tree, MappingNode):
        return {entry.key.text: of(entry.value) for entry in tree.entries}
    if isinstance(tree, SequenceNode):
        return [of(item) for item in tree.items]
    return tree.value if tree else None


def plain(data: Any) -> Any:  # noqa: ANN401 - likewise
    """What tomllib reads, its numbers exact and its dates as words."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(data, list):
        return [plain(value) for value in data]  # pyright: ignore[reportUnknownVariableType]
    return data.isoformat() if isinstance(data, date | datetime | clock) else data


def scalars(tree: Tree) -> Iterator[ScalarNode]:
    """Every key and value."""
    if isinstance(tree, ScalarNode):
        yield tree
    elif isinstance(tree, SequenceNode):
        for item in tree.items:
            yield from scalars(item)
    else:
        for entry in tree.entries:
            yield entry.key
            yield from scalars(entry.value)


def agrees(text: str) -> None:
    tree = read_table(text.encode(), "a.toml", (), DEFAULT)
    assert tree is not None
    assert of(tree) == plain(tomllib.loads(text, parse_float=Fraction))
    for one in scalars(tree):
        shown = one.place.text()[one.place.column - 1 :][: one.place.width]
        assert shown == one.text or shown[0] in "\"'0123456789+-"
        if shown[0] not in "\"'" and not one.plain:
            raise AssertionError(shown)


def test_every_construct_is_read_as_tomllib_does() -> None:
    agrees(EVERYTHING)
    agrees(EVERYTHING.replace("\n", "\r\n"))


LINES = (
    *("[a]", "[[a]]", "[a.b]", "[[a.b]]", "[ 'a' . \"b\" ]", "[b]", "[a.b.c]", "[[a.c]]", "", "# [x] = 'y'"),
    *(
        "x = 1",
        "x.y = 2",
        "b.c = 3",
        "'x' = [1,\n 2, # c ]\n]",
        "y = {}",
        "y = {a.b = 1, c = [{}]}",
        "c = []",
    ),
    *('z = "]#"', "z = '''\n]'\n'''", 'w = """a""b"""', "v = 2026-12-31 10:00:00 # c", "v = [true,-1.5]"),
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(LINES), max_size=9))
def test_random_lines_are_read_as_tomllib_does(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)  # noqa: FBT003 - how hypothesis says it
    agrees(text)


def test_values_know_where_they_stand() -> None:
    tree = read_table(EVERYTHING.encode(), "a.toml", ("list",), DEFAULT)
    assert tree is not None
    found = [(one.text, one.place.line, one.place.column) for one in scalars(tree)]
    assert found == [
        ("a", 31, 1),
        ("1", 31, 5),
        ("child", 32, 7),
        ("b", 33, 1),
        ("2", 33, 5),
        ("child2", 34, 8),
        ("c", 35, 1),
        ("3", 35, 5),
        ("d", 38, 1),
        ("e", 38, 3),
        ("4", 38, 7),
    ]


@pytest.mark.parametrize("path", [("nothing",), ("table", "nothing"), ("title", "deeper"), ("int", "0")])
def test_a_part_that_is_not_there_is_none(path: tuple[str, ...]) -> None:
    assert read_table(EVERYTHING.encode(), "a.toml", path, DEFAULT) is None


HOSTILE = {
    "a hundred thousand brackets": b"x = " + b"[" * 100_000,
    "five hundred brackets": b"x = " + b"[" * 500 + b"]" * 500,
    "a key of a hundred thousand parts": b"a." * 100_000 + b"a = 1",
    "a table of a hundred thousand parts": b"[" + b"a ." * 100_000 + b"a]",
    "an inner key of a hundred thousand parts": b"x = {" + b"'a'." * 100_000 + b"a = 1}",
    "a number of a million digits": b"x = " + b"9" * 1_000_000,
    "an exponent of many digits": b"x = 1e" + b"9" * 1000,
    "a million quotes": b"x = '" + b'"' * 1_000_000,
    "a byte that is no UTF-8": b"x = '\xff'",
    "a NUL": b"x = '\0'",
    "UTF-16": "x = 1".encode("utf-16"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(SpecError):
        read_table(data, "a.toml", (), DEFAULT)
