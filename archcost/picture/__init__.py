"""A node's receptive field as a picture: which input positions reach it, how strongly, and where holes are.

`Picture` says what is to be seen; `draw` chooses the writer by the output's suffix.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.picture.model import Picture, Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Picture", "Terminal", "draw"]


def draw(
    picture: Picture,
    output: str | None = None,
    *,
    slice_at: Sequence[int] | None = None,
    terminal: Terminal | None = None,
) -> str | bytes:
    """The picture as `output` wants it: `.svg`, `.png` or `.txt`; text for a terminal, a device or a pipe.

    Args:
        picture: what to draw.
        output: the file it is meant for, which is not opened; None or `-` for standard output.
        slice_at: of three and more axes, the input position along each leading axis; None for the middle.
        terminal: for text: its width, its characters, and whether to colour.

    Raises:
        UsageError: another suffix; a PNG without Pillow; a slice outside of the field.
    """
    form = _form(output)
    plane = picture.plane(slice_at)
    if form == "txt":
        from archcost.picture.text import as_text  # noqa: PLC0415 - only the writer that is used

        return as_text(picture, plane, terminal or Terminal())
    from archcost.picture.layout import lay_out  # noqa: PLC0415 - only the writer that is used

    drawing = lay_out(picture, plane)
    if form == "svg":
        from archcost.picture.svg import as_svg  # noqa: PLC0415 - only the writer that is used

        return as_svg(drawing)
    from archcost.picture.png import as_png  # noqa: PLC0415 - only the writer that is used

    return as_png(drawing)


def _form(output: str | None) -> str:
    if output in {None, "-"}:
        return "txt"
    path = Path(str(output))
    suffix = path.suffix.lower()
    if suffix in {".svg", ".png", ".txt"}:
        return suffix[1:]
    if not suffix and path.exists() and not path.is_file():
        return "txt"
    raise UsageError(f"cannot tell from '{output}' how to draw: a picture's file ends in .svg, .png or .txt")
