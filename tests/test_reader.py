"""The strict reader: what a document means, where it stands, and what is said about a bad one."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from archcost.errors import SpecError
from archcost.limits import Limits
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, read
from tests.work import calls

if TYPE_CHECKING:
    from archcost.errors import Diagnostic
    from archcost.source import Place
    from archcost.spec.yaml_reader import Tree

SCALARS: dict[str, tuple[str, object]] = {
    "an integer": ("64", 64),
    "a negative integer": ("-3", -3),
    "an integer with a plus": ("+3", 3),
    "leading zeros are not octal": ("010", 10),
    "octal has its prefix": ("0o17", 15),
    "hexadecimal has its prefix": ("0xFf", 255),
    "a signed hexadecimal is a word": ("-0xF", "-0xF"),
    "a binary number is a word": ("0b11", "0b11"),
    "a decimal is exact": ("0.1", Fraction(1, 10)),
    "a decimal may start with its point": (".5", Fraction(1, 2)),
    "a decimal may end with its point": ("2.", 2),
    "a whole decimal is an integer": ("1.0", 1),
    "an exponent is exact": ("1e3", 1000),
    "a negative exponent is exact": ("-25E-2", Fraction(-1, 4)),
    "the smallest float is a fraction": ("5e-324", Fraction(5, 10**324)),
    "sexagesimal is a word": ("3:4", "3:4"),
    "thousands with underscores are a word": ("1_000", "1_000"),
    "a version is a word": ("1.2.3", "1.2.3"),
    "a date is a word": ("2024-01-31", "2024-01-31"),
    "digits of another script are a word": ("\u0663", "\u0663"),
    "a superscript is a word": ("\u00b2", "\u00b2"),
    "a number with letters is a word": ("3a", "3a"),
    "a dash and letters are a word": ("-x", "-x"),
    "a point alone is a word": (".", "."),
    "true": ("true", True),
    "True": ("True", True),
    "TRUE": ("TRUE", True),
    "false": ("false", False),
    "tRUE is a word": ("tRUE", "tRUE"),
    "yes is a word": ("yes", "yes"),
    "on is a word": ("on", "on"),
    "n is a word": ("n", "n"),
    "null": ("null", None),
    "a tilde is null": ("~", None),
    "nothing is null": ("", None),
    "nULL is a word": ("nULL", "nULL"),
    "an equals sign is a word": ("=", "="),
    "an expression is a word": ("$(width // 2)", "$(width // 2)"),
    "a number in single quotes is a word": ("'3'", "3"),
    "a number in double quotes is a word": ('"3"', "3"),
    "true in quotes is a word": ("'true'", "true"),
    "nothing in quotes is an empty word": ("''", ""),
    "a doubled quote is one": ("'it''s'", "it's"),
    "an escape is resolved": ('"a\\tb\\u00e9"', "a\tb\u00e9"),
    "a text block keeps its lines": ("|\n  a\n  3", "a\n3"),
    "a folded block does not": (">-\n  a\n  b", "a b"),
    "a number in a text block is a word": ("|-\n  3", "3"),
}


@pytest.mark.parametrize(("text", "expected"), SCALARS.values(), ids=SCALARS.keys())
def test_a_scalar_means(text: str, expected: object) -> None:
    node = _mapping(read(f"a: {text}", "n.yaml")).get("a")
    assert isinstance(node, ScalarNode)
    assert node.value == expected
    assert type(node.value) is type(expected)
    assert node.plain == (text[:1] not in {"'", '"', "|", ">"})


def _mapping(node: Tree) -> MappingNode:
    assert isinstance(node, MappingNode)
    return node


def _data(node: Tree) -> Any:  # noqa: ANN401 - whatever the document holds
    """The plain data of a document, as PyYAML would give it."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [_data(item) for item in node.items]
    return {entry.key.value: _data(entry.value) for entry in node.entries}


def test_a_key_is_known_by_its_text() -> None:
    tree = _mapping(read("{on: 1, 3: 2, 'null': 3, 3e4: 4}", "n.yaml"))
    assert [entry.key.text for entry in tree.entries] == ["on", "3", "null", "3e4"]
    assert [key for key in ("on", "3", "null", "3e4", "2") if tree.get(key) is None] == ["2"]


def test_a_bare_key_in_braces_has_no_value() -> None:
    assert _data(read("{relu, name: act}", "n.yaml")) == {"relu": None, "name": "act"}


def test_line_ends_of_every_system_are_the_same() -> None:
    assert _data(read("a: 1\r\nb:\r\n  - 2\r\n", "n.yaml")) == {"a": 1, "b": [2]}
    assert _data(read("a: 1\rb:\r  - 2\r", "n.yaml")) == {"a": 1, "b": [2]}


def test_yaml_1_2_may_say_so() -> None:
    assert _data(read("%YAML 1.2\n---\na: 010\n...\n", "n.yaml")) == {"a": 10}


def test_bytes_and_text_are_read_alike() -> None:
    assert _data(read("a: größe".encode(), "n.yaml")) == _data(read("a: größe", "n.yaml"))


