"""The values of a configuration, as pydantic reads them from the nodes of a text.

Each type says how a node becomes a value, and the JSON Schema of what may stand there. What cannot be read is
a `Mistake`, which has its place.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar, cast

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
    from archcost.spec.load import Setting
    from archcost.spec.yaml_reader import Tree

T = TypeVar("T")
Schema = dict[str, Any]


class Reading(NamedTuple):
    """What validators are told of the file.

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
    """What makes a type of the file: how a node is read, and what a schema says of it."""

    def __init__(self, read: Callable[[Any, ValidationInfo], object], schema: Schema) -> None:
        self._read = read
        self._schema = schema

    def __get_pydantic_core_schema__(self, _source: object, _: object) -> core_schema.CoreSchema:
        """Reads the node; what comes of that is checked no further."""
        return core_schema.with_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, _core: object, _: object) -> Schema:
        """The schema as it is given."""
        return self._schema


class ItemsOf:
    """The items of a list, each to be read as its type says; a lone one may be a list of one."""

    def __init__(self, *, or_one: bool) -> None:
        self._or_one = or_one

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Takes the items."""
        return core_schema.with_info_before_validator_function(
            items if self._or_one else _listed, handler(source)
        )

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Schema:  # noqa: ANN401 - pydantic's dictionaries
        """A list that is not empty; or an item alone, if that may be."""
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


def text(node: Tree, info: ValidationInfo) -> str:
    """A text that says something."""
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value.strip():
        return node.value
    is_word = isinstance(node, ScalarNode) and node.text.strip() and node.value is not None
    quoted = f", in quotes: '{node.text}'" if isinstance(node, ScalarNode) and is_word else ""
    raise Mistake(node.place, f"{info.field_name} is {shown(node)}; it must be text{quoted}")


TEXT: Schema = {"type": "string", "pattern": r"\S"}
Text = Annotated[str, FromNode(text, TEXT)]
Trimmed = Annotated[str, FromNode(lambda node, info: text(node, info).strip(), TEXT)]


def one_of(words: Collection[str]) -> FromNode:
    """One of a few words."""
    return FromNode(lambda node, info: word(node, str(info.field_name), words), {"enum": list(words)})


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


def known_name(known: Collection[str]) -> FromNode:
    """The name of a limit or of a rule."""

    def read(node: Tree, info: ValidationInfo) -> str:
        name = text(node, info)
        if name not in known:
            near = suggest(name, known) or f"; there are {', '.join(known)}"
            near = "; a limit is waived by its own key, budget: max_macs" if name == "budget" else near
            raise Mistake(node.place, f"there is no {info.field_name} '{name}'{near}")
        return name

    return FromNode(read, {"enum": list(known)})


def _kind(node: Tree, info: ValidationInfo) -> str:
    kind = text(node, info)
    if kind not in KINDS:
        near = translate(kind, KINDS, foreign.KINDS) or "; `archcost schema spec` lists the kinds"
        raise Mistake(node.place, f"there is no kind '{kind}'{near}")
    return kind


KindName = Annotated[str, FromNode(_kind, {"enum": list(KINDS)})]


def _ref(node: Tree, info: ValidationInfo) -> str:
    ref = text(node, info)
    if ref.startswith("-") or re.search(r"\s", ref):
        wanted = "it must be a commit, a branch or a tag of git: origin/main"
        raise Mistake(node.place, f"against is '{ref}'; {wanted}")
    return ref


Ref = Annotated[str, FromNode(_ref, {"type": "string", "pattern": r"^[^\s-]\S*$"})]
"""A revision of git."""


def _below(node: Tree, info: ValidationInfo) -> Path:
    """A file below the configuration: reading one must not lead anywhere else."""
    name = text(node, info)
    inside = Path(os.path.normpath(name))
    if "\0" in name or inside.is_absolute() or ".." in inside.parts:
        message = f"baseline '{name}' leaves the folder of this file; it may only go below it"
        raise Mistake(node.place, message)
    return inside


FileBelow = Annotated[Path, FromNode(_below, TEXT)]


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


SpecPath = Annotated[str, FromNode(lambda node, _: path(node, "path"), TEXT)]


def _pattern(node: Tree, info: ValidationInfo) -> str:
    what = str(info.field_name)
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.text.strip():
        wanted = "it must be a pattern such as specs/*.yaml, or a list of them"
        raise Mistake(node.place, f"{what} is {shown(node)}; {wanted}")
    if node.text.startswith("!"):
        raise Mistake(node.place, f"{what} is '{node.text}'; {_INSTEAD_OF_NOT[what]}")
    if "\\" in node.text:
        raise Mistake(node.place, f"{what} is '{node.text}'; folders are separated by /, everywhere")
    return node.text.strip()


_INSTEAD_OF_NOT = {
    "match": "a pattern cannot exclude, list what is meant",
    "exclude": "what it lists is excluded, without a sign",
}
"""What to do where a pattern begins with an exclamation mark."""


def _variant(node: Tree, _: ValidationInfo) -> str | None:
    """The name of a variant; None, written as nothing, is the spec as it stands."""
    if isinstance(node, ScalarNode) and (node.value is None or isinstance(node.value, str)):
        return node.text.strip() if node.value else None
    wanted = "it must be the name of a variant, '' for the spec as it stands"
    raise Mistake(node.place, f"variant is {shown(node)}; {wanted}")


Patterns = Annotated[tuple[Annotated[str, FromNode(_pattern, TEXT)], ...], ItemsOf(or_one=True)]
Variants = Annotated[
    tuple[Annotated[str | None, FromNode(_variant, {"type": ["string", "null"]})], ...],
    ItemsOf(or_one=True),
]


def _settings(node: Tree, info: ValidationInfo) -> dict[str, Setting]:
    """Variables and their values, as texts that are read like a spec."""
    found: dict[str, Setting] = {}
    for key, value in reading(info).checks.entries(node, "set"):
        reading(info).checks.problems.attempt(check_plain, value, f"set: {key.text}")
        found[key.text] = _as_text(value)
    return found


def _as_text(node: Tree) -> Setting:
    if isinstance(node, SequenceNode):
        return [_as_text(one) for one in node.items]
    return node.text if isinstance(node, ScalarNode) else ""


Settings = Annotated[
    dict[str, Any],
    FromNode(
        _settings,
        {"type": "object", "additionalProperties": {"type": ["number", "boolean", "string", "array"]}},
    ),
]


def _input(node: Tree, _: ValidationInfo) -> _Shape | dict[str, _Shape]:
    """A shape, or one for each input by its name."""
    if isinstance(node, MappingNode) and node.entries:
        return {entry.key.text: _shape(entry.value) for entry in node.entries}
    return _shape(node)


def _shape(node: Tree) -> _Shape:
    """A shape, as `--input` takes it or as a list."""
    if isinstance(node, ScalarNode) and node.value and not isinstance(node.value, bool):
        return node.text
    sizes = [getattr(one, "value", None) for one in node.items] if isinstance(node, SequenceNode) else []
    whole = tuple(size for size in sizes if isinstance(size, int) and not isinstance(size, bool))
    if not whole or len(whole) != len(sizes):
        raise Mistake(node.place, f"input is {shown(node)}; it must be a shape: 3x256x256 or [3, 256, 256]")
    return whole


_SHAPE: Schema = {
    "anyOf": [
        {"type": "string", "pattern": "^([A-Za-z0-9_-]+=)?[0-9]"},
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
    ]
}
_BY_NAME: Schema = {"type": "object", "additionalProperties": _SHAPE}
_Shape = str | Sequence[int]
Shapes = Annotated[_Shape | dict[str, _Shape], FromNode(_input, {"anyOf": [*_SHAPE["anyOf"], _BY_NAME]})]


# -- rules and days -----------------------------------------------------------------------------------------

SETTABLE = (*RULES, *(name for name in GATE_RULES if name not in {"budget", "long-waiver"}))
"""Rules whose level a configuration sets. A budget has one with each limit, waivers have `waiver_days`."""


def _rules(node: Tree, info: ValidationInfo) -> dict[str, str]:
    checks = reading(info).checks
    found: dict[str, str] = {}
    for key, value in checks.entries(node, "rules", "rule: level"):
        if key.text not in SETTABLE:
            near = suggest(key.text, SETTABLE) or f"; the rules are {', '.join(SETTABLE)}"
            checks.problems.add(key.place, f"there is no rule '{key.text}'{near}")
        try:
            found[key.text] = word(value, f"rule {key.text}", ("off", *LEVELS))
        except Mistake as mistake:
            checks.problems.catch(mistake)
    return found


_MEANINGS = {name: rule.summary for name, rule in RULES.items()} | {
    name: meaning for name, (_, meaning) in GATE_RULES.items()
}
Rules = Annotated[
    dict[str, Level | Literal["off"]],
    FromNode(
        _rules,
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"enum": ["off", *LEVELS], "description": _MEANINGS[name]} for name in SETTABLE
            },
        },
    ),
]

LONGEST_WAIVER = 3660
"""Days, ten years: what holds longer is no exception, but a limit."""


def _days(node: Tree, _: ValidationInfo) -> int:
    days = node.value if isinstance(node, ScalarNode) else None
    if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= LONGEST_WAIVER:
        return days
    wanted = f"it must be a whole number of days, from 1 to {LONGEST_WAIVER}"
    raise Mistake(node.place, f"waiver_days is {shown(node)}; {wanted}")


Days = Annotated[int, FromNode(_days, {"type": "integer", "minimum": 1, "maximum": LONGEST_WAIVER})]


def _last_day(node: Tree, _: ValidationInfo) -> dt.date:
    written = node.text if isinstance(node, ScalarNode) and isinstance(node.value, str) else ""
    if not re.fullmatch(_DAY, written):
        message = f"expires is {shown(node)}; write the last day on which it holds: 2026-12-31"
        raise Mistake(node.place, message)
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise Mistake(node.place, f"expires is {written}, which is no day of the calendar") from None


_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Day = Annotated[dt.date, FromNode(_last_day, {"type": "string", "format": "date", "pattern": _DAY})]
