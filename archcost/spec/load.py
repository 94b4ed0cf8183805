"""From a path to a network: read, parse, choose the variables, expand."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import SpecError, UsageError
from archcost.limits import DEFAULT
from archcost.network import Input
from archcost.source import Place, Source
from archcost.spec.expand import Expander
from archcost.spec.library import BLOCKS, Includer, open_spec
from archcost.spec.parse import LIBRARY_KEYS, Parser
from archcost.spec.problems import Mistake, Problems
from archcost.spec.reader import Mapping, read
from archcost.spec.template import Template, describe
from archcost.suggest import suggest

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.expressions import Value
    from archcost.limits import Limits
    from archcost.network import Network
    from archcost.spec.document import Block, Document
    from archcost.spec.library import Opened

Setting: TypeAlias = "str | float | bool | AnySequence[Setting]"
"""A value for a variable; a text is read as the spec would read it (`"0.5"`, `"[3, 4]"`, `"relu"`)."""

InputShape: TypeAlias = "str | AnySequence[int]"
"""`"3x256x256"`, or `(3, 256, 256)`."""


def load(
    path: str | Path,
    *,
    set: AnyMapping[str, Setting] | None = None,  # noqa: A002 - the command line's word, and it shadows nothing used here
    variant: str | None = None,
    input: InputShape | AnyMapping[str, InputShape] | None = None,  # noqa: A002 - likewise
    limits: Limits = DEFAULT,
) -> Network:
    """Read a spec and expand it into a network with every shape known.

    Args:
        path: a file, `-` for standard input, or `zoo:NAME` for a network that ships with archcost.
        set: variables to override.
        variant: one of the spec's `variants`.
        input: another input shape: `"3x256x256"`, or `"left=3x64x64"` and the like for named inputs (several
            separated by commas, or a mapping of names to shapes).
        limits: how large things may get.

    Raises:
        SpecError: the spec is wrong; it carries every mistake with its place.
        UsageError: a variable, variant, input or zoo network that does not exist.
    """
    opened = open_spec(str(path), limits)
    try:
        return _load(opened, str(path), dict(set or {}), variant, input, limits)
    except RecursionError:
        problems = Problems()
        problems.add(Place(Source(opened.name)), "blocks and structures nest too deeply to be expanded")
        problems.stop_if_any()
        raise


def _load(
    opened: Opened,
    path: str,
    overrides: dict[str, Setting],
    variant: str | None,
    input_: InputShape | AnyMapping[str, InputShape] | None,
    limits: Limits,
) -> Network:
    problems = Problems()
    document = _parse(opened, problems, limits)
    chosen = _variant(document, opened, variant)
    variables = _variables(document, chosen, overrides, problems, limits)
    inputs = _inputs(document, variables, _input_texts(input_, document), problems, limits)
    problems.stop_if_any()
    return Expander(document, variables, problems, limits).expand(inputs, path, chosen)


def _parse(opened: Opened, problems: Problems, limits: Limits) -> Document:
    root = read(opened.data, opened.name, limits)
    if not isinstance(root, Mapping):
        problems.add(root.place, "a spec is a mapping: archcost, name, input, layers")
        problems.stop_if_any()
        raise TypeError("a problem was just added")
    includer = Includer(problems, limits)
    includer.include(root, opened.name, opened.folder)
    parser = Parser(problems, limits, _Standard(problems, limits).block)
    included: list[Mapping] = []
    for one in includer.roots:
        parser.check_keys(one, LIBRARY_KEYS, required=(), what="a file that is included")
        if (blocks := one.get("blocks")) is not None and (mapping := parser.as_mapping(blocks, "blocks")):
            included.append(mapping)
    document = parser.document(root, included)
    problems.stop_if_any()
    return document


class _Standard:
    """The standard blocks, each parsed from its file when it is first called."""

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self._problems = problems
        self._limits = limits
        self._known: dict[str, Block | None] = {}

    def block(self, name: str) -> Block | None:
        """`std/NAME`, or None."""
        if name not in self._known:
            self._known[name] = None  # a block that calls itself finds nothing
            self._known[name] = self._parse(name)
        return self._known[name]

    def _parse(self, name: str) -> Block | None:
        file = BLOCKS / f"{name}.yaml"
        if not name.isidentifier() or not file.is_file():
            return None
        root = read(file.read_bytes(), f"std/{name}", self._limits)
        parser = Parser(self._problems, self._limits, self.block)
        return parser.library(root).get(name) if isinstance(root, Mapping) else None


# -- variables ------------------------------------------------------------------------------------------


def _variant(document: Document, opened: Opened, variant: str | None) -> str | None:
    if variant is None:
        return opened.variant
    if opened.variant not in (None, variant):
        raise UsageError(
            f"{opened.name} already is the variant '{opened.variant}'; --variant {variant} contradicts it"
        )
    if variant not in document.variants:
        known = list(document.variants)
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise UsageError(
            f"--variant {variant}: {opened.name} has no such variant{suggest(variant, known) or '; ' + has}"
        )
    return variant


def _variables(
    document: Document, variant: str | None, overrides: dict[str, Setting], problems: Problems, limits: Limits
) -> dict[str, Value]:
    """`vars` after variant and `--set`, evaluated in the order of their dependencies."""
    templates = document.variables | (document.variants[variant] if variant else {})
    for name, given in overrides.items():
        if name not in document.variables:
            known = list(document.variables)
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(
                f"--set {name}: the spec has no variable '{name}'{suggest(name, known) or '; ' + has}"
            )
        templates[name] = _override(name, given, frozenset(document.variables), problems, limits)
    problems.stop_if_any()
    values: dict[str, Value] = {}
    try:
        for name in TopologicalSorter({n: t.names for n, t in templates.items()}).static_order():
            values[name] = templates[name].value(values)
    except CycleError as error:
        cycle: list[str] = error.args[1][::-1]
        problems.add(templates[cycle[0]].place, f"variables go round in a circle: {' → '.join(cycle)}")
    except Mistake as mistake:
        problems.catch(mistake)
    problems.stop_if_any()
    return {name: values[name] for name in templates}


def _override(
    name: str, given: Setting, known: frozenset[str], problems: Problems, limits: Limits
) -> Template:
    text = _as_text(given)
    try:
        node = read(text.encode(), f"--set {name}", limits)
    except SpecError as error:
        raise UsageError(f"--set {name}={text}: {error.diagnostics[0].message}") from None
    return Template(node, known, problems, limits)


def _as_text(value: Setting) -> str:
    """A Python value as the spec writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, AnySequence):
        return "[" + ", ".join(_as_text(v) for v in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- inputs ---------------------------------------------------------------------------------------------


def _input_texts(
    given: InputShape | AnyMapping[str, InputShape] | None, document: Document
) -> dict[str, str]:
    """`--input` by input name."""
    if given is None:
        return {}
    if isinstance(given, AnyMapping):
        texts = {name: _shape_text(shape) for name, shape in given.items()}
    else:
        texts = _split_inputs(_shape_text(given), list(document.inputs))
    for name in texts:
        if name not in document.inputs:
            known = list(document.inputs)
            near = suggest(name, known) or "; there is " + ", ".join(known)
            raise UsageError(f"--input {name}: there is no such input{near}")
    return texts


def _shape_text(shape: InputShape) -> str:
    return shape if isinstance(shape, str) else "x".join(map(str, shape))


def _split_inputs(text: str, names: list[str]) -> dict[str, str]:
    """`left=3x8x8,right=3x8x8` by name; a shape alone is the only input's."""
    parts = [part.partition("=") for part in text.split(",")]
    if all(equals for _, equals, _ in parts):
        return {name.strip(): shape.strip() for name, _, shape in parts}
    if len(parts) == 1 and len(names) == 1:
        return {names[0]: text.strip()}
    raise UsageError(f"--input {text}: write {','.join(f'{name}=3x64x64' for name in names)}")


def _inputs(
    document: Document, variables: dict[str, Value], texts: dict[str, str], problems: Problems, limits: Limits
) -> tuple[Input, ...]:
    inputs: list[Input] = []
    for name, template in document.inputs.items():
        try:
            if name in texts:
                shape = _given_shape(texts[name], limits)
            else:
                shape = _shape(template, variables, limits)
            inputs.append(Input(name, shape))
        except Mistake as mistake:
            problems.catch(mistake)
    return tuple(inputs)


def _given_shape(text: str, limits: Limits) -> tuple[int, ...]:
    parts = text.replace("×", "x").split("x")
    sizes = tuple(int(p) if p.isascii() and p.isdigit() and len(p) < 20 else 0 for p in parts)
    if why := _unfit(sizes, limits):
        raise UsageError(f"--input {text}: {why}")
    return sizes


def _shape(template: Template, variables: dict[str, Value], limits: Limits) -> tuple[int, ...]:
    value = template.resolve(variables)
    sizes = value if isinstance(value, tuple) else ()
    whole = tuple(v if isinstance(v, int) and not isinstance(v, bool) else 0 for v in sizes)
    if why := _unfit(whole, limits):
        raise Mistake(template.place, f"input is {describe(value)}: {why}")
    return whole


def _unfit(sizes: tuple[int, ...], limits: Limits) -> str | None:
    """Why these sizes are no input; None if they are one."""
    if not 1 <= len(sizes) <= 4:
        return "an input is [channels], or [channels, then one to three spatial axes]"
    if min(sizes) < 1:
        return "every size of an input is a whole number from 1"
    if max(sizes) > limits.dimension:
        return f"the limit on a dimension is {limits.dimension}"
    return None
