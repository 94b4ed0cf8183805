"""Limits as the command line sets them, and what is suggested for words nobody knows."""

from __future__ import annotations

import pytest

from archcost.errors import UsageError
from archcost.layers import words
from archcost.limits import DEFAULT, Limits
from archcost.suggest import FIELD_ALIASES, KIND_ALIASES, suggest


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("nodes=5", Limits(nodes=5)),
        (" nodes = 5 ", Limits(nodes=5)),
        ("dimension=2^50", Limits(dimension=2**50)),
        ("integer=2**4096", Limits(integer=2**4096)),
        ("file_bytes=010", Limits(file_bytes=10)),
    ],
)
def test_a_setting_changes_one_limit(text: str, limits: Limits) -> None:
    assert DEFAULT.setting(text) == limits


BOUNDS = "must be a whole number from 1 to 2^4096, like 5000 or 2^40"
LIMITS = "file_bytes, depth, nodes, dimension, integer, expression_length, memory"

BAD_SETTINGS = {
    "without a value": ("nodes", f"--limit nodes: write NAME=VALUE; the limits are {LIMITS}"),
    "of a misspelt limit": ("node=5", "--limit node=5: there is no limit 'node' (did you mean 'nodes'?)"),
    "of an unknown limit": ("colour=5", "--limit colour=5: there is no limit 'colour'"),
    "to a word": ("nodes=many", f"--limit nodes=many: {BOUNDS}"),
    "to nothing": ("nodes=", f"--limit nodes=: {BOUNDS}"),
    "to zero": ("nodes=0", f"--limit nodes=0: {BOUNDS}"),
    "to less than zero": ("nodes=-1", f"--limit nodes=-1: {BOUNDS}"),
    "to half a power": ("nodes=2^", f"--limit nodes=2^: {BOUNDS}"),
    "to digits of another script": ("nodes=\u0663", f"--limit nodes=\u0663: {BOUNDS}"),
    "beyond all bounds": ("integer=2^4097", f"--limit integer=2^4097: {BOUNDS}"),
    "to a tower of powers": ("integer=9^9^9", f"--limit integer=9^9^9: {BOUNDS}"),
    "to a power that takes forever": ("integer=9^999999999999", f"--limit integer=9^999999999999: {BOUNDS}"),
}


@pytest.mark.parametrize(("text", "message"), BAD_SETTINGS.values(), ids=BAD_SETTINGS.keys())
def test_a_setting_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        DEFAULT.setting(text)
    assert str(caught.value) == message


FIELDS = ["out_channels", "kernel_size", "stride", "padding", "out_features", "bias", "p"]
KINDS = ["conv", "linear", "batch_norm", "max_pool", "global_avg_pool", "relu", "relu6", "conv_transpose"]

SUGGESTIONS: dict[str, tuple[str, list[str], dict[str, str], str | None]] = {
    "a slip of the fingers": ("kernal_size", FIELDS, {}, "kernel_size"),
    "the beginning of a word": ("kernal", FIELDS, {}, "kernel_size"),
    "other letters": ("Kernel-Size", FIELDS, {}, "kernel_size"),
    "Keras's word for a field": ("filters", FIELDS, FIELD_ALIASES, "out_channels"),
    "Caffe's word for a field": ("num_output", FIELDS, FIELD_ALIASES, "out_channels"),
    "Keras's word for a stride": ("strides", FIELDS, FIELD_ALIASES, "stride"),
    "Darknet's word for a padding": ("pad", FIELDS, FIELD_ALIASES, "padding"),
    "Keras's word for a kind": ("Dense", KINDS, KIND_ALIASES, "linear"),
    "Keras's word for a kind, with its rank": ("MaxPooling2D", KINDS, KIND_ALIASES, "max_pool"),
    "PyTorch's word for a kind": ("BatchNorm2d", KINDS, KIND_ALIASES, "batch_norm"),
    "PyTorch's word for another kind": ("ConvTranspose2d", KINDS, KIND_ALIASES, "conv_transpose"),
    "a kind in capitals": ("ReLU", KINDS, KIND_ALIASES, "relu"),
    "a paper's word for a kind": ("bn", KINDS, KIND_ALIASES, "batch_norm"),
    "a word nobody knows": ("quux", KINDS, KIND_ALIASES, None),
    "a word known elsewhere, meant for something that is not here": ("filters", KINDS, FIELD_ALIASES, None),
    "nothing": ("", KINDS, KIND_ALIASES, None),
    "two characters": ("2d", KINDS, KIND_ALIASES, None),
}


@pytest.mark.parametrize(
    ("word", "known", "aliases", "expected"), SUGGESTIONS.values(), ids=SUGGESTIONS.keys()
)
def test_a_suggestion_for(word: str, known: list[str], aliases: dict[str, str], expected: str | None) -> None:
    assert suggest(word, known, aliases) == (f" (did you mean '{expected}'?)" if expected else "")


def test_a_very_long_word_is_not_compared_at_length() -> None:
    assert suggest("x" * 1_000_000, KINDS) == ""


def test_every_alias_is_written_as_it_is_looked_up() -> None:
    assert all(alias == alias.lower() and "_" not in alias for alias in KIND_ALIASES)
    assert all(alias == alias.lower() for alias in FIELD_ALIASES)


def test_no_alias_stands_for_a_word_of_the_language() -> None:
    assert not set(KIND_ALIASES) & set(words())