def test_the_root_may_be_anything() -> None:
    assert _data(read("[1, 2]", "n.yaml")) == [1, 2]
    assert _data(read("word", "n.yaml")) == "word"


# --- places

DOCUMENT = """\
# a comment
name: "net" # another
input: [3, 224,
        224]
layers:
  - conv: {kernel_size: 3, bias: }
  - größe: 'a b'
    note: |
      text
"""

PLACES: dict[str, tuple[str, str]] = {
    "a key": ("name", "name"),
    "a quoted value has its quotes": ("=name", '"net"'),
    "a list of several lines ends with its first": ("=input", "[3, 224,"),
    "a list item": ("=input/1", "224"),
    "a list item on another line": ("=input/2", "224"),
    "a list in block style is its first dash": ("=layers", "-"),
    "a mapping in block style starts with its first key": ("=layers/0", "c"),
    "a mapping in braces": ("=layers/0/conv", "{kernel_size: 3, bias: }"),
    "a value in braces": ("=layers/0/conv/kernel_size", "3"),
    "an empty value in braces stands before what follows": ("=layers/0/conv/bias", "}"),
    "columns count characters, not bytes": ("=layers/1/größe", "'a b'"),
    "a text block is its bar": ("=layers/1/note", "|"),
}


@pytest.mark.parametrize(("path", "expected"), PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "after a byte order mark"])
def test_a_place_covers(path: str, expected: str, mark: str) -> None:
    place = _find(read(mark + DOCUMENT, "n.yaml"), path)
    assert place.text()[place.column - 1 :][: place.width] == expected


def _find(node: Tree, path: str) -> Place:
    """The place of a key (`a/b`) or of a value (`=a/b`)."""
    *way, last = path.removeprefix("=").split("/")
    for step in way:
        node = _step(node, step)
    if path.startswith("="):
        return _step(node, last).place
    return next(entry.key.place for entry in _mapping(node).entries if entry.key.text == last)


def _step(node: Tree, step: str) -> Tree:
    found = node.items[int(step)] if isinstance(node, SequenceNode) else _mapping(node).get(step)
    assert found is not None
    return found


def test_a_place_counts_lines_and_columns_from_one() -> None:
    assert str(_find(read(DOCUMENT, "n.yaml"), "=input/2")) == "n.yaml:4:9"
    assert str(_find(read(DOCUMENT, "n.yaml"), "name")) == "n.yaml:2:1"


# --- what is refused

BEYOND = "is beyond the numbers a spec may hold (the limit `integer`)"

