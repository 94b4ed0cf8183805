# ruff: noqa: INP001 - a script beside the page it draws for, not part of a package
"""Draw what the worked examples compute: `python docs/draw_examples.py`, in an environment with archcost.

Every number in a picture comes out of a run of the reference executor, on a spec under `docs/examples` and an
image that stands here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost import load
from archcost.execute.executor import steps
from archcost.picture.colours import EDGE, FAINT, INK, LEVELS, PAPER, colour
from archcost.picture.shapes import Drawing, Group, Label, Mesh, Rect, Stroke
from archcost.picture.svg import as_svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.execute.arrays import Array

EXAMPLES = Path(__file__).resolve().parent / "examples"
PICTURES = EXAMPLES / "pictures"

MARGIN, GAP, HEAD, CAPTION = 16, 28, 26, 12
CHARACTER = 6.2
"""About how wide a letter of a caption is."""

SMALL = 24
"""Cells up to this size show no zeros."""


class Panel(NamedTuple):
    """A matrix of numbers with a word above it; `side` is the size of its cells."""

    title: str
    values: Array
    side: int = 30


class Picture(NamedTuple):
    """Rows of panels, and what a reader who cannot see them is told."""

    title: str
    description: str
    rows: Sequence[Sequence[Panel]]


def run(spec: str, *, size: tuple[int, ...] | None = None, **images: Array) -> dict[str, Array]:
    """The values of an example's nodes by path, given those of its inputs.

    Args:
        spec: the name of the example.
        size: other sizes of its only input.
        images: the values; what has the right number of elements gets the shape.
    """
    network = load(EXAMPLES / f"{spec}.yaml", input=size)
    inputs = {x.path: np.reshape(images[x.path], x.output).astype(float) for x in network.inputs}
    return {step.node.path: step.value for step in steps(network, inputs=inputs)}


# -- the pictures -----------------------------------------------------------------------------------------

HOUSE = np.array([[4 if c == "#" else 0 for c in row] for row in (
    ".........",
    "....#....",
    "...###...",
    "..#####..",
    ".#######.",
    "..##.##..",
    "..##.##..",
    "..##.##..",
    ".........",
)])  # fmt: skip
"""An image with straight and slanted edges."""


def kernels() -> Picture:
    """The six kernels on one image."""
    values = run("kernels", input=HOUSE)
    panels = [Panel(path.removesuffix(".conv").replace("_", " "), y[0], 24) for path, y in values.items()]
    return Picture(
        "Six kernels made by hand",
        "A house of 4s among 0s, and what identity, two edge kernels, sharpening and two blurs make of it.",
        [[Panel("image", HOUSE, 24), *panels[:3]], panels[3:]],
    )


def sharpen() -> Picture:
    """The contrast of a 3 and a 1 among 2s."""
    image = np.full((5, 9), 2)
    image[2, 2], image[2, 6] = 3, 1
    values = run("kernels", size=(1, 5, 9), input=image)["sharpen.conv"]
    return Picture(
        "Sharpening",
        "A 3 and a 1 among 2s; sharpened, the 3 is a 7 and the 1 is −3.",
        [[Panel("image", image), Panel("sharpened", values[0])]],
    )


def flip() -> Picture:
    """An impulse shows a kernel, turned by half a turn."""
    image = np.zeros((5, 5))
    image[2, 2] = 1
    values = run("flip", input=image)
    kernel = np.arange(1, 10).reshape(3, 3)
    return Picture(
        "Cross-correlation",
        "A single 1 among zeros comes out as the kernel turned by half a turn.",
        [
            [
                Panel("image", image),
                Panel("kernel", kernel),
                Panel("as given", values["as_given"][0]),
                Panel("kernel, flipped", kernel[::-1, ::-1]),
                Panel("flipped", values["flipped"][0]),
            ]
        ],
    )


def sobel() -> Picture:
    """A vertical edge, in one step and in two."""
    image = np.array([[0, 0, 0, 5, 5]] * 5)
    values = run("sobel", input=image)
    return Picture(
        "Sobel in one step and in two",
        "An image with a vertical edge; Sobel's 3×3 gives the same as its column followed by its row.",
        [
            [
                Panel("image", image),
                Panel("square: 81 products", values["square"][0]),
                Panel("column: 45", values["separable.column"][0]),
                Panel("then row: 27", values["separable.row"][0]),
            ]
        ],
    )


def dilated() -> Picture:
    """What an impulse reaches: by symmetry what an output in its place reads."""
    image = np.zeros((17, 17))
    image[8, 8] = 1
    values = run("dilated", input=image)
    shown = {
        "rate 2, alone: 5×5": "alone_2",
        "rate 4, alone: 9×9": "alone_4",
        "rate 1: 3×3": "stack_1",
        "then rate 2: 7×7": "stack_2",
        "then rate 4: 15×15": "stack_4",
    }
    panels = [Panel(title, values[f"{path}.conv"][0], 18) for title, path in shown.items()]
    return Picture(
        "Dilated convolutions, alone and stacked",
        "Alone, rates 2 and 4 read nine positions; stacked, rates 1, 2, 4 read 3×3, 7×7 and 15×15.",
        [panels[:2], panels[2:]],
    )


def matrices() -> tuple[Array, Array]:
    """The matrices of the convolution from 4×4 to 2×2, and of the transposed one, by running unit vectors."""
    down = [run("transposed", large=unit, small=np.zeros(4), five=np.zeros(25)) for unit in np.eye(16)]
    up = [run("transposed", large=np.zeros(16), small=unit, five=np.zeros(25)) for unit in np.eye(4)]
    columns = [values["smaller.conv"].ravel() for values in down]
    return np.stack(columns, axis=1), np.stack([v["larger.conv_transpose"].ravel() for v in up], axis=1)


def matrix() -> Picture:
    """The sparse matrix of a convolution, and that of the transposed one."""
    down, up = matrices()
    return Picture(
        "A convolution as a matrix",
        "The 4×16 matrix of a 3×3 convolution on 4×4, nine weights in each row, and its transpose.",
        [[Panel("convolution, 4×16", down, 26), Panel("transposed, 16×4", up, 26)]],
    )


def there_and_back() -> Picture:
    """The shape comes back, the values do not."""
    image = np.zeros((4, 4))
    image[1:3, 1:3] = 1
    values = run("transposed", large=image, small=np.ones(4), five=np.zeros(25))
    return Picture(
        "There and back",
        "A 4×4 image, its convolution of 2×2, and the transposed convolution of that: 4×4, other values.",
        [
            [
                Panel("image", image, 40),
                Panel("convolution", values["smaller.conv"][0], 40),
                Panel("transposed", values["back.conv_transpose"][0], 40),
            ]
        ],
    )


def checkerboard() -> Picture:
    """How many products there are in each output."""
    values = run("checkerboard", input=np.ones(16))
    return Picture(
        "Checkerboards",
        "Ones, transposed at stride 2: a kernel of 3 sums 1, 2 and 4 products in turns, one of 4 always 4.",
        [[Panel("kernel 3, stride 2", values["uneven"][0]), Panel("kernel 4, stride 2", values["even"][0])]],
    )


def deformable() -> Picture:
    """Offsets of nothing, of a whole position, of half a one."""
    image = np.zeros((7, 7))
    image[3, 3] = 2
    none, right = np.zeros((9, 2, 5, 5)), np.zeros((9, 2, 5, 5))
    right[:, 1] = 1
    given = {"no offsets": none, "one to the right": right, "half of that": right / 2}
    panels = [
        Panel(title, run("deformable", image=image, offsets=offsets)["deformed"][0], 34)
        for title, offsets in given.items()
    ]
    return Picture(
        "Deformable convolution",
        "An impulse through a deformable convolution: without offsets, with offsets of one, and of one half.",
        [panels],
    )


PAGE = {
    "kernels": kernels,
    "sharpen": sharpen,
    "flip": flip,
    "sobel": sobel,
    "dilated": dilated,
    "matrix": matrix,
    "there_and_back": there_and_back,
    "checkerboard": checkerboard,
    "deformable": deformable,
}


# -- drawing them -----------------------------------------------------------------------------------------


def pictures() -> dict[str, str]:
    """Each picture by its file's name."""
    return {f"{name}.svg": as_svg(drawing(picture())) for name, picture in PAGE.items()}


