"""The variables of a spec: its own values, those of a variant, and those of `--set`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import SpecError, UsageError
from archcost.spec.foreign_values import instead
from archcost.spec.problems import Mistake, Problems
from archcost.spec.template import Template, check_plain, describe, proposed, sort
from archcost.spec.yaml_reader import read
from archcost.words.suggest import suggest
from archcost.words.wording import in_a_row, short

if TYPE_CHECKING:
    from archcost.expressions.values import Value
    from archcost.limits import Limits
    from archcost.spec.document import Spec

Setting: TypeAlias = "str | float | bool | Sequence[Setting]"
"""A value for a variable; a text is read as the spec would read it (`"0.5"`, `"[3, 4]"`, `"relu"`)."""


def of_these(name: str, known: list[str]) -> str:
    """What to write for a name that is none of these, as the end of a message."""
    return suggest(name, known) or f"; it has {', '.join(known) or 'none'}"


def variable_values(
    spec: Spec, variant: str | None, overrides: dict[str, Setting], problems: Problems, limits: Limits
) -> dict[str, Value]:
    """`vars` after variant and `--set`, evaluated in the order of their dependencies."""
    # One of several networks of a file is called as it is there, of which its own text knows nothing.
    templates = spec.variables | spec.variants.get(variant or "", {})
    for name, given in overrides.items():
        if name not in spec.variables:
            near = of_these(name, list(spec.variables))
            raise UsageError(f"--set {name}: the spec has no variable '{name}'{near}")
        templates[name] = _override(name, given, frozenset(spec.variables), limits)
        _check_sort(name, given, templates[name], spec.variables[name])
    return _evaluate(templates, overrides, problems)


_SEVERAL = r"[(\s]*\d[\d.]*([\s,;:x]+\d[\d.]*)+[)\s]*"


def _check_sort(name: str, given: Setting, setting: Template, own: Template) -> None:
    """Refuse a word where the spec has a number, a boolean or a list: some layer would refuse it."""
    if own.waits or setting.waits or not isinstance(word := setting.resolve({}), str):
        return
    if isinstance(value := own.resolve({}), str):
        return
    items = re.findall(r"[\d.]+", word) if re.fullmatch(_SEVERAL, word) else []
    write = instead(word)
    other = proposed(write)
    write = write if other is None or sort(other) == sort(value) else ""
    if items and isinstance(value, tuple):
        write = f"; write {name}=[{','.join(items)}]"
    elif items:
        write = f"; for several, one after the other, `archcost compare --set {name}={','.join(items)}`"
    raise _bad_setting(name, given, f"'{word}' is a word, and {name} is {describe(value)} in the spec{write}")


def check_effect(overrides: dict[str, Setting], spec: Spec, idle: set[str]) -> None:
    """Whether every `--set` has something to change.

    Raises:
        UsageError: no layer depends on the variable.
    """
    for name in overrides:
        if name in idle:
            rest = [other for other in spec.variables if other not in idle]
            some = f"; layers depend on {in_a_row(rest)}" if rest else ""
            raise UsageError(f"--set {name}: no layer depends on '{name}', so it changes nothing{some}")


def _evaluate(
    templates: dict[str, Template], overrides: dict[str, Setting], problems: Problems
) -> dict[str, Value]:
    """Every variable's value. What depends on one that has none is no mistake of its own."""
    values: dict[str, Value] = {}
    for name in _in_order(templates, overrides, problems):
        template = templates[name]
        if not template.names <= values.keys():
            continue
        try:
            values[name] = template.value(values)
        except Mistake as mistake:
            if name in overrides:
                raise _bad_setting(name, overrides[name], mistake.message) from None
            problems.catch(mistake)
    problems.stop_if_any()
    return {name: values[name] for name in templates}


def _in_order(templates: dict[str, Template], overrides: dict[str, Setting], problems: Problems) -> list[str]:
    try:
        return list(
            TopologicalSorter({name: sorted(one.names) for name, one in templates.items()}).static_order()
        )
    except CycleError as error:
        cycle: list[str] = error.args[1][::-1]
    text = f"variables go round in a circle: {' → '.join(cycle)}"
    if len(cycle) == 2:
        text = f"variable '{cycle[0]}' is computed from itself"
    written = [name for name in cycle if name not in overrides]
    if not written:
        raise _bad_setting(cycle[0], overrides[cycle[0]], text)
    problems.add(templates[written[0]].place, text)
    return []


def _override(name: str, given: Setting, known: frozenset[str], limits: Limits) -> Template:
    """The value of a `--set`, read as the spec would read it."""
    text = setting_text(given)
    if not text.strip():
        raise UsageError(f"--set {name}=: the value is missing")
    problems = Problems()
    try:
        node = read(text.encode("utf-8", "surrogatepass"), f"--set {name}", limits)
        check_plain(node, "it")
        template = Template(node, known, problems, limits)
        problems.stop_if_any()
    except SpecError as error:
        raise _bad_setting(name, given, error.diagnostics[0].message) from None
    except Mistake as mistake:
        raise _bad_setting(name, given, mistake.message) from None
    return template


def _bad_setting(name: str, given: Setting, why: str) -> UsageError:
    return UsageError(f"--set {name}={short(setting_text(given))}: {why}")


def setting_text(value: Setting) -> str:
    """A Python value as the spec writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "[" + ", ".join(setting_text(v) for v in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
