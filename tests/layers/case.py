"""A row of the tables: one layer on its inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcost.layers.base import Operations

if TYPE_CHECKING:
    from archcost.layers.base import Shapes
    from archcost.windows.window import Shape
    from tests.layers.definitions import Counterpart, Value


NO_OPERATIONS = Operations()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One layer on its inputs. What is left out is empty or zero, and that is checked too.

    `value(at, x, weight)` is the number at an index of the output, by the definition, in plain Python: what
    `run` gives is compared with it. None where nobody knows what a layer computes.

    `torch(x, weight)` is the same in PyTorch, of tensors with a leading 1 and of weights: one row of every
    kind has it, or a sentence why there is none.
    """

    sentence: str
    kind: str
    fields: dict[str, object] = field(default_factory=dict[str, object])
    inputs: tuple[Shape, ...]
    output: Shape
    value: Value | None
    torch: Counterpart | str | None = None
    weights: Shapes = field(default_factory=dict[str, "Shape"])
    buffers: Shapes = field(default_factory=dict[str, "Shape"])
    ops: Operations = NO_OPERATIONS
