"""The fields of a layer item: checked as text once, built into a layer for each set of values."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from archcost import foreign
from archcost.layers import unranked
from archcost.layers.axes import WORDS, absent, numbered
from archcost.spec.problems import Mistake
from archcost.spec.template import Field, Template, describe, rewritten, shown
from archcost.spec.unknown_words import Slips, choice, field_tail
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, is_empty
from archcost.windows.window import axis_names
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from archcost.expressions.values import Value
    from archcost.layers.base import ItemFields, Kind
    from archcost.source import Place
    from archcost.spec.checks import Checks
    from archcost.spec.problems import Problems
    from archcost.spec.yaml_reader import KeyValue, Tree
    from archcost.windows.window import Shape

Loc = tuple[int | str, ...]
"""Where a value stands among the fields, as pydantic says it: `("padding", 0, 1)`."""


K = TypeVar("K", bound="ItemFields")


class Fields(Generic[K]):
    """What a spec says about one layer, or one `split`: its kind and its fields, as templates.

    Attributes:
        word: the kind as written (`conv2d`).
        kind: its class.
        rank: the number of spatial axes the word asserts, if it does.
        names: the variables the fields wait for.
        names_axes: whether one of them may name an axis, so that the layer depends on what arrives.
    """

    __slots__ = (
        "_axis_fields",
        "_faulty",
        "_known",
        "_limits",
        "kind",
        "names",
        "names_axes",
        "place",
        "rank",
        "templates",
        "word",
    )

    def __init__(self, word: str, found: tuple[type[K], int | None], place: Place) -> None:
        self.word = word
        self.kind, self.rank = found
        self.place = place
        self.templates: dict[str, Template] = {}
        self.names: tuple[str, ...] = ()
        self.names_axes = False
        self._axis_fields: frozenset[str] = frozenset()
        self._faulty = False

    def read(self, node: Tree | None, known: Collection[str], checks: Checks) -> Self:
        """Take over the fields as written; everything that is wrong without knowing any variable is noted."""
        self._limits = checks.limits
        self._known = known
        problems = checks.problems
        if isinstance(node, ScalarNode | SequenceNode) and not is_empty(node):
            from archcost.spec.no_fields import not_a_mapping  # noqa: PLC0415 - only such a mistake needs it

            problems.add(node.place, not_a_mapping(self.word, self.kind, node))
            return self
        entries = node.pairs() if node else []
        known_fields = self._accepted(entries)
        slips = Slips(known_fields, entries, kind=unranked(self.word))
        self._faulty = bool(slips.found)
        for entry, instead in slips.found:
            text = f"{self.word}: unknown field '{entry.key.text}'{instead or takes(known_fields)}"
            problems.add(entry.key.place, text)
        for name, value in entries:
            word = value.word()
            if name.text in self.kind.tap_fields and (word is None or word.startswith("$")):
                text = f"{self.word}: {name.text} is {shown(value)}; it must be the name of an item"
                problems.add(value.place, text)
                self._faulty = True
            elif name.text in known_fields:
                self.templates[name.text] = checks.template(value, known)
        self._axis_fields = frozenset[str]().union(
            *(kind.axis_fields for kind in (self.kind, *self._chosen(entries)))
        )
        axes = (self.templates[name] for name in self._axis_fields & self.templates.keys())
        self.names_axes = any(t.waits or absent(t.resolve({}), ()) for t in axes)
        self.names = tuple(sorted(frozenset[str]().union(*(t.names for t in self.templates.values()))))
        self._check_without_values(problems, slips)
        return self

    def _chosen(self, entries: Iterable[KeyValue]) -> Iterable[type[Kind]]:
        """The kinds that it may choose."""
        word = next((e.value for e in entries if e.key.text == "function"), None)
        return self.kind.chosen_by(word.value if isinstance(word, ScalarNode) else None)

    def _accepted(self, entries: Iterable[KeyValue]) -> list[str]:
        """The fields that may be given: the kind's own, and those of a kind it chooses."""
        chosen = self._chosen(entries)
        return list(dict.fromkeys(chain(self.kind.model_fields, *(kind.model_fields for kind in chosen))))

    def _check_without_values(self, problems: Problems, slips: Slips) -> None:
        """Required fields that are missing, and constants that can never be right."""
        ready = {name: t for name, t in self.templates.items() if not t.waits}
        values = {name: t.resolve({}) for name, t in ready.items()}
        for name in [name for name, value in values.items() if self._is_too_big(value)]:
            problems.catch(self._too_big(name, values.pop(name)))
        try:
            self._validate(values)
        except ValidationError as error:
            details = error.errors(include_url=False)
            missing = [str(d["loc"][0]) for d in details if d["type"] == "missing" and len(d["loc"]) == 1]
            if missing := slips.missing(name for name in missing if name not in self.templates):
                problems.add(self.place, f"{self.word}: needs {in_a_row(missing)}")
            alone = len(details) == 1 and len(values) == len(self.templates) and not self._faulty
            for detail in _own_mistakes(details):
                if detail["loc"] or alone:
                    problems.catch(self._worded(detail, values))
        for name in (name for name, value in values.items() if value is None):
            # Where nothing is the default, it could be written; but it looks like something forgotten.
            text = f"{self.word}: {name} is empty; give it a value, or leave it out"
            problems.add(self.templates[name].place, text)

    def layer(self, env: Mapping[str, Value], sizes: Mapping[str, Shape], axes: tuple[str, ...]) -> K:
        """The layer under these variables.

        `sizes` has the spatial size of the taps that `tap_fields` name, by field; `axes` are those of what
        arrives, if `names_axes`.

        Raises:
            Mistake: a value that cannot be, at its place.
        """
        values = {name: t.resolve(env) for name, t in self.templates.items() if name not in sizes}
        for name, value in values.items():
            if self._is_too_big(value):
                raise self._too_big(name, value)
        values |= {self.kind.tap_fields[name]: size for name, size in sizes.items()}
        for name in self._axis_fields & values.keys():
            values[name] = self._numbered(name, values[name], axes)
        try:
            return self._validate(values)
        except ValidationError as error:
            raise self._worded(error.errors(include_url=False)[0], values) from None

    def _numbered(self, name: str, value: Field, axes: tuple[str, ...]) -> Field:
        """A field that names axes, with their numbers."""
        if word := absent(value, axes):
            template = self.templates[name]
            text = f"{self.word}: {name} is '{word}'{template.origin}, but what arrives has {in_a_row(axes)}"
            raise Mistake(template.place, text)
        return cast("Field", numbered(value, axes))

    def _validate(self, values: dict[str, Field]) -> K:
        """Make the layer. Words for axes, before it is known what arrives, stand for some."""
        given = {name: for_pydantic(value) for name, value in values.items()}
        given |= {name: numbered(given[name], WORDS) for name in self._axis_fields & given.keys()}
        chosen = self.kind.chosen_by(given.get("function"))
        if len(chosen) == 1:  # its fields are checked as its own, so that each mistake has its place
            chosen[0].model_validate({name: v for name, v in given.items() if name != "function"})
        return self.kind.model_validate(given)

    def place_of(self, reason: str) -> Place:
        """Where the field stands that a reason begins with (`kernel_size 7 is ...`), else the kind."""
        first = re.match(r"(\w+)((?:\[\d+\])*)", reason)
        template = self.templates.get(first[1]) if first else None
        if first is None or template is None:
            return self.place
        return _descend(template.node, tuple(int(i) for i in re.findall(r"\d+", first[2]))).place

    def _is_too_big(self, value: Field) -> bool:
        return self.kind.within_dimension_limit and _largest(value) > self._limits.dimension

    def _too_big(self, name: str, value: Field) -> Mistake:
        template = self.templates[name]
        limit = f"beyond the limit `dimension` of {self._limits.dimension:,}"
        return Mistake(template.place, f"{self.word}: {name} is {describe(value)}{template.origin}, {limit}")

    def _worded(self, detail: ErrorDetails, values: dict[str, Field]) -> Mistake:
        """What pydantic found, in the words of the spec and at the place it is about."""
        loc = detail["loc"]
        template = self.templates.get(str(loc[0])) if loc else None
        if template is None:
            return Mistake(self.place, f"{self.word}: {detail['msg']}")
        if detail["type"] == "extra_forbidden" and len(loc) == 1:
            which = describe(values.get("function"))
            return Mistake(template.place, f"{self.word}: {loc[0]} is no field of {which}")
        if detail["type"] in {"extra_forbidden", "missing"}:
            return self._nested(detail["type"], loc, template)
        written, value = _written(loc, values)
        path = str(loc[0]) + "".join(f"[{i}]" if isinstance(i, int) else f".{i}" for i in written[1:])
        node = _descend(template.node, written[1:])
        if loc[0] == "output_size" and (value is None or value == "None"):
            return Mistake(
                node.place, f"{self.word}: {path} is {describe(value)}; {_as_it_is(template, written)}"
            )
        lifted = len(loc) > len(written) and isinstance(loc[-1], int)
        wanted = _wanted(detail, value, self.kind.model_fields, lifted=lifted)
        if loc[0] in self._axis_fields and isinstance(value, str) and wanted is not None:
            axis = f"an axis, by its number (0 is channels, -1 the last) or as one of {', '.join(WORDS)}"
            wanted = (axis if detail["type"] == "int_type" else wanted) + choice(value, WORDS)
        if wanted is None:  # a validator words its error itself
            text = _with_origin(detail["msg"], template.origin)
        else:
            instead = rewritten(node, wanted, self._known, lambda meant: self._fits(values, written, meant))
            text = f"is {describe(value)}{template.origin}; it must be {wanted}{instead}"
        return Mistake(node.place, f"{self.word}: {path} {text}")

    def _fits(self, values: dict[str, Field], where: Loc, value: Field) -> bool:
        """Whether a value could stand there, among the others as they are; None if nothing should."""
        if value is None:
            field = self.kind.model_fields.get(str(where[0]))
            return len(where) == 1 and not (field and field.is_required())
        try:
            self._validate({**values, str(where[0]): _replaced(values[str(where[0])], where[1:], value)})
        except ValidationError as error:
            return all(detail["loc"][: len(where)] != where for detail in error.errors(include_url=False))
        return True

    def _nested(self, problem: str, loc: Loc, template: Template) -> Mistake:
        """A field of a field that is missing or that there is not."""
        name, around = str(loc[-1]), _descend(template.node, loc[1:-1])
        path = f"{self.word}: {'.'.join(map(str, loc[:-1]))}"
        if problem == "missing":
            return Mistake(around.place, f"{path} needs {name}")
        key = next((entry.key for entry in around.pairs() if entry.key.text == name), around)
        known = _fields_of(self.kind.model_fields[str(loc[0])].annotation)
        near = field_tail(name, known) or f"; it takes {', '.join(known)}"
        return Mistake(key.place, f"{path} has no field '{name}'{near}")


