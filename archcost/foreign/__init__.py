"""The words of other frameworks: what each of them is here, so that no hint has to guess.

A word that means the same under another name is translated. One that means something else, or several things,
has a sentence that says what to write instead, and where the costs differ, that they do. A file of them is
loaded when the first of its words is looked up, mostly in a spec with a mistake.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.foreign import blocks as blocks
    from archcost.foreign import fields as fields
    from archcost.foreign import files as files
    from archcost.foreign import layers as layers


def each(words: str, meaning: str) -> dict[str, str]:
    """All these words, with one meaning."""
    return dict.fromkeys(words.split(), meaning)


def __getattr__(name: str) -> object:
    if name not in {"blocks", "fields", "files", "layers"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
