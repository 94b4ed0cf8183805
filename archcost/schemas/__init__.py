"""The JSON Schemas (draft 2020-12) of what archcost reads and writes, made from the code that does it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

DIALECT = "https://json-schema.org/draft/2020-12/schema"

SCHEMAS = {
    "spec": "spec:spec",
    "budget": "budget:budget",
    "report": "report:report",
    "explanation": "report:explanation",
    "rates": "report:rates",
    "rf": "report:fields",
    "verify": "report:verified",
    "compare": "report:compare",
    "diff": "report:differences",
    "check": "report:check",
}
"""Name -> the module and function that make it."""


def schema(name: str) -> dict[str, Any]:
    """One of the schemas, ready to be dumped.

    >>> schema("report")["title"]
    'archcost-report/1'
    """
    module, _, function = SCHEMAS[name].partition(":")
    make = cast(
        "Callable[[], dict[str, Any]]", getattr(import_module(f"archcost.schemas.{module}"), function)
    )
    return {"$schema": DIALECT, **make()}
