"""Whatever is formatted says the same, with the same comments, and formatting it again changes nothing.

The documents are compared by code of this file; the formatter's own proof takes no part.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost.formatting
from archcost import load
from archcost.errors import SpecError
from archcost.formatting import FormattingError, formatted
from archcost.spec.yaml_reader import MappingNode, ScalarNode, read
from tests.test_fuzz_specs import DENSE, damaged, transplanted
from tests.test_random_networks import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from archcost.formatting.tree import FileLayout
    from archcost.spec.yaml_reader import Tree

ROOT = Path(__file__).parents[2]
PATHS = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((ROOT / "archcost" / "blocks").glob("*.yaml"))]
TEXTS = [path.read_text(encoding="utf-8") for path in PATHS]

Randoms: TypeAlias = "st.SearchStrategy[Random]"
RANDOMS: Randoms = st.randoms(use_true_random=False)
EXAMPLES = settings(max_examples=40)


def meaning(tree: Tree) -> object:
    """What is read, key by key in whatever order: comparing dicts forgives the sections' order only."""
    if isinstance(tree, ScalarNode):
        return type(tree.value), tree.value if isinstance(tree.value, bool) else tree.text
    if isinstance(tree, MappingNode):
        return {entry.key.text: meaning(entry.value) for entry in tree.entries}
    return [meaning(item) for item in tree.items]


def numbers(text: str) -> list[str]:
    """The comments, by the numbers they were given."""
    return re.findall(r"#+ ?c(\d+)", text)


def assert_is_the_same(before: str) -> str:
    """Format, compare with what was, and format again."""
    after = formatted(before.encode(), "net.yaml").decode()
    assert meaning(read(after, "net.yaml")) == meaning(read(before, "net.yaml"))
    assert formatted(after.encode(), "net.yaml").decode() == after
    return after


@cache
def outside_texts(text: str) -> list[int]:
    """Where a line can be put between the lines of a text: neither in a scalar nor right below a `|` text."""
    inside: set[int] = set()
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken):
            inside |= set(range(token.start_mark.line + 1, token.end_mark.line + 1))
    return [n for n in range(text.count("\n") + 1) if n not in inside]


def strewn(text: str, random: Random) -> str:
    """The text with numbered comments and empty lines between its lines, indented by chance."""
    lines = text.split("\n")
    places = outside_texts(text)
    chosen = sorted(random.sample(places, random.randint(1, min(12, len(places)))), reverse=True)
    for number, n in zip(range(len(chosen), 0, -1), chosen, strict=True):
        note = " " * random.randint(0, 12) + random.choice(["#", "# ", "## "]) + f"c{number}"
        empty = [random.choice(["", "   "])] * random.randint(0, 2)
        lines[n:n] = [*empty, note, *empty] if random.random() < 0.8 else empty
    return "\n".join(lines)


@EXAMPLES
@given(st.sampled_from(range(len(TEXTS))), RANDOMS)
def test_comments_and_empty_lines_anywhere_change_no_other_line_of_the_zoo(n: int, random: Random) -> None:
    text = strewn(TEXTS[n], random)
    after = assert_is_the_same(text)
    assert numbers(after) == numbers(text)
    left = [line for line in after.split("\n") if not re.fullmatch(r"\s*(#+ c\d+)?", line)]
    # A comment between a dash and its first key puts a line between them.
    assert "\n".join(left) == "\n".join(line for line in TEXTS[n].split("\n") if line)
    assert "\n\n\n" not in after


@pytest.mark.parametrize("n", range(len(TEXTS)), ids=[path.stem for path in PATHS])
def test_a_spec_indented_by_four_comes_back_as_it_was(n: int) -> None:
    deeper = re.sub(r"(?m)^ +", lambda spaces: spaces[0] * 2, TEXTS[n])
    deeper = re.sub(r"(?m)^( *)- (?!\s)", r"\1-   ", deeper)
    assert assert_is_the_same(deeper) == TEXTS[n]


