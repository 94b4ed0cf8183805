"""The layer kinds. `KINDS` says where each one lives; a class is imported when a spec first uses it."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.layers.base import Kind

KINDS = {
    # convolution
    "conv": "convolution:Conv",
}
"""Kind -> module and class, by family. A new kind is one class and one line here."""

RANKED = ("conv", "depthwise_conv", "max_pool", "avg_pool")
"""Kinds that may carry their rank in the word (`conv2d`); the word then asserts it."""


@lru_cache(maxsize=None)
def find(word: str) -> tuple[type[Kind], int | None] | None:
    """The class a word means and the rank it asserts; None if it is no kind.

    >>> kind, rank = find("conv2d")
    >>> kind.__name__, rank
    ('Conv', 2)
    """
    rank = None
    if word[-2:] in ("1d", "2d", "3d") and word[:-2] in RANKED:
        word, rank = word[:-2], int(word[-2])
    if word not in KINDS:
        return None
    module, _, name = KINDS[word].partition(":")
    return getattr(import_module(f"archcost.layers.{module}"), name), rank


def words() -> list[str]:
    """Every word that names a kind, for suggestions and completion."""
    return [*KINDS, *(f"{kind}{rank}d" for kind in RANKED for rank in (1, 2, 3))]
