"""The formats of results: the one list of them, and the one way from a result to a text.

Every result has a folder in `report/`: its `blocks` are what people read of it, its `data` what programs do.
A format is a module here, which makes a text of either, whatever the result. What only one result has, or has
in a way of its own, is a module of the format's name in that result's folder.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from archcost.escape import through
from archcost.report.options import USUAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.report.options import WriteOptions

FORMATS = {
    "table": "blocks:blocks",
    "json": "data:document",
    "csv": "data:rows",
    "markdown": "blocks:blocks",
}
"""Format -> the module and the function in a result's folder whose result it writes.

A new format is one file and one line here. Every result has it, but those that list theirs below.
"""

RESULTS = {
    "analysis": tuple(FORMATS),
    "comparison": tuple(FORMATS),
    "difference": ("table", "json", "markdown", "csv"),
    "expansion": tuple(FORMATS),
    "explanation": ("table", "json", "markdown"),
    "fields": tuple(FORMATS),
    "judgement": ("text", "json", "markdown", "csv", "github", "sarif", "junit"),
    "rates": tuple(FORMATS),
    "verification": tuple(FORMATS),
    "zoo": tuple(FORMATS),
}
"""Result, which is its folder -> its formats; the first is the usual one."""

_OWN = {("difference", "table"), ("difference", "markdown"), ("judgement", "markdown")}
"""Results that write one of `FORMATS` themselves: what they say differs more than by how it looks."""


def write(result: str, value: object, form: str, options: WriteOptions = USUAL) -> str:
    """A result as text. What it takes is imported now.

    Args:
        result: the folder of its kind.
        value: the result.
        form: one of its formats.
        options: how it is to be written.
    """
    return through(form, value, lambda clean: _written(result, clean, form, options))


def _written(result: str, value: object, form: str, options: WriteOptions) -> str:
    if form not in FORMATS or (result, form) in _OWN:
        return _function(f"{result}.{form}", "write")(value, options)
    module, _, name = FORMATS[form].partition(":")
    part = _function(f"{result}.{module}", name)(value, options)
    return _function(f"formats.{form}", "write")(part, options)


def _function(module: str, name: str) -> Callable[..., Any]:
    return cast("Callable[..., Any]", getattr(import_module(f"archcost.report.{module}"), name))
