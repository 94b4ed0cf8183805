"""What is said about a field's name elsewhere is true of the kind it is said of, also of one that is new."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from archcost import foreign
from archcost.layers import KINDS, find
from archcost.spec.keywords import META, SPEC_KEYS, STRUCTURES
from archcost.spec.unknown_words import field_tail

FIELDS = {kind: set(found[0].model_fields) for kind in KINDS if (found := find(kind))}
TABLES = (
    foreign.fields.FIELDS,
    foreign.fields.NO_FIELDS,
    foreign.fields.WITH_FIELD,
    *foreign.fields.FIELDS_OF.values(),
    *foreign.fields.NO_FIELDS_OF.values(),
)
WORDS = {word for table in TABLES for word in table}
AROUND = {*META, *SPEC_KEYS, *STRUCTURES}
"""Keys that stand beside a kind or around it."""


def unfounded(sentence: str, kind: str, keys: set[str] = AROUND) -> list[str]:
    """What a sentence about a kind has in backticks that is no field of it, no kind with its fields, no key.

    `pad=1` is quoted from elsewhere.

    >>> unfounded("write `bias: false`, `- relu` or `max_pool: {dilation: 2, bias: false}`", "relu")
    ['bias: false', 'max_pool: {dilation: 2, bias: false}']
    """
    found: list[str] = []
    for written in re.findall(r"`([^`=]+)`", sentence):
        word, _, rest = written.removeprefix("- ").partition(":")
        fields = set(re.findall(r"(\w+):", rest)) if rest.startswith(" {") else set[str]()
        if not (word in FIELDS[kind] | keys or (word in FIELDS and fields <= FIELDS[word])):
            found.append(written)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_hint_about_a_field_names_what_there_is(kind: str) -> None:
    said = {word: field_tail(word, FIELDS[kind], kind) for word in WORDS - FIELDS[kind]}
    assert {word: text for word, text in said.items() if unfounded(text, kind)} == {}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "padding" in FIELDS[kind]])
def test_a_hint_about_a_padding_names_what_there_is(kind: str) -> None:
    sentences = foreign.fields.PADDED if "mode" in FIELDS[kind] else foreign.fields.PADDINGS
    assert [why for why in sentences.values() if unfounded(why, kind, set())] == []


def test_what_is_said_where_a_value_differs_names_what_there_is() -> None:
    differing = foreign.fields.FIELDS_DIFFER
    assert [why for (kind, _), (_, why) in differing.items() if unfounded(why, kind, set())] == []


HAS = r"`(\w+)` has it, and this has not"


def test_a_field_that_another_kind_is_said_to_have_is_one_of_its() -> None:
    found = {
        (match[1], word)
        for table in foreign.fields.NO_FIELDS_OF.values()
        for word, why in table.items()
        if (match := re.fullmatch(HAS, why))
    }
    assert found == {("max_pool", "dilation"), ("conv_transpose", "output_padding")}
    assert all(word in FIELDS[kind] for kind, word in found)


def test_every_mode_of_a_border_that_is_named_is_one_of_pads() -> None:
    found = find("pad")
    assert found
    modes = get_args(found[0].model_fields["mode"].annotation)
    named = {
        match[1] for why in foreign.fields.PADDINGS.values() if (match := re.search(r"mode: (\w+)", why))
    }
    assert named == {*modes} - {"constant"}


def test_where_no_kind_has_the_field_nothing_is_said_about_it() -> None:
    assert field_tail("no_bias", FIELDS["conv"], "conv") == ": write `bias: false`"
    assert field_tail("no_bias", FIELDS["max_pool"], "max_pool") == ""
    assert field_tail("bn", FIELDS["max_pool"], "max_pool").endswith("after it: `- batch_norm`")
    assert field_tail("padding_mode", FIELDS["pad"], "pad") == " (did you mean 'mode'?)"
    assert "`pad: {" in field_tail("padding_mode", FIELDS["max_pool"], "max_pool")
