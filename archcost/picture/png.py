"""An image as PNG, through Pillow, which is an extra."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.picture.colours import EDGE, PAPER
from archcost.picture.shapes import Label, Rect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageDraw import ImageDraw

    from archcost.picture.shapes import Drawing, Mesh, Stroke

SCALE = 2
"""Pixels of the file to one of the drawing: sharp on dense screens."""

_DASH, _GAP = 6, 4
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_LETTERS = str.maketrans({"×": "x", "–": "-"})
"""What Pillow's own font lacks."""


def as_png(drawing: Drawing) -> bytes:
    """The bytes of a PNG file.

    Raises:
        UsageError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - an extra, which only PNG needs
    except ImportError:
        raise UsageError(
            "PNG needs Pillow: pip install 'archcost[png]', or write to a file that ends in .svg"
        ) from None
    image = Image.new("RGB", (drawing.width * SCALE, drawing.height * SCALE), PAPER)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, 0, image.width - 1, image.height - 1), outline=EDGE, width=SCALE)
    for rect in _cells(drawing.mesh):
        _fill(canvas, rect)
    for group in drawing.groups:
        for shape in group.shapes:
            _shape(canvas, shape)
    stream = BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _cells(mesh: Mesh) -> Iterator[Rect]:
    across, down = mesh.cell
    for (_, colour), areas in mesh.areas.items():
        for x, y, width, height in areas:
            yield Rect(mesh.x + x * across, mesh.y + y * down, width * across, height * down, colour)


def _shape(canvas: ImageDraw, shape: Rect | Stroke | Label) -> None:
    if isinstance(shape, Rect):
        _fill(canvas, shape)
    elif isinstance(shape, Label):
        _write(canvas, shape)
    else:
        for rect in _dashes(shape):
            _fill(canvas, rect)


def _fill(canvas: ImageDraw, rect: Rect) -> None:
    x, y = round(rect.x * SCALE), round(rect.y * SCALE)
    right, bottom = round((rect.x + rect.width) * SCALE), round((rect.y + rect.height) * SCALE)
    canvas.rectangle((x, y, max(x, right - 1), max(y, bottom - 1)), fill=rect.fill)


def _write(canvas: ImageDraw, label: Label) -> None:
    from PIL import ImageFont  # noqa: PLC0415 - an extra, which only PNG needs

    font = ImageFont.load_default(label.size * SCALE)
    canvas.text(
        (label.x * SCALE, label.y * SCALE),
        label.text.translate(_LETTERS),
        fill=label.colour,
        font=font,
        anchor=_ANCHORS[label.anchor],
        stroke_width=int(label.bold) * SCALE / 4,
    )


def _dashes(stroke: Stroke) -> Iterator[Rect]:
    """A line along an axis as rectangles: one, or one per dash."""
    x, y, half = min(stroke.x1, stroke.x2), min(stroke.y1, stroke.y2), stroke.width / 2
    length = max(abs(stroke.x2 - stroke.x1), abs(stroke.y2 - stroke.y1))
    flat = stroke.y1 == stroke.y2
    start = 0.0
    while start < length:
        end = min(length, start + _DASH) if stroke.dashed else length
        if flat:
            yield Rect(x + start, y - half, end - start, stroke.width, stroke.colour)
        else:
            yield Rect(x - half, y + start, stroke.width, end - start, stroke.colour)
        start = end + _GAP