def _as_it_is(template: Template, written: Loc) -> str:
    """How to keep a size: what other frameworks' `None` means."""
    rank = len(template.node.items) if isinstance(template.node, SequenceNode) else 0
    if rank > 3 or len(written) < 2:
        return "for the size that arrives write [$in_height, $in_width], in 1-D $in_length"
    axis = axis_names(rank)[int(written[1])]
    return f"for the size that arrives write $in_{axis}"


def _own_mistakes(details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Those about fields as written. What is missing inside a field may be there under an unknown name."""
    unknown = {detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"}
    for detail in details:
        inside = detail["loc"][:-1]
        if detail["type"] != "missing" or (inside and inside not in unknown):
            yield detail


def takes(known: list[str]) -> str:
    """What fields there are, as the end of a message."""
    return "; it takes " + ", ".join(known) if known else "; it takes no fields"


def _written(loc: Loc, values: dict[str, Field]) -> tuple[Loc, Field]:
    """The part of a pydantic location that the user wrote, and what is there.

    A lifted scalar has no [0]. Which form of several a value has is told in words that nobody can write.
    """
    value: Field = values.get(str(loc[0]))
    written = loc[:1]
    for part in loc[1:]:
        if isinstance(value, tuple) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif isinstance(value, dict) and str(part) in value:
            value = value[str(part)]
        elif isinstance(part, str) and " " in part:
            continue
        else:
            break
        written = (*written, part)
    return written, value


def _replaced(value: Field, loc: Loc, by: Field) -> Field:
    """A value with another one in the place that a location points at."""
    if not loc:
        return by
    if isinstance(value, tuple) and isinstance(i := loc[0], int):
        return (*value[:i], _replaced(value[i], loc[1:], by), *value[i + 1 :])
    if isinstance(value, dict):
        return {**value, str(loc[0]): _replaced(value[str(loc[0])], loc[1:], by)}
    return value


def _descend(node: Tree, loc: Loc) -> Tree:
    """The node a location points at, or the last one on the way that is written out."""
    for part in loc:
        if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        elif isinstance(node, MappingNode) and (found := node.get(str(part))) is not None:
            node = found
    return node


def _fields_of(annotation: object) -> list[str]:
    """The fields of the model in an annotation (`DeclaredField | None`)."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return list(one.model_fields)
    return []


def _largest(value: Field) -> Fraction | float:
    """The largest absolute number in a value."""
    if isinstance(value, tuple):
        return max(map(_largest, value), default=0)
    if isinstance(value, dict):
        return max(map(_largest, value.values()), default=0)
    return abs(value) if isinstance(value, (int, Fraction, float)) else 0


def for_pydantic(value: Field) -> object:
    """Fractions become floats: pydantic knows no others, and a field that needs a whole number says so."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, tuple):
        return tuple(for_pydantic(v) for v in value)
    if isinstance(value, dict):
        return {name: for_pydantic(v) for name, v in value.items()}
    return value


_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "too_short": "a list of {min_length} or more",
    "too_long": "a list of {max_length} or less",
    "form": "{forms}",
    "string_too_short": "some text",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "finite_number": "a finite number",
}


def _wanted(detail: ErrorDetails, value: Field, fields: Collection[str], *, lifted: bool) -> str | None:
    """What pydantic wanted of a field of these, in the words of the spec.

    None if a validator words its error itself.
    """
    context = detail.get("ctx", {})
    if detail["type"] == "literal_error":
        words = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return "one of " + ", ".join(words) + (choice(value, words) if isinstance(value, str) else "")
    known = _WANTED.get(detail["type"])
    if known is None:
        return None
    if detail["type"] == "form":
        forms, one_of, words = str(context["forms"]).rpartition("one of ")
        near = choice(value, words.split(", ")) if one_of and isinstance(value, str) else ""
        if not near and isinstance(value, str) and detail["loc"] == ("padding",):
            near = _padding(value.lower(), fields)
        return f"{forms}{one_of}{words}{near}"
    return known.format(**context) + (", or a list of them" if lifted and "type" in detail["type"] else "")


def _padding(word: str, fields: Collection[str]) -> str:
    """What to write for a word that is no padding here, as the end of a message about a field of these."""
    sentences = foreign.fields.PADDED if "mode" in fields else foreign.fields.PADDINGS
    return f"; {why}" if (why := sentences.get(word)) else ""


def _with_origin(text: str, origin: str) -> str:
    """`is 3; it must be ...` with what the 3 was computed from."""
    head, semicolon, tail = text.partition("; ")
    return f"{head}{origin}{semicolon}{tail}" if text.startswith("is ") else f"{text}{origin}"