def drawing(picture: Picture) -> Drawing:
    """Panel after panel, row below row."""
    groups: list[Group] = []
    y = MARGIN
    for row in picture.rows:
        x = MARGIN
        for panel in row:
            groups.append(Group("panel", tuple(_panel(panel, x, y))))
            x += wide(panel) + GAP
        y += tall(row) + GAP
    width = 2 * MARGIN - GAP + max(sum(wide(panel) + GAP for panel in row) for row in picture.rows)
    no_mesh = Mesh(0, 0, (1, 1), {})
    return Drawing(width, y - GAP + MARGIN, picture.title, picture.description, no_mesh, tuple(groups))


def wide(panel: Panel) -> int:
    """How wide a panel is: its cells, or its title if that is wider."""
    return max(panel.values.shape[1] * panel.side, round(len(panel.title) * CHARACTER))


def tall(row: Sequence[Panel]) -> int:
    """How tall a row is, with its titles."""
    return HEAD + max(panel.values.shape[0] * panel.side for panel in row)


def _panel(panel: Panel, x: int, y: int) -> Iterator[Rect | Stroke | Label]:
    yield Label(x, y + 14, panel.title, CAPTION, colour=FAINT)
    top, side, largest = y + HEAD, panel.side, float(np.max(np.abs(panel.values))) or 1.0
    for (row, column), value in np.ndenumerate(panel.values):
        yield from _cell(float(value), float(value) / largest, (x + column * side, top + row * side), side)
    rows, columns = len(panel.values), len(panel.values[0])
    for row in range(rows + 1):
        yield Stroke(x, top + row * side, x + columns * side, top + row * side, 1, EDGE)
    for column in range(columns + 1):
        yield Stroke(x + column * side, top, x + column * side, top + rows * side, 1, EDGE)


def _cell(value: float, strength: float, corner: tuple[int, int], side: int) -> Iterator[Rect | Label]:
    """A coloured square with its number; zeros are white, and stay without one where cells are small."""
    x, y = corner
    tone = round(abs(strength) * (LEVELS - 1))
    if value:
        yield Rect(x, y, side, side, colour("read" if value > 0 else "gaps", tone))
    if value or side > SMALL:
        text = number(value)
        size = round(min(side * 0.45, side * 1.25 / len(text)))
        ink = PAPER if tone > LEVELS // 2 else INK if value else FAINT
        yield Label(x + side / 2, y + side / 2 + round(size * 0.36), text, size, "middle", ink)


def number(value: float) -> str:
    """As people write it, at most two decimals.

    >>> number(-3.0), number(1 / 3), number(0.25)
    ('−3', '0.33', '0.25')
    """
    rounded = round(value, 2) or 0.0
    return f"{rounded:g}".replace("-", "−")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (PICTURES / name).write_text(text, "utf-8")
