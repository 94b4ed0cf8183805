"""The schema of a configuration, from the measures, the rules and the kinds there are: for editors.

It is more lenient than the reader where a schema cannot tell: whether a number is whole, a day exists, a
warning comes before its error, or a list has one number too many for the axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcost.config.bounds import BOUNDS
from archcost.config.model import WAIVER_DAYS
from archcost.config.parser import LONGEST_WAIVER, SETTABLE, SEVERITIES, VARIANTS, WAIVED
from archcost.findings import RULES
from archcost.layers import KINDS
from archcost.results.judgement import GATE_RULES, LEVELS
from archcost.results.units import DTYPES

if TYPE_CHECKING:
    from archcost.config.bounds import Bound

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_SHAPE: Schema = {
    "anyOf": [
        {"type": "string", "pattern": "^([A-Za-z0-9_-]+=)?[0-9]"},
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
    ]
}


def budget() -> Schema:
    """A whole archcost.yaml, or the table `[tool.archcost]`."""
    return {
        "title": "archcost configuration",
        "description": "What networks may cost, which findings fail a check, and who agreed to what.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "specs": _described(_one_or_more(_spec()), "what is checked where no spec is named"),
            "exclude": _described(_one_or_more(_TEXT), "patterns of files that no pattern of specs means"),
            "variants": _described(
                {"enum": list(VARIANTS)},
                "which variants of listed specs are checked: all, or those that entries name; default: all",
            ),
            "against": _described(
                {"type": "string", "pattern": r"^[^\s-]\S*$"},
                "the commit, branch or tag that relative limits are relative to",
            ),
            "fail_level": _described({"enum": list(LEVELS)}, "the level from which a check fails"),
            "dtype": _described({"enum": list(DTYPES)}, "of weights and activations, for limits in bytes"),
            "baseline": _described(_TEXT, "file of complaints that are known already, below this file"),
            "waiver_days": _described(
                {"type": "integer", "minimum": 1, "maximum": LONGEST_WAIVER},
                f"how many days from today a waiver may hold at most; default: {WAIVER_DAYS}",
            ),
            "rules": _rules(),
            "budgets": _described(_list(_budget()), "what networks may cost"),
            "waivers": _described(_list(_waiver()), "what was agreed to nevertheless, for a while"),
        },
    }


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, _list(item)]}


def _object(properties: Schema, **rest: object) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties, **rest}


def _spec() -> Schema:
    value: Schema = {"type": ["number", "boolean", "string", "array"]}
    entry = _object(
        {
            "path": _described(_TEXT, "a file, a pattern, or zoo:NAME; relative to this file"),
            "variant": _described(
                _one_or_more({"type": ["string", "null"]}),
                "variants to read it as, nothing for the spec as it stands",
            ),
            "set": {
                "type": "object",
                "additionalProperties": value,
                "description": "values for variables of the spec",
            },
            "input": _described(
                {"anyOf": [*_SHAPE["anyOf"], {"type": "object", "additionalProperties": _SHAPE}]},
                "another input shape: 3x256x256",
            ),
        },
        required=["path"],
    )
    return {"anyOf": [_described(_TEXT, "a file, a pattern, or zoo:NAME; relative to this file"), entry]}


def _rules() -> Schema:
    meanings = {name: rule.summary for name, rule in RULES.items()}
    meanings |= {name: meaning for name, (_, meaning) in GATE_RULES.items()}
    levels = {"enum": ["off", *LEVELS]}
    return _object(
        {name: _described(levels, meanings[name]) for name in SETTABLE},
        description="the levels at which rules report, in place of their own",
    )


def _scope(what: str) -> Schema:
    """The keys that say which part of which networks an entry is about."""
    return {
        "match": _described(_one_or_more(_TEXT), f"patterns of the specs {what}; default: every spec"),
        "variant": _described(
            _one_or_more({"type": ["string", "null"]}),
            f"variants {what}, nothing for the spec as it stands; default: all of them",
        ),
        "block": _described(_TEXT, f"path of a block {what}, * for any name in it"),
        "kind": _described({"enum": list(KINDS)}, f"the kind of layers {what}, all of them together"),
    }


def _budget() -> Schema:
    whole_only = {bound.key: False for bound in BOUNDS.values() if not bound.is_of_parts}
    return _object(
        {**_scope("it holds for"), **{bound.key: _limits(bound) for bound in BOUNDS.values()}},
        anyOf=[{"required": [key]} for key in BOUNDS],
        dependentSchemas={
            "block": {"properties": {"kind": False, **whole_only}},
            "kind": {"properties": whole_only},
        },
    )


def _limits(bound: Bound) -> Schema:
    """One limit or several, or each of the two levels' own."""
    limit = _limit(bound)
    if bound.is_per_axis:
        limit = {"anyOf": [limit, {"type": "array", "items": limit, "minItems": 1, "maxItems": 3}]}
    several = _one_or_more(limit)
    by_level = _object(dict.fromkeys(SEVERITIES, several), minProperties=1)
    most = "most" if bound.side == "max" else "least"
    text = f"{bound.measure.title} at {most}: {bound.measure.meaning}; such as {bound.example} or +5%"
    return {"anyOf": [*several["anyOf"], by_level], "description": text}


_NUMBER = r"([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][+-]?[0-9]+)?"
_SUFFIXES = {
    "operations": "[kKMGTP]?",
    "layers": "[kKMGTP]?",
    "positions": "[kKMGTP]?",
    "elements": "([kKMGTP]|[kKMGT]B|[KMGT]iB)?",
    "share": "%?",
}


def _limit(bound: Bound) -> Schema:
    """One number: as such, or as text with its unit. Percentages have a sign where nothing is a share."""
    number = {"type": "number"} if bound.measure.unit == "share" else {"type": "integer"}
    axes = f"( ?x ?{_NUMBER}){{0,2}}" if bound.is_per_axis else ""
    amount = rf"^ *([+-]? ?{_NUMBER} ?{_SUFFIXES[bound.measure.unit]}{axes}|[+-] ?{_NUMBER} ?%) *$"
    return {"anyOf": [number, {"type": "string", "pattern": amount}]}


def _waiver() -> Schema:
    unlimited = {"properties": {"limit": False, "block": False, "kind": False, "budget": False}}
    limit = {"type": ["number", "string"]}
    return _object(
        {
            **_scope("it is for"),
            "budget": _described({"enum": list(BOUNDS)}, "the limit that something else holds for"),
            "limit": _described(limit, "what is allowed instead, in full"),
            "rule": _described({"enum": list(WAIVED)}, "the rule whose findings are accepted"),
            "node": _described(_TEXT, "path of the node they are about, or of a block around it"),
            "reason": _described(_TEXT, "why"),
            "owner": _described(_TEXT, "who answers for it"),
            "expires": _described(
                {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                "the last day on which it holds",
            ),
        },
        required=["reason", "owner", "expires"],
        anyOf=[{"required": ["budget", "limit"]}, {"required": ["rule"]}],
        dependentSchemas={"rule": unlimited, "budget": {"properties": {"node": False}}},
    )
