"""The small pieces every part of a spec is made of: keys, names, values and taps, each with its checks.

A mistake that is understood is reported and then read as it was meant, so that what depends on it is no
second mistake: `nmae: stem` names an item, and `from: stem` finds it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.expressions.parser import RESERVED
from archcost.spec.document import Ref
from archcost.spec.naming import is_name
from archcost.spec.template import Template, check_plain, describe, has_dashes, shown
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode, is_empty
from archcost.words.suggest import nearest
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Collection

    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.naming import Names
    from archcost.spec.problems import Problems
    from archcost.spec.yaml_reader import Tree

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_POP = re.compile(r"(pop|all)\(\s*([A-Za-z0-9_-]*[A-Za-z][A-Za-z0-9_-]*)\s*\)")
_REF = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")

_KEY_ALIASES = {
    alias: key
    for key, aliases in {
        "vars": "variables constants hyperparameters",
        "params": "parameters args arguments defaults",
        "body": "layers items",
        "note": "description comment",
        "name": "id title label",
        "from": "bottom bottoms inputs inbound",
        "when": "if",
        "expect": "assert",
        "shortcut": "skip identity downsample",
        "layers": "model backbone encoder network architecture",
        "input": "input_shape",
        "blocks": "macros modules definitions defs",
        "include": "imports import",
        "merge": "mode join op operation combine fusion aggregate",
        "archcost": "version",
        "outputs": "output",
    }.items()
    for alias in aliases.split()
}
"""A key's name elsewhere -> ours."""

_KEYS_EXPLAINED = {
    **dict.fromkeys(("head", "decoder"), ": the items go on under `layers:`, in the same list"),
    "nc": ": a number that is used in several places is a variable, `vars: {classes: 80}`",
    "scales": ": other values of the variables are `variants:`",
    **dict.fromkeys(("training", "optimizer"), ": nothing here is about training; leave it out"),
}
"""A key elsewhere -> what to write instead."""


