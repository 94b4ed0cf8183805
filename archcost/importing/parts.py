"""The lines of a spec, before they are written: what rolling up works on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from archcost.importing.elements import Body, Leaf
from archcost.importing.structure import COMMUTE
from archcost.layers import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from archcost.importing.elements import Element, Tensor
    from archcost.importing.items import FieldValue
    from archcost.windows.window import Shape

RESERVED = {*words(), "input", "previous", "body", "residual", "branches", "repeat", "shortcut"}
"""What no name may be."""


_SAYS_NOTHING = re.compile(
    r"_?(conv|bn|norm|batchnorm|relu|act|pool|maxpool|avgpool|global_pool|flatten|drop|dropout|linear|ln|gelu|silu|"
    r"sigmoid|activation|nonlinearity|scale_activation)_?\d*[a-z]?"
)
"""Names of single layers that their kind says as well."""


@dataclass(eq=False)
class Part:
    """An item of a spec.

    Attributes:
        word: a kind, a block, or a structure.
        fields: of a kind or a call; of a structure what stands beside its lists.
        lists: of a structure, by their key; branches by their name.
        name: empty of one without.
        source: what it reads, if it is not the one before.
        shape: of what arrives at it: 0 where iterations differ, empty where several do or nothing is known.
        module_class: of a module that is a body.
        when: a condition; empty if it always stands.
        is_read: its name is read further on.
        share: what those are called that have one set of weights; empty of one that has its own.
        arriving: the name outside of what arrives at a module, if it is read by it as well.
    """

    word: str
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    lists: dict[str, list[Part]] = field(default_factory=dict[str, "list[Part]"])
    name: str = ""
    source: tuple[str, ...] = ()
    shape: Shape = ()
    module_class: str = ""
    when: str = ""
    is_read: bool = False
    arriving: str = ""
    share: str = ""

    @property
    def channels(self) -> int:
        """Channels that arrive at it; 0 if they are not known."""
        return self.shape[0] if self.shape else 0

    def copy(self) -> Part:
        """Another one, with parts of its own in its lists."""
        lists = {key: [part.copy() for part in several] for key, several in self.lists.items()}
        return replace(self, fields=dict(self.fields), lists=lists)

    def plain(self) -> Any:  # noqa: ANN401 - what YAML holds
        """As YAML holds it."""
        head: dict[str, Any] = {"name": self.name} if self.name else {}
        if self.source:
            head["from"] = self.source[0] if len(self.source) == 1 else [*self.source]
        if self.when:
            head["when"] = self.when
        lists: dict[str, Any] = {key: [part.plain() for part in parts] for key, parts in self.lists.items()}
        fields = Flow({key: plainly(value) for key, value in self.fields.items() if key != "bypass"})
        if self.word == "branches":
            return {**head, "branches": lists, **fields}
        if self.word == "repeat":
            return {**head, **fields, **lists}
        if "bypass" in self.fields:
            lists["shortcut"] = Flow({"when": self.fields["bypass"], "body": lists["shortcut"]})
            return {**head, **lists, **fields}
        if self.lists:
            return {
                **head,
                **{key: parts for key, parts in lists.items() if parts or key == self.word},
                **fields,
            }
        shared = {"share": self.share} if self.share else {}
        if not self.fields:
            return {**head, self.word: None, **shared} if head or shared else self.word
        return {**head, self.word: fields, **shared}


class Flow(dict[str, Any]):
    """A mapping that is written on one line, if it fits."""


class Starting(NamedTuple):
    """A field of what is repeated that has another value in the first iteration."""

    first: Any
    rest: Any
    counter: str = "i"

    def always(self, value: Any) -> Starting:  # noqa: ANN401 - whatever a field may be
        """The same value in all iterations."""
        return self._replace(first=value, rest=value)

    def text(self) -> str:
        """As an expression.

        >>> Starting(2, 1).text()
        '$(2 if i == 0 else 1)'
        """
        first, rest = (bare(value) for value in (self.first, self.rest))
        return f"$({first} if {self.counter} == 0 else {rest})" if first != rest else f"${first}"


def bare(value: Any) -> str:  # noqa: ANN401 - whatever a field may be
    """A value inside an expression.

    >>> bare("$channels"), bare("$(2*channels)"), bare(3), bare("relu"), bare(True)
    ('channels', '2*channels', '3', "'relu'", 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        found = re.fullmatch(r"\$\(?(.*?)\)?", value) if not value.startswith("$(") else None
        return value[2:-1] if value.startswith("$(") else found[1] if found else repr(value)
    return repr(value)


def plainly(value: Any) -> Any:  # noqa: ANN401 - whatever a field may be
    """A field's value as YAML holds it."""
    if isinstance(value, Starting):
        return value.text() if value.first != value.rest else value.rest
    return Flow(cast("dict[str, Any]", value)) if isinstance(value, dict) else value


def parts(children: Sequence[Element], inputs: Mapping[str, Shape], outputs: Sequence[Tensor]) -> _Written:
    """The lines of a tree, and what its outputs are called."""
    maker = _Maker(children, inputs, outputs)
    first: Tensor | None = "input" if [*inputs] == ["input"] else None
    made = maker.sequence(children, first, {"input", *inputs})
    return _Written(made, [maker.name_of(o) for o in outputs] if [*outputs] != [children[-1].output] else [])


@dataclass
class _Written:
    layers: list[Part]
    outputs: list[str]


class _Maker:
    """Makes parts; those that are read from further away get names."""

    def __init__(
        self, children: Sequence[Element], inputs: Mapping[str, Shape], outputs: Sequence[Tensor]
    ) -> None:
        self._inputs = inputs
        self._names: dict[int, str] = {}
        self._far: set[int] = set()
        if [*outputs] != [children[-1].output]:
            self._far.update(id(output) for output in outputs)
        self._survey(children, "input" if [*inputs] == ["input"] else None)

    def _survey(self, children: Sequence[Element], arriving: Tensor | None) -> None:
        """Notes which tensors are read by others than the next element of their list."""
        before = arriving
        for child in children:
            reads = child.reads if isinstance(child, Leaf) else self._first(child)
            if [*reads] != [before]:
                self._far.update(id(read) for read in reads)
            for inner in child.lists():
                self._survey(inner, reads[0] if reads else None)
            before = child.output

    @staticmethod
    def _first(child: Element) -> tuple[Tensor, ...]:
        return child.reads[:1]

    def name_of(self, tensor: Tensor) -> str:
        """What a tensor is called."""
        return tensor if isinstance(tensor, str) else self._names[id(tensor)]

    def sequence(self, children: Sequence[Element], arriving: Tensor | None, taken: set[str]) -> list[Part]:
        """A list, of which the first reads what arrives."""
        found: list[Part] = []
        before = arriving
        for child in children:
            found.append(self._part(child, before, taken))
            before = child.output
        return found

    def _inside(self, body: Body, arriving: Tensor | None, taken: set[str]) -> list[Part]:
        """The list of a module; what leaves it is read by the module's own name."""
        leaves = id(body.output)
        far = leaves in self._far
        self._far.discard(leaves)
        found = _flat(self.sequence(body.children, arriving, taken))
        if far:
            self._far.add(leaves)
        return found

    def _part(self, child: Element, before: Tensor | None, taken: set[str]) -> Part:
        reads = child.reads if isinstance(child, Leaf) else self._first(child)
        source = () if [*reads] == [before] else tuple(self.name_of(read) for read in reads)
        shape = self._shape(reads[0]) if reads and len({*map(id, reads)}) == 1 else ()
        if isinstance(child, Leaf):
            item = child.item
            part = Part(item.kind, dict(item.fields), source=source, shape=shape, share=item.share)
        elif isinstance(child, Body):
            made = self._inside(child, reads[0] if reads else None, {*taken})
            part = Part("body", {}, {"body": made}, "", source, shape, child.module_class)
        else:
            ways = [_flat(self.sequence(way, child.fork, {*taken})) for way in child.ways]
            part = self._joined(child.merge.kind, dict(child.merge.fields), ways, _called(child.ways))
            part.source, part.shape = source, shape
        if isinstance(child, Body) and reads:
            part.arriving = reads[0] if isinstance(reads[0], str) else self._names.get(id(reads[0]), "")
        part.name = self._named(child, part.word, taken)
        part.is_read = id(child.output) in self._far
        return part

    @staticmethod
    def _joined(
        kind: str, fields: dict[str, FieldValue], ways: list[list[Part]], names: Sequence[str]
    ) -> Part:
        if kind in COMMUTE and len(ways) == 2:
            body, shortcut = sorted(ways, key=_weight, reverse=True)
            merge = {} if kind == "add" else {"merge": kind}
            return Part("residual", dict(merge), {"residual": body, "shortcut": shortcut})
        named = dict(zip(names, ways, strict=True))
        return Part("branches", {"merge": {kind: fields} if fields else kind}, named)

    def _shape(self, tensor: Tensor) -> Shape:
        return self._inputs[tensor] if isinstance(tensor, str) else tensor.shape

    def _named(self, child: Element, word: str, taken: set[str]) -> str:
        """The name of a part, if it is read from afar, or the model gives it one that can stand."""
        wanted = child.name if re.fullmatch(r"[A-Za-z_][\w-]*", child.name or "") else ""
        if (
            wanted in RESERVED
            or wanted in taken
            or (isinstance(child, Leaf) and _SAYS_NOTHING.fullmatch(wanted))
        ):
            wanted = ""
        name = wanted
        if id(child.output) in self._far:
            name = wanted or free(f"{word}_out", taken)
            self._names[id(child.output)] = name
        if name:
            taken.add(name)
        return name


def _called(ways: Sequence[Sequence[Element]]) -> list[str]:
    """Names of branches: those of their modules, if they have some."""
    names = [re.sub(r"[_.]\d+[a-z]?$", "", way[0].name if way else "identity") for way in ways]
    good = all(re.fullmatch(r"[A-Za-z_]\w*", name) and not _SAYS_NOTHING.fullmatch(name) for name in names)
    if good and len({*names}) == len(names) and not {*names} & RESERVED:
        return names
    return [f"b{i}" for i in range(1, len(ways) + 1)]


def says_nothing(name: str) -> bool:
    """Whether a name of a layer says no more than its kind does."""
    return not name or not re.fullmatch(r"[A-Za-z_][\w-]*", name) or bool(_SAYS_NOTHING.fullmatch(name))


def _flat(parts: list[Part]) -> list[Part]:
    """A list that is nothing but a group is what is in the group."""
    (only,) = parts if len(parts) == 1 else (None,)
    return only.lists["body"] if only and only.word == "body" and not only.source else parts


def _weight(way: Sequence[Part]) -> int:
    """How much stands in a list, so that the longer one is the body of a residual."""
    return sum(1 + sum(map(_weight, part.lists.values())) for part in way)


def free(name: str, taken: Collection[str]) -> str:
    """The name, or with a number behind it that makes it one that nobody has, the next one where they follow.

    >>> free("relu_out", {"relu_out", "relu_out_2", "relu_out_3"})
    'relu_out_4'
    """
    if name not in taken and name not in RESERVED:
        return name
    # Numbers are given one after the other, so the first that is free is found by halving.
    low, high = 1, 2
    while f"{name}_{high}" in taken or f"{name}_{high}" in RESERVED:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if f"{name}_{middle}" in taken else (low, middle)
    return f"{name}_{high}"
