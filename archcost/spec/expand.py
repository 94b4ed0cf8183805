"""From items to nodes: repeats are run through, blocks opened, choices made, shapes inferred on the way.

Expansion knows shapes, because `when: $(in_channels != out)` asks for them. A shape error is therefore found
where it is written. A layer that fails gives an unknown tensor: what reads it stays silent, everything else
is still checked, so one mistake is one error and several are all reported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from archcost.errors import ExpressionError, ShapeError, SpecError
from archcost.layers.base import Merge, Source
from archcost.network import Expectation, Input, Network, Node
from archcost.spec.document import BlockCall, Body, Branches, LayerItem, Repeat
from archcost.spec.expectations import expected
from archcost.spec.opened import beside
from archcost.spec.problems import Mistake, Problems
from archcost.spec.scope import UNKNOWN, Environment, Frame, Lost, Tap, Taps, Unknown
from archcost.spec.sharing import Shared
from archcost.spec.template import describe
from archcost.spec.weights import given
from archcost.spec.yaml_reader import ScalarNode
from archcost.windows.window import axis_names, show
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.expressions.values import Value
    from archcost.layers.base import Kind
    from archcost.limits import Limits
    from archcost.network import GivenWeights, Unused
    from archcost.source import Place
    from archcost.spec.document import Block, Branch, Document, Item, MergeSpec, Ref
    from archcost.spec.fields import Fields
    from archcost.spec.opened import Opened
    from archcost.spec.problems import Uses
    from archcost.spec.scope import Flow, Wire
    from archcost.spec.template import Field, Template
    from archcost.spec.weights import WrittenWeights
    from archcost.windows.window import Shape


_QUICK = 3_000
"""Nodes of a network that is built again to try other inputs."""


class Expander:
    """Expands one document. `expand` is the only thing to call, once."""

    def __init__(  # noqa: PLR0913 - what a network is made of
        self,
        document: Document,
        variables: dict[str, Value],
        problems: Problems,
        limits: Limits,
        opened: Opened,
        *,
        is_trial: bool = False,
    ) -> None:
        """`is_trial`: only whether there is a mistake is asked, not what would mend it."""
        self._document = document
        self._opened = opened
        self._variables = variables
        self._problems = problems
        self._limits = limits
        self._inputs: tuple[Input, ...] = ()
        self._unequal_left = 0 if is_trial else 1
        self._nodes: list[Node] = []
        self._expectations: list[Expectation] = []
        self._given: list[GivenWeights] = []
        self._given_at: dict[tuple[str, str], Place] = {}
        self._shapes: dict[tuple[int, tuple[Shape, ...]], Shape | ShapeError] = {}
        self._built: dict[tuple[Fields | Value, ...], Kind] = {}
        self._layers: dict[tuple[int, int], Kind] = {}
        """By layer and number of axes, the same with its axes settled."""
        self._sets: dict[str, Shared] = {}
        # Repeats of nothing cost time without adding nodes, so steps are bounded as well.
        self._steps_left = 20 * limits.nodes

    def expand(
        self, inputs: tuple[Input, ...], path: str, variant: str | None, unused: tuple[Unused, ...] = ()
    ) -> Network:
        """The network. `unused` are the names of its spec that nothing uses.

        Raises:
            SpecError: everything that is wrong.
        """
        self._inputs = inputs
        taps = Taps()
        taps.own = {one.path: Tap((one,)) for one in inputs}
        taps.own.setdefault("input", Tap(inputs))
        frame = Frame("", taps, self._variables)
        last = self._sequence(self._document.layers, inputs, frame)
        outputs = self._outputs(last, frame)
        self._problems.stop_if_any()
        return Network(
            name=self._document.name,
            path=path,
            variant=variant,
            variables=self._variables,
            inputs=inputs,
            nodes=tuple(self._nodes),
            outputs=outputs,
            expectations=tuple(self._expectations),
            given=tuple(self._given),
            variants=tuple(self._document.variants),
            unused=unused,
        )

    def _outputs(self, last: Tap, frame: Frame) -> dict[str, Node | Input]:
        """The network's outputs by name: the taps listed, or the last item's, by its name or path."""
        found: dict[str, Wire] = {}
        if self._document.outputs:
            for ref in self._document.outputs:
                try:
                    found |= _named(ref.text, self._tap(ref, frame))
                except Mistake as mistake:
                    self._problems.catch(mistake)
        else:
            item = self._document.layers[-1] if self._document.layers else None
            found = _named(item.name if item else None, last)
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
        first = len(self._nodes)
        try:
            flow = self._read(item, arriving, frame)
            env = Environment(frame.variables, flow)
            if item.when is not None and not item.when.boolean(env):
                tap = self._skip(item, flow)
            else:
                tap = self._shared(item, flow, env, frame)
                self._expect(item, tap, env, frame, first)
                if item.weights is not None:
                    self._weights(item, item.weights, env, frame, first)
        except Lost:
            tap = Tap(UNKNOWN)
        except Mistake as mistake:
            self._problems.catch(mistake, frame.uses)
            tap = Tap(UNKNOWN)
        if item.name is not None:
            frame.taps.own[item.name] = tap
        return tap

    def _step(self, place: Place, frame: Frame) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            self._too_many(place, frame)
        if frame.depth > self._limits.depth:
            text = f"blocks and structures nest deeper than {self._limits.depth} levels (the limit `depth`)"
            self._problems.add(place, text, frame.uses)
            self._problems.stop_if_any()

    def _too_many(self, place: Place, frame: Frame) -> NoReturn:
        limit = self._limits.nodes
        text = f"the network grows beyond {limit:,} nodes; if that is meant, raise it: --limit nodes=N"
        self._problems.add(place, text, frame.uses)
        self._problems.stop_if_any()
        raise AssertionError("a problem was just added")

    def _read(self, item: Item, arriving: Flow, frame: Frame) -> Flow:
        """What the item reads: `from`, else what arrives."""
        if not item.reads:
            return arriving
        return tuple(wire for ref in item.reads for wire in self._tap(ref, frame).flow)

    def _tap(self, ref: Ref, frame: Frame) -> Tap:
        tap = frame.taps.find(ref.head)
        walked = ref.head
        for part in ref.text.split(".")[1:]:
            if tap is None or tap.flow == UNKNOWN:
                break
            if part not in tap.parts:
                raise Mistake(ref.place, f"'{walked}' has no '{part}'; it has {_in_words(tap.parts)}")
            tap, walked = tap.parts[part], f"{walked}.{part}"
        if tap is not None and not tap.flow:
            raise Mistake(ref.place, f"'{walked}' is no output itself; it has {_in_words(tap.parts)}")
        return tap or Tap(UNKNOWN)

    def _skip(self, item: Item, flow: Flow) -> Tap:
        if len(flow) > 1:
            text = f"{item.word}: {len(flow)} tensors arrive, and skipping it cannot say which goes on"
            raise Mistake(item.place, f"{text}; use `branches` with `when`")
        return Tap(flow)

    def _shared(self, item: Item, flow: Flow, env: Environment, frame: Frame) -> Tap:
        """The item, with one set of weights for all items that say the same `share`."""
        if item.share is None:
            return self._expand(item, flow, env, frame)
        base = frame.prefix + (item.segment or "")
        called = f"'{base}'" if item.segment else f"the {item.word} of line {item.place.line}"
        shared = Shared(item.share, called, base, self._sets.get(item.share))
        tap = self._expand(item, flow, env, frame._replace(shared=shared))
        if tap.flow != UNKNOWN:
            self._sets.setdefault(item.share, shared)
            if why := shared.differs():
                raise Mistake(item.place, f"share '{item.share}': {why}")
        return tap

    def _expand(self, item: Item, flow: Flow, env: Environment, frame: Frame) -> Tap:
        match item:
            case LayerItem():
                return self._layer(item, flow, env, frame)
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
            self._expectations.append(
                Expectation(
                    path=path,
                    what=what,
                    expected=value,
                    tolerance=tolerance,
                    text=_as_written(template, value),
                    place=place,
                    first=first,
                    last=len(self._nodes),
                    outputs=outputs,
                ),
            )

    def _weights(
        self, item: Item, weights: WrittenWeights, env: Environment, frame: Frame, first: int
    ) -> None:
        """Note the values an item fixes for the tensors of its nodes."""
        file = beside(self._opened, weights.place.source.name, weights.file) if weights.file else None
        if weights.file and file is None:
            text = f"weights '{weights.file}' leaves the folder of this file; it may only go below it"
            self._problems.add(weights.place, text, frame.uses)
            return
        base = (frame.prefix + (item.segment or "")).rstrip(".")
        found, mistakes = given(weights, self._nodes[first:], base, env, file)
        for mistake in (*mistakes, *self._twice(found)):
            self._problems.catch(mistake, frame.uses)
        self._given.append(found)

    def _twice(self, found: GivenWeights) -> Iterator[Mistake]:
        """Tensors that another item fixes already."""
        for name in found.names if found.file else found.numbers:
            node, tensor = found.names[name]
            before = self._given_at.setdefault((node.shared or node.path, tensor), found.place)
            if before != found.place:
                yield Mistake(found.place, f"weights: {name} is fixed on line {before.line} already")

    # -- layers -----------------------------------------------------------------------------------------

    def _layer(self, item: LayerItem, flow: Flow, env: Environment, frame: Frame) -> Tap:
        fields = item.fields
        if issubclass(fields.kind, Source):
            if item.reads:
                raise Mistake(item.place, f"{item.word}: brings its own tensor and reads none; drop `from`")
            flow = ()
        layer = self._built_layer(fields, env, self._sizes(fields, frame))
        labels = [ref.text for ref in item.reads] if len(item.reads) == len(flow) else [w.path for w in flow]
        path = frame.prefix + (item.segment or item.word)
        return Tap((self._node(fields, layer, flow, [f"'{label}'" for label in labels], path, frame),))

    def _built_layer(self, fields: Fields, env: Environment, sizes: dict[str, Shape]) -> Kind:
        """The layer under these variables; equal values give the same object."""
        try:
            key = (fields, *(env[name] for name in fields.names), *sizes.values())
        except ExpressionError:
            return fields.layer(env, sizes)  # the same error again, now with its place
        layer = self._built.get(key)
        if layer is None:
            layer = self._built[key] = fields.layer(env, sizes)
        return layer

    def _sizes(self, fields: Fields, frame: Frame) -> dict[str, Shape]:
        """The spatial sizes of the taps the fields name (`like: c3`)."""
        sizes: dict[str, Shape] = {}
        for name in fields.kind.tap_fields:
            if (template := fields.templates.get(name)) is None:
                continue
            tap = self._tap(template.as_ref(), frame)
            if len(tap.flow) != 1:
                raise Mistake(
                    template.place, f"{fields.word}: {name} names {len(tap.flow)} tensors; name one"
                )
            wire = tap.flow[0]
            if isinstance(wire, Unknown):
                raise Lost
            sizes[name] = wire.output[1:]
        return sizes

    def _node(  # noqa: PLR0913, PLR0917 - what a node is made of
        self, fields: Fields, layer: Kind, flow: Flow, labels: list[str], path: str, frame: Frame
    ) -> Node:
        """Add a node; the only place where nodes are made."""
        inputs = tuple(wire for wire in flow if not isinstance(wire, Unknown))
        if len(inputs) != len(flow):
            raise Lost
        if len(self._nodes) >= self._limits.nodes:
            self._too_many(fields.place, frame)
        shapes = tuple(wire.output for wire in inputs)
        layer = self._settled(layer, shapes)
        try:
            output = self._infer(fields, layer, shapes)
        except ShapeError as error:
            place = fields.place_of(str(error))
            advice = self._advice(layer, inputs, labels, path, error)
            text = f"{fields.word}: {_worded(error, layer, shapes, labels)}{advice}"
            raise Mistake(place, text) from None
        shared = frame.shared and frame.shared.key(
            path, layer.weight_shapes(*shapes) | layer.buffer_shapes(*shapes)
        )
        called = _called(fields.place, frame.uses)
        node = Node(path, fields.word, layer, inputs, output, fields.place, shared, called, frame.uses)
        self._nodes.append(node)
        return node

    def _advice(
        self,
        layer: Kind,
        inputs: tuple[Node | Input, ...],
        labels: list[str],
        path: str,
        error: ShapeError,
    ) -> str:
        """What to do about two tensors of unequal size; said once, for later ones follow from the first."""
        if not isinstance(layer, Merge) or len(error.inputs) != 2 or not self._unequal_left:
            return ""
        self._unequal_left -= 1
        from archcost.spec.unequal import UnequalPair  # noqa: PLC0415 - only such a mistake needs it

        (a, b), names = error.inputs, [label[1:-1] if label[:1] == "'" else None for label in labels]
        pair = UnequalPair(layer, (inputs[a], inputs[b]), (names[a], names[b]), path.rpartition(".")[0])
        return pair.advice(self._nodes, self._inputs, self._fits)

    def _fits(self, inputs: tuple[Input, ...]) -> bool:
        """Whether the network can be built on other inputs; not tried where that takes long."""
        if len(self._nodes) > _QUICK:
            return False
        trial = Expander(
            self._document, self._variables, Problems(), self._limits, self._opened, is_trial=True
        )
        try:
            trial.expand(inputs, "", None)
        except SpecError:
            return False
        return True

    def _settled(self, layer: Kind, shapes: tuple[Shape, ...]) -> Kind:
        """The layer with its axes settled; equal layers on equally many axes stay one object."""
        found = layer.settled(shapes)
        return layer if found is layer else self._layers.setdefault((id(layer), len(shapes[0])), found)

    def _infer(self, fields: Fields, layer: Kind, shapes: tuple[Shape, ...]) -> Shape:
        key = (id(layer), shapes)
        found = self._shapes.get(key)
        if found is None:
            try:
                found = self._checked(fields, layer, shapes)
            except ShapeError as error:
                found = error
            self._shapes[key] = found
        if isinstance(found, ShapeError):
            raise found
        return found

    def _checked(self, fields: Fields, layer: Kind, shapes: tuple[Shape, ...]) -> Shape:
        if fields.rank is not None and shapes and len(shapes[0]) - 1 != fields.rank:
            axes = axis_names(len(shapes[0]) - 1)
            found = f"has {in_a_row(axes)}" if axes else "is a vector"
            raise ShapeError(f"is for {fields.rank}-D, but the input {found}")
        layer.check_inputs(len(shapes))
        output = layer.output_shape(*shapes)
        if max(output) > self._limits.dimension:
            limit = f"beyond the limit `dimension` of {self._limits.dimension:,}"
            raise ShapeError(f"gives {show(output)}, {limit}")
        return output

    # -- blocks -----------------------------------------------------------------------------------------

    def _block(self, item: BlockCall, flow: Flow, env: Environment, frame: Frame) -> Tap:
        block = item.block
        uses = ((item.word, item.place), *frame.uses)
        variables = self._arguments(item, env, uses)
        prefix = f"{frame.prefix}{item.segment}."
        inner = Frame(prefix, Taps(), variables, uses, frame.shared, frame.depth + 1)
        inner.taps.own["input"] = Tap(flow)
        if block.inputs:
            self._bind(block.inputs, flow, inner.taps, item)
        last = self._sequence(block.items, flow, inner)
        if not block.outputs:
            return Tap(last.flow)
        return self._block_outputs(block, inner)

    def _block_outputs(self, block: Block, inner: Frame) -> Tap:
        parts: dict[str, Tap] = {}
        flow: list[Wire] = []
        for ref in block.outputs:
            try:
                tap = self._tap(ref, inner)
            except Mistake as mistake:
                self._problems.catch(mistake, inner.uses)
                tap = Tap(UNKNOWN)
            flow.extend(tap.flow)
            _hang(tap, ref.text.split("."), parts)
        return Tap(tuple(flow), parts)

    def _arguments(self, item: BlockCall, env: Environment, uses: Uses) -> dict[str, Value]:
        """The variables of a block's body: the spec's, then its parameters, defaults in their order."""
        variables: dict[str, Value] = dict(self._variables) if item.block.sees_variables else {}
        defaults = Environment(variables, env.flow)
        for name, parameter in item.block.parameters.items():
            if name in item.arguments:
                value = item.arguments[name].value(env)
            elif parameter.default is not None:
                value = self._default(parameter.default, defaults, uses)
            else:
                continue  # reported by the parser
            variables[name] = value
        return variables

    def _default(self, template: Template, env: Environment, uses: Uses) -> Value:
        """A parameter's default. It stands in the block, so the call belongs to its trail."""
        try:
            return template.value(env)
        except Mistake as mistake:
            self._problems.catch(mistake, uses)
            raise Lost from None

    def _bind(self, names: tuple[str, ...], flow: Flow, taps: Taps, item: Item) -> None:
        """Give the tensors that arrive their names, in order."""
        if len(flow) != len(names):
            if flow == UNKNOWN:
                raise Lost
            text = f"{item.word}: takes {len(names)} inputs ({', '.join(names)}), but {_arrive(flow)}"
            raise Mistake(item.place, text)
        for name, wire in zip(names, flow, strict=True):
            taps.own[name] = Tap((wire,))

    # -- structures -------------------------------------------------------------------------------------

    def _branches(self, item: Branches, flow: Flow, env: Environment, frame: Frame) -> Tap:
        within = frame.inside(item.segment)
        flows = [
            (branch.label, self._branch(branch, flow, within))
            for branch in item.branches
            if branch.when is None or branch.when.boolean(env)
        ]
        if not flows:
            raise Mistake(item.place, "every branch is left out by its `when`; one must remain")
        return Tap(self._merge(item.merge, flows, within, Environment(frame.variables, flow)))

    def _branch(self, branch: Branch, flow: Flow, within: Frame) -> Flow:
        return self._sequence(branch.items, flow, within.inside(branch.segment)).flow

    def _merge(self, merge: MergeSpec, flows: list[tuple[str, Flow]], frame: Frame, env: Environment) -> Flow:
        """Join the flows; one alone is what it is."""
        for label, flow in flows:
            if len(flow) != 1:
                raise Mistake(
                    merge.place,
                    f"{merge.word}: {label} gives {len(flow)} tensors, and a merge joins one of each",
                )
        if len(flows) == 1:
            return flows[0][1]
        layer = self._built_layer(merge.fields, env, {})
        wires = tuple(flow[0] for _, flow in flows)
        path = frame.prefix + merge.segment
        return (self._node(merge.fields, layer, wires, [label for label, _ in flows], path, frame),)

    def _repeat(self, item: Repeat, flow: Flow, env: Environment, frame: Frame) -> Tap:
        rounds = self._rounds(item, env)
        within = frame.inside(item.segment)
        tap = Tap(flow)
        if item.mode == "carry":
            self._bind(item.carry, flow, within.taps, item)
            tap.parts = {name: within.taps.own[name] for name in item.carry}
        iterations: list[Tap] = []
        for i, values in enumerate(rounds):
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
            env = Environment(inner.variables, flow)
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
        return Tap(self._merge(item.merge, flows, within, Environment(within.variables, flow)))

    def _rounds(self, item: Repeat, env: Environment) -> list[dict[str, Value]]:
        """The loop variables of each iteration."""
        steps = item.iterations
        if steps.rows:
            return [{name: t.value(env) for name, t in row.items()} for row in steps.rows]
        if steps.count is not None:
            return [{}] * self._count(steps.count, "the count", env)
        columns = {name: self._column(t, name, env) for name, t in steps.columns.items()}
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            has = ", ".join(f"{name} {len(values)}" for name, values in columns.items())
            raise Mistake(
                item.place, f"repeat steps through its lists together, so they need equal lengths: {has}"
            )
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _column(self, template: Template, name: str, env: Environment) -> Sequence[Value]:
        values = template.value(env)
        return values if isinstance(values, tuple) else range(self._count(template, name, env))

    def _count(self, template: Template, what: str, env: Environment) -> int:
        count = template.count(env, what)
        if count > self._limits.nodes:
            text = f"repeat: {what} is {count:,}, but a network has at most {self._limits.nodes:,} nodes"
            raise Mistake(template.place, f"{text}; if that is meant, raise it: --limit nodes=N")
        return count


