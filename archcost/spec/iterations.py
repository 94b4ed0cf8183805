"""What a `repeat` steps through: a count, variables side by side, or rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.spec.document import Iterations
from archcost.spec.problems import Mistake
from archcost.spec.template import ANY, shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.expressions.values import Value
    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.checks import Checks
    from archcost.spec.naming import Context
    from archcost.spec.scope import Environment
    from archcost.spec.template import Template
    from archcost.spec.yaml_reader import Tree

_LOOP = r"(\w+) +in +range\((?:0, *)?([^,()]+)\)"
"""Python's `i in range(3)`."""

_LONGEST = 60
"""Characters of a list that a message still writes out."""


def read_iterations(node: Tree, context: Context, checks: Checks) -> Iterations:
    """The iterations as written; what is wrong with them is noted."""
    if isinstance(node, MappingNode):
        return _columns(node, context, checks)
    if isinstance(node, SequenceNode) and node.items:
        return _rows(node.items, context, checks)
    count = checks.template(node, context.readable)
    if not count.waits:
        checks.problems.attempt(count.count, {}, "the count", context.readable)
    return Iterations(times=count)


def _columns(node: MappingNode, context: Context, checks: Checks) -> Iterations:
    if not node.entries:
        text = "repeat names no variable; write a count, or {variable: values}"
        checks.problems.add(node.place, text)
    named = _check_loop_variables(node, context, checks)
    columns = {
        key.text: checks.value(value, context.readable, f"repeat: {key.text}")
        for key, value in node.entries
        if key in named
    }
    for name, column in columns.items():
        if isinstance(column.node, ScalarNode) and column.node.value is not None and not column.waits:
            checks.problems.attempt(column.count, {}, name, context.readable)
    return Iterations(columns=columns, places=node.key_places(), names=frozenset(columns))


def _rows(nodes: list[Tree], context: Context, checks: Checks) -> Iterations:
    first = next((row for row in nodes if isinstance(row, MappingNode)), None)
    if first is None:
        given = _in_flow(nodes)
        is_short = given is not None and len(given) <= _LONGEST
        instead = f"write {{width: {given}}}" if is_short else "give them one, as {width: [64, 128]} does"
        checks.problems.add(nodes[0].place, f"repeat lists values without a name for them; {instead}")
        return Iterations(names=frozenset({ANY}))
    _check_loop_variables(first, context, checks)
    places = first.key_places()
    rows: list[dict[str, Template]] = []
    for node in nodes:
        if not isinstance(node, MappingNode):
            keys = in_a_row([*places])
            text = f"a row of this repeat is {shown(node)}; it must be a mapping of {keys}, like the first"
            checks.problems.add(node.place, text)
            continue
        _check_row(node, list(places), checks)
        row = {k.text: checks.value(v, context.readable, f"repeat: {k.text}") for k, v in node.entries}
        rows.append(row)
    return Iterations(rows=rows, places=places, names=frozenset(places))


def _in_flow(nodes: list[Tree]) -> str | None:
    """A list as it can be written in a line; None if something in it cannot stand there as it is."""
    parts: list[str] = []
    for node in nodes:
        part = None
        if isinstance(node, SequenceNode):
            part = _in_flow(node.items)
        elif isinstance(node, ScalarNode) and node.plain and not re.search(r"[][{},]", node.text):
            part = node.text
        elif isinstance(node, ScalarNode) and not node.plain:
            import json  # noqa: PLC0415 - only such a mistake needs it

            part = json.dumps(node.text, ensure_ascii=False)
        if not part:
            return None
        parts.append(part)
    return f"[{', '.join(parts)}]"


def _check_row(row: MappingNode, keys: list[str], checks: Checks) -> None:
    """Every row has the keys of the first."""
    lacks = [key for key in keys if row.get(key) is None]
    if lacks:
        text = f"this row has no {in_a_row(lacks)}; every row of a repeat has the keys of the first"
        checks.problems.add(row.place, text)
    for entry in row.entries:
        if entry.key.text not in keys and not lacks:
            text = f"'{entry.key.text}' is not in the first row; every row of a repeat has the same keys"
            checks.problems.add(entry.key.place, text)


def _check_loop_variables(node: MappingNode, context: Context, checks: Checks) -> list[ScalarNode]:
    """Those that can be read."""
    named: list[ScalarNode] = []
    for entry in node.entries:
        if loop := re.fullmatch(_LOOP, entry.key.text):
            text = f"a repeat counts from 0: write {{{loop[1]}: {loop[2]}}}"
            checks.problems.add(entry.key.place, text)
        elif checks.check_variable(entry.key, "loop variable"):
            named.append(entry.key)
            if entry.key.text in context.variables:
                text = f"loop variable '{entry.key.text}' is already a variable here; choose another name"
                checks.problems.add(entry.key.place, text)
    return named


def rounds(steps: Iterations, place: Place, env: Environment, limits: Limits) -> list[dict[str, Value]]:
    """The loop variables of each iteration.

    Raises:
        Mistake: lists of different lengths, or more iterations than a network has nodes.
    """
    if steps.rows:
        return [{name: t.value(env) for name, t in row.items()} for row in steps.rows]
    if steps.times is not None:
        return [{}] * _count(steps.times, "the count", env, limits)
    columns: dict[str, Sequence[Value]] = {}
    for name, template in steps.columns.items():
        values = template.value(env)
        columns[name] = values if isinstance(values, tuple) else range(_count(template, name, env, limits))
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        has = ", ".join(f"{name} {len(values)}" for name, values in columns.items())
        text = "repeat steps through its lists together, so they need equal lengths"
        raise Mistake(place, f"{text}: {has}")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _count(template: Template, what: str, env: Environment, limits: Limits) -> int:
    count = template.count(env, what)
    if count > limits.nodes:
        text = f"repeat: {what} is {count:,}, but a network has at most {limits.nodes:,} nodes"
        raise Mistake(template.place, f"{text}; if that is meant, raise it: --limit nodes=N")
    return count