REFUSED: dict[str, tuple[str, list[str]]] = {
    # sentence: what is written, what is said about it at line:column+width
    "a second colon in a value": (
        "a: b: c\n",
        ['1:5+1: a second colon; quote the value: "b: c", or start a new line'],
    ),
    "a second colon in a list item": (
        "- a: b: c\n",
        ['1:7+1: a second colon; quote the value: "b: c", or start a new line'],
    ),
    "a second colon beside quotes": (
        'a: b: "c"\n',
        ["1:5+1: a second colon; quote the value, or start a new line"],
    ),
    "a line without a colon": (
        "a: 1\nb\nc: 2\n",
        ["2:1+1: 'b' has no colon: a mapping holds `key: value`, a list `- item`"],
    ),
    "a key that has lost its colon": (
        "name: x\ninput [3, 2]\nlayers: []\n",
        ["2:1+12: 'input [3, 2]' has no colon: a mapping holds `key: value`, a list `- item`"],
    ),
    "a key below a value that is complete": (
        "a: 1\n  b: 2\n",
        ["2:3+1: indented deeper than line 1, which already has its value"],
    ),
    "a key below a list item without a colon": (
        "- relu\n  name: x\n",
        ["1:3+4: a colon is missing after 'relu'"],
    ),
    "a key below a word without a colon": ("a\nb: 1\n", ["1:1+1: a colon is missing after 'a'"]),
    "a key below a comment below a value": (
        "a: 1\n\n# why\n  b: 2\n",
        ["4:3+4: indented by 2, but the keys of the mapping from line 1 by 0"],
    ),
    "a colon without its space": ("a:1\nb: 2\n", ["1:2+1: a space is missing after the colon: a: 1"]),
    "a colon without its space in a list item": (
        "- kernel_size:3\n  stride: 2\n",
        ["1:14+1: a space is missing after the colon: kernel_size: 3"],
    ),
    "a first line that is indented more than the others": (
        "  a: 1\nb: 2\n",
        ["2:1+4: indented by 0, but the first line by 2"],
    ),
    "a line indented too little for its mapping": (
        "layers:\n  - conv: {a: 1}\n   name: x\n",
        ["3:4+7: indented by 3, but the items of the list from line 2 by 2 (and their keys by 4)"],
    ),
    "a line indented too much for its mapping": (
        "layers:\n  - conv: {a: 1}\n     name: x\n",
        ["3:6+7: indented by 5, but the keys of the mapping from line 2 by 4"],
    ),
    "a key after a list, indented like neither": (
        "a:\n  - b\n c: 1\n",
        ["3:2+4: indented by 1, but the keys of the mapping from line 1 by 0"],
    ),
    "a key among list items": (
        "- a\nb: 1\n",
        ["2:1+4: the list from line 1 goes on here without a dash: write `- b: 1`, or indent it"],
    ),
    "a list item among keys": (
        "a: 1\n- b\n",
        ["2:1+3: a list item cannot stand among the keys from line 1; put it below a key of its own"],
    ),
    "a list beside its key": (
        "a: - b\n",
        ["1:4+1: a list starts on the line below its key, or is written [a, b]"],
    ),
    "an open bracket": ("a: [1, 2\nb: 3\n", ["1:4+1: this [ is not closed"]),
    "an open bracket before another list": ("a: [\n  1,\n  2\nb: [3]\n", ["1:4+1: this [ is not closed"]),
    "an open brace": ("a: {x: 1\nb: 3\n", ["1:4+1: this { is not closed"]),
    "an open brace at the end of the file": ("{a: 1", ["1:1+1: this { is not closed"]),
    "an open single quote": ("a: 'x\nb: 3\n", ["1:4+1: this quote is not closed"]),
    "an open double quote": ('a: "x\nb: 3\n', ["1:4+1: this quote is not closed"]),
    "an open quote with a document below it": ('a: "b\n---\nc"\n', ["1:4+1: this quote is not closed"]),
    "a bracket that closes nothing": ("a: ]\n", ["1:4+1: this ] closes nothing"]),
    "a brace too many": ("{a: 1}}\n", ["1:7+1: this } closes nothing"]),
    "a brace too many after a space": ("a: {x: 1} }\n", ["1:11+1: this } closes nothing"]),
    "a brace that closes a bracket": ("a: [1, 2}\n", ["1:9+1: this } cannot close the [ of line 1"]),
    "a bracket that closes a brace": ("a: {x: ]}\n", ["1:8+1: this ] closes nothing"]),
    "a missing comma between keys": (
        "{a: 1 b: 2}\n",
        ["1:8+1: a second colon: a comma is missing before 'b', or the value needs quotes"],
    ),
    "a missing comma at the end of a line": (
        "a: {x: 1,\n    y: 2\n    z: 3}\n",
        ["3:6+1: a second colon: a comma is missing before 'z', or the value needs quotes"],
    ),
    "a missing comma after a list": ("{a: [1] b: 2}\n", ["1:9+1: a comma is missing here"]),
    "a colon in a list": (
        "a: [b: c: d]\n",
        ["1:9+1: a second colon: a comma is missing before 'c', or the value needs quotes"],
    ),
    "dashes in brackets": ("a: [- b]\n", ["1:5+1: a list in brackets has commas, not dashes: [a, b]"]),
    "two commas in a row": ("a: [1,,2]\n", ["1:7+1: a value is missing before this comma"]),
    "a comma at the start of a list": ("a: [,]\n", ["1:5+1: a value is missing before this comma"]),
    "a comma at the start of a value": (
        "a: ,x\n",
        ["1:4+1: an unquoted value cannot start with a comma; quote it"],
    ),
    "a colon without a key": ("{: a}\n", ["1:2+1: a key is missing before this colon"]),
    "a colon at the start of a line": (": a\n", ["1:1+1: a key is missing before this colon"]),
    "a null key": ("? \n: a\n", ["1:2+1: a key is missing before this colon"]),
    "something after a list": ("a: [1] y\n", ["1:8+1: nothing may follow the closing ]"]),
    "something after a mapping": ("a: {b: 1}, c\n", ["1:10+3: nothing may follow the closing }"]),
    "something after single quotes": (
        "a: 'it's'\n",
        ["1:8+2: the text goes on after the closing quote; inside '...' a quote is written twice: ''"],
    ),
    "something after double quotes": (
        'a: "x" y\n',
        ['1:8+1: the text goes on after the closing quote; inside "..." a quote is written \\"'],
    ),
    "something after quotes in a mapping": (
        "{a: 'it's'}\n",
        ["1:9+3: the text goes on after the closing quote; inside '...' a quote is written twice: ''"],
    ),
    "something after the document": (
        "a: 1\n...\nb: 2\n",
        ["3:1+4: this stands after the end of the document"],
    ),
    "a tab before a list item": ("a:\n\t- b\n", ["2:1+1: a tab indents this line; YAML takes spaces"]),
    "a tab before a key": ("a:\n  b: 1\n\tc: 2\n", ["3:1+1: a tab indents this line; YAML takes spaces"]),
    "a tab after a dash": ("- \ta: 1\n", ["1:3+1: a tab stands here; write a space"]),
    "a tab in a text block": ("a: |\n  x\n\ty\n", ["3:1+1: a tab indents this line; YAML takes spaces"]),
    "a line of nothing but tabs": (
        "a: 1\n\t\t\nb: 2\n",
        ["2:1+2: a tab indents this line; YAML takes spaces"],
    ),
    "a value that starts with @": ("a: @x\n", ["1:4+1: an unquoted value cannot start with @; quote it"]),
    "a value that starts with a backtick": (
        "a: `x\n",
        ["1:4+1: an unquoted value cannot start with `; quote it"],
    ),
    "a value that starts with %": ("a: %x\n", ["1:4+1: an unquoted value cannot start with %; quote it"]),
    "a value that starts with a question mark": (
        "a: ? b\n",
        ["1:4+1: an unquoted value cannot start with ?; quote it"],
    ),
    "a value that starts with an asterisk": (
        "a: * x\n",
        ["1:4+1: an unquoted value cannot start with *; quote it"],
    ),
    "a value that starts with an ampersand": (
        "a: & x\n",
        ["1:4+1: an unquoted value cannot start with &; quote it"],
    ),
    "an unknown escape": (
        'a: "\\q"\n',
        ["1:5+2: \\q means nothing inside double quotes; inside '...' a backslash is just a backslash"],
    ),
    "an unfinished escape": (
        'a: "\\x0"\n',
        ["1:5+2: \\x takes the hexadecimal number of a character; inside '...' a backslash is just one"],
    ),
    "an escape that is no character": (
        'a: "\\ud800"\n',
        ["1:5+2: \\u takes the hexadecimal number of a character; inside '...' a backslash is just one"],
    ),
    "words beside the bar of a text block": (
        "a: |x\n y\n",
        ["1:5+1: the text of | or > starts on the next line"],
    ),
    "a directive": ("%x\n", ["1:1+2: a line that starts with % is a directive, and none is used"]),
    "a YAML of another version": (
        "%YAML 1.1\n---\na: 1\n",
        ["1:1+9: specs are YAML 1.2: delete the %YAML line"],
    ),
    "a YAML from the future": (
        "%YAML 2.0\n---\na: 1\n",
        ["1:1+9: specs are YAML 1.2: delete the %YAML line"],
    ),
    "a directive for tags": (
        "%TAG !e! tag:example.com:\n---\na: 1\n",
        ["1:1+25: tags are not used: delete the %TAG line"],
    ),
    "a tag": (
        "a: !!str 3\n",
        ["1:4+5: tags (!!str) are not used: quotes make a word, nothing else needs saying"],
    ),
    "a tag of one's own": (
        "a: !conv {x: 1}\n",
        ["1:4+5: tags (!conv) are not used: quotes make a word, nothing else needs saying"],
    ),
    "a tag in full": (
        "a: !<tag:x,1:y> y\n",
        ["1:4+12: tags (!<tag:x,1:y>) are not used: quotes make a word, nothing else needs saying"],
    ),
    "a bare tag": (
        "a: ! y\n",
        ["1:4+1: tags (!) are not used: quotes make a word, nothing else needs saying"],
    ),
    "a tag with an unknown prefix": (
        "a: !e!x y\n",
        ["1:4+1: tags (!...) are not used; quote the value if it starts with !"],
    ),
    "an anchor": ("a: &x 1\n", ["1:4+2: anchors (&x) are not used: a variable or a block says it in sight"]),
    "an anchor on a list": (
        "a: &x [1]\n",
        ["1:4+2: anchors (&x) are not used: a variable or a block says it in sight"],
    ),
    "an anchor with its aliases": (
        "a: &x [1]\nb: *x\nc: [*x, *x]\n",
        ["1:4+2: anchors (&x) are not used: a variable or a block says it in sight"],
    ),
    "an alias of nothing": (
        "a: *x\n",
        ["1:4+2: aliases (*x) are not used: a variable or a block says it in sight"],
    ),
    "an anchor with a merge key": (
        "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n",
        [
            "1:4+2: anchors (&x) are not used: a variable or a block says it in sight",
            "3:3+2: merge keys (<<) are not used: a block says it in sight",
        ],
    ),
    "a merge key": ("a:\n  <<: {b: 1}\n", ["2:3+2: merge keys (<<) are not used: a block says it in sight"]),
    "two documents": ("--- a\n--- b\n", ["2:1+3: a second document starts here; a file holds one network"]),
    "three documents": (
        "--- a\n--- b\n--- c\n",
        ["2:1+3: a second document starts here; a file holds one network"],
    ),
    "two documents, of which the second would be refused": (
        "--- a\n--- {b: 1, b: !x 2}\n",
        ["2:1+3: a second document starts here; a file holds one network"],
    ),
    "a list as a key": ("? [a, b]\n: c\n", ["1:3+6: a list cannot be a key"]),
    "braces of a template language": (
        "a: {{ width }}\n",
        ["1:5+9: a mapping cannot be a key; a variable is written $width"],
    ),
    "a key that is given twice": ("a: 1\nb: 2\na: 3\n", ["3:1+1: 'a' is given twice; first on line 1"]),
    "a key that is given three times": (
        "{a: 1, a: 2, 'a': 3}\n",
        ["1:8+1: 'a' is given twice on this line", "1:14+3: 'a' is given twice on this line"],
    ),
    "a key that is given twice in quotes": ('a: 1\n"a": 2\n', ["2:1+3: 'a' is given twice; first on line 1"]),
    "two mistakes in one file": (
        "a: &x 1\nb: 2\nb: 3\nc: .inf\n",
        [
            "1:4+2: anchors (&x) are not used: a variable or a block says it in sight",
            "3:1+1: 'b' is given twice; first on line 2",
            "4:4+4: .inf is not a finite number; quote it if it is a word",
        ],
    ),
    "a mistake before a syntax error": (
        "a: 1\na: 2\nb: [\n",
        ["2:1+1: 'a' is given twice; first on line 1", "3:4+1: this [ is not closed"],
    ),
    "a tuple": ("{a: (3, 3)}\n", ["1:5+2: parentheses make no list; write [3, 3]"]),
    "a tuple of words": ("{a: (b, c)}\n", ["1:5+2: parentheses make no list: write [a, b]"]),
    "a text that goes on behind its parenthesis": (
        "{a: see (b, c) and (d, e), f: 1}\n",
        ['1:5+6: the comma ended the value at see (b; quote the whole: "see (b, c)"'],
    ),
    "a call": (
        "[nn.Conv2d(3, 64, 3), nn.ReLU()]\n",
        ["1:2+11: 'nn.Conv2d(3, 64, 3)' is no layer here: write `conv: {out_channels: 64, kernel_size: 3}`"],
    ),
    "a text with a comma in parentheses": (
        "{note: like (a, b)}\n",
        ['1:8+7: the comma ended the value at like (a; quote the whole: "like (a, b)"'],
    ),
    "a space missing between key and value": (
        "{a:8}\n",
        ["1:2+3: a space is missing after the colon: write `a: 8`"],
    ),
    "an equals sign": ("{a: 1, b=8}\n", ["1:8+3: a field is given with a colon: write `b: 8`"]),
    "an equals sign on a line of its own": (
        "x:\n  a: 1\n  b = 8\n",
        ["3:3+5: a colon stands between them: write `b: 8`"],
    ),
    "thousands": ("{a: 1,024}\n", ["1:7+3: a comma ends a number: write 1024"]),
    "thousands in a list": ("a: [1,024]\n", ["1:7+3: a comma ends a number: write 1024"]),
    "a mapping without a space before it": (
        "- conv:{a: 8, b: 3}\n",
        ["1:3+7: a space is missing after the colon: write `conv: {a: 8, b: 3}`"],
    ),
    "a mapping of two that has lost its colon": (
        "- conv {a: 8, b: 3}\n",
        ["1:3+7: a colon is missing after 'conv': write `conv: {a: 8, b: 3}`"],
    ),
    "a mapping that has lost its colon": (
        "- conv {kernel_size: 3}\n",
        ["1:3+17: a colon is missing after 'conv': write `conv: {kernel_size: 3}`"],
    ),
    "infinity": ("a: .inf\n", ["1:4+4: .inf is not a finite number; quote it if it is a word"]),
    "minus infinity": ("a: -.Inf\n", ["1:4+5: -.Inf is not a finite number; quote it if it is a word"]),
    "not a number": ("a: .nan\n", ["1:4+4: .nan is not a finite number; quote it if it is a word"]),
    "an integer beyond the limit": (
        "a: 2000000000000000000000000\n",
        ["1:4+25: 2000000000000000000000000 is beyond the numbers a spec may hold (the limit `integer`)"],
    ),
    "an exponent beyond reason": (
        "a: 1e999999999\n",
        ["1:4+11: 1e999999999 is beyond the numbers a spec may hold (the limit `integer`)"],
    ),
    "an integer of five thousand digits": (
        "a: " + "9" * 5000 + "\n",
        [f"1:4+5000: 99999999999999999999... (5000 characters) {BEYOND}"],
    ),
    "a hexadecimal number of five thousand digits": (
        "a: 0x" + "f" * 5000 + "\n",
        [f"1:4+5002: 0xffffffffffffffffff... (5002 characters) {BEYOND}"],
    ),
    "a comma inside an expression": (
        "{a: $(max(w, 8))}\n",
        ['1:5+7: the comma ended the value at $(max(w; quote the whole expression: "$(max(w, 8))"'],
    ),
    "a comma inside an expression in a list": (
        "[$(max(w, 8)), 3]\n",
        ['1:2+7: the comma ended the value at $(max(w; quote the whole expression: "$(max(w, 8))"'],
    ),
    "a comma inside an expression of several lines": (
        "{a: $(max(w,\n  8))}\n",
        ["1:5+7: the comma ended the value at $(max(w; quote the whole expression"],
    ),
    "a comma inside a function without parentheses around it": (
        "{a: $max(w, 8)}\n",
        ['1:5+6: the comma ended the value at $max(w; quote the whole expression: "$max(w, 8)"'],
    ),
    "commas in two expressions of one mapping": (
        "{a: $(max(w, 8)), b: $(min(w, 8))}\n",
        [
            '1:5+7: the comma ended the value at $(max(w; quote the whole expression: "$(max(w, 8))"',
            '1:22+7: the comma ended the value at $(min(w; quote the whole expression: "$(min(w, 8))"',
        ],
    ),
    "a comma inside an expression, and what it seems to break": (
        "a: {b: $(max(w, 8)), b: 2, 8)): 1, <<: 3}\nc: 1\nc: 2\n",
        [
            '1:8+7: the comma ended the value at $(max(w; quote the whole expression: "$(max(w, 8))"',
            "3:1+1: 'c' is given twice; first on line 2",
        ],
    ),
    "a comma inside an expression in a mapping in a list": (
        "[{a: $(max(w, 8))}, {b: 1, b: 2}]\n",
        [
            '1:6+7: the comma ended the value at $(max(w; quote the whole expression: "$(max(w, 8))"',
            "1:28+1: 'b' is given twice on this line",
        ],
    ),
    "a comma inside an expression with quotes": (
        '{a: $(max(w, 8) if act == "relu" else 2)}\n',
        ["1:5+7: the comma ended the value at $(max(w; quote the whole expression"],
    ),
    "a list inside an expression": (
        "{a: $(max([1, 2], 3))}\n",
        [
            (
                "1:5+6: '[': a list is used whole: it has no parts to pick out, "
                "and none is written in an expression"
            ),
        ],
    ),
    "braces inside an expression": (
        "{a: $(max({}, w))}\n",
        [
            '1:5+6: the brace ended the value at $(max(; quote the whole expression: "$(max({}, w))"',
        ],
    ),
    "a colon inside an expression": (
        "a: $(t : b)\n",
        [
            '1:8+1: the colon ended the value inside an expression; quote the whole expression: "$(t : b)"',
        ],
    ),
    "a colon inside an expression in a mapping": (
        "{a: $(t ? a : b)}\n",
        ['1:5+7: the colon ended the value at $(t ? a; quote the whole expression: "$(t ? a : b)"'],
    ),
    "a colon inside a quoted word of an expression": (
        "a: $(': ')\n",
        [
            "1:7+1: the colon ended the value inside an expression; quote the whole expression: \"$(': ')\"",
        ],
    ),
    "an open parenthesis in a mapping": (
        "{a: $(max(w}\n",
        ["1:5+7: the parenthesis of $( is not closed before the brace"],
    ),
    "an open parenthesis before another key": (
        "{a: $(max(w, c: 1}\n",
        ["1:5+7: the parenthesis of $( is not closed before the comma"],
    ),
    "an index in a mapping": (
        "{a: $d[0]}\n",
        ["1:7+1: [ cannot stand inside an unquoted value; quote the value"],
    ),
    "a shell variable in a mapping": ("{a: ${x}}\n", ["1:5+4: braces are not used: write $x"]),
    "a shell calculation in a list": ("[${x + 1}, 2]\n", ["1:2+8: braces are not used: write $(x + 1)"]),
}


