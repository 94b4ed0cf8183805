"""Models in ONNX's format, read from its wire format: weights are never loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.formats import Graph
from archcost.importing.onnx.model import File
from archcost.importing.onnx.reading import array_of
from archcost.importing.onnx.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.importing.converter import Call, Rule
    from archcost.importing.model import Weight
    from archcost.importing.values import Value
    from archcost.windows.window import Shape


def read(path: Path, given: Mapping[str, Shape]) -> Graph:
    """The graph of an `.onnx` file.

    Raises:
        ModelFileError: it cannot be read, or a size of an input is open and not given.
    """
    file = File(path, given)
    return Graph(file.model(), {**RULES, "If": _branching(file)})


def _branching(file: File) -> Rule:
    """The branch that a condition which is known takes, in place of the operation."""

    def rule(call: Call) -> list[Value | Weight]:
        condition = array_of(call.known("condition"))
        if condition is None or condition.size != 1:
            raise NotUnderstoodError("its condition depends on what arrives, so that either branch may run")
        name = call.argument("then_branch" if condition.ravel()[0] else "else_branch")
        branch = file.branch(str(name))
        return call.run(branch.operations, branch.weights, branch.outputs)

    return rule
