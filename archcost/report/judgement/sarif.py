"""A judgement as SARIF 2.1.0, which code scanners and editors read.

What GitHub asks for beyond the standard is there, too: descriptions and help of every rule, a region of a
file below the root of the repository for every result. The fingerprint GitHub itself goes by,
`primaryLocationLineHash`, is left to the action that uploads the file, which makes it from the text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from archcost import __version__
from archcost.escape import json_text
from archcost.report.judgement.sentences import NAMES, in_repository
from archcost.results.judgement import GATE_RULES
from archcost.results.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcost.report.options import WriteOptions
    from archcost.results.judgement import CheckedSpec, Judgement, Violation
    from archcost.results.report import Level

Object = dict[str, object]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_LONGEST = 1000
"""Characters of a description; GitHub takes 1024."""


def write(judgement: Judgement, options: WriteOptions) -> str:
    """One run with a result per complaint, accepted ones suppressed."""
    named = list(_named(judgement))
    rules = _rules(judgement, (rule for rule, _, _ in named))
    index = {rule: position for position, rule in enumerate(rules)}
    run: Object = {
        "tool": {"driver": {"name": "archcost", "version": __version__, "rules": list(rules.values())}},
        "invocations": [{"executionSuccessful": True, "exitCode": int(judgement.failed)}],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            {"ruleId": rule, "ruleIndex": index[rule], **_result(one, spec, options)}
            for rule, one, spec in named
        ],
    }
    parts = ",\n".join(f"  {json_text(key)}: {_value(value)}" for key, value in run.items())
    return f'{{"$schema": "{_SCHEMA}",\n "version": "2.1.0",\n "runs": [{{\n{parts}}}]}}\n'


def _value(value: object) -> str:
    """A list gets a line for each item, so that two files can be compared."""
    if not isinstance(value, list):
        return json_text(value)
    return "[" + ",".join(f"\n    {json_text(item)}" for item in cast("list[object]", value)) + "]"


def _named(judgement: Judgement) -> Iterator[tuple[str, Violation, CheckedSpec | None]]:
    """Every complaint with its rule. GitHub keeps one result per rule and line, so each budget is a rule."""
    for spec in judgement.specs:
        budgets = {limit.fingerprint: limit.budget for limit in spec.limits}
        for one in spec.complaints:
            budget = budgets.get(one.fingerprint)
            yield f"budget/{budget}" if budget and one.rule == "budget" else one.rule, one, spec
    for one in judgement.complaints:
        yield one.rule, one, None


# -- rules --------------------------------------------------------------------------------------------------


def _rules(judgement: Judgement, used: Iterable[str]) -> dict[str, Object]:
    """The rules and limits that were judged, found or not, and what else was found."""
    budgets = sorted({f"budget/{limit.budget}" for spec in judgement.specs for limit in spec.limits})
    return {rule: _rule(rule) for rule in dict.fromkeys([*judgement.rules, *budgets, *used])}


def _rule(name: str) -> Object:
    text, level = _meaning(name)
    description = {"text": text[:_LONGEST]}
    return {
        "id": name,
        "shortDescription": description,
        "fullDescription": description,
        "help": {"text": f"{text}\n\n{_HELP}"},
        "defaultConfiguration": {"level": _level(level)},
    }


_HELP = "Levels, limits and waivers are set in archcost.yaml; `archcost check --help` says how."


def _meaning(name: str) -> tuple[str, Level]:
    """What a rule is about, and its usual level."""
    # Of all formats only this one documents the rules.
    from archcost.analysis.measures import MEASURES  # noqa: PLC0415 - likewise
    from archcost.findings import RULES  # noqa: PLC0415 - they bring networkx along

    if known := RULES.get(name):
        return f"{name}: {known.summary}", known.levels[0]
    budget = name.partition("/")[2]
    if measure := MEASURES.get(budget[4:]):
        bound = "at most" if measure.less_is_better else "at least"
        return f"{name}: what a budget allows {bound}: {measure.title}, {measure.meaning}", "error"
    level, summary = GATE_RULES.get(name, GATE_RULES["budget"])
    return f"{name}: {summary}", level


def _level(level: Level) -> str:
    return NAMES[level]


# -- results ------------------------------------------------------------------------------------------------


def _result(one: Violation, spec: CheckedSpec | None, options: WriteOptions) -> Object:
    about = {"network": spec.label if spec else None, "node": one.node, "fails": one.fails}
    known = {name: value for name, value in about.items() if value is not None}
    result: Object = {
        "level": _level(one.level),
        "message": {"text": _message(one)},
        "locations": [_location(one, options)],
        "properties": known | {"details": plain(one.details)},
    }
    if one.fingerprint:
        result["partialFingerprints"] = {"archcost/v1": one.fingerprint}
    if one.state != "open":
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one.because}]
    return result


def _message(one: Violation) -> str:
    """The message and its details. Brackets before a parenthesis would be a link."""
    details = (f"{label}: {text}" for label, text in one.details.items())
    return "\n".join([one.message or one.rule, *details]).replace("](", "] (")


def _location(one: Violation, options: WriteOptions) -> Object:
    region = {
        "startLine": max(1, one.line),
        "startColumn": max(1, one.column),
        "endLine": max(1, one.line),
        "endColumn": max(1, one.column) + 1,
    }
    location: Object = {
        "physicalLocation": {"artifactLocation": _artifact(one.file, options), "region": region}
    }
    if one.node:
        location["logicalLocations"] = [{"fullyQualifiedName": one.node, "kind": "member"}]
    return location


def _artifact(file: str, options: WriteOptions) -> Mapping[str, str]:
    """A file below the root; a network of the zoo becomes a name there that no file has."""
    path = in_repository(file, options.root)
    if path is None and Path(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(path or file or "-", safe="/", errors="replace"), "uriBaseId": _ROOT}