def _complaints(text: str | bytes, limits: Limits | None = None) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        read(text, "n.yaml", limits or Limits())
    return caught.value.diagnostics


def _worded(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{d.place.line}:{d.place.column}+{d.place.width}: {d.message}" for d in diagnostics]


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_says_what_is_wrong_and_where(text: str, expected: list[str]) -> None:
    assert _worded(_complaints(text)) == expected


WHOLE_FILES: dict[str, tuple[str | bytes, str]] = {
    "nothing at all": (b"", "1:1: the file is empty"),
    "nothing but comments": ("# a\n\n# b\n", "1:1: the file is empty"),
    "nothing but a start of document": ("---\n", "1:1: the file is empty"),
    "little-endian UTF-16": ("a: 1".encode("utf-16"), "1:1: the file is UTF-16; save it as UTF-8"),
    "big-endian UTF-16": (b"\xfe\xff\0a", "1:1: the file is UTF-16; save it as UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "1:1: the file is not text: it has NUL bytes"),
    "Latin-1": (b"a: 1\nb: t\xe9t\xe9\n", "2:5: byte 0xE9 is not UTF-8; save the file as UTF-8"),
    "Latin-1 after two-byte letters": (
        "ä: 'ö ".encode() + b"\xe9'",
        "1:7: byte 0xE9 is not UTF-8; save the file as UTF-8",
    ),
    "half a surrogate": ("a: \ud800", "1:4: byte 0xED is not UTF-8; save the file as UTF-8"),
    "a bell": ("a: 1\nb: 2\a\n", "2:5: the invisible character U+0007 stands here; delete it"),
    "a byte order mark in the middle": (
        "a: \ufeff1",
        "1:4: the invisible character U+FEFF stands here; delete it",
    ),
    "a line separator, of which YAML 1.1 makes a line": (
        "a: 1\u2028b: 2",
        "1:5: the invisible character U+2028 stands here; delete it",
    ),
    "a next-line character": ("a: 1\x85b: 2", "1:5: the invisible character U+0085 stands here; delete it"),
    "an escape sequence for the terminal": (
        'a: "\\e[31m"',
        "1:4: the text holds the invisible character U+001B",
    ),
    "a form feed in a comment": ("# \f\na: 1", "1:3: the invisible character U+000C stands here; delete it"),
}


@pytest.mark.parametrize(("data", "expected"), WHOLE_FILES.values(), ids=WHOLE_FILES.keys())
def test_a_file_that_is_no_text_is_refused(data: str | bytes, expected: str) -> None:
    (found,) = _complaints(data)
    assert f"{found.place.line}:{found.place.column}: {found.message}" == expected


def test_every_invisible_character_is_reported() -> None:
    places = [(d.place.line, d.place.column, d.place.width) for d in _complaints("\a: 1\nb: \a\a \a\n")]
    assert places == [(1, 1, 1), (2, 4, 2), (2, 7, 1)]


def test_a_flood_of_invisible_characters_is_not_reported_in_full() -> None:
    assert len(_complaints("\a " * 100_000)) == 20


def test_a_file_beyond_the_limit_is_refused_unread() -> None:
    assert _worded(_complaints("[" * 11, Limits(file_bytes=10))) == [
        "1:1+1: the file has 11 bytes; the limit is 10 (`file_bytes`)",
    ]


def test_a_message_shows_the_line_and_the_place() -> None:
    with pytest.raises(SpecError) as caught:
        read("a: 1\nb: {x: $(max(w, 8))}\n", "n.yaml")
    assert str(caught.value) == (
        'n.yaml:2:8: the comma ended the value at $(max(w; quote the whole expression: "$(max(w, 8))"\n'
        "    2 | b: {x: $(max(w, 8))}\n"
        "      |        ^^^^^^^"
    )


# --- depth


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML with the parser of libyaml, and without it."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("levels", [65, 999, 1000, 1001, 100_000])
@pytest.mark.parametrize(
    ("opening", "column"),
    [
        ("[", 65),
        ("{", 65),
        ("[{a: ", 32 * 5 + 1),  # two levels in five characters: the 65th is the 33rd bracket
        ("- ", 64 * 2 + 1),
        ("{? ", 64 * 3 + 1),
        ("? ", 64 * 2 + 1),
    ],
)
def test_too_many_levels_are_refused_where_the_first_of_them_opens(
    opening: str, column: int, levels: int
) -> None:
    (found,) = _complaints(opening * levels)
    assert found.message == "nested more than 64 levels deep (the limit `depth`)"
    assert (found.place.line, found.place.column) == (1, column)


@pytest.mark.parametrize(
    ("opening", "inside", "closing"), [("[\n", "", "]"), ("{a: ", "x", "}"), ("- ", "x", "")]
)
def test_the_limit_on_depth_is_ours_alone(opening: str, inside: str, closing: str) -> None:
    """libyaml 0.2.6 has one of its own, of 1000 levels."""
    text = opening * 1100 + inside + closing * 1100
    node: Tree | None = read(text, "n.yaml", Limits(depth=1100))
    deepest = 0
    while isinstance(node, SequenceNode | MappingNode):
        deepest += 1
        node = node.get("a") if isinstance(node, MappingNode) else next(iter(node.items), None)
    assert deepest == 1100
    (found,) = _complaints(text, Limits(depth=1099))
    assert found.message == "nested more than 1099 levels deep (the limit `depth`)"


def test_what_is_wrong_before_the_levels_that_are_too_many_is_said_once() -> None:
    text = "a: &x 1\na: 2\nb: " + "[" * 100_000
    assert [d.message.split(":")[0] for d in _complaints(text)] == [
        "anchors (&x) are not used",
        "'a' is given twice; first on line 1",
        "nested more than 64 levels deep (the limit `depth`)",
    ]


def test_the_deepest_document_that_is_allowed_is_read() -> None:
    data = _data(read("[" * 64 + "]" * 64, "n.yaml"))
    for _ in range(63):
        (data,) = data
    assert data == []
    assert "nested more than 64" in _complaints("[" * 65 + "]" * 65)[0].message


def test_the_limit_on_depth_can_be_raised() -> None:
    assert isinstance(read("[" * 500 + "]" * 500, "n.yaml", Limits(depth=500)), SequenceNode)


def test_a_large_file_is_read_in_linear_time() -> None:
    item = "  - conv: {out_channels: $width, kernel_size: [3, 3], groups: 1.0}\n    name: c\n"
    small, large = (calls(lambda n=n: read("a:\n" + item * n, "n.yaml")) for n in (500, 1000))
    assert large < 2.1 * small


@pytest.mark.parametrize(
    "char", ["$", "{", "'", ":", "- ", "$(", "a: ", "#", "${", "\\", "[a,", "\t", "%", "!", "a:b "]
)
def test_a_line_of_a_million_characters_is_refused_at_once(char: str) -> None:
    for text in (f"a: {char * 500_000}\n b: c: d", f"{{a: {char * 500_000}", f'a: "{char * 500_000}\n'):
        outcome = _outcome(text)
        assert isinstance(outcome, SpecError)


# --- against anything, and against PyYAML


def _outcome(data: str | bytes) -> Tree | SpecError:
    try:
        return read(data, "n.yaml")
    except SpecError as error:
        return error


MARKS = (
    *"[]{}:,-?&*!|>'\"%@`#~<=$()01a \t\r\n",
    "\n  ",
    "\n- ",
    ": ",
    ", ",
    "a: ",
    "- ",
    "<<: ",
    "*a",
    "&a ",
)
WORDS = (
    "$(max(",
    "${x}",
    "1e9",
    "'b'",
    '"\\',
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\ufeff",
    "é",
    "\x85",
    "!!str ",
)
PIECES = st.lists(st.sampled_from([*MARKS, *WORDS]), max_size=40).map("".join)


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80), PIECES))
def test_anything_is_a_document_or_refused_at_a_place_in_it(data: str | bytes) -> None:
    outcome = _outcome(data)
    if not isinstance(outcome, SpecError):
        assert _nodes(outcome)
        return
    assert outcome.diagnostics
    for diagnostic in outcome.diagnostics:
        place = diagnostic.place
        assert place.line >= 1
        assert 1 <= place.column <= len(place.text()) + 1
        assert place.width >= 1
        assert diagnostic.render()


