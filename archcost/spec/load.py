"""From a text to a network: read, parse, choose the variables, expand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from archcost import foreign
from archcost.errors import Diagnostic, SpecError, UsageError
from archcost.gc_paused import collector_paused
from archcost.habits_of_axes import meant
from archcost.limits import DEFAULT
from archcost.source import Place, Source
from archcost.spec.block_parser import BlockParser
from archcost.spec.block_table import BlockTable
from archcost.spec.checks import Checks
from archcost.spec.document_parser import DocumentParser
from archcost.spec.expand import Expander
from archcost.spec.includes import Includer
from archcost.spec.inputs import given_shapes, network_inputs
from archcost.spec.item_parser import ItemParser
from archcost.spec.keywords import SPEC_KEYS
from archcost.spec.misplaced import Mender
from archcost.spec.opened import Opened
from archcost.spec.problems import Problems
from archcost.spec.standard_blocks import StandardBlocks
from archcost.spec.template import shown
from archcost.spec.unused import Survey
from archcost.spec.variables import check_effect, of_these, setting_text, variable_values
from archcost.spec.yaml_reader import MappingNode, ScalarNode, is_empty, read
from archcost.windows.window import show
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcost.limits import Limits
    from archcost.network import Input, Network
    from archcost.spec.document import Spec
    from archcost.spec.inputs import InputShape
    from archcost.spec.variables import Setting


def load_opened(  # noqa: PLR0913, PLR0917 - one for everything a user may choose
    opened: Opened,
    path: str,
    overrides: Mapping[str, Setting],
    variant: str | None,
    input_: InputShape | Mapping[str, InputShape] | None,
    limits: Limits,
) -> Network:
    """The network of a text.

    Args:
        opened: the text.
        path: what the user named.
        overrides: variables to override.
        variant: one of the spec's `variants`.
        input_: another input shape.
        limits: how large things may get.

    Raises:
        SpecError: the spec is wrong; it carries every mistake with its place.
        UsageError: a variable, variant or input that does not exist.
    """
    try:
        with collector_paused():
            network = _load(opened, path, dict(overrides), variant, input_, limits)
    except RecursionError:
        problems = Problems()
        problems.add(Place(Source(opened.name)), "blocks and structures nest too deeply to be expanded")
        problems.stop_if_any()
        raise
    network.imported = opened.imported
    network.variants = opened.networks or network.variants
    return network


def load_text(text: str, name: str, limits: Limits = DEFAULT) -> Network:
    """The network of a spec that is in no file: one that archcost wrote, say.

    Args:
        text: the spec. What it includes is looked for in the working directory.
        name: what messages call it.
        limits: how large things may get.

    Raises:
        SpecError: the spec is wrong.
    """
    with collector_paused():
        return _load(Opened(text.encode(), name, Path.cwd()), name, {}, None, None, limits)


def _load(  # noqa: PLR0913, PLR0917 - one for everything a user may choose
    opened: Opened,
    path: str,
    overrides: dict[str, Setting],
    variant: str | None,
    input_: InputShape | Mapping[str, InputShape] | None,
    limits: Limits,
) -> Network:
    problems = Problems()
    spec = _parse(opened, problems, limits)
    chosen = _variant(spec, opened, variant)
    survey = Survey(spec)
    variables = variable_values(spec, chosen, overrides, problems, limits)
    check_effect(overrides, spec, survey.idle)
    given = given_shapes(input_, spec.inputs, variables, limits)
    inputs = network_inputs(spec.inputs, variables, given, problems, limits)
    problems.stop_if_any()
    try:
        expander = Expander(spec, variables, inputs, problems, limits, opened)
        return expander.expand(path, chosen, tuple(survey.unused))
    except SpecError as error:
        with_settings = (d._replace(message=_with_setting(d.message, overrides)) for d in error.diagnostics)
        raise _with_axes(SpecError(with_settings), inputs) from None


def _with_axes(error: SpecError, inputs: Iterable[Input]) -> SpecError:
    """The mistakes; the first asks for other axes, where those of an input look like another framework's."""
    first, *rest = error.diagnostics
    for tensor in inputs:
        if shape := meant(tensor.output):
            hint = f"{tensor.path} is {show(tensor.output)}, and channels come first, without a batch"
            text = f"{first.message}; {hint}: is [{', '.join(map(str, shape))}] meant?"
            return SpecError([first._replace(message=text), *rest])
    return error


def _with_setting(message: str, overrides: dict[str, Setting]) -> str:
    """A mistake, with what `--set` gave to the variables that it is said to come from."""
    origin = re.search(_ORIGIN, message)
    given = [n for n in overrides if origin and re.search(rf"\b{re.escape(n)}\b", origin[1])]
    if origin is None or not given:
        return message
    settings = ", ".join(f"--set {name}={setting_text(overrides[name])}" for name in given)
    return f"{message[: origin.end(1)]}, {settings}{message[origin.end(1) :]}"


_ORIGIN = r"\(from (\$.*?)\)(?=;|$)"


def _parse(opened: Opened, problems: Problems, limits: Limits) -> Spec:
    root = read(opened.data, opened.name, limits, opened.origin)
    if not isinstance(root, MappingNode):
        nothing = f"'{root.text}', which stands for nothing" if isinstance(root, ScalarNode) else ""
        what = nothing if is_empty(root) else shown(root)
        text = f"a spec is a mapping (archcost: 1, name, input, layers), not {what}"
        raise SpecError([Diagnostic(root.place, text)])
    _check_is_spec(root)
    checks = Checks(problems, limits)
    includer = Includer(checks)
    includer.include(root, opened)
    table = BlockTable(StandardBlocks(problems, limits).find, are_complete=includer.complete)
    items = ItemParser(checks, table, Mender(checks, table))
    parser = DocumentParser(checks, table, items, BlockParser(checks, table, items))
    spec = parser.spec(root, includer.blocks, includer.files)
    problems.stop_if_any()
    return spec


def _check_is_spec(root: MappingNode) -> None:
    """Refuse at once what is another sort of file: nothing more about it is worth saying."""
    keys = [entry.key.text for entry in root.entries]
    strange = [key for key in keys if key not in SPEC_KEYS]
    if "archcost" in keys or not strange or (len(strange) == 1 and len(keys) > 1):
        return
    is_of = {"backbone": "a model of Ultralytics", "class_name": "a model of Keras"}
    what = next((is_of[key] for key in keys if key in is_of), f"no spec, it has {in_a_row(strange[:4])}")
    text = f"this is {what}; a spec has `archcost: 1`, `name:`, `input:` and `layers:`"
    is_known = any(key in is_of for key in keys)
    how = foreign.files.HOW_TO_WRITE_ONE if is_known else "(`archcost zoo resnet18` shows one)"
    raise SpecError([Diagnostic(root.place, f"{text} {how}")])


def _variant(spec: Spec, opened: Opened, variant: str | None) -> str | None:
    if variant is None or variant == opened.variant:
        return opened.variant
    if opened.variant not in (None, variant):
        raise UsageError(
            f"{opened.name} already is the variant '{opened.variant}'; --variant {variant} contradicts it"
        )
    if variant not in spec.variants:
        near = of_these(variant, list(spec.variants))
        raise UsageError(f"--variant {variant}: {opened.name} has no such variant{near}")
    return variant
