"""What a configuration may say: its keys, what stands under them, and what does not go together.

The models are read from nodes of the text (`file_values.py`), so that every mistake has its place, and the
JSON Schema for editors is made from them. That is more lenient where no schema can tell: whether a number is
whole, a day exists, a warning comes before its error, or a list has one number too many for the axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationInfo, create_model, model_validator

from archcost.config import budget_limits, file_values
from archcost.config.amounts import Limit
from archcost.config.bounds import BOUNDS, example
from archcost.config.configuration import WAIVER_DAYS, Budget
from archcost.config.file_values import AS_IS, FromNode, ItemsOf, Schema, name_of, one_of, reading
from archcost.config.patterns import covers_node, matches_block
from archcost.findings import RULES
from archcost.results.judgement import LEVELS, WAIVABLE
from archcost.results.report import Level
from archcost.results.units import DTYPES
from archcost.source import Place
from archcost.spec.problems import Mistake, Problems
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode
from archcost.words.suggest import suggest
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from archcost.analysis.measures import Measure
    from archcost.config.budget_limits import Leveled
    from archcost.spec.yaml_reader import Tree


OF_TEXT = ("place", "written")
"""Fields that are no keys, but say where those stand."""


class _Keys(BaseModel):
    """A mapping with keys of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    called: ClassVar[str]
    """What messages call it."""
    together: ClassVar[Schema] = {}
    """What a schema says of keys that go together."""

    place: Annotated[Place, AS_IS]
    written: Annotated[tuple[str, ...], AS_IS]
    """The keys that are there, in the order of the text."""

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """The keys that may be there."""
        return tuple(name for name in cls.model_fields if name not in OF_TEXT)

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


class SpecPattern(_Keys):
    """Specs to check, and how they are read.

    Attributes:
        path: a file, a pattern, or zoo:NAME; relative to this file.
        variant: variants to read it as, nothing for the spec as it stands.
        set: values for variables of the spec.
        input: another input shape: 3x256x256.
        place: where it is written.
    """

    called = "an entry of specs"

    path: file_values.SpecPath
    variant: file_values.Variants = ()
    set: file_values.Settings = {}
    input: file_values.Shapes | None = None

    @classmethod
    def lone(cls, node: Tree, what: str) -> dict[str, Tree]:
        """A path alone."""
        file_values.path(node, f"{what}: path")
        return {"path": node}


class _Scoped(_Keys):
    """The keys that say which part of which networks an entry is about.

    Attributes:
        match: patterns of the specs it is for; default: every spec.
        variant: variants it is for, nothing for the spec as it stands; default: all of them.
        block: path of a block it is for, * for any name in it.
        kind: the kind of layers it is for, all of them together.
    """

    match: file_values.Patterns = ()
    variant: file_values.Variants = ()
    block: file_values.Text | None = None
    kind: file_values.KindName | None = None

    @classmethod
    def check(cls, root: MappingNode, problems: Problems) -> None:
        """Note a block beside a kind."""
        for key in [key for key, _ in root.entries if key.text in {"block", "kind"}][1:]:
            text = "an entry is about a block or about a kind; write two entries for both"
            problems.add(key.place, text)


def _check_part(node: ScalarNode, measure: Measure, root: MappingNode, problems: Problems) -> None:
    """Whether the part of a network that an entry is about can have such a budget."""
    for part in ("block", "kind"):
        if root.get(part) and not measure.is_of_parts:
            text = f"{measure.limit} is about whole networks; a {part} has no {measure.name} of its own"
            problems.add(node.place, text)


_WHOLE_ONLY = {key: False for key, measure in BOUNDS.items() if not measure.is_of_parts}
_FIELDS: dict[str, Any] = {key: budget_limits.field(measure) for key, measure in BOUNDS.items()}
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
            limits: list[Leveled] = getattr(self, key) if key in BOUNDS else []
            for level, axis, limit in limits:
                yield Budget(**scope, measure=BOUNDS[key], axis=axis, level=level, limit=limit)


