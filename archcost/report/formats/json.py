"""A result as JSON: everything, exactly, a node to a line so that differences are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from archcost import __version__
from archcost.escape import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.report.data import JsonDocument
    from archcost.report.options import WriteOptions


def write(document: JsonDocument, _options: WriteOptions) -> str:
    """Which schema it follows, which tool wrote it, and its entries. How it looks depends on nothing else.

    >>> from archcost.report.data import JsonDocument
    >>> from archcost.report.options import USUAL
    >>> net = {"name": "net", "nodes": [{"path": "a"}, {"path": "b"}]}
    >>> print(write(JsonDocument("archcost-report/1", "specs", [net]), USUAL))
    {"schema": "archcost-report/1",
     "tool": {"name": "archcost", "version": "0.1.0"},
     "specs": [
      {"name": "net",
       "nodes": [
        {"path": "a"},
        {"path": "b"}]}]}
    <BLANKLINE>
    """
    tool = {"name": "archcost", "version": __version__}
    body = ",\n".join(f"  {_entry(entry)}" for entry in document.entries)
    head = {"schema": document.schema, "tool": tool, **document.beside}
    lines = "".join(f"{json_text(name)}: {_value(value)},\n " for name, value in head.items())
    return f"{{{lines}{json_text(document.key)}: [\n{body}]}}\n"


def _entry(entry: Mapping[str, object]) -> str:
    return "{" + ",\n   ".join(f"{json_text(key)}: {_value(value)}" for key, value in entry.items()) + "}"


def _value(value: object) -> str:
    """A list of objects gets a line for each; everything else is one line."""
    if not isinstance(value, list):
        return json_text(value)
    items = cast("list[object]", value)
    if items and all(isinstance(item, dict) for item in items):
        return "[\n" + ",\n".join(f"    {json_text(item)}" for item in items) + "]"
    return json_text(items)
