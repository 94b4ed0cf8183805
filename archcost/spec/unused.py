"""Names of a spec that nothing uses: variables, parameters, blocks, includes, and weights shared by one item.

It is judged by the text, not by values: what only another variant reads, or a layer that its `when` leaves
out, or a repeat that runs no times, is used.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from archcost.expressions.tokens import tap_of
from archcost.network import Unused
from archcost.spec.document import BlockCall, Body, Branches, LayerItem, RearrangeItem, Repeat, SplitItem
from archcost.spec.sharing import set_of_weights
from archcost.spec.yaml_reader import SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.spec.document import Block, Item, Iterations, Push, Spec
    from archcost.spec.template import Template

Owner: TypeAlias = "Block | Repeat | None"
"""What a name belongs to: the block of a parameter, the repeat of a loop variable, or (None) the spec."""
Name: TypeAlias = tuple[Owner, str]
Scope: TypeAlias = "dict[str, Name]"

_SEVERAL = 2
"""Once, or several times: more is not told apart."""


class Survey:
    """Who reads whom in a spec.

    Attributes:
        unused: what nothing reads, calls or shares, in no particular order. Of names in a row, each computed
            from the one before it, that is the last: the others are used once it is.
        idle: variables on which no layer depends, those in such rows among them.
    """

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._read: set[Name] = set()
        """Names that an item reads."""
        self._through: dict[Name, set[Name]] = defaultdict(set)
        """What a name is computed from."""
        self._repeats: dict[Repeat, None] = {}
        self._shares: dict[Block | None, list[tuple[Template, int]]] = defaultdict(list)
        self._taps: dict[Block | None, set[str]] = defaultdict(set)
        """Per body, the names of items and inputs that it reads."""
        self._parts: dict[Block | None, set[str]] = defaultdict(set)
        """Per body, the names of what it reads of items: `high` of `stage.high`."""
        self._carries: list[tuple[Block | None, Repeat]] = []
        self._pushes: dict[Block | None, list[Push]] = defaultdict(list)
        self._popped: dict[Block | None, set[str]] = defaultdict(set)
        self._calls: dict[Block | None, dict[Block, int]] = {}
        """Per body, the blocks it calls, and whether once or more often; None is the network's own."""
        self._variables: Scope = {name: (None, name) for name in spec.variables}
        self._settle()
        self._look([None])
        used, called, repeats = self._used(), dict(self._calls), dict(self._repeats)
        self.idle = {name for name in spec.variables if (None, name) not in used}
        self.unused: list[Unused] = [
            *self._unused_blocks(),
            *self._unread_inputs(),
            *self._unread_carries(),
            *self._lone_shares(),
            *self._unread_pushes(),
        ]
        self._look(spec.blocks.values())
        read = self._read.union(*self._through.values())
        self.unused += (one for name, one in self._named(called, repeats) if name not in read)

    def _settle(self) -> None:
        """What variables are computed from, and what inputs read."""
        spec = self._spec
        for templates in (spec.variables, *spec.variants.values()):
            for name, template in templates.items():
                self._follow((None, name), [template], self._variables)
        for template in spec.inputs.values():
            self._reads([template], self._variables, None)

    def _look(self, bodies: Iterable[Block | None]) -> None:
        """Read these bodies, and those of all blocks they call."""
        left = list(bodies)
        while left:
            block = left.pop()
            if block not in self._calls:
                self._calls[block] = {}
                self._body(block)
                left.extend(self._calls[block])

    def _body(self, block: Block | None) -> None:
        if block is None:
            self._items(self._spec.layers, self._variables, None, 1)
            self._taken((ref.text for ref in self._spec.outputs), None)
            return
        scope = dict(self._variables) if block.sees_variables else {}
        for name, parameter in block.parameters.items():
            if parameter.default is not None:
                self._follow((block, name), [parameter.default], scope)
                self._sized([parameter.default], block)
            scope[name] = (block, name)
        self._reads([one.condition for one in block.requirements], scope, block)
        self._items(block.items, scope, block, 1)
        self._taken((ref.text for ref in block.outputs), block)

    def _taken(self, taps: Iterable[str], body: Block | None) -> None:
        for tap in taps:
            head, *parts = tap.split(".")
            self._taps[body].add(head)
            self._parts[body].update(parts)

    def _sized(self, templates: Iterable[Template], body: Block | None) -> None:
        """Note the taps whose sizes are read: `in_height(c3)`."""
        for one in templates:
            self._taken(filter(None, map(tap_of, one.names)), body)

    def _reads(self, templates: Iterable[Template], scope: Scope, body: Block | None) -> None:
        templates = list(templates)
        self._sized(templates, body)
        self._read.update(scope[name] for one in templates for name in one.names if name in scope)

    def _follow(self, name: Name, templates: Iterable[Template], scope: Scope) -> None:
        self._through[name].update(scope[read] for one in templates for read in one.names if read in scope)

    def _sources(self, item: Item, body: Block | None) -> None:
        """Note which taps an item reads, and the stacks it uses."""
        reads = item.reads or ()
        self._taken((ref.text for ref in reads if ref.stack is None), body)
        self._popped[body].update(ref.stack for ref in reads if ref.stack is not None)
        if item.push is not None:
            self._pushes[body].append(item.push)

    def _items(self, items: Iterable[Item], scope: Scope, body: Block | None, times: int) -> None:
        for item in items:
            self._reads(_meta(item), scope, body)
            self._sources(item, body)
            if item.share is not None:
                self._shares[body].append((item.share, times))
            match item:
                case LayerItem():
                    self._reads(item.fields.templates.values(), scope, body)
                    likes = (item.fields.templates.get(name) for name in item.fields.kind.tap_fields)
                    self._taken([like.as_ref().text for like in likes if like], body)
                case SplitItem() | RearrangeItem():
                    self._reads(item.fields.templates.values(), scope, body)
                case BlockCall():
                    calls = self._calls[body]
                    calls[item.block] = min(_SEVERAL, calls.get(item.block, 0) + times)
                    for name, template in item.arguments.items():
                        self._follow((item.block, name), [template], scope)
                        self._sized([template], body)
                case Branches():
                    self._branches(item, scope, body, times)
                case Repeat():
                    self._repeat(item, scope, body, times)
                case Body():
                    self._items(item.items, scope, body, times)
                case _:
                    raise TypeError(f"no way to survey {type(item).__name__}")

    def _branches(self, item: Branches, scope: Scope, body: Block | None, times: int) -> None:
        for branch in item.branches:
            self._reads([branch.when] if branch.when else [], scope, body)
            self._items(branch.items, scope, body, times)
        self._reads(item.merge.fields.templates.values(), scope, body)

    def _repeat(self, item: Repeat, scope: Scope, body: Block | None, times: int) -> None:
        steps = item.iterations
        self._repeats[item] = None
        self._reads([steps.times] if steps.times else [], scope, body)
        for row in (steps.columns, *steps.rows):
            for name, template in row.items():
                self._follow((item, name), [template], scope)
                self._sized([template], body)
        # The value of a column that is no list says how often the repeat runs.
        self._reads((column for column in steps.columns.values() if not _is_list(column)), scope, body)
        if item.mode == "carry":
            self._carries.append((body, item))
        inside = scope | {name: (item, name) for name in steps.places}
        self._items(item.items, inside, body, _SEVERAL if _runs_often(steps) else times)
        self._reads(item.merge.fields.templates.values() if item.merge else (), inside, body)

    # -- what is left over ----------------------------------------------------------------------------------

    def _named(
        self, called: Iterable[Block | None], repeats: Iterable[Repeat]
    ) -> Iterator[tuple[Name, Unused]]:
        """The names there are in what is called, with what they are."""
        for name, place in self._spec.places.items():
            yield (None, name), Unused("variable", name, place)
        for repeat in repeats:
            columns = repeat.iterations.columns.values()
            plain = len(columns) == 1 and not any(map(_is_list, columns))
            for name, place in repeat.iterations.places.items():
                yield (repeat, name), Unused("counter" if plain else "loop variable", name, place)
        for block in filter(None, called):
            for name, parameter in block.parameters.items() if block.sees_variables else ():
                yield (block, name), Unused("parameter", name, parameter.place, block.name)

    def _unread_inputs(self) -> Iterator[Unused]:
        """Inputs of blocks that no item in them names. The first item reads all of them, if it names none."""
        for block in filter(None, self._calls):
            takes_all = "input" in self._taps[block] or _takes_what_arrives(block.items)
            for name, place in block.inputs.items() if block.sees_variables and not takes_all else ():
                if name not in self._taps[block]:
                    yield Unused("input", name, place, block.name)

    def _unread_carries(self) -> Iterator[Unused]:
        """Carried names that nothing reads. An item that names nothing, the first of the body, reads all."""
        for body, repeat in self._carries:
            if not _takes_what_arrives(repeat.items):
                read = self._taps[body] | self._parts[body]
                for name, place in repeat.carry.items():
                    if name not in read:
                        yield Unused("carry", name, place)

    def _unread_pushes(self) -> Iterator[Unused]:
        """Stacks from which no item of the same body pops."""
        for body, pushes in self._pushes.items():
            for name, place in pushes:
                if name not in self._popped[body]:
                    yield Unused("push", name, place)

    def _used(self) -> set[Name]:
        used: set[Name] = set()
        left = list(self._read)
        while left:
            name = left.pop()
            if name not in used:
                used.add(name)
                left.extend(self._through[name])
        return used

    def _unused_blocks(self) -> Iterator[Unused]:
        """Blocks of the spec itself. Of a file that it includes, one that is called is enough."""
        main = self._spec.place.source.name
        for block in self._spec.blocks.values():
            if block not in self._calls and block.place.source.name == main:
                yield Unused("block", block.name, block.place)
        files = {block.place.source.name for block in filter(None, self._calls)}
        for one in reversed(self._spec.included):  # those that a file includes stand behind it
            if one.name in files:
                files.add(one.by)
            elif one.by == main:
                yield Unused("include", one.text, one.place)

    def _lone_shares(self) -> Iterator[Unused]:
        """Sets of weights that one item has to itself; one whose name is computed may be any item's."""
        times = self._times()
        users: dict[str | None, list[tuple[Template, int]]] = defaultdict(list)
        for body, shares in self._shares.items():
            for share, often in shares:
                if share.waits:
                    return
                users[set_of_weights(share, {})].append((share, often * times[body]))
        for name, found in users.items():
            (share, often), *others = found
            if name is not None and often == 1 and not others:
                yield Unused("share", name, share.place)

    def _times(self) -> dict[Block | None, int]:
        """How often each body is run through: once, or several times."""
        times: dict[Block | None, int] = {None: 1}
        left: list[Block | None] = [None]
        while left:
            body = left.pop()
            for callee, often in self._calls[body].items():
                before = times.get(callee, 0)
                times[callee] = min(_SEVERAL, before + often * times[body])
                if times[callee] != before:
                    left.append(callee)
        return times


def _meta(item: Item) -> Iterator[Template]:
    if item.when is not None:
        yield item.when
    if item.share is not None:
        yield item.share
    for template, _ in item.expect.values():
        yield template
    if item.weights is not None:
        for _, template in item.weights.numbers.values():
            yield template


def _takes_what_arrives(items: Sequence[Item]) -> bool:
    """Whether the first item reads all that arrives, without a name for it."""
    reads = items[0].reads if items else None
    return reads is None or any(ref.is_previous for ref in reads)


def _runs_often(steps: Iterations) -> bool:
    """Whether it may run more than once, whatever the variables are."""
    if steps.times is not None:
        return steps.times.waits or steps.times.count({}, "the count") > 1
    return len(steps.rows) != 1


def _is_list(column: Template) -> bool:
    """Whether a column is written out, value by value."""
    return isinstance(column.node, SequenceNode)
