"""The small pieces every part of a spec is made of: keys, names, values and taps, each with its checks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.expressions import RESERVED
from archcost.spec.document import Ref
from archcost.spec.reader import Mapping, Scalar, Sequence
from archcost.spec.template import Template
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection

    from archcost.limits import Limits
    from archcost.spec.naming import Names
    from archcost.spec.problems import Problems
    from archcost.spec.reader import Entry, Tree

_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REF = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class Pieces:
    """Reads the pieces; whatever is wrong with them goes to `problems`."""

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self.problems = problems
        self.limits = limits

    def check_keys(self, node: Mapping, known: Collection[str], required: Collection[str], what: str) -> None:
        present = {entry.key.text for entry in node.entries}
        for entry in node.entries:
            if entry.key.text not in known:
                near = suggest(entry.key.text, known) or f"; {what} has {', '.join(known)}"
                self.problems.add(entry.key.place, f"unknown key '{entry.key.text}'{near}")
        missing = [f"'{key}'" for key in required if key not in present]
        if missing:
            self.problems.add(node.place, f"{what} needs {' and '.join(missing)}")
        if "archcost" in known:
            self._check_version(node)

    def _check_version(self, root: Mapping) -> None:
        """Refuse languages we do not speak."""
        node = root.get("archcost")
        if node is not None and not (isinstance(node, Scalar) and node.value == 1 and node.value is not True):
            text = node.text if isinstance(node, Scalar) else "no number"
            self.problems.add(
                node.place, f"archcost: {text} is no version of the language; write `archcost: 1`"
            )

    def as_mapping(self, node: Tree, what: str) -> Mapping | None:
        if isinstance(node, Mapping):
            return node
        self.problems.add(node.place, f"{what} must be a mapping (name: value)")
        return None

    def entries(self, node: Tree | None, what: str) -> list[Entry]:
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        mapping = self.as_mapping(node, what)
        return list(mapping.entries) if mapping else []

    def check_variable(self, key: Scalar, what: str) -> bool:
        if not _VARIABLE.fullmatch(key.text):
            self.problems.add(key.place, f"{what} '{key.text}' must be a word of letters, digits and _")
            return False
        if key.text in RESERVED:
            self.problems.add(key.place, f"{what} may not be called '{key.text}': expressions use that word")
            return False
        return True

    def check_name(self, key: Scalar, what: str) -> bool:
        if isinstance(key.value, str) and _NAME.fullmatch(key.text):
            return True
        if isinstance(key.value, str):
            text = f"{what} '{key.text}' must be letters, digits, _ and -, with at least one letter"
        else:
            text = f"{what} {key.text} reads as a number or constant; it needs a letter, and quotes: '{key.text}'"
        self.problems.add(key.place, text)
        return False

    def template(self, node: Tree, known: Collection[str]) -> Template:
        return Template(node, known, self.problems, self.limits)

    def name_list(self, node: Tree | None, what: str) -> tuple[str, ...]:
        if node is None:
            return ()
        if not isinstance(node, Sequence) or not node.items:
            self.problems.add(node.place, f"{what} must be a list of names")
            return ()
        names: list[str] = []
        for item in node.items:
            if not isinstance(item, Scalar):
                self.problems.add(item.place, f"{what} must be a list of names")
            elif self.check_name(item, "name"):
                if item.text in names:
                    self.problems.add(item.place, f"{what} lists '{item.text}' twice")
                names.append(item.text)
        return tuple(names)

    def refs(self, node: Tree, names: Names, what: str) -> tuple[Ref, ...]:
        nodes = node.items if isinstance(node, Sequence) else [node]
        refs: list[Ref] = []
        if not nodes:
            self.problems.add(node.place, f"{what} is empty; name a tap")
        for one in nodes:
            if not isinstance(one, Scalar) or not isinstance(one.value, str) or not _REF.fullmatch(one.text):
                shown = f" {one.text}" if isinstance(one, Scalar) and one.text else ""
                self.problems.add(
                    one.place, f"{what}{shown} must be the name of an item (or a list of names)"
                )
                continue
            ref = Ref(one.text, one.place)
            if names.find(ref.head):
                refs.append(ref)
            else:
                self.problems.add(
                    one.place, f"no item named '{ref.head}' is visible here{self._hint(ref, names)}"
                )
        return tuple(refs)

    def _hint(self, ref: Ref, names: Names) -> str:
        return suggest(ref.head, names.visible()) or "; give an earlier item `name: " + ref.head + "`"
