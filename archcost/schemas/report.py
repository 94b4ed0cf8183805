"""The schemas of our JSON documents, from the dataclasses they are written from.

They allow keys they do not name: within a major version keys are only ever added.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import make_dataclass
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from pydantic import TypeAdapter

from archcost.results.comparison import SCHEMA as COMPARE
from archcost.results.comparison import Comparison
from archcost.results.difference import SCHEMA as DIFF
from archcost.results.difference import Diff
from archcost.results.explanation import SCHEMA as EXPLANATION
from archcost.results.explanation import GroupExplanation, NodeExplanation
from archcost.results.fields import SCHEMA as RF
from archcost.results.fields import FieldReport
from archcost.results.judgement import SCHEMA as CHECK
from archcost.results.judgement import Judgement
from archcost.results.rates import SCHEMA as RATES
from archcost.results.rates import RatesAnswer
from archcost.results.report import JSON_NAMES, Counts, Report
from archcost.results.report import SCHEMA as REPORT
from archcost.results.verification import SCHEMA as VERIFY
from archcost.results.verification import VerifyReport

if TYPE_CHECKING:
    from collections.abc import Iterable

Schema = dict[str, Any]


def report() -> Schema:
    """`archcost-report/1`, what `analyze --format json` writes."""
    return _document(REPORT, [("specs", tuple[Report, ...])])


def explanation() -> Schema:
    """`archcost-explanation/1`, what `explain --format json` writes: `nodes` or `groups`."""
    return _document(
        EXPLANATION,
        [("nodes", tuple[NodeExplanation, ...], ()), ("groups", tuple[GroupExplanation, ...], ())],
    )


def fields() -> Schema:
    """`archcost-rf/1`, what `rf --format json` writes."""
    return _document(RF, [("specs", tuple[FieldReport, ...])])


def verified() -> Schema:
    """`archcost-verify/1`, what `verify --format json` writes."""
    return _document(VERIFY, [("specs", tuple[VerifyReport, ...])])


def rates() -> Schema:
    """`archcost-rates/1`, what `rates --format json` writes."""
    return _document(RATES, [("answers", tuple[RatesAnswer, ...])])


def compare() -> Schema:
    """`archcost-compare/1`, what `compare --format json` writes."""
    return _document(COMPARE, get_type_hints(Comparison).items(), Comparison)


def differences() -> Schema:
    """`archcost-diff/1`, what `diff --format json` writes."""
    return _document(DIFF, [("diffs", tuple[Diff, ...])])


def check() -> Schema:
    """`archcost-check/1`, what `check --format json` writes."""
    return _document(CHECK, get_type_hints(Judgement).items(), Judgement)


def _document(
    name: str, entries: Iterable[tuple[str, Any] | tuple[str, Any, Any]], about: type | None = None
) -> Schema:
    """The envelope, with what stands in it; `about` is a class that explains that."""
    tool = make_dataclass("Tool", [("name", str), ("version", str)])
    envelope = make_dataclass("Document", [("schema", Literal[name]), ("tool", tool), *entries])
    made = TypeAdapter(envelope).json_schema(mode="serialization")
    if about is not None:
        made["description"] = inspect.getdoc(about)
    documented = {key: _documented(definition) for key, definition in made["$defs"].items()}
    return {**_documented(made), "title": name, "$defs": documented}


_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def _documented(definition: Schema) -> Schema:
    """A definition whose `Attributes` section has moved to the properties it speaks of."""
    text: str = definition.get("description", "")
    known = meanings(inspect.getdoc(Counts) or "") | meanings(text)
    for name, field in definition["properties"].items():
        field.pop("title", None)
        field.pop("default", None)
        if name in known and "$ref" not in field:
            field["description"] = known[name]
    summary = text.partition("\n\nAttributes:\n")[0]
    return _renamed(definition) | ({"description": summary} if summary else {})


def _renamed(definition: Schema) -> Schema:
    """A definition with the keys JSON has. Of the two for receptive fields, a row has one."""
    properties = {JSON_NAMES.get(name, name): field for name, field in definition["properties"].items()}
    optional = {"receptive_field", "receptive_fields"}
    # A value that never varies has a default, and is written all the same.
    always = definition.get("required", definition["properties"])
    required = [JSON_NAMES.get(name, name) for name in always if name not in optional]
    return {**definition, "properties": properties, "required": required}


def meanings(text: str) -> dict[str, str]:
    """What the `Attributes` section of a docstring says of each."""
    attributes = text.partition("\n\nAttributes:\n")[2]
    return {name: " ".join(meaning.split()) for name, meaning in _ATTRIBUTE.findall(attributes)}