class Checks:
    """Reads the pieces; whatever is wrong with them goes to `problems`."""

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self.problems = problems
        self.limits = limits
        self.hidden: dict[str, str] = {}
        """Names of items and branches -> why one that is not visible cannot be read."""

    # -- keys -------------------------------------------------------------------------------------------

    def check_keys(
        self, node: MappingNode, known: Collection[str], required: Collection[str], what: str
    ) -> MappingNode:
        """The mapping as it was meant; what its keys get wrong is noted."""
        node = self.mend(node, known, "", f"; {what} has {', '.join(known)}")
        missing = [key for key in required if node.get(key) is None]
        if missing:
            self.problems.add(node.place, f"{what} needs {in_a_row(missing)}")
        if "archcost" in known:
            self._check_version(node)
        return node

    def mend(self, node: MappingNode, known: Collection[str], beside: str, instead: str) -> MappingNode:
        """The mapping with its unknown keys read as those they are near, or left out.

        `beside` says where the keys stand, `instead` what there is if nothing is near.
        """
        entries = [entry for entry in node.entries if entry.key.text in known]
        if len(entries) == len(node.entries):
            return node
        free = set(known).difference(entry.key.text for entry in entries)
        for entry in node.entries:
            key = entry.key.text
            if key in known:
                continue
            meant = nearest(key, [k for k in known if k in free], _KEY_ALIASES)
            near = f" (did you mean '{meant}'?)" if meant else _KEYS_EXPLAINED.get(key, instead)
            self.problems.add(entry.key.place, f"unknown key '{key}'{beside}{near}")
            if meant:
                free.remove(meant)
                entries.append(KeyValue(entry.key.meaning(meant), entry.value))
        return node.with_entries(entries)

    def _check_version(self, root: MappingNode) -> None:
        """Refuse languages we do not speak."""
        node = root.get("archcost")
        if node is None or (isinstance(node, ScalarNode) and node.value == 1 and node.value is not True):
            return
        text = f"archcost is {shown(node)}; the language has one version so far: write `archcost: 1`"
        self.problems.add(node.place, text)

    def as_mapping(self, node: Tree, what: str, form: str = "name: value") -> MappingNode | None:
        """The node if it is a mapping; else that is noted."""
        if isinstance(node, MappingNode):
            return node
        wanted = (
            "leave out the dashes before its keys" if has_dashes(node) else f"it must be a mapping ({form})"
        )
        self.problems.add(node.place, f"{what} is {shown(node)}; {wanted}")
        return None

    def entries(self, node: Tree | None, what: str, form: str = "name: value") -> list[KeyValue]:
        """The entries of a mapping that may be missing or empty."""
        mapping = None if node is None or is_empty(node) else self.as_mapping(node, what, form)
        return list(mapping.entries) if mapping else []

    def text(self, root: MappingNode, key: str) -> str:
        """The text under a key; empty if there is none."""
        node = root.get(key)
        if node is not None and (word := node.word()) and word.strip():
            return word
        if node is not None:
            is_word = isinstance(node, ScalarNode) and node.text.strip() and node.value is not None
            quoted = f", in quotes: '{node.text}'" if isinstance(node, ScalarNode) and is_word else ""
            self.problems.add(node.place, f"{key} is {shown(node)}; it must be text{quoted}")
        return ""

    # -- names ------------------------------------------------------------------------------------------

    def check_variable(self, key: ScalarNode, what: str) -> bool:
        """Whether a key can be read in expressions."""
        if not _VARIABLE.fullmatch(key.text):
            text = f"{what} '{key.text}' must be letters a-z, digits and _, and not begin with a digit"
            self.problems.add(key.place, text)
            return False
        if key.text in RESERVED:
            text = f"'{key.text}' cannot name a {what}: expressions have another use for the word"
            self.problems.add(key.place, text)
            return False
        return True

    def check_name(self, key: ScalarNode, what: str) -> bool:
        """Whether a scalar can name an item, a block, an input or a set of weights."""
        if isinstance(key.value, str) and is_name(key.text):
            return True
        if not key.text:
            text = f"{what} is empty; it must be a word"
        elif key.text.startswith("$"):
            why = "" if what == "push" else ": paths stay the same whatever the variables are"
            text = f"{what} cannot be computed ({key.text}){why}"
        elif isinstance(key.value, str):
            text = f"{what} '{key.text}' must be letters a-z, digits, _ and -, with at least one letter"
        elif is_name(key.text):
            meaning = "an empty value" if key.value is None else f"the value {describe(key.value)}"
            text = f"{what} {key.text} is read as {meaning}; quote it: '{key.text}'"
        else:
            text = f"{what} {key.text} is a number; a name has at least one letter"
        self.problems.add(key.place, text)
        return False

    def name_list(self, node: Tree | None, what: str) -> dict[str, Place]:
        """Names in a list, and where each stands; a lone one is noted, and taken for a list of one."""
        if node is None:
            return {}
        names: dict[str, Place] = {}
        for one in node.items if isinstance(node, SequenceNode) else ():
            if not isinstance(one, ScalarNode):
                text = f"{what} lists {shown(one)}; it must be a list of names, [a, b]"
                self.problems.add(one.place, text)
            elif self.check_name(one, f"{what}: name"):
                if one.text in names:
                    self.problems.add(one.place, f"{what} lists '{one.text}' twice")
                names[one.text] = one.place
        if not isinstance(node, SequenceNode) or not node.items:
            self.problems.add(node.place, f"{what} is {shown(node)}; it must be a list of names, [a, b]")
            return {node.text: node.place} if isinstance(node, ScalarNode) and node.text else {}
        return names

    # -- values -----------------------------------------------------------------------------------------

    def template(self, node: Tree, known: Collection[str]) -> Template:
        """A value, compiled."""
        return Template(node, known, self.problems, self.limits)

    def value(self, node: Tree, known: Collection[str], what: str) -> Template:
        """The value of a variable: neither empty nor a mapping, nor a list that holds such."""
        self.problems.attempt(check_plain, node, what)
        return self.template(node, known)

    def when(self, node: Tree, known: Collection[str]) -> Template:
        """The value of a `when`."""
        return self.condition(node, known, "when")

    def condition(self, node: Tree, known: Collection[str], what: str) -> Template:
        """True or false; a constant must be a boolean here and now."""
        template = self.template(node, known)
        if not template.waits:
            self.problems.attempt(template.boolean, {}, known, what)
        return template

    # -- taps -------------------------------------------------------------------------------------------

    def reads(self, node: Tree, names: Names) -> tuple[Ref, ...]:
        """What stands under `from`: taps, `previous`, `pop(NAME)` or `all(NAME)`; or nothing."""
        return self.refs(node, names, "from", is_from=True)

    def refs(self, node: Tree, names: Names, what: str, *, is_from: bool = False) -> tuple[Ref, ...]:
        """One tap or a list of them, each of which must be visible."""
        nodes = node.items if isinstance(node, SequenceNode) else [node]
        if not nodes and not is_from:
            self.problems.add(node.place, f"{what} is an empty list; name an item")
        refs: list[Ref] = []
        for one in nodes:
            if is_from and isinstance(one, ScalarNode) and (ref := _special(one, names)):
                refs.append(ref)
                continue
            if (
                not isinstance(one, ScalarNode)
                or not isinstance(one.value, str)
                or not _REF.fullmatch(one.text)
            ):
                self.problems.add(one.place, f"{what} is {shown(one)}; {_no_tap(one, what)}")
                continue
            ref = Ref(one.text, one.place)
            if names.find(ref.head):
                refs.append(ref)
            else:
                self.problems.add(one.place, names.unseen(ref.head))
        return tuple(refs)

    def outputs(self, node: Tree | None, names: Names) -> tuple[Ref, ...]:
        """The taps that leave, each once."""
        refs = () if node is None else self.refs(node, names, "outputs")
        seen: set[str] = set()
        for ref in refs:
            if ref.text in seen:
                self.problems.add(ref.place, f"outputs lists '{ref.text}' twice")
            seen.add(ref.text)
        return refs