def _hang(tap: Tap, path: list[str], parts: dict[str, Tap]) -> None:
    """Let a tap be read by its path: `unit.high` is part `high` of a part `unit` without a tensor itself."""
    for step in path[:-1]:
        parts = parts.setdefault(step, Tap(())).parts
    parts[path[-1]] = tap


def _in_words(parts: dict[str, Tap]) -> str:
    """What can be read of a tap: iterations by their range, outputs by their names."""
    names = [key for key in parts if not key.isdigit()]
    if len(parts) - len(names) > 8:
        return ", ".join([*names, f"0 to {len(parts) - len(names) - 1}"])
    return ", ".join(parts) or "one output only"


def _named(name: str | None, tap: Tap) -> dict[str, Wire]:
    """The tensors of a tap by name: its own, or its outputs' (`unit.high`), or their nodes' paths."""
    if len(tap.flow) == 1:
        return {name or tap.flow[0].path: tap.flow[0]}
    found = dict(_outputs_below(name, tap)) if name else {}
    return found if len(found) == len(tap.flow) else {wire.path: wire for wire in tap.flow}


def _outputs_below(name: str, tap: Tap) -> Iterator[tuple[str, Wire]]:
    """The named outputs of a tap, which iterations are not."""
    for key, part in tap.parts.items():
        if not part.flow:
            yield from _outputs_below(f"{name}.{key}", part)
        elif not key.isdigit():
            yield from ((f"{name}.{key}", wire) for wire in part.flow)


def _arrive(flow: Flow) -> str:
    return f"{len(flow)} arrive" if len(flow) > 1 else "one arrives"


def _as_written(template: Template, value: Field) -> str:
    node = template.node
    return node.text if isinstance(node, ScalarNode) and not template.waits else describe(value)


def _worded(error: ShapeError, layer: Kind, shapes: tuple[Shape, ...], labels: list[str]) -> str:
    """A layer's terse reason, with the inputs it speaks of."""
    if error.inputs:
        return str(error).format(*(labels[i] for i in error.inputs))
    if isinstance(layer, Merge) or len(shapes) != 1:
        return str(error)
    shape = show(shapes[0])
    known = re.search(rf"(?<![\d×]){shape}(?![\d×])", str(error))
    return f"{error} ({'' if known else f'input {shape} '}from {labels[0]})"


def _called(place: Place, uses: Uses) -> Place:
    """Where the author can change an item: what stands in a standard block, where that is called."""
    outside = (at for at in (place, *(use for _, use in uses)) if not at.source.name.startswith("std/"))
    return next(outside, place)
