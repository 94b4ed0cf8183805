"""Makes items of a model's operations, one after the other.

Each operation has a rule in the table of `aten`: what it reads arrives as `Value`s, and the rule adds items
and says what leaves. What has no rule is refused, with its place.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.errors import ModelFileError
from archcost.importing.items import Item
from archcost.importing.model import Operation, Reference, Weight, read_by
from archcost.importing.parts import free
from archcost.importing.values import Value, arriving, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from archcost.importing.items import FieldValue
    from archcost.importing.model import Argument, Model
    from archcost.windows.window import Shape


class Converted(NamedTuple):
    """A model in our terms.

    Attributes:
        inputs: shapes by name.
        items: in order; all of them are read, or leave.
        outputs: what leaves.
        learned: learned numbers of the weights that layers took.
        values: by the framework's name what it is of ours, of everything that an item made; before it is
            changed in place.
        results: the same of what leaves, as it is in the end.
    """

    inputs: Mapping[str, Shape]
    items: tuple[Item, ...]
    outputs: tuple[Item | str, ...]
    learned: int
    values: Mapping[str, Value]
    results: Mapping[str, Value]


_NONE: Mapping[str, Weight | None] = {}

Rule: TypeAlias = "Callable[[Call], Value | Weight | Sequence[Value | Weight]]"


MORE_OUTPUTS = frozenset(
    f"aten.{word}"
    for word in (
        *("native_batch_norm", "_native_batch_norm_legit_no_training", "_native_batch_norm_legit"),
        *("native_layer_norm", "native_group_norm", "native_dropout", "_fused_rms_norm"),
        "_weight_norm_interface",
        *("lstm", "gru", "rnn_tanh", "rnn_relu"),
        *("max_pool2d_with_indices", "max_pool3d_with_indices"),
        *("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"),
        *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention"),
        *("_scaled_dot_product_flash_attention", "_scaled_dot_product_cudnn_attention"),
    )
)
"""Operations that also give statistics or places, which nobody reads when a model is used."""


_SURE_VIEWS = frozenset(
    f"aten.{word}"
    for word in (
        *("view", "view_as", "unflatten", "unsqueeze", "squeeze", "permute", "movedim", "moveaxis"),
        *("transpose", "swapaxes", "t", "mT", "slice", "select", "unbind", "chunk", "split"),
        *("split_with_sizes", "tensor_split", "expand", "expand_as", "alias", "detach"),
    )
)
"""Operations whose output is the memory of what they read."""

_VIEWS = _SURE_VIEWS | {
    f"aten.{word}"
    for word in (
        *("reshape", "reshape_as", "_unsafe_view", "flatten", "contiguous", "detach_", "to"),
        *("lift_fresh_copy", "type_as", "_to_copy", "unfold", "as_strided", "dropout", "feature_dropout"),
    )
}
"""Those, and others whose output may be."""


class Aliases:
    """Which names mean the same memory: an operation in place (`relu_`) changes what all of them mean."""

    def __init__(self, operations: Sequence[Operation], outputs: Sequence[str]) -> None:
        self._place = {id(operation): i for i, operation in enumerate(operations)}
        self._last_read: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._root: dict[str, str] = {}
        self._group: dict[str, list[str]] = {}
        self._maker: dict[str, Operation] = {}
        for i, operation in enumerate(operations):
            for name in read_by(operation):
                self._last_read[name] = i
            source = _first(operation)
            for name in operation.outputs:
                shares = source and (operation.word in _VIEWS or self.written(operation))
                root = self._root.get(source, source) if shares else name
                if shares:
                    self._maker[name] = operation
                self._root[name], self._made[name] = root, i
                self._group.setdefault(root, [root]).append(name)
        self._last_read |= dict.fromkeys(outputs, len(operations))

    @staticmethod
    def written(operation: Operation) -> str:
        """The name of what an operation changes in place; empty if it changes nothing."""
        return _first(operation) if operation.word.endswith("_") and operation.word not in _VIEWS else ""

    def stale(self, operation: Operation) -> list[str]:
        """Other names of what an operation changes in place that are read further on."""
        written = self.written(operation)
        if not written:
            return []
        here = self._place[id(operation)]
        group = self._group[self._root.get(written, written)]
        others = (name for name in group if name != written and self._made.get(name, -1) < here)
        return [name for name in others if self._last_read.get(name, -1) > here]

    def way(self, name: str) -> list[Operation]:
        """The operations that lead from the first name of some memory to another one."""
        found: list[Operation] = []
        while name in self._maker and len(found) < len(self._place):
            found.append(self._maker[name])
            name = _first(found[-1])
        return found[::-1]


def _first(operation: Operation) -> str:
    given = operation.arguments.get("self", operation.arguments.get("input"))
    return given.name if isinstance(given, Reference) else ""


_CORE = "`program.run_decompositions()`, which changes nothing in place"

FOLDED = 2**30
"""Numbers of one model that are computed beforehand: shapes, and masks that a model makes of them."""


class NotUnderstoodError(Exception):
    """Raised by rules: something of an operation that cannot be said."""


def _no_rule(_call: Call) -> Value:
    raise NotUnderstoodError("there is no rule for this operation")


class Converter:
    """Converts one model.

    Args:
        path: of its file, for messages.
        model: what is converted.
        rules: how, by the words of operations.
        form: what messages call its format.
        allow_declared: what is not understood becomes a `custom` layer.
    """

    def __init__(
        self,
        path: object,
        model: Model,
        rules: Mapping[str, Rule],
        form: str,
        *,
        allow_declared: bool = False,
    ) -> None:
        self._path = path
        self._allow_declared = allow_declared
        self._form = form
        self._model = model
        self._rules = rules
        self.items: list[Item] = []
        self.known: dict[str, Value | Weight] = {}
        self.values: dict[str, Value] = {}
        self.joined: dict[Item, list[Item | str]] = {}
        self.booleans, self.wholes = model.booleans, model.wholes
        self.unmade: dict[str, str] = {}
        self.brought: dict[tuple[object, ...], Value] = {}
        self.folded = 0

    def converted(self) -> Converted:
        """All items, those without a use left out."""
        if not self._model.inputs:
            raise ModelFileError(self._path, "nothing arrives at the model: it has no input")
        names = _input_names(self._model.inputs)
        inputs: dict[str, Shape] = {}
        for theirs, shape in self._model.inputs.items():
            axes = self._model.axes.get(theirs)
            if axes is None and (len(shape) < 2 or shape[0] != 1):
                raise ModelFileError(self._path, _batch(theirs, shape))
            value = arriving(names[theirs], shape, canonical(len(shape)) if axes is None else axes)
            inputs[names[theirs]], self.known[theirs] = value.shape, value
        self.known.update(self._model.weights)
        aliases = Aliases(self._model.operations, self._model.outputs)
        for operation in self._model.operations:
            self._convert(operation)
            if written := aliases.written(operation):
                # From here on the old name means what was made of it.
                self.known[written] = self.known[operation.outputs[0]]
            if stale := aliases.stale(operation):
                self._rewrite(operation, stale, aliases)
        outputs = tuple(dict.fromkeys(self._output(name) for name in self._model.outputs))
        used = _used(self.items, outputs)
        try:
            _share(used)
        except NotUnderstoodError as error:
            raise ModelFileError(self._path, str(error)) from None
        taken = {weight.name: weight for item in used for weight in item.weights.values()}
        learned = sum(prod(weight.shape) for weight in taken.values() if weight.is_learned)
        results = {
            name: found for name in self._model.outputs if isinstance(found := self.known[name], Value)
        }
        return Converted(inputs, tuple(used), outputs, learned, self.values, results)

    def _rewrite(self, operation: Operation, stale: Sequence[str], aliases: Aliases) -> None:
        """What has a view that is changed in place gets what was written; its other views follow."""
        written = aliases.written(operation)
        found = {name: self.known.get(name) for name in (written, *stale)}
        if all(isinstance(one, Weight) and not one.is_learned for one in found.values()):
            # Constants stay constants, but zeros are none any more.
            self.known |= {
                name: one._replace(numbers=None) for name, one in found.items() if isinstance(one, Weight)
            }
            return
        way = aliases.way(written)
        ways = [*way, *(view for name in stale for view in aliases.way(name))]
        if not all(view.word in _SURE_VIEWS or aliases.written(view) for view in ways):
            why = f"it changes in place what '{stale[0]}' is a view of, or views; export {_CORE}"
            raise ModelFileError(self._path, f"{operation.place} ({operation.word}): {why}")
        for view in reversed(way):
            source, made = _first(view), view.outputs[0]
            if aliases.written(view):
                self.known[source] = self.known[made]
            else:
                arguments = {**view.arguments, "src": Reference(made)}
                put = Operation(
                    f"{view.word}_scatter", arguments, (source,), operation.module, operation.place
                )
                self._convert(put)
        fresh = {written, *map(_first, way)}
        for view in ways:
            if not fresh.isdisjoint(view.outputs):
                continue
            fresh.update(view.outputs)
            if aliases.written(view):
                self.known[view.outputs[0]] = self.known[_first(view)]
            else:
                self._convert(view)

    def inside(
        self, operations: Sequence[Operation], weights: Mapping[str, Weight], outputs: Sequence[str]
    ) -> list[Value | Weight]:
        """Converts operations that stand within another one; what leaves them."""
        self.known.update(weights)
        for operation in operations:
            self._convert(operation)
        return [self.known[name] for name in outputs]

    def shape_of(self, name: str) -> Shape:
        """The framework's shape of a value.

        Raises:
            NotUnderstoodError: the file does not say it.
        """
        if name not in self._model.shapes:
            raise NotUnderstoodError(f"the file does not say the shape of '{name}'")
        return self._model.shapes[name]

    def _output(self, name: str) -> Item | str:
        found = self.known.get(name)
        if not isinstance(found, Value):
            raise ModelFileError(self._path, f"output '{name}' is made by no layer")
        return found.tensor

    def _convert(self, operation: Operation) -> None:
        where = f"{operation.place} ({operation.word}" + (
            f" in {operation.module})" if operation.module else ")"
        )
        before = len(self.items)
        try:
            made = self._rules.get(operation.word, _no_rule)(Call(self, operation))
        except NotUnderstoodError as error:
            if not self._allow_declared:
                raise ModelFileError(self._path, f"{where}: {error}") from None
            del self.items[before:]
            try:
                made = Call(self, operation).declared(str(error))
            except NotUnderstoodError as what:
                raise ModelFileError(self._path, f"{where}: {error}, and {what}") from None
        except (
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:  # no arguments of that operation
            lost = next((name for name in read_by(operation) if name in self.unmade), "")
            why = (
                f"it reads '{lost}', which {self.unmade[lost]} gives and no layer makes"
                if lost
                else f"its arguments are not those of {self._form}"
            )
            raise ModelFileError(self._path, f"{where}: {why}") from error
        several = [made] if isinstance(made, Value | Weight) else made
        if len(several) < len(operation.outputs) and operation.word not in MORE_OUTPUTS:
            raise ModelFileError(
                self._path, f"{where}: {len(operation.outputs)} tensors leave, not {len(several)}"
            )
        self.unmade |= dict.fromkeys(operation.outputs[len(several) :], operation.word)
        for name, value in zip(operation.outputs, several, strict=False):
            self.known[name] = value
            if isinstance(value, Value) and isinstance(value.tensor, Item):
                self.values.setdefault(name, value)
            said = self._model.shapes.get(name)
            if isinstance(value, Value) and said is not None and value.theirs != said:
                raise ModelFileError(self._path, f"{where}: gives {value.theirs}, and the file says {said}")


class Call:
    """One operation that is being converted: what it reads, and what it adds."""

    def __init__(self, converter: Converter, operation: Operation) -> None:
        self._converter = converter
        self.operation = operation
        self.module = operation.module

    def argument(self, name: str, default: Argument = None) -> Argument:
        """An argument as the file has it."""
        return self.operation.arguments.get(name, default)

    def known(self, name: str) -> Value | Weight | None:
        """What a tensor argument is."""
        given = self.argument(name)
        return self._converter.known[given.name] if isinstance(given, Reference) else None

    def read(self) -> list[Value | Weight]:
        """All that the operation reads."""
        return [self._converter.known[name] for name in read_by(self.operation)]

    def run(
        self, operations: Sequence[Operation], weights: Mapping[str, Weight], outputs: Sequence[str]
    ) -> list[Value | Weight]:
        """What leaves other operations that run in place of this one, with tensors that they bring along."""
        return self._converter.inside(operations, weights, outputs)

    def known_list(self, name: str) -> list[Value | Weight | None]:
        """What the tensors of a list are; None of what is not given."""
        given = self.argument(name)
        several = given if isinstance(given, list) else [given]
        return [self._converter.known[one.name] if isinstance(one, Reference) else None for one in several]

    def folds(self, size: int) -> None:
        """Notes that so many numbers are computed beforehand.

        Raises:
            NotUnderstoodError: they are too many, of all operations together.
        """
        self._converter.folded += size
        if self._converter.folded > FOLDED:
            raise NotUnderstoodError(f"more than {FOLDED:,} constants are computed")

    def value(self, name: str) -> Value:
        """What arrives as an argument."""
        found = self.known(name)
        if found is None:
            raise NotUnderstoodError(f"{name} is no tensor")
        return found if isinstance(found, Value) else self.as_layer(found)

    def as_layer(self, weight: Weight) -> Value:
        """A tensor of the file as a layer that brings it, its last dimension as channels."""
        wide = [d for d, n in enumerate(weight.shape) if n > 1]
        order = [*wide[-1:], *wide[:-1]]
        axes = [order.index(d) if d in order else None for d in range(len(weight.shape))]
        return self.bring(weight, order, axes)

    def bring(self, weight: Weight, order: Sequence[int | None], axes: Sequence[int | None]) -> Value:
        """A tensor of the file as a layer: `parameter` if it is learned, else `constant`.

        What was brought once is taken again.

        Args:
            weight: the tensor.
            order: its dimensions as axes of the layer, all that are not 1; None for an axis of 1.
            axes: of what leaves, by the framework's dimensions.
        """
        if weight.parametrized:
            raise NotUnderstoodError(f"{weight.name} is computed")
        there = [d for d in order if d is not None]
        shape = tuple(1 if d is None else weight.shape[d] for d in order) or (1,)
        if prod(shape) != prod(weight.shape):
            raise NotUnderstoodError(f"{weight.name} has {weight.shape}, which does not fit")
        key = (weight.name, weight.shape, shape, *there)
        if key not in self._converter.brought:
            turned = weight._replace(order=(*there, *(d for d in range(len(weight.shape)) if d not in there)))
            kind, name = ("parameter", "weight") if weight.is_learned else ("constant", "values")
            fields: dict[str, FieldValue] = {"shape": [*shape]}
            fields |= {} if weight.is_learned else {"values": "declared"}
            self._converter.brought[key] = self.add(kind, [], shape, axes, {name: turned}, **fields)
        return self._converter.brought[key]._replace(axes=tuple(axes))

    def values(self, name: str) -> list[Value]:
        """What arrives as a list."""
        given = self.argument(name)
        several = given if isinstance(given, list) else []
        found = [self._converter.known[one.name] for one in several if isinstance(one, Reference)]
        if len(found) != len(several) or not found:
            raise NotUnderstoodError(f"{name} are not all tensors")
        return [one if isinstance(one, Value) else self.as_layer(one) for one in found]

    def weight(self, name: str) -> Weight | None:
        """A weight that a layer may take; None if it is not given."""
        given = self.argument(name)
        if not isinstance(given, Reference):
            return None
        found = self._converter.known[given.name]
        if isinstance(found, Value) or found.parametrized:
            raise NotUnderstoodError(f"{name} is computed")
        return found

    def is_boolean(self, name: str) -> bool:
        """Whether a tensor argument is of yes and no."""
        return self._is_one_of(self._converter.booleans, name)

    def is_whole(self, name: str) -> bool:
        """Whether a tensor argument is of whole numbers, or of yes and no."""
        return self._is_one_of(self._converter.wholes, name) or self.is_boolean(name)

    def _is_one_of(self, several: Container[str], name: str) -> bool:
        given = self.argument(name)
        return isinstance(given, Reference) and given.name in several

    @property
    def gives_booleans(self) -> bool:
        """Whether what leaves first is of yes and no."""
        return self.operation.outputs[0] in self._converter.booleans

    @property
    def gives_wholes(self) -> bool:
        """Whether what leaves first is of whole numbers."""
        return self.operation.outputs[0] in self._converter.wholes

    def said(self) -> Shape:
        """The shape that the file says of what leaves first."""
        return self._converter.shape_of(self.operation.outputs[0])

    def shape_of(self, name: str) -> Shape:
        """The framework's shape of a value of the file."""
        return self._converter.shape_of(name)

    def integers(self, name: str, default: Sequence[int] = ()) -> list[int]:
        """A list of whole numbers."""
        given = self.argument(name, [*default])
        several = given if isinstance(given, list) else [given]
        if not all(isinstance(one, int) for one in several):
            raise NotUnderstoodError(f"{name} are no whole numbers")
        return [one for one in several if isinstance(one, int)]

    def add(
        self,
        kind: str,
        sources: Sequence[Value],
        shape: Shape,
        axes: Sequence[int | None],
        weights: Mapping[str, Weight | None] = _NONE,
        /,
        **fields: FieldValue,
    ) -> Value:
        """A layer, with the weights that it takes by the names of its kind; the value that it makes."""
        if kind == "reshape" and (before := _undone(sources[0].tensor, shape)):
            return Value(before, shape, tuple(axes))
        op = self.operation
        tensors = tuple(source.tensor for source in sources)
        taken = {name: weight for name, weight in weights.items() if weight}
        item = Item(kind, fields, tensors, shape, self.module, op.place, taken)
        self._converter.items.append(item)
        return Value(item, shape, tuple(axes))

    def concat(self, several: Sequence[Value], shape: Shape, axes: Sequence[int | None], axis: int) -> Value:
        """What is joined, with what was joined already in place of the tensors it begins with.

        DenseNet's layers each join all that came before: so each joins one tensor to the last one's.
        """
        whole = [value.tensor for value in several]
        joined = self._converter.joined
        for item, parts in reversed(joined.items()):
            is_part = len(parts) < len(whole) and all(a is b for a, b in zip(parts, whole, strict=False))
            if is_part and item.fields.get("axis", 0) == axis:
                several = [Value(item, item.shape, tuple(axes)), *several[len(parts) :]]
                break
        found = self.add("concat", several, shape, axes, **({"axis": axis} if axis else {}))
        if isinstance(found.tensor, Item):
            joined[found.tensor] = whole
        return found

    def declared(self, why: str) -> list[Value]:
        """Whatever the operation does, as `custom` layers of the shapes that the file says, one per output.

        The learned numbers that it reads are those of the first.

        Raises:
            NotUnderstoodError: the file does not say a shape, or says one of too many axes.
        """
        found = [self._converter.known[name] for name in read_by(self.operation)]
        several = [one for one in dict.fromkeys(found) if isinstance(one, Value)]
        fresh = {one.name: one for one in found if not isinstance(one, Value) and one.is_learned}
        params = sum(prod(one.shape) for one in fresh.values())
        reason = f"{self.operation.word} of {self.operation.place}: {why}; its macs are to be filled in"
        made: list[Value] = []
        for name in self.operation.outputs:
            theirs = self._converter.shape_of(name)
            has_batch = len(theirs) > 1 and theirs[0] == 1
            shape = theirs[1:] if has_batch else theirs
            if not 1 <= len(shape) <= 4 or 0 in shape:
                raise NotUnderstoodError(f"a layer of shape {theirs} cannot be declared")
            axes = canonical(len(theirs)) if has_batch else (*range(len(theirs)),)
            fields: dict[str, FieldValue] = {"shape": [*shape], "reason": reason}
            fields |= {"params": params} if params and not made else {}
            made.append(self.add("custom", several, shape, axes, {} if made else fresh, **fields))
        return made

    def in_order(self, value: Value, order: Sequence[int]) -> Value:
        """A tensor whose axes stand in another order: of the framework's dimensions, those that `order` says.

        One that is left out of ours becomes an axis of 1.
        """
        axes = [value.axes[d] for d in order]
        there = [axis for axis in axes if axis is not None]
        dropped = [axis for axis in range(len(value.shape)) if axis not in there]
        if len(there) != len(axes) or dropped:
            shape = tuple(1 if axis is None else value.shape[axis] for axis in axes) or (1,)
            moved = value if there == sorted(there) else self._transposed(value, [*there, *dropped])
            if moved.shape == shape:
                return moved._replace(axes=tuple(_placed(value, order)))
            value = self.add("reshape", [moved], shape, _placed(value, order), shape=[*shape])
            return value
        if there == [*range(len(value.shape))]:
            return value
        return self._transposed(value, there)

    def _transposed(self, value: Value, there: Sequence[int]) -> Value:
        shape = tuple(value.shape[axis] for axis in there)
        axes = [None if axis is None else there.index(axis) for axis in value.axes]
        return self.add("transpose", [value], shape, axes, axes=[*there])

    def channels_first(self, name: str) -> Value:
        """What arrives as an argument, as a batch of one with channels first."""
        value = self.value(name)
        rank = len(value.axes)
        if value.axes[0] is not None:
            raise NotUnderstoodError(f"{name} has a first dimension of {value.theirs[0]}, which is no batch")
        return self.in_order(value, range(1, rank))


