"""From the text of a configuration to its values. Every mistake is reported, and each of them once."""

from __future__ import annotations

import datetime as dt
import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, cast

from archcost import foreign
from archcost.config import values
from archcost.config.bounds import BOUNDS
from archcost.config.model import TABLE, WAIVER_DAYS, Budget, Config, SpecPattern, Waiver
from archcost.config.toml_tree import read_table
from archcost.errors import Diagnostic, SpecError
from archcost.findings import RULES
from archcost.layers import KINDS
from archcost.results.judgement import GATE_RULES, LEVELS, WAIVABLE
from archcost.results.units import DTYPES
from archcost.source import Place, Source
from archcost.spec.checks import Checks
from archcost.spec.problems import Mistake, Problems
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, read
from archcost.words.suggest import suggest, translate
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from archcost.config.amounts import Limit, Unit
    from archcost.config.bounds import Bound
    from archcost.config.model import Axis
    from archcost.limits import Limits
    from archcost.results.report import Level
    from archcost.spec.opened import Opened
    from archcost.spec.yaml_reader import Tree

N = TypeVar("N")
T = TypeVar("T")
Severity: TypeAlias = Literal["warn", "error"]
Leveled: TypeAlias = "tuple[Severity, Axis | None, Limit]"

KEYS = (
    "specs",
    "exclude",
    "variants",
    "against",
    "fail_level",
    "dtype",
    "baseline",
    "waiver_days",
    "rules",
    "budgets",
    "waivers",
)
SPEC_KEYS = ("path", "variant", "set", "input")
SCOPE_KEYS = ("match", "variant", "block", "kind")
BUDGET_KEYS = (*SCOPE_KEYS, *BOUNDS)
WAIVER_KEYS = (*SCOPE_KEYS, "budget", "rule", "node", "limit", "reason", "owner", "expires")
SETTABLE = (*RULES, *(name for name in GATE_RULES if name not in {"budget", "long-waiver"}))
"""Rules whose level a configuration sets. A budget has one with each limit, waivers have `waiver_days`."""
WAIVED = (*RULES, *WAIVABLE)
"""Rules that a waiver may be for."""


def parse(opened: Opened, limits: Limits) -> Config:
    """The configuration a file holds.

    Raises:
        SpecError: with everything that is wrong with it.
    """
    root = _tree(opened, limits)
    problems = Problems()
    config = _Parser(problems, limits, is_toml=_is_toml(opened)).config(root, opened)
    problems.stop_if_any()
    return config


def _tree(opened: Opened, limits: Limits) -> MappingNode:
    if _is_toml(opened):
        table = read_table(opened.data, opened.name, TABLE, limits)
        if table is None:
            source = Source(opened.name)
            raise SpecError([Diagnostic(Place(source), f"this file has no table [{'.'.join(TABLE)}]")])
        root = table
    else:
        root = read(opened.data, opened.name, limits)
    if not isinstance(root, MappingNode):
        raise _alone(root, f"a configuration is a mapping (specs, budgets, rules), not {shown(root)}")
    spec = next((entry.key for entry in root.entries if entry.key.text in {"archcost", "layers"}), None)
    if spec is not None:
        text = f"'{spec.text}' makes this a spec; a configuration has {', '.join(KEYS)}"
        raise _alone(spec, text)
    return root


def _is_toml(opened: Opened) -> bool:
    return opened.name.endswith(".toml")


def _alone(node: Tree, message: str) -> SpecError:
    return SpecError([Diagnostic(node.place, message)])


