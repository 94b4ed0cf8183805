"""What the gate says, in the formats of those who listen: people, GitHub, GitLab, Jenkins, code scanners.

A format shows a judgement and changes nothing about it: whether a check fails is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.gate.model import Judgement
    from archcost.report.judgement.words import Look

FORMATS = {
    "text": "text",
    "json": "json",
    "markdown": "markdown",
    "csv": "csv",
    "github": "github",
    "sarif": "sarif",
    "junit": "junit",
}
"""Format -> the module whose `write` makes it. It is loaded when it is first used."""

T = TypeVar("T")


def write(judgement: Judgement, form: str, look: Look) -> str:
    """A judgement in one of the formats, as text that is valid UTF-8 whatever the specs contain."""
    module = import_module(f"archcost.report.judgement.{FORMATS[form]}")
    writer = cast("Callable[[Judgement, Look], str]", module.write)
    # JSON has every character as it is; in the others, a line break could end what it stands in.
    text = writer(judgement if form == "json" else readable(judgement), look)
    return text.encode("utf-8", "replace").decode("utf-8")


def readable(value: T) -> T:
    r"""The same value with each of its texts on one line, and with nothing invisible in it.

    >>> readable({"why": ("no\nreason", 1)})
    {'why': ('no reason', 1)}
    """
    made: object = value
    if isinstance(value, str):
        made = _visible(value)
    elif isinstance(value, tuple):
        made = tuple(map(readable, cast("tuple[object, ...]", value)))
    elif isinstance(value, dict):
        made = {_visible(key): readable(item) for key, item in cast("Mapping[str, object]", value).items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed: dict[str, Any] = {
            field.name: readable(getattr(value, field.name)) for field in fields(value)
        }
        made = replace(value, **changed)
    return cast("T", made)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else f"<U+{ord(c):04X}>" for c in text)
