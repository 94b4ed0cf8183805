"""Specs with random damage: each is a network or a list of mistakes with places, and never anything else."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcost.errors import SpecError, UsageError
from archcost.layers import words
from archcost.limits import Limits
from archcost.loading.load import load
from archcost.spec.keywords import BLOCK_KEYS, META, SPEC_KEYS, STRUCTURES
from tests.fuzz.damage import POOL, damaged, transplanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from archcost.errors import Diagnostic
    from archcost.network import Network

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
          - {avg_pool: {kernel_size: 1}, from: low, name: low, push: lows}
          - {conv: {out_channels: $(in_channels(high)), kernel_size: 1}, from: pop(lows), name: low}
    layers:
      - {unit: {out: $width}, from: left, share: [tower, $act], name: a}
      - {unit: {out: $width}, from: right, share: [tower, relu], name: b}
      - {add: {}, from: [a, b], expect: {shape: [8, 16, 16], params: 232, receptive_field: 3}}
      - name: stage
        repeat: {c: [8, 16], n: $depths}
        body:
          - repeat: {i: $n}
            push: skips
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
      - {concat, from: [previous, pop(skips)], when: $(width > 4)}
      - {repeat: 2, dense: concat, body: [{conv: {out_channels: 4, kernel_size: 3, padding: 1}}]}
      - {repeat: {i: 2}, collect: concat, body: [relu], name: last}
      - {upsample: {like: a, mode: bilinear}, name: up}
      - {repeat: 2, carry: [high, low], from: [up, b], body: [{fork: {}, from: [high, low]}], name: pair}
      - {custom: {shape: [4], macs: 10, params: 2, reason: shown to readers}, from: pair.high}
      - {linear: {out_features: 10}, name: logits}
    outputs: [logits, pair.low]
    """)

PYTHON = re.compile(r"\b(None|NoneType|Traceback|tuple|pydantic|validation|object at|[Ii]nput should)\b")
"""Words that no message may leak; the specs themselves hold none of them."""


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
    judge(transplanted(DENSE, random), path)


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
    plain = load(path, limits=LIMITS)
    if found := taken(partial(load, path, set={name: value})):
        kept = plain.variables.keys() - {name, "hidden"}  # which is computed
        assert name in plain.variables
        assert {one: found.variables[one] for one in kept} == {one: plain.variables[one] for one in kept}
    if found := taken(partial(load, path, input=given_input)):
        assert tuple(map(int, re.findall(r"\d+", given_input))) in [one.output for one in found.inputs]
    found = taken(partial(load, path, variant=variant))
    assert found is None or found.variant == variant


def taken(loading: Callable[..., Network]) -> Network | None:
    """The network, unless the choice was refused, in our own words."""
    try:
        return loading(limits=LIMITS)
    except SpecError as error:
        messages = [one.message for one in error.diagnostics]
    except UsageError as error:
        messages = [str(error)]
    assert messages
    assert [message for message in messages if not message or PYTHON.search(message)] == []
    return None


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