@given(PIECES)
def test_the_parser_in_python_reads_the_same(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fast = _outcome(text)
        patch.delattr(yaml, "CSafeLoader")
        slow = _outcome(text)
    if isinstance(slow, SpecError) and not isinstance(fast, SpecError):
        # PyYAML's own parser takes no tab between words, which YAML allows.
        assert all("\t" in one.place.text() and "tab " in one.message for one in slow.diagnostics)
    else:
        assert _told(fast) == _told(slow)


def _told(outcome: Tree | SpecError) -> object:
    """The data, or that there is none: where parsers give up is their own."""
    return "refused" if isinstance(outcome, SpecError) else [_data(outcome)]


@pytest.mark.parametrize("text", [text for text, _ in REFUSED.values()], ids=REFUSED.keys())
def test_the_parser_in_python_refuses_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert _complaints(text)


def _nodes(node: Tree) -> int:
    """How many nodes there are; each knows its place."""
    assert node.place.width >= 1
    if isinstance(node, ScalarNode):
        return 1
    children = node.items if isinstance(node, SequenceNode) else [entry.value for entry in node.entries]
    return 1 + sum(map(_nodes, children))


ONLY_IN_YAML_1_2 = re.compile(r"[-+.0-9]*[eEo][-+0-9]+")
"""Numbers without a point, such as 1e5, and 0o17: words to PyYAML, so it writes them without quotes."""

WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12).filter(
    lambda text: not ONLY_IN_YAML_1_2.fullmatch(text) and not set(text) & set("\ufeff\ufffe\uffff"),
)
LEAF = st.one_of(WORD, st.integers(-(2**60), 2**60), st.booleans(), st.none())
DATA = st.recursive(
    LEAF,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORD, inner, max_size=4)),
    max_leaves=12,
)


