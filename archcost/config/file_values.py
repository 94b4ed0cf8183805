"""The values of a configuration, as pydantic reads them from the nodes of a text.

Each type says how a node becomes a value, and the JSON Schema of what may stand there. What cannot be read is
a `Mistake`; a ValueError becomes one, which says only what must be there.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

from pydantic_core import core_schema

from archcost import foreign
from archcost.findings import RULES
from archcost.layers import KINDS
from archcost.results.judgement import GATE_RULES, LEVELS
from archcost.results.report import Level
from archcost.spec.problems import Mistake
from archcost.spec.template import check_plain, shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode
from archcost.words.suggest import suggest, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo

    from archcost.spec.checks import Checks
    from archcost.spec.yaml_reader import Tree

Schema = dict[str, Any]


class Reading(NamedTuple):
    """What there is to know of a file beside its nodes.

    Attributes:
        checks: for keys; and where a mistake goes that does not end the reading of a value.
        table: the name of the table in TOML; empty in YAML.
    """

    checks: Checks
    table: str


def reading(info: ValidationInfo) -> Reading:
    """The context of a validator."""
    return cast("Reading", info.context)


class FromNode:
    """Makes a type of the file of one of Python: how a node is read, and what a schema says of it."""

    def __init__(self, read: Callable[[Any, ValidationInfo], object], schema: Schema | None = None) -> None:
        self._read = read
        self._schema = schema or {"type": "string", "pattern": r"\S"}

    def __get_pydantic_core_schema__(self, _source: object, _: object) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, _core: object, _: object) -> Schema:
        return self._schema

    def _validate(self, node: Tree, info: ValidationInfo) -> object:
        try:
            return self._read(node, info)
        except Mistake:
            raise
        except ValueError as error:
            raise Mistake(node.place, f"{info.field_name} is {shown(node)}; {error}") from None


AS_IS = FromNode(lambda value, _: value)
"""For what is no node."""


class ItemsOf:
    """The items of a list, each to be read as its type says; a lone one may be a list of one."""

    def __init__(self, *, or_one: bool) -> None:
        self._or_one = or_one

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        read = items if self._or_one else _listed
        return core_schema.with_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:  # noqa: ANN401 - pydantic's dictionaries
        several = handler(core["schema"])
        item = handler.resolve_ref_schema(several["items"])
        several = {**several, "items": item, "minItems": 1}
        return {"anyOf": [item, several]} if self._or_one else several


def items(node: Tree, info: ValidationInfo) -> list[Tree]:
    """The items of a list; a lone one counts as a list of one.

    Raises:
        Mistake: the list is empty.
    """
    if not isinstance(node, SequenceNode):
        return [node]
    if not node.items:
        raise Mistake(node.place, f"{info.field_name} is an empty list; leave it out, or list something")
    return node.items


def _listed(node: Tree, info: ValidationInfo) -> list[Tree]:
    if not isinstance(node, SequenceNode):
        table = reading(info).table
        each = f"[[{table}.{info.field_name}]]" if table else "- "
        wanted = f"it must be a list, each of them after its own `{each}`"
        raise Mistake(node.place, f"{info.field_name} is {shown(node)}; {wanted}")
    return items(node, info)


# -- words --------------------------------------------------------------------------------------------------


def _text(node: Tree, _: object = None, wanted: str = "") -> str:
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.text.strip():
        return node.text
    is_word = isinstance(node, ScalarNode) and node.text.strip() and node.value is not None
    quoted = f", in quotes: '{node.text}'" if isinstance(node, ScalarNode) and is_word else ""
    raise ValueError(wanted or f"it must be text{quoted}")


Text = Annotated[str, FromNode(_text)]
Trimmed = Annotated[str, FromNode(lambda node, _: _text(node).strip())]


def word(node: Tree, what: str, words: Collection[str]) -> str:
    """One of several words.

    Raises:
        Mistake: it is none of them.
    """
    if isinstance(node, ScalarNode) and node.value in words:
        return node.text
    near = translate(node.text, words, _WORD_ALIASES) if isinstance(node, ScalarNode) else ""
    *some, last = words
    raise Mistake(node.place, f"{what} is {shown(node)}{near}; it must be {', '.join(some)} or {last}")


def one_of(*words: str) -> FromNode:
    """One of several words."""
    return FromNode(lambda node, info: word(node, str(info.field_name), words), {"enum": list(words)})


_WORD_ALIASES = {
    # data types
    "fp64": "float64",
    "double": "float64",
    "fp32": "float32",
    "float": "float32",
    "single": "float32",
    "fp16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    # levels
    "warning": "warn",
    "note": "info",
    "fatal": "error",
    "errors": "error",
    **dict.fromkeys(("ignore", "false", "no", "none", "disable", "disabled", "never", "skip", "0"), "off"),
}
"""A data type's or a level's name elsewhere -> ours."""


def name_of(known: Collection[str], instead: Callable[[str, Collection[str]], str]) -> FromNode:
    """A name of ours; `instead` says what to write instead of another, as the end of a message."""

    def read(node: Tree, info: ValidationInfo) -> str:
        if (name := _text(node)) not in known:
            raise Mistake(node.place, f"there is no {info.field_name} '{name}'{instead(name, known)}")
        return name

    return FromNode(read, {"enum": list(known)})


def _near_kind(name: str, _: object) -> str:
    return translate(name, KINDS, foreign.layers.KINDS) or "; `archcost schema spec` lists the kinds"


KindName = Annotated[str, name_of(KINDS, _near_kind)]


def _ref(node: Tree, _: ValidationInfo) -> str:
    if re.search(r"^-|\s", ref := _text(node)):
        raise ValueError("it must be a commit, a branch or a tag of git: origin/main")
    return ref


Ref = Annotated[str, FromNode(_ref, {"type": "string", "pattern": r"^[^\s-]\S*$"})]
"""A revision of git."""


def _file_below(node: Tree, _: ValidationInfo) -> Path:
    """A file below the configuration: reading one must not lead anywhere else."""
    text = _text(node)
    inside = Path(os.path.normpath(text))
    if "\0" in text or inside.is_absolute() or ".." in inside.parts:
        message = f"baseline '{text}' leaves the folder of this file; it may only go below it"
        raise Mistake(node.place, message)
    return inside


FileBelow = Annotated[Path, FromNode(_file_below)]


# -- specs --------------------------------------------------------------------------------------------------


def path(node: Tree, what: str) -> str:
    """A path or a pattern of specs to check.

    Raises:
        Mistake: it is none.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.text.strip():
        raise Mistake(node.place, f"{what} is {shown(node)}; it must be a file or a pattern: specs/*.yaml")
    if node.text == "-":
        raise Mistake(node.place, "standard input (-) is named on the command line, not here")
    return node.text


