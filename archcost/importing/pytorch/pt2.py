"""`.pt2` files, as `torch.export.save` writes them: a zip archive with the graph as JSON.

Weights are not read, nor the pickled inputs beside them. Files of PyTorch up to 2.7 keep the same JSON under
another name.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from archcost.errors import ModelFileError
from archcost.importing.archive import unpacked
from archcost.importing.model import Model, Operation, Reference, Weight, read_by
from archcost.importing.pytorch.symbols import evaluated, symbol
from archcost.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.importing.model import Argument
    from archcost.windows.window import Shape

GRAPHS = ("models/model.json", "serialized_exported_program.json")
"""What the graph is called within the archive, by the newest PyTorch and by those up to 2.7."""


_BOOLEAN, _WHOLE = 12, range(1, 6)
"""The numbers of these types in PyTorch's files."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Named(_Part):
    name: str = ""
    arg: dict[str, Any]


class _Meta(_Part):
    sizes: tuple[dict[str, Any], ...]
    dtype: int = 0


class _Node(_Part):
    target: str
    inputs: tuple[_Named, ...]
    outputs: tuple[dict[str, Any], ...]
    metadata: dict[str, str] = {}
    name: str = ""


class _Graph(_Part):
    inputs: tuple[dict[str, Any], ...]
    outputs: tuple[dict[str, Any], ...]
    nodes: tuple[_Node, ...]
    tensor_values: dict[str, _Meta]
    sym_int_values: dict[str, dict[str, Any]] = {}


class _Signature(_Part):
    input_specs: tuple[dict[str, Any], ...]
    output_specs: tuple[dict[str, Any], ...]


class _GraphModule(_Part):
    graph: _Graph
    signature: _Signature


class _Program(_Part):
    graph_module: _GraphModule