class _Parser:
    """Reads the parts; whatever is wrong with them goes to `problems`."""

    def __init__(self, problems: Problems, limits: Limits, *, is_toml: bool) -> None:
        self._problems = problems
        self._is_toml = is_toml
        self._pieces = Checks(problems, limits)

    def config(self, root: MappingNode, opened: Opened) -> Config:
        root = self._pieces.check_keys(root, KEYS, (), "a configuration")
        level = self._choice(root, "fail_level", LEVELS) or "error"
        budgets = [b for node in self._mappings(root, "budgets") for b in self._budgets(node)]
        return Config(
            file=opened.name,
            folder=opened.folder,
            specs=self._gather(self._spec, self._list(root.get("specs"), "specs")),
            exclude=self._patterns(root, "exclude"),
            all_variants=self._choice(root, "variants", VARIANTS) != "listed",
            against=self._against(root),
            fail_level=cast("Level", level),
            dtype=self._choice(root, "dtype", tuple(DTYPES)) or "float32",
            baseline=self._baseline(root, opened.folder),
            waiver_days=self._waiver_days(root),
            rules=self._rules(root),
            budgets=tuple(budgets),
            waivers=self._gather(self._waiver, self._mappings(root, "waivers")),
        )

    def _check_needed(self, root: MappingNode, node: MappingNode, needed: Iterable[str], what: str) -> None:
        """Whether all keys are there. What seems to be missing may stand under a key that is unknown."""
        missing = [key for key in needed if root.get(key) is None]
        if missing and len(root.entries) == len(node.entries):
            self._problems.add(node.place, f"{what} needs {in_a_row(missing)}")

    # -- pieces ---------------------------------------------------------------------------------------------

    def _gather(self, read_one: Callable[[N], T], nodes: Iterable[N]) -> tuple[T, ...]:
        """What is read from each of the nodes; where one raises a mistake, that is noted."""
        found: list[T] = []
        for node in nodes:
            try:
                found.append(read_one(node))
            except Mistake as mistake:
                self._problems.catch(mistake)
        return tuple(found)

    def _list(self, node: Tree | None, what: str) -> list[Tree]:
        """The items of a list; a lone one counts as a list of one."""
        if node is None:
            return []
        if isinstance(node, SequenceNode):
            if not node.items:
                self._problems.add(node.place, f"{what} is an empty list; leave it out, or list something")
            return node.items
        return [node]

    def _mappings(self, root: MappingNode, key: str) -> list[MappingNode]:
        """The mappings of a list, each of them not empty."""
        node = root.get(key)
        if node is not None and not isinstance(node, SequenceNode):
            each = f"[[{'.'.join((*TABLE, key))}]]" if self._is_toml else "- "
            text = f"{key} is {shown(node)}; it must be a list, each of them after its own `{each}`"
            self._problems.add(node.place, text)
            return []
        nodes = self._list(node, key)
        for one in nodes:
            if not isinstance(one, MappingNode):
                text = f"{key} lists {shown(one)}; each of them is a mapping"
                self._problems.add(one.place, text)
        return [one for one in nodes if isinstance(one, MappingNode)]

    def _choice(self, root: MappingNode, key: str, words: Collection[str]) -> str | None:
        node = root.get(key)
        return None if node is None else self._word(node, key, words)

    def _word(self, node: Tree, what: str, words: Collection[str]) -> str | None:
        """One of several words; None, noted, if it is none of them."""
        if isinstance(node, ScalarNode) and node.value in words:
            return node.text
        near = translate(node.text, words, _WORD_ALIASES) if isinstance(node, ScalarNode) else ""
        *some, last = words
        self._problems.add(
            node.place, f"{what} is {shown(node)}{near}; it must be {', '.join(some)} or {last}"
        )
        return None

    def _optional(self, root: MappingNode, key: str) -> str | None:
        """A text that may be missing."""
        node = root.get(key)
        return None if node is None else self._pieces.text(root, key) or None

    def _against(self, root: MappingNode) -> str | None:
        ref = self._optional(root, "against")
        if ref and (ref.startswith("-") or re.search(r"\s", ref)):
            text = f"against is '{ref}'; it must be a commit, a branch or a tag of git: origin/main"
            self._problems.add(cast("Tree", root.get("against")).place, text)
        return ref

    def _baseline(self, root: MappingNode, folder: Path) -> Path | None:
        """A file below the configuration: reading one must not lead anywhere else."""
        text = self._optional(root, "baseline")
        if text is None:
            return None
        inside = Path(os.path.normpath(text))
        if "\0" in text or inside.is_absolute() or ".." in inside.parts:
            message = f"baseline '{text}' leaves the folder of this file; it may only go below it"
            self._problems.add(cast("Tree", root.get("baseline")).place, message)
        return folder / inside

    def _waiver_days(self, root: MappingNode) -> int:
        node = root.get("waiver_days")
        if node is None:
            return WAIVER_DAYS
        days = node.value if isinstance(node, ScalarNode) else None
        if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= LONGEST_WAIVER:
            return days
        text = f"waiver_days is {shown(node)}; it must be a whole number of days, from 1 to {LONGEST_WAIVER}"
        self._problems.add(node.place, text)
        return WAIVER_DAYS

    def _rules(self, root: MappingNode) -> dict[str, Level | Literal["off"]]:
        found: dict[str, Level | Literal["off"]] = {}
        for key, value in self._pieces.entries(root.get("rules"), "rules", "rule: level"):
            if key.text not in SETTABLE:
                near = suggest(key.text, SETTABLE) or f"; the rules are {', '.join(SETTABLE)}"
                self._problems.add(key.place, f"there is no rule '{key.text}'{near}")
            level = self._word(value, f"rule {key.text}", ("off", *LEVELS))
            found[key.text] = cast("Level | Literal['off']", level)
        return found

    # -- specs ----------------------------------------------------------------------------------------------

    def _spec(self, node: Tree) -> SpecPattern:
        if not isinstance(node, MappingNode):
            return SpecPattern(path=values.path(node, "specs: path"), place=node.place)
        root = self._pieces.check_keys(node, SPEC_KEYS, (), "an entry of specs")
        self._check_needed(root, node, ["path"], "an entry of specs")
        paths = self._gather(partial(values.path, what="path"), _given(root, "path"))
        shapes = self._gather(values.input_shape, _given(root, "input"))
        return SpecPattern(
            path=paths[0] if paths else "",
            variants=self._variants(root),
            set=dict(self._gather(values.setting, self._pieces.entries(root.get("set"), "set"))),
            input=shapes[0] if shapes else None,
            place=(root.get("path") or node).place,
        )

    def _patterns(self, root: MappingNode, key: str = "match") -> tuple[str, ...]:
        return self._gather(partial(values.pattern, what=key), self._list(root.get(key), key))

    def _variants(self, root: MappingNode) -> tuple[str | None, ...]:
        return self._gather(values.variant, self._list(root.get("variant"), "variant"))

    def _kind(self, root: MappingNode) -> str | None:
        """The kind of layer an entry is about."""
        kind, node = self._optional(root, "kind"), root.get("kind")
        if kind and kind not in KINDS and node is not None:
            near = translate(kind, KINDS, foreign.layers.KINDS) or "; `archcost schema spec` lists the kinds"
            self._problems.add(node.place, f"there is no kind '{kind}'{near}")
        return kind

    def _scope(self, root: MappingNode) -> tuple[str | None, str | None]:
        """The block or the kind an entry is about."""
        last = [entry.key for entry in root.entries if entry.key.text in {"block", "kind"}][1:]
        for key in last:
            text = "an entry is about a block or about a kind; write two entries for both"
            self._problems.add(key.place, text)
        return self._optional(root, "block"), self._kind(root)

    # -- budgets --------------------------------------------------------------------------------------------

    def _budgets(self, node: MappingNode) -> Iterator[Budget]:
        root = self._pieces.check_keys(node, BUDGET_KEYS, (), "a budget")
        match, variants, (block, kind) = self._patterns(root), self._variants(root), self._scope(root)
        entries = [entry for entry in root.entries if entry.key.text in BOUNDS]
        if not entries:
            self._check_needed(root, node, ["a limit, such as max_macs"], "a budget")
        for key, value in entries:
            bound = BOUNDS[key.text]
            self._check_part(key, bound, root)
            for level, axis, limit in self._limits(bound, value):
                yield Budget(
                    match=match,
                    variants=variants,
                    block=block,
                    kind=kind,
                    bound=bound,
                    axis=axis,
                    level=level,
                    limit=limit,
                )

    def _limits(self, bound: Bound, node: Tree) -> list[Leveled]:
        """The limits under a key, each with the level at which it reports."""
        if not isinstance(node, MappingNode):
            return self._of_level(bound, "error", node)
        root = self._pieces.check_keys(node, SEVERITIES, (), f"{bound.key} by level")
        if not node.entries:
            self._problems.add(node.place, f"{bound.key} is {shown(node)}; write a limit: {bound.example}")
        found = [
            one for level in SEVERITIES if (at := root.get(level)) for one in self._of_level(bound, level, at)
        ]
        self._check_order(bound, found)
        return found

    def _of_level(self, bound: Bound, level: Severity, node: Tree) -> list[Leveled]:
        """One limit, several, or one for each axis."""
        several = isinstance(node, SequenceNode) and not (bound.is_per_axis and values.is_per_axis(node))
        nodes = self._list(node, bound.key) if several else [node]
        read = self._gather(partial(values.axes, bound), nodes)
        return [(level, axis, limit) for limits in read for axis, limit in limits]

    def _check_order(self, bound: Bound, found: list[Leveled]) -> None:
        """A warning that only comes when the error does is a slip."""
        strictest: dict[Unit, Limit] = {}
        absolute = [(level, limit) for level, axis, limit in found if axis is None and not limit.is_relative]
        for limit in (limit for level, limit in absolute if level == "error"):
            other = strictest.setdefault(limit.unit, limit)
            strictest[limit.unit] = other if _is_as_strict(bound, other, limit) else limit
        for limit in (limit for level, limit in absolute if level == "warn"):
            error = strictest.get(limit.unit)
            if error and limit.place and _is_as_strict(bound, error, limit):
                text = f"{bound.key}: a warning at {limit.text} comes too late, {error.text} is an error"
                self._problems.add(limit.place, text)

    # -- waivers --------------------------------------------------------------------------------------------

    def _waiver(self, node: MappingNode) -> Waiver:
        root = self._pieces.check_keys(node, WAIVER_KEYS, (), "a waiver")
        block, kind = self._scope(root)
        waiver = Waiver(
            match=self._patterns(root),
            variants=self._variants(root),
            budget=self._choice_of(root, "budget", BOUNDS),
            rule=self._choice_of(root, "rule", WAIVED),
            block=block,
            kind=kind,
            node=self._optional(root, "node"),
            limit=self._waived_limit(root),
            reason=self._pieces.text(root, "reason").strip(),
            owner=self._pieces.text(root, "owner").strip(),
            expires=self._expires(root),
            place=node.place,
        )
        self._check_waiver(root, node)
        return waiver

    def _choice_of(self, root: MappingNode, key: str, known: Collection[str]) -> str | None:
        """The name of a budget or a rule."""
        name, node = self._optional(root, key), root.get(key)
        if name and name not in known and node:
            near = suggest(name, known) or f"; there are {', '.join(known)}"
            near = "; a limit is waived by its own key, budget: max_macs" if name == "budget" else near
            self._problems.add(node.place, f"there is no {key} '{name}'{near}")
        return name

    def _waived_limit(self, root: MappingNode) -> Limit | None:
        """The limit of a waiver, if its budget is known."""
        key, node = root.get("budget"), root.get("limit")
        bound = BOUNDS.get(key.text) if isinstance(key, ScalarNode) else None
        if bound is None or node is None:
            return None
        try:
            limit = values.limit(bound, node, "limit")
        except Mistake as mistake:
            self._problems.catch(mistake)
            return None
        if limit.is_relative:
            text = f"limit is {limit.text}; a waiver is for an absolute one, such as {bound.example}"
            self._problems.add(node.place, text)
        return limit

    def _expires(self, root: MappingNode) -> dt.date:
        node = root.get("expires")
        if node is None:
            return dt.date.max  # that it is missing is said elsewhere
        text = node.text if isinstance(node, ScalarNode) and isinstance(node.value, str) else ""
        if not _DAY.fullmatch(text):
            message = f"expires is {shown(node)}; write the last day on which it holds: 2026-12-31"
            self._problems.add(node.place, message)
            return dt.date.max
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self._problems.add(node.place, f"expires is {text}, which is no day of the calendar")
            return dt.date.max

    def _check_waiver(self, root: MappingNode, node: MappingNode) -> None:
        """Whether a waiver has the keys it needs, and none that make no sense together."""
        keys = {entry.key.text: entry.key for entry in root.entries}
        about = [key for key in ("budget", "rule") if key in keys]
        needed = [*(about or ["budget or rule"]), *["limit"] * (about == ["budget"]), *_ALWAYS]
        self._check_needed(root, node, needed, "a waiver")
        if len(about) == 2:
            text = "a waiver is for a budget or for a rule; write two for both"
            self._problems.add(keys["rule"].place, text)
        elif about:
            self._check_fitting(about[0], keys)
        rule = root.get("rule")
        if isinstance(rule, ScalarNode) and rule.text == "gone-spec" and "match" not in keys:
            text = "a waiver of gone-spec needs match: which spec goes; without it, any might"
            self._problems.add(rule.place, text)
        budget = root.get("budget")
        if isinstance(budget, ScalarNode) and budget.text in BOUNDS:
            self._check_part(budget, BOUNDS[budget.text], root)

    def _check_fitting(self, about: str, keys: dict[str, ScalarNode]) -> None:
        for key, why in _MISFITS[about].items():
            if key in keys:
                self._problems.add(keys[key].place, f"{key} is not for a waiver of a {about}: {why}")

    def _check_part(self, node: ScalarNode, bound: Bound, root: MappingNode) -> None:
        """Whether the part of a network that an entry is about can have such a budget."""
        for part in ("block", "kind"):
            if root.get(part) and not bound.is_of_parts:
                text = f"{bound.key} is about whole networks; a {part} has no {bound.measure.name} of its own"
                self._problems.add(node.place, text)


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

VARIANTS = ("all", "listed")
"""Which variants of the specs are checked: those that some entry names, or all there are."""

LONGEST_WAIVER = 3660
"""Days, ten years: what holds longer is no exception, but a limit."""

SEVERITIES: tuple[Severity, ...] = ("warn", "error")

_ALWAYS = ("reason", "owner", "expires")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_MISFITS = {
    "budget": {"node": "the part of a network is named by `block` or `kind`"},
    "rule": {
        "limit": "a finding has none",
        "block": "where it is found is named by `node`",
        "kind": "where it is found is named by `node`",
    },
}
"""What a waiver is for -> keys that make no sense with that, and why."""


def _is_as_strict(bound: Bound, one: Limit, other: Limit) -> bool:
    """Whether whatever breaks the other limit breaks the one as well; both are absolute."""
    low, high = (one, other) if bound.side == "max" else (other, one)
    return low.amount.value <= high.amount.value


def _given(root: MappingNode, key: str) -> list[Tree]:
    """The value of a key, if it is there."""
    node = root.get(key)
    return [] if node is None else [node]