def _undone(tensor: Item | str, shape: Shape) -> Item | None:
    """What a tensor was before it was brought into another shape, if it had this one."""
    while isinstance(tensor, Item):
        if tensor.shape == shape:
            return tensor
        if tensor.kind not in {"flatten", "reshape", "squeeze", "unsqueeze"}:
            return None
        tensor = tensor.sources[0]
    return None


def _placed(value: Value, order: Sequence[int]) -> list[int | None]:
    return [order.index(d) if d in order else None for d, _ in enumerate(value.axes)]


def _share(items: Sequence[Item]) -> None:
    """Names the sets of learned tensors that several layers take, after the module of the first tensor."""
    sets: dict[frozenset[str], list[Item]] = {}
    for item in items:
        if any(weight.is_learned for weight in item.weights.values()):
            sets.setdefault(frozenset(weight.name for weight in item.weights.values()), []).append(item)
    for name, users in _users(sets).items():
        if len(users) > 1:
            where = " and ".join(item.place for item in users)
            why = "which have tensors of their own as well; only whole sets can be shared"
            raise NotUnderstoodError(f"{name} is taken by {where}, {why}")
    taken: set[str] = set()
    for several in sets.values():
        if len(several) > 1:
            _refuse_turned(several)
            path = next(iter(several[0].weights.values())).name
            word = free(
                re.sub(r"\W+", "_", path.rpartition(".")[0] or path).strip("_0123456789") or "shared", taken
            )
            taken.add(word)
            for item in several:
                item.share = word


