"""The shapes of a network's inputs: from the spec, or from whoever asks for another size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import UsageError
from archcost.network import Input
from archcost.spec.foreign_values import instead
from archcost.spec.problems import Mistake
from archcost.spec.template import describe
from archcost.spec.yaml_reader import SequenceNode
from archcost.windows.window import axis_names
from archcost.words.suggest import suggest
from archcost.words.wording import in_a_row, short

if TYPE_CHECKING:
    from archcost.expressions.values import Value
    from archcost.limits import Limits
    from archcost.spec.problems import Problems
    from archcost.spec.template import Field, Template
    from archcost.windows.window import Shape

InputShape: TypeAlias = "str | Sequence[int]"
"""`"3x256x256"`, or `(3, 256, 256)`."""

INPUT_FORM = "[channels], or [channels, then one to three spatial axes]"


def network_inputs(
    templates: Mapping[str, Template],
    variables: Mapping[str, Value],
    given: Mapping[str, Shape],
    problems: Problems,
    limits: Limits,
) -> tuple[Input, ...]:
    """The inputs of a spec, with the shapes that were `given` in place of its own."""
    inputs: list[Input] = []
    is_only = list(templates) == ["input"]
    for name, template in templates.items():
        what = "input" if is_only else f"input '{name}'"
        try:
            shape = _instead(name, given[name], template, variables) if name in given else None
            shape = shape or input_shape(template, variables, what, limits)
            inputs.append(Input(name, shape, template.place))
        except Mistake as mistake:
            problems.catch(mistake)
    return tuple(inputs)


def _instead(name: str, given: Shape, template: Template, variables: Mapping[str, Value]) -> Shape:
    """The shape that was given in place of the spec's own, which says how many axes there are.

    Raises:
        Mistake: the spec's own has no value.
        UsageError: it has more axes or fewer than the spec's.
    """
    value = template.resolve(variables)
    if not isinstance(value, tuple) or len(value) in {0, len(given)}:
        return given
    axes = in_a_row(("channels", *axis_names(len(value) - 1)))
    expected = f"{len(value)} sizes are" if len(value) > 1 else "one size is"
    is_batch = given[0] == 1 and len(given) == len(value) + 1
    batch = f"; a batch is no part of it: {_shape_text(given[1:])}" if is_batch else ""
    raise UsageError(
        f"--input {_shape_text(given)}: '{name}' is {describe(value)} in the spec, so {expected} "
        f"expected ({axes}), and this has {len(given)}{batch}"
    )


def input_shape(template: Template, variables: Mapping[str, Value], what: str, limits: Limits) -> Shape:
    """The shape of an input as the spec says it.

    Raises:
        Mistake: it is no shape, at the size that is wrong.
    """
    value = template.resolve(variables)
    if not isinstance(value, tuple) or not 1 <= len(value) <= 4:
        written = value if isinstance(value, str) and ",0" not in value else ""  # 1,024 is one number
        write = instead(written.replace(",", ", "))
        write = write if "[" in write or "$" in write else ""
        text = f"{what} is {describe(value)}{template.origin}; it must be {INPUT_FORM}{write}"
        raise Mistake(template.place, text)
    names = ("channels", *axis_names(len(value) - 1))
    wrong = [i for i, size in enumerate(value) if _count(size) is None]
    nodes = template.node.items if isinstance(template.node, SequenceNode) else [template.node] * len(value)
    if wrong:
        found = in_a_row(f"{names[i]} is {describe(value[i])}" for i in wrong)
        each = "each" if len(wrong) > 1 else "it"
        no_batch = "; there is no batch, leave it out" if value[0] in ("None", "batch", "N", "B") else ""
        text = f"{what}: {found}; {each} must be a whole number from 1{no_batch}"
        raise Mistake(nodes[wrong[0]].place, text)
    sizes = tuple(filter(None, map(_count, value)))
    for size, name, node in zip(sizes, names, nodes, strict=True):
        if size > limits.dimension:
            text = f"{what}: {name} is {size}, beyond the limit `dimension` of {limits.dimension:,}"
            raise Mistake(node.place, text)
    return sizes


def _count(size: Field) -> int | None:
    """A size if it is one: a whole number from 1."""
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 1 else None


def given_shapes(
    given: InputShape | Mapping[str, InputShape] | None,
    templates: Mapping[str, Template],
    variables: Mapping[str, Value],
    limits: Limits,
) -> dict[str, Shape]:
    """`--input` by input name.

    Args:
        given: what the user gave.
        templates: the spec's own shapes.
        variables: what these are computed from.
        limits: how large a size may be.

    Raises:
        UsageError: it names no input of the spec, or is no shape.
    """
    if given is None:
        return {}
    names = list(templates)
    if isinstance(given, Mapping):
        texts = {name: _shape_text(shape) for name, shape in given.items()}
    else:
        texts = _split(_shape_text(given), templates, variables)
    for name in texts:
        if name not in names:
            near = suggest(name, names) or "; there is " + ", ".join(names)
            raise UsageError(f"--input {name}: the spec has no such input{near}")
    return {name: _parse(text, limits) for name, text in texts.items()}


def _shape_text(shape: InputShape) -> str:
    return shape if isinstance(shape, str) else "x".join(str(size) for size in shape)


def _split(text: str, templates: Mapping[str, Template], variables: Mapping[str, Value]) -> dict[str, str]:
    """`left=3x8x8,right=3x8x8`, or one shape for the only input there is."""
    names = list(templates)
    parts = [part.partition("=") for part in text.split(",")]
    if all(equals for _, equals, _ in parts):
        return _each_once([(name.strip(), shape.strip()) for name, _, shape in parts])
    if len(parts) == 1 and len(names) == 1:
        return {names[0]: text.strip()}
    written = _with_times(text)
    fits = (
        re.fullmatch(_SHAPES, written)
        and ("=" in written) >= (len(names) > 1)
        and written.count("x") < 4 * len(names)
    )
    if not fits:
        shapes = (_example(written, template, variables) for template in templates.values())
        named = ",".join(f"{name}={shape}" for name, shape in zip(names, shapes, strict=True))
        written = named if len(names) > 1 else "3x64x64"
    raise UsageError(f"--input {short(text)}: write {written}")


def _example(written: str, template: Template, variables: Mapping[str, Value]) -> str:
    """What to write for an input: what was written, if it has as many axes as the spec's, else the spec's."""
    try:
        own = template.resolve(variables)
    except Mistake:
        return "3x64x64"
    if not isinstance(own, tuple) or not own or None in map(_count, own):
        return "3x64x64"
    fits = re.fullmatch(r"\d+(x\d+)*", written) and written.count("x") == len(own) - 1
    return written if fits else "x".join(map(str, own))


def _each_once(given: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, shape in given:
        if found.setdefault(name, shape) != shape:
            raise UsageError(f"--input {name} is given as {found[name]} and {shape}; leave out all but one")
    return found


_SHAPES = r"([A-Za-z0-9_-]+=)?\d+(x\d+)*(,[A-Za-z0-9_-]+=\d+(x\d+)*)*"


def _with_times(text: str) -> str:
    """Shapes in brackets, or with other signs between their sizes, as they are to be written."""
    spaced = re.sub(r"(?<=\d)\s+(?=\d)", "x", text.strip("'\""))
    bare = re.sub(r"[\[\](){}\s]", "", spaced)
    return re.sub(r"(?<=\d)[,;:*X/](?=\d+(\D|$))(?![A-Za-z0-9_-]+=)", "x", bare)


def _parse(text: str, limits: Limits) -> Shape:
    parts = text.replace("×", "x").split("x")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        written = _with_times(text)
        if re.fullmatch(_SHAPES, written) and written != text and written.count("x") < 4:
            raise UsageError(f"--input {short(text)}: write {written}")
        raise UsageError(
            f"--input {short(text)}: write the channels, then one to three spatial axes: 3x224x224"
        )
    sizes = tuple(map(int, parts))
    if min(sizes) < 1:
        raise UsageError(f"--input {short(text)}: every size is a whole number from 1")
    if max(sizes) > limits.dimension:
        raise UsageError(f"--input {short(text)}: beyond the limit `dimension` of {limits.dimension:,}")
    return sizes