def read(path: Path, given: Mapping[str, Shape] | None = None) -> Model:
    """The model in a file, a batch of one of it.

    Args:
        path: of the file.
        given: shapes of inputs whose sizes the file leaves open, see `Reader.read`.

    Raises:
        ModelFileError: it is no such file, or damaged; the message says where.
    """
    data = unpacked(path, GRAPHS, _NO_GRAPH, _FORM)
    try:
        program = _Program.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the graph"
        raise ModelFileError(path, f"{where}: {first['msg']}") from None
    try:
        return _Reader(path, program.graph_module, _memory(path), given or {}).model()
    except (
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:  # arguments of other types than said
        raise ModelFileError(path, f"the graph is not as PyTorch writes it: {error}") from error


class _Stored(_Part):
    path_name: str = ""
    tensor_meta: dict[str, Any] = {}


class _Weights(_Part):
    config: dict[str, _Stored]


def _memory(path: Path) -> dict[str, str]:
    """Where the numbers of each tensor are: tied ones are in one place. Those without numbers are in none."""
    try:
        data = unpacked(path, ("data/weights/model_weights_config.json",), "", _FORM)
        stored = _Weights.model_validate_json(data).config
    except (ModelFileError, ValidationError):
        return {}  # older files, and those of which the graph alone was kept, do not say
    return {
        name: one.path_name
        for name, one in stored.items()
        if _object(one.tensor_meta.get("device")).get("type") != "meta"
    }


_FORM = "a .pt2 is what torch.export.save writes"

_NO_GRAPH = (
    "there is no exported graph in it; "
    "`torch.export.save(torch.export.export(model.eval(), (x,)), 'model.pt2')` writes one"
)


class _Reader:
    """Makes a model of the JSON."""

    def __init__(
        self, path: Path, module: _GraphModule, memory: Mapping[str, str], given: Mapping[str, Shape]
    ) -> None:
        self._path = path
        self._given = given
        self._symbols: dict[str, int] = {}
        self._memory = memory
        self._graph = _inlined(module.graph)
        self._specs = module.signature.input_specs
        self._outputs = module.signature.output_specs
        self._classes: dict[str, str] = {}

    def model(self) -> Model:
        """All of it."""
        weights: dict[str, Weight] = {}
        inputs: dict[str, Shape] = {}
        self._learn_sizes()
        for i, spec in enumerate(self._specs):
            ((kind, given),) = spec.items() if len(spec) == 1 else (self._fail(f"input_specs.{i}"),)
            if kind == "user_input":
                name = self._value(given.get("arg"), f"input_specs.{i}")
                inputs[name] = self._shape(name)
            elif kind in {"parameter", "buffer", "tensor_constant"}:
                name = self._value(given.get("arg"), f"input_specs.{i}")
                called = given.get(f"{kind}_name") or given.get("tensor_constant_name") or name
                weights[name] = Weight(str(called), self._shape(name), kind == "parameter")
            elif kind != "constant_input":  # a number, a word or nothing, which the operations have in them
                self._fail(f"input_specs.{i}: {kind} is not followed")
        operations = tuple(self._operation(node) for node in self._graph.nodes if not _is_of_sizes(node))
        for name in (name for operation in operations for name in operation.outputs):
            self._shape(name)  # refused here, if it has none
        outputs = tuple(
            self._value(given.get("arg"), f"output_specs.{i}")
            for i, spec in enumerate(self._outputs)
            for kind, given in spec.items()
            if kind == "user_output" and "as_tensor" in _object(given.get("arg"))
        )
        names = {name for operation in operations for name in read_by(operation)} | {*outputs}
        read = {self._memory.get(weight.name, name) for name, weight in weights.items() if name in names}
        learned = [
            weight
            for name, weight in weights.items()
            if weight.is_learned and self._memory.get(weight.name, name) not in read
        ]
        shapes = {name: self._shape(name) for name in self._graph.tensor_values}
        unread = sum(prod(weight.shape) for weight in learned)
        name = self._path.stem
        types = {name: meta.dtype for name, meta in self._graph.tensor_values.items()}
        booleans = frozenset(name for name, one in types.items() if one == _BOOLEAN)
        wholes = frozenset(name for name, one in types.items() if one in _WHOLE)
        model = Model(name, inputs, weights, shapes, operations, outputs, self._classes, unread)
        return model._replace(booleans=booleans, wholes=wholes)

    def _fail(self, what: str) -> Any:  # noqa: ANN401 - it never returns
        raise ModelFileError(self._path, what)

    def _value(self, given: object, where: str) -> str:
        """The name of a tensor, given as `{"name": …}`, or inside an argument."""
        outer = _object(given)
        name = (_object(outer["as_tensor"]) if "as_tensor" in outer else outer).get("name")
        return name if isinstance(name, str) else self._fail(f"{where}: no tensor is named")

    def _shape(self, name: str) -> Shape:
        meta = self._graph.tensor_values.get(name)
        if not meta:
            self._fail(f"tensor_values: '{name}' has no entry")
        return tuple(self._size(size, name) for size in meta.sizes) if meta else ()

    def _size(self, size: dict[str, Any], name: str) -> int:
        found = size.get("as_int")
        if "as_expr" in size:
            found = self._evaluated(_object(size["as_expr"]), f"tensor_values.{name}")
        if not isinstance(found, int):
            return self._fail(f"tensor_values.{name}: a size is not known")
        return found if 0 <= found <= DEFAULT.dimension else self._fail(f"'{name}' has a size of {found}")

    def _operation(self, node: _Node) -> Operation:
        stack = _modules(node.metadata.get("nn_module_stack", ""))
        self._classes.update(stack)
        module = stack[-1][0] if stack else ""
        word = ".".join(node.target.removeprefix("torch.ops.").split(".")[:2])
        arguments = {given.name: self._argument(given.arg, node.name) for given in node.inputs}
        outputs = tuple(name for given in node.outputs for name in self._names(given, node.name))
        return Operation(word, arguments, outputs, module, node.name or ", ".join(outputs))

    def _names(self, given: dict[str, Any], where: str) -> list[str]:
        ((kind, value),) = given.items() if len(given) == 1 else (self._fail(where),)
        several = value if kind == "as_tensors" else [value] if kind == "as_tensor" else []
        return [self._value(one, where) for one in several]

    def _argument(self, given: dict[str, Any], where: str) -> Argument:
        ((kind, value),) = given.items() if len(given) == 1 else (self._fail(where),)
        if kind == "as_none":
            return None
        if kind == "as_tensor":
            return Reference(self._value(value, where))
        is_symbol, is_tensor = kind.startswith("as_sym"), kind in {"as_tensors", "as_optional_tensors"}
        if not isinstance(value, list):
            plain = value if isinstance(value, int | float | str) else str(value)
            plain = float(value) if kind == "as_float" else plain  # infinity is written as a word
            return self._symbolic(_object(value), where) if is_symbol else plain
        several = cast("list[Any]", value)
        follow = self._optional if is_tensor else self._symbolic
        return [follow(_object(one), where) for one in several] if is_tensor or is_symbol else several

    def _optional(self, given: dict[str, Any], where: str) -> Argument:
        return None if given.get("as_none") else Reference(self._value(given, where))

    def _learn_sizes(self) -> None:
        """What the sizes are that the file leaves open: a batch of one, and what is given of the others."""
        specs = (spec["user_input"] for spec in self._specs if "user_input" in spec)
        names = [self._value(spec.get("arg"), "input_specs") for spec in specs]
        given = (
            {names[0]: self._given["input"]} if len(names) == 1 and "input" in self._given else self._given
        )
        if other := given.keys() - {*names}:
            self._fail(f"--input names '{min(other)}', and the inputs are: {', '.join(names)}")
        for name in names:
            meta = self._graph.tensor_values.get(name)
            sizes = [(size, self._symbol(size)) for size in meta.sizes] if meta else []
            said = (1, *given[name]) if name in given else (1,) + (None,) * (len(sizes) - 1)
            if len(said) != len(sizes):
                self._fail(f"--input says that '{name}' is {said[1:]}, and it has {len(sizes)} dimensions")
            for i, ((size, is_open), there) in enumerate(zip(sizes, said, strict=True)):
                if is_open and there is not None:
                    self._symbols.setdefault(is_open, there)
                elif is_open and is_open not in self._symbols:
                    self._fail(f"input '{name}' has sizes that are open: say them, --input 3x224x224")
                elif i and not is_open and there not in {None, size.get("as_int")}:
                    shape, fixed = "x".join(map(str, said[1:])), size.get("as_int")
                    self._fail(
                        f"--input {name}={shape}: dimension {i} was fixed to {fixed} when it was exported; "
                        "export it again with others"
                    )

    def _symbol(self, size: dict[str, Any]) -> str:
        expression = _object(size.get("as_expr"))
        try:
            return symbol(str(expression["expr_str"])) if "expr_str" in expression else ""
        except ValueError as error:
            return self._fail(str(error))

    def _evaluated(self, expression: dict[str, Any], where: str) -> int:
        try:
            return evaluated(str(expression.get("expr_str", "")), self._symbols)
        except ValueError as error:
            return self._fail(f"{where}: {error}")

    def _symbolic(self, given: dict[str, Any], where: str) -> Argument:
        named = self._graph.sym_int_values.get(str(given.get("as_name")))
        if named:
            return self._size(named, where)
        for value in given.values():
            if isinstance(value, int | float):
                return value
        return self._fail(f"{where}: a size that is computed is not followed; export without dynamic_shapes")


_WRAPPERS = {f"torch.ops.higher_order.wrap_with_{what}" for what in ("set_grad_enabled", "autocast")}
"""What runs a graph as it is: `torch.no_grad()` and the like within a model."""


def _inlined(graph: _Graph) -> _Graph:
    """A graph with the operations of those that it only wraps; their names get the wrapper's before them."""
    nodes: list[_Node] = []
    values = {**graph.tensor_values}
    for node in graph.nodes:
        if node.target not in _WRAPPERS:
            nodes.append(node)
            continue
        at = next(i for i, given in enumerate(node.inputs) if "as_graph" in given.arg)
        inner = _inlined(_Graph.model_validate(node.inputs[at].arg["as_graph"]["graph"]))
        names = {name: f"{node.name}.{name}" for name in inner.tensor_values}
        arriving = [given.arg for given in node.inputs[at + 1 :]]
        names |= {
            own["as_tensor"]["name"]: given["as_tensor"]["name"]
            for own, given in zip(inner.inputs, arriving, strict=True)
        }
        values |= {
            names[name]: meta for name, meta in inner.tensor_values.items() if names[name] not in values
        }
        nodes += (_renamed(one, names) for one in inner.nodes)
        outer = [one for given in node.outputs for one in given.get("as_tensors", [given.get("as_tensor")])]
        for own, leaves in zip(inner.outputs, outer, strict=True):
            read = _Named(name="self", arg=_with_names(own, names))
            nodes.append(
                _Node(target="torch.ops.aten.alias.default", inputs=(read,), outputs=({"as_tensor": leaves},))
            )
    return graph.model_copy(update={"nodes": tuple(nodes), "tensor_values": values})


def _renamed(node: _Node, names: Mapping[str, str]) -> _Node:
    inputs = tuple(_Named(name=given.name, arg=_with_names(given.arg, names)) for given in node.inputs)
    outputs = tuple(_with_names(given, names) for given in node.outputs)
    return node.model_copy(update={"inputs": inputs, "outputs": outputs})


def _with_names(given: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """The same JSON with other names of tensors."""
    if isinstance(given, dict):
        return {
            key: names.get(one, one) if key == "name" else _with_names(one, names)
            for key, one in cast("dict[str, Any]", given).items()
        }
    if isinstance(given, list):
        return [_with_names(one, names) for one in cast("list[Any]", given)]
    return given


def _is_of_sizes(node: _Node) -> bool:
    """Whether it only computes sizes, which the file says as well, or asserts something of them."""
    of_sizes = all(word in {"as_sym_int", "as_sym_bool"} for given in node.outputs for word in given)
    return of_sizes and bool(node.outputs or "assert" in node.target or "constrain" in node.target)


def _object(given: object) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _modules(stack: str) -> list[tuple[str, str]]:
    """The modules of a stack, the innermost last, each with its class: `key,path,class`, and semicolons."""
    parts = [[*one.split(",", 2), "", ""][1:3] for one in stack.split(";") if one]
    return [(path, kind.rsplit(".", 1)[-1]) for path, kind in parts]
