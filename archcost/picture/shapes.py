"""What an image is made of: the few shapes that SVG and PNG both can draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from archcost.picture.colours import INK

Anchor = Literal["start", "middle", "end"]

Area: TypeAlias = tuple[int, int, int, int]
"""Column, row, columns and rows of a rectangle of cells."""


class Rect(NamedTuple):
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


class Stroke(NamedTuple):
    """A line along one of the axes; half its width lies on either side."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 1.5
    colour: str = INK
    dashed: bool = False


class Label(NamedTuple):
    """A line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: int = 12
    anchor: Anchor = "start"
    colour: str = INK
    bold: bool = False


class Group(NamedTuple):
    """Shapes that belong together, with a name for style sheets and tests."""

    name: str
    shapes: tuple[Rect | Stroke | Label, ...]


class Mesh(NamedTuple):
    """The cells: those of a name and a colour, and where they are. `x`, `y` and `cell` are in pixels."""

    x: int
    y: int
    cell: tuple[int, int]
    areas: dict[tuple[str, str], list[Area]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """An image: its size in pixels, the cells, and what is drawn over and around them."""

    width: int
    height: int
    title: str
    description: str
    mesh: Mesh
    groups: tuple[Group, ...]