def _refuse_turned(items: Sequence[Item]) -> None:
    """Refuse a tensor that layers take with its dimensions in several orders: a set has one."""
    orders: dict[str, tuple[list[int], str]] = {}
    for item in items:
        for weight in item.weights.values():
            wide = [d for d, n in enumerate(weight.shape) if n > 1]
            order = [wide.index(d) for d in weight.order or wide if d in wide]
            first, where = orders.setdefault(weight.name, (order, item.place))
            if order != first:
                raise NotUnderstoodError(
                    f"{weight.name} is taken as it is and transposed: by {where} and {item.place}"
                )


def _users(sets: Mapping[frozenset[str], Sequence[Item]]) -> dict[str, list[Item]]:
    """Of every learned tensor the first layer of each set that it is in."""
    found: dict[str, list[Item]] = {}
    for several in sets.values():
        for weight in several[0].weights.values():
            if weight.is_learned:
                found.setdefault(weight.name, []).append(several[0])
    return found


def _used(items: Sequence[Item], outputs: Sequence[Item | str]) -> list[Item]:
    """The items that an output depends on, in order."""
    needed = {id(output) for output in outputs}
    kept: list[Item] = []
    for item in reversed(items):
        if id(item) in needed:
            kept.append(item)
            needed.update(id(source) for source in item.sources)
    return kept[::-1]


def _input_names(inputs: Mapping[str, Shape]) -> dict[str, str]:
    """A single input is called `input`, several as in the file, as far as a spec can have these names."""
    if len(inputs) == 1:
        return dict.fromkeys(inputs, "input")
    found: dict[str, str] = {}
    for name in inputs:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)
        named = plain if re.search(r"[A-Za-z]", plain) else f"input_{plain}"
        found[name] = free(named, found.values())
    return found


def _batch(name: str, shape: Shape) -> str:
    if len(shape) < 2:
        return f"input '{name}' is {shape}; a batch of one is expected, and what is in it"
    return f"input '{name}' is {shape}: export with a batch of 1"