def test_a_formatted_spec_is_the_same_network(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(DENSE)
    before = load(path)
    path.write_bytes(formatted(path.read_bytes(), "net.yaml"))
    assert path.read_text() != DENSE
    after = load(path)
    assert [(node.path, node.output) for node in after] == [(node.path, node.output) for node in before]


@EXAMPLES
@given(RANDOMS)
def test_a_random_spec_stays_the_same(random: Random) -> None:
    spec = Writer(random).spec()
    assert_is_the_same(yaml.safe_dump(spec, sort_keys=False, default_flow_style=random.choice((None, False))))


@EXAMPLES
@given(RANDOMS)
def test_a_damaged_spec_stays_the_same_or_is_refused(random: Random) -> None:
    text = damaged(strewn(DENSE, random), random)
    try:
        read(text, "net.yaml")
    except SpecError:
        with pytest.raises(SpecError):
            formatted(text.encode("utf-8", "surrogatepass"), "net.yaml")
        return
    assert sorted(numbers(assert_is_the_same(text))) == sorted(numbers(text))


@settings(EXAMPLES, max_examples=15)
@given(RANDOMS)
def test_a_spec_as_pyyaml_writes_it_stays_the_same(random: Random) -> None:
    text = transplanted(DENSE, random)
    try:
        read(text, "net.yaml")
    except SpecError:
        return
    assert_is_the_same(text)


class Layout:
    """A random document in a random layout, with numbered comments wherever YAML allows some."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._comments = 0
        self.text = "\n".join([*self._between(0), *self._block(0, 0), *self._between(0)]) + "\n"

    def _comment(self) -> str:
        self._comments += 1
        return self._random.choice(["#", "# ", "##"]) + f"c{self._comments}"

    def _between(self, indent: int) -> Iterator[str]:
        """Lines that say nothing."""
        for _ in range(self._random.choice([0, 0, 0, 1, 2])):
            yield " " * (indent + self._random.randint(-2, 2)) + self._comment()
            yield from [""] * self._random.randint(0, 2)

    def _behind(self) -> str:
        return f"  {self._comment()}" if self._random.random() < 0.2 else ""

    def _block(self, indent: int, depth: int) -> Iterator[str]:
        """A list or a mapping in lines."""
        is_list = self._random.random() < 0.5
        for n in range(self._random.randint(1, 4)):
            head = " " * indent + ("-" if is_list else f"{self._random.choice('abc')}{n}:")
            kind = self._random.random()
            if depth < 3 and kind < 0.4:
                yield head + self._behind()
                inner = indent + self._random.randint(1, 4)
                yield from self._between(inner)
                yield from self._block(inner, depth + 1)
            elif kind < 0.5:
                yield from self._lines(head, indent)
            else:
                flow = "\n" if kind < 0.7 else ""
                yield f"{head} {self._value(depth, indent + 1, flow)}{self._behind()}"
            yield from self._between(indent)

    def _lines(self, head: str, indent: int) -> Iterator[str]:
        """A text of several lines."""
        sign = self._random.choice(["|", ">", "|-", ">+", "|+", "|2"])
        yield f"{head} {sign}{self._behind()}"
        inner = indent + (2 if sign == "|2" else self._random.randint(1, 5))
        yield " " * inner + "first # no comment"
        yield " " * inner + self._random.choice(["  deeper", "", "next", "- a", "   "])
        yield " " * inner + "last"
        yield from [""] * self._random.randint(0, 2)

    def _value(self, depth: int, indent: int, gap: str) -> str:
        """A scalar, or a collection in brackets; `gap` is what may stand between what is in them."""
        if depth > 4 or self._random.random() < 0.5:
            return self._random.choice(SCALARS)
        parts = [self._value(depth + 1, indent, gap) for _ in range(self._random.randint(0, 5))]
        is_mapping = self._random.random() < 0.5
        if is_mapping:
            parts = [
                f"k{n}: {part}" if self._random.random() < 0.9 else f"k{n}" for n, part in enumerate(parts)
            ]
        inside = ",".join(self._gap(indent, gap) + part for part in parts)
        inside = inside.replace(",010", ", 010")  # `[1,010]` is refused: it would be one number
        end = self._gap(indent, gap)
        return f"{{{inside}{end}}}" if is_mapping else f"[{inside}{end}]"

    def _gap(self, indent: int, gap: str) -> str:
        if not gap or self._random.random() < 0.6:
            return self._random.choice(["", " ", "  "])
        lines = [
            self._behind(),
            *(" " * indent + self._comment() for _ in range(self._random.choice([0, 0, 1]))),
        ]
        return "\n".join(lines) + "\n" + " " * (indent + self._random.randint(0, 5))


SCALARS = [
    *("1", "010", "1e3", "0.10", "true", "FALSE", "~", "null", "word", "a word", "$x", "$(a // 2)", "x/y"),
    *("'010'", "'word'", '"word"', "'it''s'", '"a\\tb"', "'a\\b'", "'yes'", "''", '"$(f(a, b))"', "é", "-1"),
    *("'" + "long text " * 9 + "'", "word" * 20),
]


@settings(EXAMPLES, max_examples=80)
@given(RANDOMS)
def test_a_document_in_any_layout_stays_the_same(random: Random) -> None:
    text = Layout(random).text
    after = assert_is_the_same(text)
    assert numbers(after) == numbers(text)


def scalars_before(text: str) -> dict[str, int]:
    """For every comment, how many scalars stand before it. One behind a `|` is part of the scalar."""
    found: dict[str, int] = {}
    at = count = 0
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    scalars: list[Any] = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    for scalar in scalars:
        if scalar.end_mark.index > scalar.start_mark.index:
            found |= dict.fromkeys(numbers(text[at : scalar.start_mark.index]), count)
            at, count = scalar.end_mark.index, count + 1
    return found | dict.fromkeys(numbers(text[at:]), count)


@settings(EXAMPLES, max_examples=80)
@given(RANDOMS)
def test_a_comment_stays_between_the_two_scalars_it_stood_between(random: Random) -> None:
    text = Layout(random).text
    # What is behind brackets that are too long, and become lines, goes to the first of the lines.
    behind_brackets = numbers("\n".join(re.findall(r"[\]}] *(#.*)", text)))
    before, after = (scalars_before(t) for t in (text, formatted(text.encode(), "net.yaml").decode()))
    moved = {number for number in before if after[number] != before[number]}
    assert moved <= set(behind_brackets)


@EXAMPLES
@given(RANDOMS)
def test_the_parser_in_python_leads_to_the_same_text(random: Random) -> None:
    text = Layout(random).text.encode()
    with pytest.MonkeyPatch.context() as patch:
        after = formatted(text, "net.yaml")
        patch.delattr(yaml, "CSafeLoader", raising=False)
        assert formatted(text, "net.yaml") == after


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("1", "2"),
        (" # b", ""),
        ("# b", "# d"),
        ("a: 1 # b\nc: 3\n", "c: 3\na: 1 # b\n"),
        ("3", "'3'"),
        ("3", "3.0"),
    ],
)
def test_a_formatter_that_changes_something_is_stopped(
    right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = archcost.formatting.printed

    def printed(document: FileLayout) -> str:
        return honest(document).replace(right, wrong)

    monkeypatch.setattr(archcost.formatting, "printed", printed)
    with pytest.raises(FormattingError, match="would change"):
        formatted(b"a: 1 # b\nc: 3\n", "net.yaml")