WAIVED = (*RULES, *WAIVABLE)
"""Rules that a waiver may be for."""


def _waived_by(name: str, known: Collection[str]) -> str:
    """What to write instead of a name that is none, as the end of a message."""
    if name == "budget":
        return "; a limit is waived by its own key, budget: max_macs"
    return suggest(name, known) or f"; there are {', '.join(known)}"


def _waived_limit(node: Tree, info: ValidationInfo) -> Limit | None:
    """The limit of a waiver, if its budget is known."""
    measure = BOUNDS.get(info.data.get("budget") or "")
    if measure is None:
        return None
    found = budget_limits.limit(measure, node, "limit")
    if found.is_relative:
        text = f"limit is {found.text}; a waiver is for an absolute one, such as {example(measure)}"
        raise Mistake(node.place, text)
    return found


class Waiver(_Scoped):
    """What somebody agreed to, for a while: a higher limit, or a finding.

    Attributes:
        budget: the limit that something else holds for.
        rule: the rule whose findings are accepted.
        node: path of the node they are about, or of a block around it.
        limit: what is allowed instead, in full.
        reason: why.
        owner: who answers for it.
        expires: the last day on which it holds.
    """

    called = "a waiver"
    together: ClassVar[Schema] = {
        "anyOf": [{"required": ["budget", "limit"]}, {"required": ["rule"]}],
        "dependentSchemas": {
            "rule": {"properties": {"limit": False, "block": False, "kind": False, "budget": False}},
            "budget": {"properties": {"node": False}},
        },
    }

    budget: Annotated[str | None, name_of(BOUNDS, _waived_by)] = None
    rule: Annotated[str | None, name_of(WAIVED, _waived_by)] = None
    node: file_values.Text | None = None
    limit: Annotated[Limit | None, FromNode(_waived_limit, {"type": ["number", "string"]})] = None
    reason: file_values.Trimmed
    owner: file_values.Trimmed
    expires: file_values.Day

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

    @property
    def about(self) -> tuple[object, ...]:
        """What makes two waivers the same one."""
        about = self.budget, self.rule, self.block, self.kind, self.node
        return (*about, self.match, self.variant)

    def waives_budget(self, budget: Budget, block: str | None) -> bool:
        """Whether it speaks of a budget, about this block of the network (None: not about a block)."""
        if self.budget != budget.key or self.kind != budget.kind:
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
    """What networks may cost, which findings fail a check, and who agreed to what.

    Attributes:
        specs: what is checked where no spec is named.
        exclude: patterns of files that no pattern of specs means.
        variants: which variants of listed specs are checked: all, or those that entries name; default: all.
        against: the commit, branch or tag that relative limits are relative to.
        fail_level: the level from which a check fails.
        dtype: of weights and activations, for limits in bytes.
        baseline: file of complaints that are known already, below this file.
        waiver_days: how many days from today a waiver may hold at most; default: 366.
        rules: the levels at which rules report, in place of their own.
        budgets: what networks may cost.
        waivers: what was agreed to nevertheless, for a while.
    """

    called = "a configuration"

    specs: Annotated[tuple[SpecPattern, ...], ItemsOf(or_one=True)] = ()
    exclude: file_values.Patterns = ()
    variants: Annotated[Literal["all", "listed"], one_of("all", "listed")] = "all"
    against: file_values.Ref | None = None
    fail_level: Annotated[Level, one_of(*LEVELS)] = "error"
    dtype: Annotated[str, one_of(*DTYPES)] = "float32"
    baseline: file_values.FileBelow | None = None
    waiver_days: file_values.Days = WAIVER_DAYS
    rules: file_values.Rules = {}
    budgets: Annotated[tuple[Budgets, ...], ItemsOf(or_one=False)] = ()
    waivers: Annotated[tuple[Waiver, ...], ItemsOf(or_one=False)] = ()
