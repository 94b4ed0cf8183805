"""Reports as JSON, `archcost-report/1`: everything, exactly, a node to a line so that diffs are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from archcost import __version__
from archcost.escape import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcost.report.look import Look
    from archcost.results.report import Report

SCHEMA = "archcost-report/1"


def write(reports: Sequence[Report], _look: Look) -> str:
    """The envelope and every report in it. How it looks does not depend on anything."""
    return envelope(SCHEMA, "specs", (report.to_dict() for report in reports))


def envelope(
    schema: str,
    key: str,
    entries: Iterable[Mapping[str, object]],
    beside: Mapping[str, object] | None = None,
) -> str:
    """A document of ours: which schema it follows, which tool wrote it, and the entries under `key`.

    What is `beside` the entries, about all of them, stands before them.

    >>> net = {"name": "net", "nodes": [{"path": "a"}, {"path": "b"}]}
    >>> print(envelope("archcost-report/1", "specs", [net]))
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
    body = ",\n".join(f"  {_entry(entry)}" for entry in entries)
    head = {"schema": schema, "tool": tool, **(beside or {})}
    lines = "".join(f"{json_text(name)}: {_value(value)},\n " for name, value in head.items())
    return f"{{{lines}{json_text(key)}: [\n{body}]}}\n"


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
