"""Specs with random damage: each is a network or a list of mistakes with places, and never anything else."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from archcost.errors import SpecError, UsageError
from archcost.layers import words
from archcost.limits import Limits
from archcost.spec.load import load
from archcost.spec.mending import STRUCTURES
from archcost.spec.parse import BLOCK_KEYS, SPEC_KEYS
from archcost.spec.pieces import META

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from archcost.errors import Diagnostic

LIMITS = Limits(nodes=2000)

DENSE = dedent("""\
    archcost: 1
    name: dense
    note: every construct of the language, each as small as it gets
    vars: {width: 8, depths: [1, 2], act: relu, k: 3, hidden: $(width * 2)}
    variants:
      thin: {width: 4}
    input: {left: [3, 16, 16], right: [3, 16, 16]}
    blocks:
      unit:
        note: a block
        params: {out: required, stride: 1, hidden: "$(divisible(out, 4))"}
        body:
          - conv: {out_channels: $out, kernel_size: $k, stride: $stride, padding: $(k // 2), bias: false}
          - batch_norm
          - activation: {function: $act}
      fork:
        inputs: [high, low]
        outputs: [high, low]
        body:
          - {conv: {out_channels: $width, kernel_size: 3, padding: same}, from: high, name: high}
          - {avg_pool: {kernel_size: 1}, from: low, name: low}
    layers:
      - {unit: {out: $width}, from: left, share: tower, name: a}
      - {unit: {out: $width}, from: right, share: tower, name: b}
      - {add: {}, from: [a, b], expect: {shape: [8, 16, 16], params: 232, receptive_field: 3}}
      - name: stage
        repeat: {c: [8, 16], n: $depths}
        body:
          - repeat: {i: $n}
            body:
              - residual:
                  - unit: {out: $c, stride: "$(2 if i == 0 and c > 8 else 1)"}
                shortcut:
                  - conv: {out_channels: $c, kernel_size: 1, stride: $(2 if in_height > 16 else 1)}
                    when: $(in_channels != c)
                merge: add
            when: $(c < 16)
      - branches:
          one: [{conv: {out_channels: 4, kernel_size: [1, 3], padding: [[0, 0], [1, 1]]}}]
          two: {when: $(act == 'relu'), body: [std/squeeze_excite: {ratio: 2}]}
          three: []
        merge: {concat: {axis: 0}}
      - repeat: [{r: 1}, {r: 2}]
        merge: concat
        body: [{max_pool: {kernel_size: 3, stride: 1, dilation: $r, padding: same}}]
      - {repeat: 2, dense: concat, body: [{conv: {out_channels: 4, kernel_size: 3, padding: 1}}]}
      - {repeat: {i: 2}, collect: concat, body: [relu], name: last}
      - {upsample: {like: a, mode: bilinear}, name: up}
      - {repeat: 2, carry: [high, low], from: [up, b], body: [{fork: {}, from: [high, low]}], name: pair}
      - {custom: {shape: [4], macs: 10, params: 2, reason: shown to readers}, from: pair.high}
      - {linear: {out_features: 10}, name: logits}
    outputs: [logits, pair.low]
    """)

POOL = [
    *(
        "",
        "-1",
        "0",
        "1",
        "2",
        "3.5",
        "1e9",
        "1e400",
        "true",
        "~",
        "x",
        "é",
        "''",
        '"',
        "'",
        "[]",
        "{}",
        "[[1]]",
    ),
    *(
        "{a: 1}",
        "- ",
        ": ",
        ", ",
        "#",
        "&a",
        "*a",
        "!t",
        "|",
        ">",
        "%",
        "@",
        "\t",
        "$",
        "$(",
        ")",
        "${x}",
        "---",
    ),
    *("$in_channels", "$(1/0)", "$(w", "$(9**9**9)", "$width", "$(in_height/3)", "required", "input", "relu"),
    *(
        "conv",
        "repeat",
        "body",
        "branches",
        "merge",
        "when",
        "from",
        "name",
        "std/aspp",
        "a.b",
        "stage.0",
        "left",
    ),
    *(
        "999999999999",
        "-",
        ".",
        "/",
        "**",
        "if",
        "else",
        "==",
        "[1, 2, 3]",
        "same",
        "axis",
        "\u200b",
        "\ufeff",
    ),
]
"""What a token is replaced by, if not by another token of the spec."""

TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
PYTHON = re.compile(r"\b(None|NoneType|Traceback|tuple|pydantic|validation|object at|[Ii]nput should)\b")
"""Words that no message may leak; the specs themselves hold none of them."""


def damaged(text: str, random: Random) -> str:
    """The text after one to four accidents."""
    for _ in range(random.randint(1, 4)):
        text = random.choice(ACCIDENTS)(text, random)
    return text


def _lines(text: str, random: Random) -> str:
    """A line lost, doubled, or in another place."""
    lines = text.split("\n")
    i, j = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(4)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(j, lines[i])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    else:
        del lines[i : i + random.randint(1, 5)]
    return "\n".join(lines)


def _indentation(text: str, random: Random) -> str:
    """A line further in or out."""
    lines = text.split("\n")
    i, step = random.randrange(len(lines)), random.randint(-4, 4)
    lines[i] = " " * step + lines[i] if step > 0 else lines[i][min(-step, _indent(lines[i])) :]
    return "\n".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _token(text: str, random: Random) -> str:
    """A token replaced by another one, or by what belongs nowhere."""
    tokens = TOKEN.findall(text)
    if not tokens:
        return text
    i = random.randrange(len(tokens))
    other = random.choice(POOL) if random.random() < 0.6 else tokens[random.randrange(len(tokens))]
    tokens[i] = random.choice((other, tokens[i] + other, ""))
    return "".join(tokens)


def _value(text: str, random: Random) -> str:
    """What follows a colon replaced, up to the next comma, brace or line."""
    values = list(re.finditer(r"(?<=: )[^,}\]\n]+", text))
    if not values:
        return text
    match = values[random.randrange(len(values))]
    return text[: match.start()] + random.choice(POOL) + text[match.end() :]


def _characters(text: str, random: Random) -> str:
    """A few characters lost."""
    i = random.randrange(len(text) + 1)
    return text[:i] + text[i + random.randint(1, 12) :]


ACCIDENTS = (_lines, _indentation, _token, _token, _value, _value, _characters)


VALUES: list[Any] = [
    *(None, True, 0, 1, -1, 2.5, 10**30, "", "x", "relu", "same", "input", "a", "required"),
    *("$width", "$(1/0)", "$in_channels", "$(in_height - 16)", [], {}, [1, 2], [[1, 2], [3, 4]], {"a": 1}),
    *(["relu"], [{"relu": None}], {"conv": {}}, ["a", "b"]),
]
"""What stands where something else belongs, if not another piece of the spec."""


def transplanted(random: Random) -> str:
    """The dense spec with pieces where others stood: mappings for lists, items for fields, and so on."""
    tree = yaml.safe_load(DENSE)
    for _ in range(random.randint(1, 3)):
        places = list(_places(tree))
        (where, key), (donor, other) = random.choice(places), random.choice(places)
        piece = donor[other] if random.random() < 0.6 else random.choice(VALUES)
        where[key] = deepcopy(piece)
    return yaml.safe_dump(tree, sort_keys=False, default_flow_style=random.choice((None, True, False)))


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - whatever YAML holds
    """Every (collection, key) of a tree."""
    keys: list[Any] = list(cast("Any", tree)) if isinstance(tree, dict) else []
    keys += range(len(cast("Any", tree))) if isinstance(tree, list) else []
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


def judge(text: str, path: Path) -> list[Diagnostic]:
    """Load a text; the mistakes found, none if it is a network. Anything else is an error of ours."""
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    mistakes = list(_mistakes(path))
    for one in mistakes:
        assert_is_readable(one, str(path), text)
    return mistakes


def _mistakes(path: Path) -> tuple[Diagnostic, ...]:
    try:
        network = load(path, limits=LIMITS)
    except SpecError as error:
        return error.diagnostics or pytest.fail("an error without a mistake")
    return () if len(network) <= LIMITS.nodes else pytest.fail("a network beyond the limit")


def assert_is_readable(one: Diagnostic, path: str, text: str) -> None:
    """It points into the file (for a standard block, its trail does), in our own words."""
    places = [one.place, *(place for _, place in one.uses)]
    own = [place for place in places if place.source.name == path]
    assert own, one.render()
    for place in own:
        line = (re.split(r"\r\n?|\n", text.removeprefix("\ufeff")) or [""])[place.line - 1]
        assert 1 <= place.column <= len(line) + 1, one.render()
        assert place.width >= 1
    assert one.message
    assert not PYTHON.search(one.message), one.message


SPECS = [
    DENSE,
    *(path.read_text() for path in sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "net.yaml"


def test_the_specs_are_sound_before_they_are_damaged(path: Path) -> None:
    assert judge(DENSE, path) == []


@settings(max_examples=200)
@given(st.randoms(use_true_random=False))
def test_a_damaged_spec_is_a_network_or_a_list_of_mistakes(path: Path, random: Random) -> None:
    judge(damaged(DENSE, random), path)


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_a_transplanted_spec_is_one_too(path: Path, random: Random) -> None:
    judge(transplanted(random), path)


TEXTS = (
    st.sampled_from(POOL)
    | st.text(max_size=8)
    | st.sampled_from(["3x8x8", "left=3x8x8", "3", "0x1", "[4, 4]"])
)


@settings(max_examples=100)
@given(
    name=st.sampled_from(["width", "depths", "act", "hidden", "widht"]),
    value=TEXTS,
    given_input=TEXTS,
    variant=TEXTS,
)
def test_any_setting_input_and_variant_is_taken_or_refused(
    path: Path, name: str, value: str, given_input: str, variant: str
) -> None:
    path.write_text(DENSE)
    for choice in ({"set": {name: value}}, {"input": given_input}, {"variant": variant}):
        try:
            load(path, limits=LIMITS, **choice)  # pyright: ignore[reportArgumentType] - one of them at a time
        except (SpecError, UsageError):
            continue


@settings(max_examples=100)
@given(st.sampled_from(SPECS), st.randoms(use_true_random=False))
def test_a_damaged_network_of_the_zoo_is_one_too(path: Path, text: str, random: Random) -> None:
    judge(damaged(text, random), path)


KEYS = {*words(), *SPEC_KEYS, *BLOCK_KEYS, *META, *(key for keys in STRUCTURES.values() for key in keys)}
"""Words of the language that stand before a colon; fields and parameters come on top."""
FIELDS = {
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "bias",
    "function",
    "axis",
    "like",
    "macs",
    "ratio",
}


def _slip(word: str) -> str:
    """The word with its middle letter doubled."""
    middle = len(word) // 2
    return f"{word[:middle]}{word[middle]}{word[middle:]}"


def _words(pattern: str) -> list[re.Match[str]]:
    """The words of the dense spec that stand where a pattern says, in its first group."""
    return [match for match in re.finditer(pattern, DENSE) if len(match[1]) > 2]


def _is_declared_here(match: re.Match[str]) -> bool:
    """Whether the word is a parameter's first: a slip there is one in every expression that reads it."""
    return "params:" in DENSE[DENSE.rfind("\n", 0, match.start()) : match.start()]


def _the_place(match: re.Match[str]) -> tuple[int, int]:
    before = DENSE[: match.start(1)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


SLIPS = [
    *(m for m in _words(r"([a-z_]+)(?=:)") if m[1] in KEYS | FIELDS and not _is_declared_here(m)),
    *_words(r"(?:merge|dense|collect|mode): ([a-z]+)"),
    *_words(r"(?<=from: )([a-z]+)"),
    *_words(r"(?<=\$)([a-z_]{3,})"),
    *_words(r"(?<= in )([a-z_]{3,})"),
]


@pytest.mark.parametrize("match", SLIPS, ids=lambda match: f"{match[1]} at {match.start()}")
def test_a_slip_in_one_word_is_one_mistake_at_its_place(match: re.Match[str], path: Path) -> None:
    text = DENSE[: match.start(1)] + _slip(match[1]) + DENSE[match.end(1) :]
    mistakes = judge(text, path)
    assert [(one.place.line, one.place.column) for one in mistakes] == [_the_place(match)], [
        one.render() for one in mistakes
    ]
    assert f"'{match[1]}'" in mistakes[0].message
