"""From items to nodes: repeats are run through, blocks opened, choices made, shapes inferred on the way.

Expansion knows shapes, because `when: $(in_channels != out)` asks for them. A shape error is therefore found
where it is written. A layer that fails gives an unknown tensor: what reads it stays silent, everything else
is still checked, so one mistake is one error and several are all reported.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archcost.errors import ShapeError, SpecError
from archcost.layers.base import TensorSource, how_many_arrive
from archcost.network import Expectation, Network
from archcost.spec.document import BlockCall, Body, Branches, LayerItem, RearrangeItem, Repeat, SplitItem
from archcost.spec.expectations import expected
from archcost.spec.iterations import rounds
from archcost.spec.nodes import NodeMaker
from archcost.spec.problems import Mistake, Problems
from archcost.spec.scope import UNKNOWN, Environment, Frame, Lost, Tap, Taps, Unknown
from archcost.spec.sharing import Shared, set_of_weights
from archcost.spec.stacks import Stacks
from archcost.spec.template import IN_NAMES, describe
from archcost.spec.weights import WeightsInPlace
from archcost.spec.yaml_reader import ScalarNode
from archcost.windows.window import show
from archcost.words.wording import in_a_row, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from archcost.expressions.values import Value
    from archcost.layers.base import Kind
    from archcost.limits import Limits
    from archcost.network import Input, Node, Unused
    from archcost.source import Place
    from archcost.spec.document import Block, Item, MergeSpec, Push, Requirement, Spec
    from archcost.spec.fields import Fields
    from archcost.spec.opened import Opened
    from archcost.spec.problems import Uses
    from archcost.spec.scope import Flow, Wire
    from archcost.windows.window import Shape

_QUICK = 3_000
"""Nodes of a network that is built again to try other inputs."""


class Expander:
    """Expands one spec. `expand` is the only thing to call, once."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a network is made of
        self,
        spec: Spec,
        variables: dict[str, Value],
        inputs: tuple[Input, ...],
        problems: Problems,
        limits: Limits,
        opened: Opened,
        *,
        is_trial: bool = False,
    ) -> None:
        """A trial finds out whether there is a mistake, not what would mend it."""
        self._spec = spec
        self._variables = variables
        self._inputs = inputs
        self._problems = problems
        self._limits = limits
        self._opened = opened
        self._made = NodeMaker(inputs, problems, limits, None if is_trial else self._fits)
        self._expectations: list[Expectation] = []
        self._given = WeightsInPlace(opened)
        self._sets: dict[str, Shared] = {}
        self._unused: dict[Unused, None] = {}
        # Repeats of nothing cost time without adding nodes, so steps are bounded as well.
        self._steps_left = 20 * limits.nodes

    def expand(self, path: str, variant: str | None, unused: tuple[Unused, ...] = ()) -> Network:
        """The network. `unused` are the names of its spec that nothing uses.

        Raises:
            SpecError: everything that is wrong.
        """
        taps = Taps()
        taps.own = {one.path: Tap((one,)) for one in self._inputs}
        taps.own.setdefault("input", Tap(self._inputs))
        frame = Frame("", taps, self._variables, Stacks())
        last = self._sequence(self._spec.layers, self._inputs, frame)
        self._left_over(frame)
        outputs = self._outputs(last, frame)
        self._problems.stop_if_any()
        return Network(
            name=self._spec.name,
            path=path,
            variant=variant,
            variables=self._variables,
            inputs=self._inputs,
            nodes=tuple(self._made.nodes),
            outputs=outputs,
            expectations=tuple(self._expectations),
            given=tuple(self._given.found),
            variants=tuple(self._spec.variants),
            unused=(*unused, *self._unused),
        )

    def _fits(self, inputs: tuple[Input, ...]) -> bool:
        """Whether the network can be built on other inputs; not tried where that takes long."""
        if len(self._made.nodes) > _QUICK:
            return False
        trial = Expander(
            self._spec, self._variables, inputs, Problems(), self._limits, self._opened, is_trial=True
        )
        try:
            trial.expand("", None)
        except SpecError:
            return False
        return True

    def _outputs(self, last: Tap, frame: Frame) -> dict[str, Node | Input]:
        """The network's outputs by name: the taps listed, or the last item's, by its name or path."""
        found: dict[str, Wire] = {}
        if self._spec.outputs:
            for ref in self._spec.outputs:
                try:
                    found |= frame.taps.read(ref).named(ref.text)
                except Mistake as mistake:
                    self._problems.catch(mistake)
        else:
            item = self._spec.layers[-1] if self._spec.layers else None
            found = last.named(item.name if item else None)
        return {name: wire for name, wire in found.items() if not isinstance(wire, Unknown)}

    # -- items ------------------------------------------------------------------------------------------

    def _sequence(self, items: Sequence[Item], flow: Flow, frame: Frame) -> Tap:
        """Items one after the other; the tap of the last one."""
        tap = Tap(flow)
        for item in items:
            tap = self._item(item, tap.flow, frame)
        return tap

    def _item(self, item: Item, arriving: Flow, frame: Frame) -> Tap:
        self._step(item.place, frame)
        first, is_there = len(self._made.nodes), True
        try:
            flow, popped = self._reading(item, arriving, frame)
            env = frame.env(flow)
            if item.when is not None and not item.when.boolean(env):
                is_there = False
                frame.stacks.put_back(popped)
                tap = self._skip(item, flow, arriving)
            else:
                tap = self._shared(item, flow, env, frame)
                self._expect(item, tap, env, frame, first)
                if item.weights is not None:
                    base = (frame.prefix + (item.segment or "")).rstrip(".")
                    for mistake in self._given.note(item.weights, self._made.nodes[first:], base, env):
                        self._problems.catch(mistake, frame.uses)
        except Lost:
            tap = Tap(UNKNOWN)
        except Mistake as mistake:
            self._problems.catch(mistake, frame.uses)
            tap = Tap(UNKNOWN)
        if item.push is not None and is_there:
            self._push(item, item.push, tap, frame)
        if item.name is not None:
            frame.taps.own[item.name] = tap
        return tap

    def _reading(
        self, item: Item, arriving: Flow, frame: Frame
    ) -> tuple[Flow, list[list[tuple[Wire, Push]]]]:
        """What an item reads, and what of that it took off stacks."""
        if item.reads is None:
            return arriving, []
        flow: list[Wire] = []
        popped: list[list[tuple[Wire, Push]]] = []
        for ref in item.reads:
            if ref.stack is None:
                flow.extend(arriving if ref.is_previous else frame.taps.read(ref).flow)
                continue
            try:
                popped.append(frame.stacks.pop(ref))
            except Mistake:
                if self._problems.found:  # what should have been pushed may be lost with another mistake
                    raise Lost from None
                raise
            flow.extend(wire for wire, _ in popped[-1])
        return tuple(flow), popped

    def _push(self, item: Item, on: Push, tap: Tap, frame: Frame) -> None:
        """Put an item's output on a stack; of one that failed, a tensor that nobody knows."""
        (wire,) = tap.flow if len(tap.flow) == 1 else UNKNOWN
        frame.stacks.push(wire, on)
        if len(tap.flow) == 1:
            return
        if not tap.flow:
            self._problems.add(on.place, f"push: {item.word} gives no tensor", frame.uses)
            return
        text = f"push: {item.word} gives {len(tap.flow)} tensors, and a stack takes one at a time; push"
        self._problems.add(on.place, f"{text} one of its outputs, read by its name", frame.uses)

    def _left_over(self, frame: Frame) -> None:
        """Note what was pushed and is never popped, where a body ends."""
        self._unused.update(dict.fromkeys(frame.stacks.left_over()))

    def _step(self, place: Place, frame: Frame) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            self._made.too_many(place, frame.uses)
        if frame.depth > self._limits.depth:
            text = f"blocks and structures nest deeper than {self._limits.depth} levels (the limit `depth`)"
            self._problems.add(place, text, frame.uses)
            self._problems.stop_if_any()

    def _skip(self, item: Item, flow: Flow, arriving: Flow) -> Tap:
        """What goes on where an item is left out: what it reads; of several, those it would give by name."""
        if len(flow) == 1:
            return Tap(flow)
        if Unknown in map(type, (*flow, *arriving)):
            raise Lost
        inputs, outputs = _passed_on(item)
        if outputs and len(inputs) == len(flow) and set(outputs) <= set(inputs):
            named = dict(zip(inputs, flow, strict=True))
            parts = {name: Tap((named[name],)) for name in outputs}
            return Tap(tuple(named[name] for name in outputs), parts)
        if not flow or set(arriving) <= set(flow):
            return Tap(arriving)
        before = in_a_row([wire.path for wire in arriving])
        text = (
            f"{item.word}: left out, it would pass on the item before it ({before}), which it does not read"
        )
        raise Mistake(item.place, f"{text}; put what is to go on before it, or use `branches` with `when`")

    def _shared(self, item: Item, flow: Flow, env: Environment, frame: Frame) -> Tap:
        """The item, with one set of weights for all items that say the same `share`."""
        name = set_of_weights(item.share, env) if item.share else None
        if name is None:
            return self._expand(item, flow, env, frame)
        base = frame.prefix + (item.segment or "")
        called = f"'{base}'" if item.segment else f"the {item.word} of line {item.place.line}"
        shared = Shared(name, called, base, self._sets.get(name))
        tap = self._expand(item, flow, env, frame._replace(shared=shared))
        if tap.flow != UNKNOWN:
            self._sets.setdefault(name, shared)
            if why := shared.differs():
                raise Mistake(item.place, f"share '{name}': {why}")
        return tap

    def _expand(self, item: Item, flow: Flow, env: Environment, frame: Frame) -> Tap:
        match item:
            case LayerItem():
                return self._layer(item, flow, env, frame)
            case SplitItem() | RearrangeItem():
                return self._several(item, flow, env, frame)
            case BlockCall():
                return self._block(item, flow, env, frame)
            case Branches():
                return self._branches(item, flow, env, frame)
            case Repeat():
                return self._repeat(item, flow, env, frame)
            case Body():
                return self._sequence(item.items, flow, frame.inside(item.segment))
            case _:
                raise TypeError(f"no way to expand {type(item).__name__}")

    def _expect(self, item: Item, tap: Tap, env: Environment, frame: Frame, first: int) -> None:
        outputs = tuple(wire for wire in tap.flow if not isinstance(wire, Unknown))
        if not item.expect or len(outputs) != len(tap.flow):
            return
        path = (frame.prefix + (item.segment or "")).rstrip(".") or item.word
        for what, (template, place) in item.expect.items():
            try:
                value, tolerance = expected(what, template, env)
            except Mistake as mistake:
                self._problems.catch(mistake, frame.uses)
                continue
            node, last = template.node, len(self._made.nodes)
            text = node.text if isinstance(node, ScalarNode) and not template.waits else describe(value)
            found = Expectation(path, what, value, tolerance, text, place, first, last, outputs)
            self._expectations.append(found)

    # -- layers -----------------------------------------------------------------------------------------

    def _layer(self, item: LayerItem, flow: Flow, env: Environment, frame: Frame) -> Tap:
        fields = item.fields
        if issubclass(fields.kind, TensorSource):
            if item.reads:
                raise Mistake(item.place, f"{item.word}: brings its own tensor and reads none; drop `from`")
            flow = ()
        layer = self._made.layer(fields, env, self._sizes(fields, frame), flow)
        path = frame.prefix + (item.segment or item.word)
        return Tap((self._made.make(fields, layer, flow, _labels(item, flow), path, frame),))

    def _several(self, item: SplitItem | RearrangeItem, flow: Flow, env: Environment, frame: Frame) -> Tap:
        if isinstance(item, SplitItem):
            return self._split(item, flow, env, frame)
        return self._rearrange(item, flow, env, frame)

    def _split(self, item: SplitItem, flow: Flow, env: Environment, frame: Frame) -> Tap:
        """A slice per part, each read by the part's name."""
        wire, label = _one(item, flow)
        split = self._made.layer(item.fields, env, {}, flow)
        path = frame.prefix + (item.segment or item.word)
        parts: dict[str, Tap] = {}
        try:
            for name, layer in split.slices(wire.output):
                node = self._made.make(item.slices, layer, flow, [label], f"{path}.{name}", frame)
                parts[name] = Tap((node,))
        except ShapeError as error:
            raise Mistake(item.fields.place_of(str(error)), f"split: {error} (from {label})") from None
        return Tap(tuple(part.flow[0] for part in parts.values()), parts)

    def _rearrange(self, item: RearrangeItem, flow: Flow, env: Environment, frame: Frame) -> Tap:
        """A node per step; one alone has the item's own path."""
        wire, label = _one(item, flow)
        try:
            steps = list(self._made.layer(item.fields, env, {}, flow).steps(wire.output))
        except ShapeError as error:
            raise Mistake(item.fields.place_of(str(error)), f"rearrange: {error} (from {label})") from None
        path, seen = frame.prefix + (item.segment or item.word), Counter[str]()
        for layer in steps:
            fields = item.layers[type(layer)]
            seen[fields.word] += 1
            number = f"_{seen[fields.word]}" if seen[fields.word] > 1 else ""
            below = f".{fields.word}{number}" if len(steps) > 1 else ""
            wire = self._made.make(fields, layer, (wire,), [f"'{wire.path}'"], path + below, frame)
        return Tap((wire,))

    def _sizes(self, fields: Fields[Kind], frame: Frame) -> dict[str, Shape]:
        """The spatial sizes of the taps the fields name (`like: c3`)."""
        sizes: dict[str, Shape] = {}
        for name in fields.kind.tap_fields:
            if (template := fields.templates.get(name)) is None:
                continue
            tap = frame.taps.read(template.as_ref())
            if len(tap.flow) != 1:
                text = f"{fields.word}: {name} names {len(tap.flow)} tensors; name one"
                raise Mistake(template.place, text)
            wire = tap.flow[0]
            if isinstance(wire, Unknown):
                raise Lost
            sizes[name] = wire.output[1:]
        return sizes

    # -- blocks -----------------------------------------------------------------------------------------

    def _block(self, item: BlockCall, flow: Flow, env: Environment, frame: Frame) -> Tap:
        block = item.block
        uses = ((item.word, item.place), *frame.uses)
        taps = Taps()
        taps.own["input"] = Tap(flow)
        if block.inputs:
            self._bind(block.inputs, flow, taps, item)
        variables = self._arguments(item, env, taps, uses)
        prefix = f"{frame.prefix}{item.segment}."
        inner = Frame(prefix, taps, variables, Stacks(), uses, frame.shared, frame.depth + 1)
        last = self._sequence(block.items, flow, inner)
        self._left_over(inner)
        if not block.outputs:
            return Tap(last.flow)
        return self._block_outputs(block, inner)

    def _block_outputs(self, block: Block, inner: Frame) -> Tap:
        parts: dict[str, Tap] = {}
        flow: list[Wire] = []
        for ref in block.outputs:
            try:
                tap = inner.taps.read(ref)
            except Mistake as mistake:
                self._problems.catch(mistake, inner.uses)
                tap = Tap(UNKNOWN)
            flow.extend(tap.flow)
            tap.hang(ref.text.split("."), parts)
        return Tap(tuple(flow), parts)

    def _arguments(self, item: BlockCall, env: Environment, taps: Taps, uses: Uses) -> dict[str, Value]:
        """The variables of a block's body: the spec's, then its parameters, defaults in their order."""
        variables: dict[str, Value] = dict(self._variables) if item.block.sees_variables else {}
        defaults = Environment(variables, env.flow, taps)
        later = set(item.block.parameters)
        waiting = _checked(item.block.requirements, item, defaults, later)
        for name, parameter in item.block.parameters.items():
            if name in item.arguments:
                value = item.arguments[name].value(env)
            elif parameter.default is not None:
                try:
                    value = parameter.default.value(defaults)
                except Mistake as mistake:  # it stands in the block, so the call belongs to its trail
                    self._problems.catch(mistake, uses)
                    raise Lost from None
            else:
                continue  # reported by the parser
            variables[name] = value
            later.discard(name)
            waiting = _checked(waiting, item, defaults, later)
        return variables

    def _bind(self, names: Collection[str], flow: Flow, taps: Taps, item: Item) -> None:
        """Give the tensors that arrive their names, in order."""
        if len(flow) != len(names):
            if flow == UNKNOWN:
                raise Lost
            arrive = how_many_arrive(len(flow))
            text = f"{item.word}: takes {plural(len(names), 'input')} ({', '.join(names)}), but {arrive}"
            raise Mistake(item.place, text)
        for name, wire in zip(names, flow, strict=True):
            taps.own[name] = Tap((wire,))

    # -- structures -------------------------------------------------------------------------------------

    def _branches(self, item: Branches, flow: Flow, env: Environment, frame: Frame) -> Tap:
        within = frame.inside(item.segment)
        flows = [
            (branch.label, self._sequence(branch.items, flow, within.inside(branch.segment)).flow)
            for branch in item.branches
            if branch.when is None or branch.when.boolean(env)
        ]
        if not flows:
            raise Mistake(item.place, "every branch is left out by its `when`; one must remain")
        return Tap(self._merge(item.merge, flows, within, frame.env(flow)))

    def _merge(self, merge: MergeSpec, flows: list[tuple[str, Flow]], frame: Frame, env: Environment) -> Flow:
        """Join the flows; one alone is what it is."""
        for label, flow in flows:
            if len(flow) != 1:
                text = f"{merge.word}: {label} gives {len(flow)} tensors, and a merge joins one of each"
                raise Mistake(merge.place, text)
        if len(flows) == 1:
            return flows[0][1]
        wires = tuple(flow[0] for _, flow in flows)
        layer = self._made.layer(merge.fields, env, {}, wires)
        path = frame.prefix + merge.segment
        return (self._made.make(merge.fields, layer, wires, [label for label, _ in flows], path, frame),)

    def _repeat(self, item: Repeat, flow: Flow, env: Environment, frame: Frame) -> Tap:
        steps = rounds(item.iterations, item.place, env, self._limits)
        within = frame.inside(item.segment)
        tap = Tap(flow)
        if item.mode == "carry":
            self._bind(item.carry, flow, within.taps, item)
            tap.parts = {name: within.taps.own[name] for name in item.carry}
        iterations: list[Tap] = []
        for i, values in enumerate(steps):
            self._step(item.place, frame)
            inner = within.inside(str(i))
            inner = inner._replace(variables=within.variables | values)
            arriving = flow if item.mode == "merge" else tap.flow
            tap = self._iteration(item, tap, arriving, inner)
            iterations.append(tap)
        tap = self._joined(item, flow, iterations, tap, within)
        named = {str(i): one for i, one in enumerate(iterations)} if item.name else {}
        return Tap(tap.flow, tap.parts | named)

    def _iteration(self, item: Repeat, before: Tap, flow: Flow, inner: Frame) -> Tap:
        inner.taps.own.update(before.parts if item.mode == "carry" else {})
        last = self._sequence(item.items, flow, inner)
        if item.mode == "carry":
            return self._carried(item, before, last, inner)
        if item.mode == "dense" and item.merge is not None:
            env = inner.env(flow)
            return Tap(self._merge(item.merge, [("the input", flow), ("the body", last.flow)], inner, env))
        return last

    def _carried(self, item: Repeat, before: Tap, last: Tap, inner: Frame) -> Tap:
        """The carried names after an iteration: its last item's outputs, else its taps of these names."""
        if len(last.flow) == len(item.carry):
            parts = {name: Tap((wire,)) for name, wire in zip(item.carry, last.flow, strict=True)}
        else:
            parts = {name: inner.taps.own[name] for name in item.carry}
            if last.flow != UNKNOWN and all(parts[name] is before.parts[name] for name in item.carry):
                names, given = " or ".join(item.carry), "1 tensor" if len(last.flow) == 1 else "other tensors"
                text = f"no item of the body is named {names}, and its last gives {given}"
                raise Mistake(item.place, f"repeat: nothing is carried on: {text}")
        return Tap(tuple(wire for tap in parts.values() for wire in tap.flow), parts)

    def _joined(self, item: Repeat, flow: Flow, iterations: list[Tap], last: Tap, within: Frame) -> Tap:
        """What a repeat with `merge` or `collect` gives: its iterations (and its input) in one tensor."""
        if item.merge is None or item.mode == "dense" or not iterations:
            return last
        flows = [(f"iteration {i}", tap.flow) for i, tap in enumerate(iterations)]
        if item.mode == "collect":
            flows.insert(0, ("the input", flow))
        return Tap(self._merge(item.merge, flows, within, within.env(flow)))