def _pattern(node: Tree, info: ValidationInfo) -> str:
    text = _text(node, wanted="it must be a pattern such as specs/*.yaml, or a list of them")
    if text.startswith("!"):
        raise ValueError(_INSTEAD_OF_NOT[str(info.field_name)])
    if "\\" in text:
        raise ValueError("folders are separated by /, everywhere")
    return text.strip()


_INSTEAD_OF_NOT = {
    "match": "a pattern cannot exclude, list what is meant",
    "exclude": "what it lists is excluded, without a sign",
}
"""What to do where a pattern begins with an exclamation mark."""


def _variant(node: Tree, _: ValidationInfo) -> str | None:
    """The name of a variant; None, written as nothing, is the spec as it stands."""
    if isinstance(node, ScalarNode) and (node.value is None or isinstance(node.value, str)):
        return node.text.strip() if node.value else None
    raise ValueError("it must be the name of a variant, '' for the spec as it stands")


_VariantName = Annotated[str | None, FromNode(_variant, {"type": ["string", "null"]})]
SpecPath = Annotated[str, FromNode(lambda node, _: path(node, "path"))]
Patterns = Annotated[tuple[Annotated[str, FromNode(_pattern)], ...], ItemsOf(or_one=True)]
Variants = Annotated[tuple[_VariantName, ...], ItemsOf(or_one=True)]


def _as_text(node: Tree) -> object:
    """A variable's value as text that is read like a spec."""
    if isinstance(node, SequenceNode):
        return [_as_text(one) for one in node.items]
    return node.text if isinstance(node, ScalarNode) else ""


