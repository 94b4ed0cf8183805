"""An image as SVG: one file that needs nothing else, the same bytes every time."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from archcost.escape import one_line, xml
from archcost.picture.colours import EDGE, PAPER
from archcost.picture.shapes import Label, Rect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.picture.shapes import Drawing, Group, Mesh, Stroke


def as_svg(drawing: Drawing) -> str:
    """The text of an SVG file."""
    return "\n".join(_lines(drawing)) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    width, height = drawing.width, drawing.height
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description" '
        f"font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif\">"
    )
    yield f'<title id="title">{_text(drawing.title)}</title>'
    yield f'<desc id="description">{_text(drawing.description)}</desc>'
    # Paper of its own, so that a dark page does not swallow the words.
    yield (
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" '
        f'fill="{PAPER}" stroke="{EDGE}"/>'
    )
    yield from _mesh(drawing.mesh)
    for group in drawing.groups:
        yield from _group(group)
    yield "</svg>"


def _mesh(mesh: Mesh) -> Iterator[str]:
    """One path per colour, in cells: a hundred times shorter than a rectangle per cell."""
    across, down = mesh.cell
    place = f"translate({mesh.x} {mesh.y}) scale({across} {down})"
    yield f'<g class="cells" transform="{place}" shape-rendering="crispEdges">'
    for (name, colour), areas in mesh.areas.items():
        path = "".join(f"M{x} {y}h{width}v{height}h-{width}z" for x, y, width, height in areas)
        yield f'<path class="{name}" fill="{colour}" d="{path}"/>'
    yield "</g>"


def _group(group: Group) -> Iterator[str]:
    if group.shapes:
        yield f'<g class="{group.name}">'
        yield from map(_shape, group.shapes)
        yield "</g>"


def _shape(shape: Rect | Stroke | Label) -> str:
    if isinstance(shape, Rect):
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" '
            f'fill="{shape.fill}"/>'
        )
    if isinstance(shape, Label):
        weight = ' font-weight="bold"' if shape.bold else ""
        return (
            f'<text x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size}" text-anchor="{shape.anchor}" '
            f'fill="{shape.colour}"{weight}>{_text(shape.text)}</text>'
        )
    dashes = ' stroke-dasharray="6 4"' if shape.dashed else ""
    return (
        f'<path d="M{shape.x1:g} {shape.y1:g}L{shape.x2:g} {shape.y2:g}" stroke="{shape.colour}" '
        f'stroke-width="{shape.width:g}"{dashes}/>'
    )


def _text(text: str) -> str:
    return escape(xml(one_line(text)))