def _checked(
    waiting: Sequence[Requirement], item: BlockCall, env: Environment, later: set[str]
) -> list[Requirement]:
    """What a block needs and cannot be told yet, for it depends on parameters that get their values later.

    So a default that has no value without what is needed is not asked for.

    Raises:
        Mistake: something is not as the block needs it, or its condition has no value.
    """
    left = [one for one in waiting if one.condition.names & later]
    for one in waiting:
        if one not in left and not _is_met(one, env):
            names = one.condition.names
            found = [f"{name} is {describe(env[name])}" for name in item.block.parameters if name in names]
            asks = any(name in IN_NAMES for name in names) and len(env.flow) == 1
            found += [f"{show(x.output)} arrives" for x in env.flow if asks and not isinstance(x, Unknown)]
            but = f", but {in_a_row(found)}" if found else ""
            raise Mistake(item.place, f"{item.word}: needs {one.what}{but}")
    return left


def _is_met(one: Requirement, env: Environment) -> bool:
    """Whether a condition holds; one without a value, as the height of what has none, does not."""
    try:
        value = one.condition.resolve(env)
    except Mistake:
        return False
    return value if isinstance(value, bool) else one.condition.boolean(env, what="require")


def _labels(item: Item, flow: Flow) -> list[str]:
    """What errors call the tensors that arrive: as `from` names them, or by their paths."""
    refs = item.reads or ()
    if len(refs) != len(flow):
        return [f"'{wire.path}'" for wire in flow]
    named = [ref.stack is None and not ref.is_previous for ref in refs]
    return [f"'{ref.text if n else wire.path}'" for n, ref, wire in zip(named, refs, flow, strict=True)]


def _one(item: Item, flow: Flow) -> tuple[Node | Input, str]:
    """The one tensor that arrives, and what an error calls it."""
    if len(flow) != 1:
        text = f"{item.word}: takes one input, but {how_many_arrive(len(flow))}; choose one with `from`"
        raise Mistake(item.place, text)
    (wire,), (label,) = flow, _labels(item, flow)
    if isinstance(wire, Unknown):
        raise Lost
    return wire, label


def _passed_on(item: Item) -> tuple[list[str], list[str]]:
    """The names under which an item takes tensors, and those under which it gives them."""
    if isinstance(item, BlockCall):
        return list(item.block.inputs), [ref.text for ref in item.block.outputs]
    carried = list(item.carry) if isinstance(item, Repeat) else []
    return carried, carried
