"""What a configuration may say: its keys, what stands under them, and what does not go together.

The models are read from nodes of the text (`values.py`), so that every mistake has its place, and the JSON
Schema for editors is made from them. That is more lenient where no schema can tell: whether a number is
whole, a day exists, a warning comes before its error, or a list has one number too many for the axes.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationInfo, create_model, model_validator
from pydantic.json_schema import SkipJsonSchema

from archcost.config import budget_limits
from archcost.config.amounts import Limit
from archcost.config.bounds import BOUNDS
from archcost.config.model import WAIVER_DAYS, Budget
from archcost.config.patterns import covers_node, matches_block
from archcost.config.values import (
    Day,
    Days,
    FileBelow,
    FromNode,
    ItemsOf,
    KindName,
    Patterns,
    Ref,
    Rules,
    Schema,
    Settings,
    Shapes,
    SpecPath,
    Text,
    Trimmed,
    Variants,
    known_name,
    one_of,
    path,
    reading,
)
from archcost.findings import RULES
from archcost.results.judgement import LEVELS, WAIVABLE
from archcost.results.report import Level
from archcost.results.units import DTYPES
from archcost.source import Place
from archcost.spec.problems import Mistake, Problems
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

    from archcost.config.bounds import Bound
    from archcost.config.budget_limits import ByLevel
    from archcost.spec.yaml_reader import Tree


class _Keys(BaseModel):
    """A mapping with keys of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    called: ClassVar[str]
    """What messages call it."""
    together: ClassVar[Schema] = {}
    """What a schema says of keys that go together."""

    place: SkipJsonSchema[InstanceOf[Place]]
    written: SkipJsonSchema[tuple[str, ...]]
    """The keys that are there, in the order of the text."""

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """The keys that may be there."""
        return tuple(name for name in cls.model_fields if name not in {"place", "written"})

    @model_validator(mode="before")
    @classmethod
    def _entries(cls, node: Tree, info: ValidationInfo) -> dict[str, object]:
        """What stands under the keys, read as they were meant; what is wrong with the keys is noted."""
        if not isinstance(node, MappingNode):
            return {**cls.lone(node, str(info.field_name)), "place": node.place, "written": ()}
        checks = reading(info).checks
        root = checks.check_keys(node, cls.known(), (), cls.called)
        # What seems to be missing may stand under a key that is unknown.
        if len(root.entries) == len(node.entries) and (missing := cls.missing(root)):
            checks.problems.add(node.place, f"{cls.called} needs {in_a_row(missing)}")
        cls.check(root, checks.problems)
        found: dict[str, Tree] = {key.text: value for key, value in root.entries}
        return {**found, "place": found.get("path", node).place, "written": tuple(found)}

    @classmethod
    def lone(cls, node: Tree, what: str) -> dict[str, Tree]:
        """What a node that is no mapping stands for.

        Raises:
            Mistake: for nothing.
        """
        raise Mistake(node.place, f"{what} lists {shown(node)}; each of them is a mapping")

    @classmethod
    def missing(cls, root: MappingNode) -> list[str]:
        """The keys that are needed and not there, as a message lists them."""
        fields = cls.model_fields
        return [key for key in cls.known() if fields[key].is_required() and root.get(key) is None]

    @classmethod
    def check(cls, root: MappingNode, problems: Problems) -> None:
        """Note what does not go together."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """The schema where it is used, without a name and what developers read."""
        made = handler.resolve_ref_schema(handler(core))
        own = {key: value for key, value in made.items() if key not in {"title", "description"}}
        return own | cls.together


class SpecPattern(_Keys):
    """Specs to check, and how they are read.

    Attributes:
        path: a file or a glob, relative to the configuration, or `zoo:NAME`.
        variant: how it is read: as these variants, None for the spec as it stands; empty for as it stands,
            and as every variant that no other entry reads.
        set: values for its variables, as `load` takes them.
        input: another input shape, as `load` takes it.
        place: where it is written.
    """

    called = "an entry of specs"

    path: SpecPath = Field(description="a file, a pattern, or zoo:NAME; relative to this file")
    variant: Variants = Field((), description="variants to read it as, nothing for the spec as it stands")
    set: Settings = Field({}, description="values for variables of the spec")
    input: Shapes | None = Field(None, description="another input shape: 3x256x256")

    @classmethod
    def lone(cls, node: Tree, what: str) -> dict[str, Tree]:
        """A path alone."""
        path(node, f"{what}: path")
        return {"path": node}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """A path alone, too."""
        made = super().__get_pydantic_json_schema__(core, handler)
        return {"anyOf": [made["properties"]["path"], made]}


class _Scoped(_Keys):
    """The keys that say which part of which networks an entry is about."""

    match: Patterns = Field((), description="patterns of the specs it is for; default: every spec")
    variant: Variants = Field(
        (), description="variants it is for, nothing for the spec as it stands; default: all of them"
    )
    block: Text | None = Field(None, description="path of a block it is for, * for any name in it")
    kind: KindName | None = Field(None, description="the kind of layers it is for, all of them together")

    @classmethod
    def check(cls, root: MappingNode, problems: Problems) -> None:
        """Note a block beside a kind."""
        for key in [key for key, _ in root.entries if key.text in {"block", "kind"}][1:]:
            text = "an entry is about a block or about a kind; write two entries for both"
            problems.add(key.place, text)


def _check_part(node: ScalarNode, bound: Bound, root: MappingNode, problems: Problems) -> None:
    """Whether the part of a network that an entry is about can have such a budget."""
    for part in ("block", "kind"):
        if root.get(part) and not bound.is_of_parts:
            text = f"{bound.key} is about whole networks; a {part} has no {bound.measure.name} of its own"
            problems.add(node.place, text)


_WHOLE_ONLY = {bound.key: False for bound in BOUNDS.values() if not bound.is_of_parts}
_FIELDS: dict[str, Any] = {key: budget_limits.field(bound) for key, bound in BOUNDS.items()}
_Limits = create_model("_Limits", __base__=_Scoped, **_FIELDS)


class Budgets(_Limits):
    """An entry of `budgets`: limits for the same networks."""

    called = "a budget"
    together: ClassVar[Schema] = {
        "anyOf": [{"required": [key]} for key in BOUNDS],
        "dependentSchemas": {
            "block": {"properties": {"kind": False, **_WHOLE_ONLY}},
            "kind": {"properties": _WHOLE_ONLY},
        },
    }

    @classmethod
    def missing(cls, root: MappingNode) -> list[str]:
        """A limit, if there is none."""
        return [] if any(key.text in BOUNDS for key, _ in root.entries) else ["a limit, such as max_macs"]

    @classmethod
    def check(cls, root: MappingNode, problems: Problems) -> None:
        """Note limits that parts of networks have not."""
        super().check(root, problems)
        for key, _ in root.entries:
            if key.text in BOUNDS:
                _check_part(key, BOUNDS[key.text], root, problems)

    def each(self) -> Iterator[Budget]:
        """The limits one by one; the keys in the order of the text."""
        scope: dict[str, Any] = self.model_dump(include={"match", "variant", "block", "kind"})
        for key in self.written:
            by_level: ByLevel = getattr(self, key) if key in BOUNDS else {}
            for level, several in by_level.items():
                for axis, limit in chain.from_iterable(several):
                    yield Budget(**scope, bound=BOUNDS[key], axis=axis, level=level, limit=limit)


def _waived_limit(node: Tree, info: ValidationInfo) -> Limit | None:
    """The limit of a waiver, if its budget is known."""
    bound = BOUNDS.get(info.data.get("budget") or "")
    if bound is None:
        return None
    found = budget_limits.limit(bound, node, "limit")
    if found.is_relative:
        text = f"limit is {found.text}; a waiver is for an absolute one, such as {bound.example}"
        raise Mistake(node.place, text)
    return found


class Waiver(_Scoped):
    """What somebody agreed to, for a while: a higher limit, or a finding.

    Attributes:
        match: patterns of the specs it is for; none for every spec.
        variant: of those, the variants it is for, None for the spec as it stands; empty for all of them.
        block: a pattern of the blocks whose budgets it is for.
        kind: the kind whose budgets it is for.
        budget: the key of the budgets it is for, `max_macs`; None if it is for a rule.
        rule: the rule of the findings it is for; None if it is for budgets.
        node: a pattern of the nodes, or of the blocks around them, whose findings it is for.
        limit: the absolute limit that holds instead of the budgets'; None for a rule.
        reason: why.
        owner: who answers for it.
        expires: the last day on which it holds.
        place: where it is written.
    """

    called = "a waiver"
    together: ClassVar[Schema] = {
        "anyOf": [{"required": ["budget", "limit"]}, {"required": ["rule"]}],
        "dependentSchemas": {
            "rule": {"properties": {"limit": False, "block": False, "kind": False, "budget": False}},
            "budget": {"properties": {"node": False}},
        },
    }

    budget: Annotated[str | None, known_name(BOUNDS)] = Field(
        None, description="the limit that something else holds for"
    )
    rule: Annotated[str | None, known_name((*RULES, *WAIVABLE))] = Field(
        None, description="the rule whose findings are accepted"
    )
    node: Text | None = Field(None, description="path of the node they are about, or of a block around it")
    limit: Annotated[Limit | None, FromNode(_waived_limit, {"type": ["number", "string"]})] = Field(
        None, description="what is allowed instead, in full"
    )
    reason: Trimmed = Field(description="why")
    owner: Trimmed = Field(description="who answers for it")
    expires: Day = Field(description="the last day on which it holds")

    @classmethod
    def missing(cls, root: MappingNode) -> list[str]:
        """Likewise; what it is for, and of a budget the limit."""
        about = [key for key in ("budget", "rule") if root.get(key)]
        limit = ["limit"] * (about == ["budget"] and root.get("limit") is None)
        return [*([] if about else ["budget or rule"]), *limit, *super().missing(root)]

    @classmethod
    def check(cls, root: MappingNode, problems: Problems) -> None:
        """Note keys that make no sense together."""
        super().check(root, problems)
        keys = {key.text: key for key, _ in root.entries}
        about = [key for key in ("budget", "rule") if key in keys]
        if len(about) == 2:
            text = "a waiver is for a budget or for a rule; write two for both"
            problems.add(keys["rule"].place, text)
        for key, why in _MISFITS[about[0]].items() if len(about) == 1 else ():
            if key in keys:
                problems.add(keys[key].place, f"{key} is not for a waiver of a {about[0]}: {why}")
        budget, rule = root.get("budget"), root.get("rule")
        if isinstance(rule, ScalarNode) and rule.text == "gone-spec" and "match" not in keys:
            text = "a waiver of gone-spec needs match: which spec goes; without it, any might"
            problems.add(rule.place, text)
        if isinstance(budget, ScalarNode) and budget.text in BOUNDS:
            _check_part(budget, BOUNDS[budget.text], root, problems)

    def waives_budget(self, budget: Budget, block: str | None) -> bool:
        """Whether it speaks of a budget, about this block of the network (None: not about a block)."""
        if self.budget != budget.bound.key or self.kind != budget.kind:
            return False
        if block is None or self.block is None:
            return block is self.block
        return matches_block(self.block, block)

    def waives_finding(self, rule: str, node: str | None) -> bool:
        """Whether it speaks of a finding of this rule, about this node (None: about the network)."""
        if self.rule != rule:
            return False
        return self.node is None or (node is not None and covers_node(self.node, node))


_MISFITS = {
    "budget": {"node": "the part of a network is named by `block` or `kind`"},
    "rule": {
        "limit": "a finding has none",
        "block": "where it is found is named by `node`",
        "kind": "where it is found is named by `node`",
    },
}
"""What a waiver is for -> keys that make no sense with that, and why."""


class ConfigFile(_Keys):
    """What networks may cost, which findings fail a check, and who agreed to what."""

    called = "a configuration"

    specs: Annotated[tuple[SpecPattern, ...], ItemsOf(or_one=True)] = Field(
        (), description="what is checked where no spec is named"
    )
    exclude: Patterns = Field((), description="patterns of files that no pattern of specs means")
    variants: Annotated[Literal["all", "listed"], one_of(("all", "listed"))] = Field(
        "all",
        description="which variants of listed specs are checked: "
        "all, or those that entries name; default: all",
    )
    against: Ref | None = Field(
        None, description="the commit, branch or tag that relative limits are relative to"
    )
    fail_level: Annotated[Level, one_of(LEVELS)] = Field(
        "error", description="the level from which a check fails"
    )
    dtype: Annotated[str, one_of(tuple(DTYPES))] = Field(
        "float32", description="of weights and activations, for limits in bytes"
    )
    baseline: FileBelow | None = Field(
        None, description="file of complaints that are known already, below this file"
    )
    waiver_days: Days = Field(
        WAIVER_DAYS,
        description=f"how many days from today a waiver may hold at most; default: {WAIVER_DAYS}",
    )
    rules: Rules = Field({}, description="the levels at which rules report, in place of their own")
    budgets: Annotated[tuple[Budgets, ...], ItemsOf(or_one=False)] = Field(
        (), description="what networks may cost"
    )
    waivers: Annotated[tuple[Waiver, ...], ItemsOf(or_one=False)] = Field(
        (), description="what was agreed to nevertheless, for a while"
    )