def _settings(node: Tree, info: ValidationInfo) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in reading(info).checks.entries(node, "set"):
        reading(info).checks.problems.attempt(check_plain, value, f"set: {key.text}")
        found[key.text] = _as_text(value)
    return found


def _input(node: Tree, _: ValidationInfo) -> object:
    """A shape, or one for each input by its name."""
    if isinstance(node, MappingNode) and node.entries:
        return {key.text: _shape(value) for key, value in node.entries}
    return _shape(node)


def _shape(node: Tree) -> object:
    """A shape, as `--input` takes it or as a list."""
    if isinstance(node, ScalarNode) and node.value and not isinstance(node.value, bool):
        return node.text
    sizes = [getattr(one, "value", None) for one in node.items] if isinstance(node, SequenceNode) else []
    if not sizes or not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        raise Mistake(node.place, f"input is {shown(node)}; it must be a shape: 3x256x256 or [3, 256, 256]")
    return tuple(sizes)


_SHAPES: list[Schema] = [
    {"type": "string", "pattern": "^([A-Za-z0-9_-]+=)?[0-9]"},
    {"type": "integer", "minimum": 1},
    {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
]
_BY_NAME: Schema = {"type": "object", "additionalProperties": {"anyOf": _SHAPES}}
_Shape = str | Sequence[int]
_VALUE: Schema = {"type": ["number", "boolean", "string", "array"]}
Settings = Annotated[dict[str, Any], FromNode(_settings, {"type": "object", "additionalProperties": _VALUE})]
Shapes = Annotated[_Shape | dict[str, _Shape], FromNode(_input, {"anyOf": [*_SHAPES, _BY_NAME]})]


# -- rules and days -----------------------------------------------------------------------------------------

SETTABLE = (*RULES, *(name for name in GATE_RULES if name not in {"budget", "long-waiver"}))
"""Rules whose level a configuration sets. A budget has one with each limit, waivers have `waiver_days`."""


def _rules(node: Tree, info: ValidationInfo) -> dict[str, str]:
    checks, found = reading(info).checks, dict[str, str]()
    for key, value in checks.entries(node, "rules", "rule: level"):
        if key.text not in SETTABLE:
            near = suggest(key.text, SETTABLE) or f"; the rules are {', '.join(SETTABLE)}"
            checks.problems.add(key.place, f"there is no rule '{key.text}'{near}")
        try:
            found[key.text] = word(value, f"rule {key.text}", ("off", *LEVELS))
        except Mistake as mistake:
            checks.problems.catch(mistake)
    return found


def _rule_schema() -> Schema:
    meanings = {name: rule.summary for name, rule in RULES.items()}
    meanings |= {name: meaning for name, (_, meaning) in GATE_RULES.items()}
    levels = ["off", *LEVELS]
    properties = {name: {"enum": levels, "description": meanings[name]} for name in SETTABLE}
    return {"type": "object", "additionalProperties": False, "properties": properties}


Rules = Annotated[dict[str, Level | Literal["off"]], FromNode(_rules, _rule_schema())]

LONGEST_WAIVER = 3660
"""Days, ten years: what holds longer is no exception, but a limit."""


def _days(node: Tree, _: ValidationInfo) -> int:
    days = node.value if isinstance(node, ScalarNode) else None
    if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= LONGEST_WAIVER:
        return days
    raise ValueError(f"it must be a whole number of days, from 1 to {LONGEST_WAIVER}")


def _last_day(node: Tree, _: ValidationInfo) -> dt.date:
    text = node.text if isinstance(node, ScalarNode) and isinstance(node.value, str) else ""
    if not re.fullmatch(_DAY, text):
        raise ValueError("write the last day on which it holds: 2026-12-31")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Mistake(node.place, f"expires is {text}, which is no day of the calendar") from None


_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Days = Annotated[int, FromNode(_days, {"type": "integer", "minimum": 1, "maximum": LONGEST_WAIVER})]
Day = Annotated[dt.date, FromNode(_last_day, {"type": "string", "format": "date", "pattern": _DAY})]
