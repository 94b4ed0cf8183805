"""The kind that a word of a spec names."""

from __future__ import annotations

from archcost.layers import KINDS, RANKED


def kind_of(word: str) -> str:
    """The kind a word names, without the rank it may assert.

    >>> kind_of("conv2d")
    'conv'
    """
    return word[:-2] if word not in KINDS and word[:-2] in RANKED else word