def _special(node: ScalarNode, names: Names) -> Ref | None:
    """`previous`, unless an item has that name, or `pop(skips)`, `all(skips)`; None if it is none of them."""
    if popped := _POP.fullmatch(node.text):
        at = node.place
        if node.plain:  # as it is written, but for quotes
            at = at._replace(column=at.column + popped.start(2), width=len(popped[2]))
        names.popped.setdefault(popped[2], (popped[1], at))
        return Ref(node.text, node.place, stack=popped[2], takes_all=popped[1] == "all")
    if node.text == "previous" and not names.find("previous"):
        return Ref(node.text, node.place, is_previous=True)
    return None


def _no_tap(node: Tree, what: str) -> str:
    """What else to write where a tap is named."""
    if isinstance(node, ScalarNode) and isinstance(node.value, int) and not isinstance(node.value, bool):
        way = "give the item a `name`"
        if node.value == -1:
            is_outputs = what == "outputs"
            before = "the item before needs no `from`; in a list it is `previous`"
            way = "the last item is the output unless told" if is_outputs else before
        return f"items are read by name, not by number: {way}"
    if isinstance(node, ScalarNode) and re.fullmatch(r"pop.*|all .*|\w+ *\(.*\)", node.text):
        if what == "from":
            return (
                "what was pushed last is read by 'pop', with the name of its stack: pop(skips); all of it by "
                "all(skips)"
            )
        return "what is popped gets a name first: `{name: aside, body: [], from: pop(skips)}`"
    if isinstance(node, ScalarNode) and node.text.startswith("$"):
        return "a tap cannot be computed, `branches` with `when` can choose"
    return "it must be the name of an item, or a list of names"
