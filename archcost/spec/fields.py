"""The fields of a layer item: checked as text once, built into a layer for each set of values."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archcost.errors import ExpressionError
from archcost.spec.problems import Mistake
from archcost.spec.reader import Mapping, Scalar, Sequence
from archcost.spec.template import Field, Template, describe
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping as Env

    from pydantic_core import ErrorDetails

    from archcost.expressions import Value
    from archcost.geometry import Shape
    from archcost.layers.base import Kind
    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.problems import Problems
    from archcost.spec.reader import Tree

EMPTY: Env[str, Shape] = MappingProxyType({})


class Fields:
    """What a spec says about one layer: its kind and its fields, as templates.

    Attributes:
        word: the kind as written (`conv2d`).
        kind: its class.
        rank: the number of spatial axes the word asserts, if it does.
        names: the variables the fields wait for.
    """

    __slots__ = ("_built", "_known", "_limits", "kind", "names", "place", "rank", "templates", "word")

    def __init__(self, word: str, found: tuple[type[Kind], int | None], place: Place) -> None:
        self.word = word
        self.kind, self.rank = found
        self.place = place
        self.templates: dict[str, Template] = {}
        self.names: tuple[str, ...] = ()
        self._built: dict[tuple[Value, ...], Kind] = {}

    def read(self, node: Tree | None, known: Collection[str], problems: Problems, limits: Limits) -> Fields:
        """Take over the fields as written; everything that is wrong without knowing any variable is noted."""
        self._limits = limits
        if node is None or (isinstance(node, Scalar) and node.value is None):
            node = None
        elif not isinstance(node, Mapping):
            problems.add(node.place, self._not_a_mapping(node))
            return self
        sane = True
        for entry in node.entries if node else ():
            name = entry.key.text
            if name not in self.kind.model_fields:
                sane = False
                problems.add(entry.key.place, f"{self.word}: unknown field '{name}'{self._near(name)}")
            else:
                self.templates[name] = Template(entry.value, known, problems, limits)
        self.names = tuple(sorted(frozenset[str]().union(*(t.names for t in self.templates.values()))))
        if sane:
            self._check_without_values(problems)
        return self

    def _near(self, name: str) -> str:
        known = list(self.kind.model_fields)
        near = suggest(name, known)
        return near or ("; it takes " + ", ".join(known) if known else "; it takes no fields")

    def _not_a_mapping(self, node: Tree) -> str:
        fields = list(self.kind.model_fields)
        if not fields:
            return f"{self.word}: takes no fields; write it bare: `- {self.word}`"
        text = node.text if isinstance(node, Scalar) else "…"
        return f"{self.word}: its fields are a mapping, such as {{{fields[0]}: {text}}}"

    def _check_without_values(self, problems: Problems) -> None:
        """Required fields that are missing, and constants that can never be right."""
        ready = {name: t for name, t in self.templates.items() if not t.waits}
        try:
            self._validate({name: t.resolve({}) for name, t in ready.items()}, ready)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=True)
            missing = [
                str(d["loc"][0])
                for d in details
                if d["type"] == "missing" and d["loc"][0] not in self.templates
            ]
            if missing:
                problems.add(self.place, f"{self.word}: needs {_list(missing)}")
            complete = len(ready) == len(self.templates)
            for detail in details:
                if detail["type"] != "missing" and (detail["loc"] or (complete and not missing)):
                    problems.catch(self._worded(detail))
        except Mistake as mistake:
            problems.catch(mistake)

    def layer(self, env: Env[str, Value], sizes: Env[str, Shape] = EMPTY) -> Kind:
        """The layer under these variables; equal values give the same object.

        `sizes` has the spatial size of the taps that `tap_fields` name, by field.

        Raises:
            Mistake: a value that cannot be, at its place.
        """
        try:
            key = (*(env[name] for name in self.names), *sizes.values())
        except ExpressionError:
            return self._build(env, sizes)  # the same error again, now with its place
        built = self._built.get(key)
        if built is None:
            built = self._built[key] = self._build(env, sizes)
        return built

    def _build(self, env: Env[str, Value], sizes: Env[str, Shape]) -> Kind:
        values = {name: t.resolve(env) for name, t in self.templates.items() if name not in sizes}
        values |= {self.kind.tap_fields[name]: size for name, size in sizes.items()}
        try:
            return self._validate(values, self.templates)
        except ValidationError as error:
            raise self._worded(error.errors(include_url=False)[0]) from None

    def _validate(self, values: dict[str, Field], templates: dict[str, Template]) -> Kind:
        for name, value in values.items():
            if self.kind.bounded and (huge := _too_big(value, self._limits.dimension)):
                origin = templates[name].origin if name in templates else ""
                text = f"{self.word}: {name} is {huge}{origin}; the limit is {self._limits.dimension}"
                raise Mistake(templates[name].place if name in templates else self.place, text)
        return self.kind.model_validate({name: _for_pydantic(value) for name, value in values.items()})

    def _worded(self, detail: ErrorDetails) -> Mistake:
        loc = detail["loc"]
        if not loc:
            return Mistake(self.place, f"{self.word}: {_text(detail)}")
        name = str(loc[0])
        template = self.templates.get(name)
        place = _descend(template.node, loc[1:]).place if template else self.place
        value = describe(_from_pydantic(detail["input"]))
        origin = template.origin if template else ""
        path = name + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in _indices(loc[1:], template)
        )
        if detail["type"] in _OWN_WORDS:
            return Mistake(place, f"{self.word}: {path} {_text(detail)}{origin}")
        return Mistake(place, f"{self.word}: {path} is {value}{origin}; it must be {_wanted(detail)}")


_OWN_WORDS = {"value_error", "padding"}


def _indices(loc: tuple[int | str, ...], template: Template | None) -> tuple[int | str, ...]:
    """The part of a pydantic location that the user wrote: a lifted scalar has no [0]."""
    parts: list[int | str] = []
    node: Tree | None = template.node if template else None
    for part in loc:
        if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            parts.append(part)
        elif isinstance(node, Mapping) and (found := node.get(str(part))) is not None:
            node = found
            parts.append(part)
    return tuple(parts)


def _descend(node: Tree, loc: tuple[int | str, ...]) -> Tree:
    """The node a location points at, or the last one on the way that exists."""
    for part in loc:
        if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        elif isinstance(node, Mapping) and (found := node.get(str(part))) is not None:
            node = found
    return node


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _too_big(value: Field, limit: int) -> int | None:
    if isinstance(value, tuple):
        return next((found for v in value if (found := _too_big(v, limit))), None)
    if isinstance(value, (int, Fraction)) and abs(value) > limit:
        return int(value)
    return None


def _for_pydantic(value: Field) -> object:
    """Fractions become floats: pydantic knows no others, and a field that needs a whole number says so."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, tuple):
        return tuple(_for_pydantic(v) for v in value)
    if isinstance(value, dict):
        return {name: _for_pydantic(v) for name, v in value.items()}
    return value


def _from_pydantic(value: Any) -> Field:  # noqa: ANN401 - pydantic hands back whatever came in
    if isinstance(value, float):
        return Fraction(str(value))
    return value


_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a word",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "string_too_short": "some words",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "finite_number": "a finite number",
}


def _wanted(detail: ErrorDetails) -> str:
    """What pydantic wanted, in the words of the spec."""
    context = detail.get("ctx", {})
    if detail["type"] == "literal_error":
        return "one of " + str(context["expected"]).replace("'", "").replace(" or ", ", ")
    if detail["type"] == "extra_forbidden":
        return "left out: there is no such field"
    if detail["type"] == "missing":
        return "given"
    known = _WANTED.get(detail["type"])
    return known.format(**context) if known else detail["msg"]


def _text(detail: ErrorDetails) -> str:
    return detail["msg"].removeprefix("Value error, ")