@given(DATA, st.sampled_from([None, True, False]), st.sampled_from([10, 80, 10_000]))
def test_what_pyyaml_writes_is_read_back(data: object, flow: bool | None, width: int) -> None:
    assume(data is not None)
    text = yaml.dump(data, Dumper=_Plain, default_flow_style=flow, allow_unicode=True, width=width)
    assume(not any(line.lstrip(" -[{").startswith("? ") for line in text.splitlines()))
    outcome = _outcome(text)
    if isinstance(outcome, SpecError):
        reasons = ("ended the value", "not closed", "a colon is missing")
        assert all(any(reason in d.message for reason in reasons) for d in outcome.diagnostics)
    else:
        assert _data(outcome) == data


class _Plain(yaml.SafeDumper):
    """Never writes aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


PLAIN = st.sampled_from(
    ["conv", "kernel_size", "3", "64", "'7'", '"a: b"', "$width", "same", "b-c", "x/y", "a b"]
)


@st.composite
def _documents(draw: st.DrawFn) -> str:
    """Documents as people write them: blocks outside, brackets inside, comments and blank lines between."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        indent = "  " * draw(st.integers(0, 2))
        dash = draw(st.sampled_from(["", "- "]))
        value = draw(
            st.one_of(
                PLAIN,
                st.just(""),
                st.lists(PLAIN, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
                st.lists(PLAIN, max_size=3).map(lambda items: f"{{{', '.join(f'{i}: {i}' for i in items)}}}"),
            ),
        )
        key = draw(st.one_of(st.just(""), PLAIN.map(lambda word: f"{word}: ")))
        lines.append(indent + dash + key + value + draw(st.sampled_from(["", " # why", "\n"])))
    return "\n".join(lines)


@given(_documents())
def test_what_both_accept_means_the_same_to_pyyaml(text: str) -> None:
    outcome = _outcome(text)
    try:
        expected = yaml.safe_load(text)
    except yaml.YAMLError:
        assert isinstance(outcome, SpecError)
        return
    if isinstance(outcome, SpecError):
        reasons = ("is given twice", "a key is missing", "file is empty", "cannot be a key")
        assert all(any(reason in d.message for reason in reasons) for d in outcome.diagnostics)
    else:
        assert _data(outcome) == expected


def test_a_parenthesis_that_does_not_close_is_part_of_a_text() -> None:
    tree = read("{a: first (of two, b: sad :( face}\n", "net.yaml")
    assert isinstance(tree, MappingNode)
    assert [entry.value.value for entry in tree.entries if isinstance(entry.value, ScalarNode)] == [
        "first (of two",
        "sad :( face",
    ]
