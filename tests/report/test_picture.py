"""Pictures of receptive fields, checked cell by cell against the arrays they were drawn from.

`pytest tests/report/test_picture.py --renew` rewrites `pictures/`: look at them.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from functools import reduce
from io import BytesIO
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from archcost.errors import UsageError
from archcost.picture import Picture, Terminal, draw
from archcost.picture.colours import HOLE, colour, parts
from archcost.picture.layout import lay_out, merged
from archcost.picture.model import ShadeScale
from archcost.picture.shapes import Stroke
from archcost.picture.text import can_show
from archcost.words.style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURES = Path(__file__).parent / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
SHADES, GAPS, PADDING = "░▒▓█", "⠂⠢⠶⠿", "╱⠌"  # noqa: RUF001 - a hatch, no slash


def taps(*dilations: int, kernel: int = 3) -> list[float]:
    """Paths from each input to one output of a stack of convolutions, followed one by one."""
    ends = Counter(sum(steps) for steps in product(*([d * t for t in range(kernel)] for d in dilations)))
    return [float(ends[i]) for i in range(max(ends) + 1)]


def field(*axes: Sequence[float], first: Sequence[int], size: Sequence[int], **words: Any) -> Picture:  # noqa: ANN401 - Picture's own
    """The field of a chain: the product of its axes; the inner box leaves out a tenth at either end."""
    strength: Any = reduce(np.multiply.outer, (np.array(axis) for axis in axes))
    effective = [(f + len(a) // 10, f + len(a) - 1 - len(a) // 10) for f, a in zip(first, axes, strict=True)]
    stated: dict[str, Any] = {"node": "conv_3", "input": "image", "effective": tuple(effective), **words}
    return Picture(strength=strength, first=tuple(first), input_size=tuple(size), **stated)


def bell(length: int, width: float) -> list[float]:
    return [1 + round(1e9 * np.exp(-(((i - (length - 1) / 2) / width) ** 2) / 2)) for i in range(length)]


CASES = {
    "gridding": field(taps(2, 2, 2), taps(2, 2, 2), first=(10, 10), size=(32, 32), unit=(16, 16)),
    "complete_dilations": field(taps(1, 2, 5), taps(1, 2, 5), first=(8, 8), size=(32, 32), unit=(16, 16)),
    "far_into_the_padding": field(bell(212, 27), bell(212, 27), first=(-90, -90), size=(224, 224)),
    "wavenet": field(taps(*(2**i for i in range(10)), kernel=2), first=(-500,), size=(16000,)),
    "causal_with_holes": field(taps(4, 2, 4), first=(-4,), size=(14,), node="tcn.2"),
    "three_axes": field(taps(1, 1), taps(2, 2), taps(2, 2), first=(3, -2, 3), size=(16, 16, 16)),
    "transposed": field([1, 2, 1], [2, 1], first=(3, 7), size=(8, 8), node="up"),
    "a_single_position": field([1], [1], first=(5, 5), size=(8, 8), node="norm"),
    "large_gridding": field(taps(*[2] * 9), taps(*[2] * 9), first=(-8, 9), size=(24, 64)),
    "a_cross": Picture(
        node="both",
        input="image",
        strength=np.array([[0.0, 1, 0], [1, 2, 1], [0, 1, 0]]),
        first=(0, 0),
        input_size=(3, 3),
        effective=((0.0, 2.0), (0.0, 2.0)),
        notes=("With offsets of zero: what it reads depends on the data.",),
    ),
}


@st.composite
def pictures(draw_: st.DrawFn, most: int = 60) -> Picture:
    """Any field of one or two axes, with holes, partly outside of its input."""
    shape = draw_(st.lists(st.integers(1, most), min_size=1, max_size=2))
    seed, holes = draw_(st.integers(0, 9999)), draw_(st.sampled_from([0.0, 0.02, 0.5]))
    random = np.random.default_rng(seed)
    strength = random.integers(1, draw_(st.sampled_from([2, 5, 10_000])), shape).astype(float)
    strength[random.random(shape) < holes] = 0
    strength.flat[0] = 1
    first = [draw_(st.integers(-n, 5)) for n in shape]
    size = [draw_(st.integers(1, 70)) for _ in shape]
    boxes = [sorted(random.integers(f, f + n, 2).tolist()) for f, n in zip(first, shape, strict=True)]
    return Picture(
        node="n",
        input="x",
        strength=strength,
        first=tuple(first),
        input_size=tuple(size),
        effective=tuple((float(a), float(b)) for a, b in boxes),
    )


def flat(picture: Picture) -> tuple[np.ndarray[Any, Any], list[int], list[int]]:
    """Strength, first and input size with two axes."""
    if picture.strength.ndim == 2:
        return picture.strength, list(picture.first), list(picture.input_size)
    return picture.strength[np.newaxis], [0, *picture.first], [1, *picture.input_size]


def expected_kinds(picture: Picture) -> Counter[str]:
    """How many positions are holes, read, or padding, one by one."""
    strength, first, size = flat(picture)
    found: Counter[str] = Counter()
    for index in np.ndindex(strength.shape):
        inside = all(0 <= i + f < n for i, f, n in zip(index, first, size, strict=True))
        found["hole" if strength[index] == 0 else "read" if inside else "padding"] += 1
    return found


def text_of(picture: Picture, **terminal: Any) -> str:  # noqa: ANN401 - Terminal's own
    text = draw(picture, terminal=Terminal(**terminal))
    assert isinstance(text, str)
    return text


def svg_of(picture: Picture) -> ET.Element:
    text = draw(picture, "field.svg")
    assert isinstance(text, str)
    return ET.fromstring(text)  # noqa: S314 - our own file


def image_of(picture: Picture) -> Image.Image:
    data = draw(picture, "field.png")
    assert isinstance(data, bytes)
    return Image.open(BytesIO(data))


def frame(text: str) -> list[str]:
    """The lines inside the frame of a text."""
    return [line[1:-1] for line in text.splitlines() if line[:1] == line[-1:] == "┃"]


def covered(root: ET.Element) -> dict[str, list[tuple[int, int]]]:
    """The cells of each name that are painted, one entry each time."""
    cells: dict[str, list[tuple[int, int]]] = {}
    for path in root.findall(f"{SVG}g[@class='cells']/{SVG}path"):
        for x, y, width, height, back in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z", path.attrib["d"]):
            assert back == width
            area = product(range(int(x), int(x) + int(width)), range(int(y), int(y) + int(height)))
            cells.setdefault(path.attrib["class"], []).extend(area)
    return cells


# --- What is reviewed by eye


@pytest.mark.parametrize("suffix", ["txt", "svg"])
@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_the_one_that_was_reviewed(
    name: str, suffix: str, request: pytest.FixtureRequest
) -> None:
    path = PICTURES / f"{name}.{suffix}"
    text = draw(CASES[name], path.name)
    assert isinstance(text, str)
    if request.config.getoption("--renew"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_reviewed_picture_has_its_case() -> None:
    assert {path.name for path in PICTURES.iterdir()} == {f"{c}.{s}" for c in CASES for s in ("txt", "svg")}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("suffix", ["txt", "svg", "png"])
def test_the_same_picture_has_the_same_bytes(name: str, suffix: str) -> None:
    assert draw(CASES[name], f"a.{suffix}") == draw(CASES[name], f"b.{suffix.upper()}")


# --- Text


def test_gridding_shows_as_a_grid() -> None:
    text = text_of(field(taps(2, 2, 2), taps(2, 2, 2), first=(0, 0), size=(13, 13), effective=((0, 12),) * 2))
    cells = [[row[i : i + 2] for i in range(1, 27, 2)] for row in frame(text)[1:-1]]
    holes = [[cell == "··" for cell in row] for row in cells]
    assert holes == [[bool(x % 2 or y % 2) for x in range(13)] for y in range(13)]


@settings(max_examples=60)
@given(pictures(most=36))
def test_every_position_that_fits_has_its_characters(picture: Picture) -> None:
    rows = frame(text_of(picture))
    if picture.strength.ndim == 1:
        assert len(rows) == 8 + 1 + 2, "eight lines of bars, the strip, the box"
        rows = rows[-2:-1]
    signs = Counter("".join(rows))
    expected = expected_kinds(picture)
    assert signs["·"] == 2 * expected["hole"], "two columns each"
    assert sum(signs[shade] for shade in SHADES) == 2 * expected["read"]
    assert signs["╱"] == 2 * expected["padding"]  # noqa: RUF001 - a hatch, no slash


@settings(max_examples=60)
@given(pictures(most=400), st.integers(24, 120), st.booleans())
def test_a_text_keeps_to_its_width_and_height(picture: Picture, width: int, ascii_only: bool) -> None:
    text = text_of(picture, width=width, ascii_only=ascii_only)
    assert max(map(len, text.splitlines())) <= width
    drawn = text.split("\n\n")[1].splitlines()
    assert len({len(line) for line in drawn}) == 1
    assert len(drawn) <= 40
    assert ascii_only <= text.isascii()


@settings(max_examples=60)
@given(st.integers(80, 300), st.integers(0, 50), st.sampled_from([0, 1, 3, 500]))
def test_a_character_for_many_positions_tells_whether_holes_are_among_them(
    length: int, seed: int, holes: int
) -> None:
    strength = np.ones(length)
    strength[np.random.default_rng(seed).integers(0, length, holes)] = 0
    strength[0] = 1
    picture = field(strength.tolist(), first=(0,), size=(length,), effective=((0, length - 1),))
    strip = frame(text_of(picture))[-2][1:-1]
    bin_ = int(re.findall(r"1 character = (\d+) positions", text_of(picture))[0])
    assert len(strip) == -(-length // bin_)
    lead = bin_ - (-length % bin_) // 2
    edges = [0, *range(lead, length, bin_), length]
    for sign, (a, b) in zip(strip, pairwise(edges), strict=True):
        read = np.count_nonzero(strength[a:b])
        assert sign in ("·" if read == 0 else SHADES if read == b - a else GAPS)


def test_holes_in_the_padding_stay_visible_too() -> None:
    text = text_of(CASES["large_gridding"], width=40)
    assert set("".join(frame(text))) & set(PADDING) == {"⠌"}
    assert "⠌ padding, with holes in between" in text
    assert "2 characters = 3×3 positions" in text


def test_the_inner_box_encloses_its_positions() -> None:
    picture = field([1] * 9, [1] * 9, first=(-1, -1), size=(9, 9), effective=((1, 3), (2, 6)))
    rows = frame(text_of(picture))
    top, bottom = (next(i for i, row in enumerate(rows) if corner in row) for corner in "┌└")
    assert (top, bottom) == (2, 2 + 1 + 3)
    assert rows[top].index("┌") == rows[bottom].index("└") == 2 * 3
    assert rows[top].index("┐") - rows[top].index("┌") == 1 + 2 * 5
    assert [row for row in rows if "│" in row] == rows[top + 1 : bottom]


def test_a_box_between_two_characters_still_holds_one() -> None:
    picture = field([1] * 1000, first=(0,), size=(1000,), effective=((999, 999),))
    assert any("│█│┃" in line for line in text_of(picture).splitlines())


def test_colour_adds_nothing_but_colour() -> None:
    for picture in CASES.values():
        painted = text_of(picture, style=Style(colour=True))
        assert "\x1b[" in painted
        assert re.sub(r"\x1b\[[\d;]*m", "", painted) == text_of(picture)


def test_a_terminal_without_blocks_sees_the_same_cells() -> None:
    unicode, plain = (text_of(CASES["gridding"], ascii_only=only) for only in (False, True))
    assert plain.isascii()
    assert plain.count("..") == unicode.count("··")
    assert "13x13 positions" in plain
    assert (can_show("utf-8"), can_show("cp437"), can_show("no such")) == (True, False, False)


def test_bars_stand_as_high_as_the_counts() -> None:
    picture = field([1, 0, 2, 4], first=(0,), size=(4,), effective=((0, 3),))
    bars = [row[1:-1] for row in frame(text_of(picture))[1:9]]
    columns = ["".join(row[2 * i] for row in bars).strip() for i in range(4)]
    assert [len(column) for column in columns] == [2, 0, 4, 8]


def test_the_words_say_what_is_counted() -> None:
    text = text_of(CASES["gridding"])
    assert text.startswith("Receptive field of conv_3, output (16, 16)\n")
    assert "13×13 positions of image (32×32), from (10, 10) to (22, 22).\n" in text
    assert "49 of 169 are read (29.0 %), 120 are holes; 1 to 49 paths from each.\n" in text
    assert "95.45 % of the weight lies within 11×11 (linear, uniform weights).\n" in text
    assert "░ 1 to 3, ▒ 6 to 9, ▓ 18 to 21, █ 36 to 49 paths\n" in text
    assert text_of(CASES["a_cross"]).count("With offsets of zero") == 1


def test_counts_beyond_a_float_are_written_all_the_same() -> None:
    picture = field([1, 2, 0.25], first=(0,), size=(3,), exponent=4000, effective=((0, 2),))
    assert "3.30e1203 to 2.64e1204 paths from each" in text_of(picture)
    assert "up to 2.64e1204 paths" in str(draw(picture, "a.svg"))


# --- SVG


@pytest.mark.parametrize("name", CASES)
def test_an_svg_has_its_parts(name: str) -> None:
    root = svg_of(CASES[name])
    assert root.tag == f"{SVG}svg"
    assert root.attrib["viewBox"] == f"0 0 {root.attrib['width']} {root.attrib['height']}"
    titles = (root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc") or "")
    assert titles[0].startswith(f"Receptive field of {CASES[name].node}")
    assert "95.45 % of the weight" in titles[1]
    groups = {group.attrib["class"] for group in root.findall(f"{SVG}g")}
    assert {"cells", "caption", "effective-box", "field-box", "positions", "legend"} <= groups
    assert ("bars" in groups) is (CASES[name].strength.ndim == 1)


@settings(max_examples=60)
@given(pictures())
def test_every_position_is_painted_once_as_what_it_is(picture: Picture) -> None:
    cells = covered(svg_of(picture))
    rows, columns = flat(picture)[0].shape
    assert sorted(cell for found in cells.values() for cell in found) == sorted(
        product(range(columns), range(rows))
    )
    assert {name: len(found) for name, found in cells.items()} == expected_kinds(picture)
    holes = {(x, y) for y, x in zip(*np.nonzero(flat(picture)[0] == 0), strict=True)}
    assert set(cells.get("hole", [])) == holes


@given(st.lists(st.lists(st.integers(0, 2), min_size=5, max_size=5), min_size=1, max_size=5))
def test_merged_rectangles_are_the_cells_they_came_from(rows: list[list[int]]) -> None:
    painted = np.full((len(rows), 5), -1)
    for code, areas in merged(np.array(rows)).items():
        for x, y, width, height in areas:
            assert (painted[y : y + height, x : x + width] == -1).all()
            painted[y : y + height, x : x + width] = code
    assert painted.tolist() == rows


def test_stronger_is_darker() -> None:
    root = svg_of(field([1, 2, 3, 5], [1], first=(0, 0), size=(4, 1)))
    fills = {
        path.attrib["d"]: path.attrib["fill"] for path in root.findall(f"{SVG}g[@class='cells']/{SVG}path")
    }
    greens = [parts(fills[f"M0 {y}h1v1h-1z"])[1] for y in range(4)]
    assert greens == sorted(greens, reverse=True)
    assert len(set(greens)) == 4


def lines(root: ET.Element, name: str, width: str) -> list[list[float]]:
    found = root.findall(f"{SVG}g[@class='{name}']/{SVG}path[@stroke-width='{width}']")
    return [[float(n) for n in re.findall(r"-?[\d.]+", path.attrib["d"])] for path in found]


def test_the_boxes_are_where_they_belong() -> None:
    picture = field([1] * 10, [1] * 10, first=(-2, 5), size=(20, 12), effective=((0, 3), (6.5, 8)))
    root = svg_of(picture)
    mesh = lay_out(picture, picture.plane()).mesh
    x, y, (width, height) = mesh.x, mesh.y, mesh.cell
    x1, x2, y1, y2 = x + 1.5 * width, x + 4 * width, y + 2 * height, y + 6 * height
    assert lines(root, "effective-box", "1.5") == [
        [x1, y1, x2, y1],
        [x1, y2, x2, y2],
        [x1, y1, x1, y2],
        [x2, y1, x2, y2],
    ]
    x1, x2, y1, y2 = x, x + 10 * width, y, y + 10 * height
    assert sorted(lines(root, "field-box", "2.5")) == sorted(
        [[x1, y1, x2, y1], [x1, y2, x2, y2], [x1, y1, x1, y2], [x2, y1, x2, y2]]
    )
    border_x, border_y = x + 7 * width, y + 2 * height
    assert lines(root, "input-border", "1.5") == [
        [border_x, y1, border_x, y2],
        [x1, border_y, x2, border_y],
    ]


def test_the_border_of_the_input_is_drawn_only_where_it_is_seen() -> None:
    inside = svg_of(field([1] * 4, [1] * 4, first=(0, 2), size=(4, 8)))
    assert inside.find(f"{SVG}g[@class='input-border']") is None
    assert "border of the input" not in ET.tostring(inside, encoding="unicode")


@pytest.mark.parametrize(
    ("axis", "limit"), [(bell(427, 36), 200_000), ([1, 0] * 213 + [1], 1_500_000), ([1] * 427, 5_000)]
)
def test_a_large_field_is_a_small_file(axis: list[float], limit: int) -> None:
    picture = field(axis, axis, first=(-100, -100), size=(224, 224))
    assert len(draw(picture, "field.svg")) < limit


def test_the_largest_fields_are_drawn_in_cells_of_several_positions() -> None:
    axis = [1.0, 0.0] * 800 + [1.0]
    root = svg_of(field(axis, axis, first=(0, 0), size=(1601, 1601)))
    cells = covered(root)
    assert set(cells) == {"gaps"}, "each of 4×4 positions has holes"
    assert len(cells["gaps"]) == 401**2
    assert "One cell is 4×4 positions" in (root.findtext(f"{SVG}desc") or "")


def test_a_long_narrow_field_keeps_its_narrow_axis() -> None:
    root = svg_of(field([1, 0, 1], [1] * 2000, first=(0, 0), size=(3, 2000)))
    assert {y for _, y in covered(root)["hole"]} == {1}


def test_any_name_makes_a_well_formed_file() -> None:
    picture = field([1], first=(0,), size=(1,), node="a<b>&'\"\x00\x1b c", input="</svg>")
    assert (svg_of(picture).findtext(f"{SVG}title") or "").startswith("Receptive field of a<b>&'\"")


# --- PNG


@pytest.mark.parametrize("name", CASES)
def test_a_png_has_the_colour_of_each_cell(name: str) -> None:
    picture = CASES[name]
    image, drawing = image_of(picture), lay_out(picture, picture.plane())
    mesh = drawing.mesh
    assert image.size == (drawing.width * 2, drawing.height * 2)
    if min(mesh.cell) < 20:
        return  # boxes may cover the middle of so small a cell
    holes = 0
    for (kind, fill), areas in mesh.areas.items():
        for x, y, width, height in areas:
            for column, row in product(range(x, x + width), range(y, y + height)):
                middle = (mesh.x + (column + 0.5) * mesh.cell[0], mesh.y + (row + 0.5) * mesh.cell[1])
                found = image.getpixel((int(middle[0] * 2), int(middle[1] * 2)))
                assert found == parts(fill)
                holes += found == parts(HOLE)
                assert (kind == "hole") is (fill == HOLE)
    plane = picture.plane()
    assert holes == np.count_nonzero(plane.strength == 0)


def test_in_a_png_a_dashed_line_has_gaps() -> None:
    dashed: Counter[tuple[bool, bool]] = Counter()
    for picture in CASES.values():
        image, drawing = image_of(picture), lay_out(picture, picture.plane())
        for stroke in (
            shape for group in drawing.groups for shape in group.shapes if isinstance(shape, Stroke)
        ):
            if stroke.width > 2 or stroke.y1 != stroke.y2 or stroke.x2 - stroke.x1 < 40:
                continue  # the paper below, lines that go down, and short ones
            along = range(round(stroke.x1 * 2) + 2, round(stroke.x2 * 2) - 2)
            colours = {image.getpixel((x, round(stroke.y1 * 2))) for x in along}
            dashed[stroke.dashed, len(colours) > 1] += 1
    assert dashed[True, True] > 0 == dashed[True, False]


def test_without_pillow_a_png_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(UsageError) as caught:
        draw(CASES["gridding"], "field.png")
    assert str(caught.value) == (
        "PNG needs Pillow: pip install 'archcost[png]', or write to a file that ends in .svg"
    )


# --- Which writer, which slice


@pytest.mark.parametrize("output", ["field", "field.pdf", "svg", "folder.svg/field"])
def test_another_suffix_is_refused(output: str) -> None:
    with pytest.raises(UsageError) as caught:
        draw(CASES["gridding"], output)
    assert str(caught.value) == (
        f"cannot tell from '{output}' how to draw: a picture's file ends in .svg, .png or .txt"
    )


@pytest.mark.parametrize("output", [None, "-", "field.txt", "/dev/null"])
def test_standard_output_a_device_and_txt_get_text(output: str | None) -> None:
    assert draw(CASES["gridding"], output) == text_of(CASES["gridding"])


def test_of_three_axes_the_middle_slice_is_drawn_or_the_one_asked_for() -> None:
    picture = CASES["three_axes"]
    assert draw(picture) == draw(picture, slice_at=(5,))
    for position, weight in zip(range(3, 8), [1, 2, 3, 2, 1], strict=True):
        assert picture.plane((position,)).strength.max() == weight * 9
        text = draw(picture, slice_at=(position,))
        assert f"Slice at {position} along the depth: 25 of 81 are read (30.9 %), 56 are holes." in str(text)
    assert draw(picture, slice_at=(3,)) != draw(picture, slice_at=(5,)), "shades are those of the whole field"


def test_a_slice_in_the_padding_is_all_padding() -> None:
    picture = field([1, 1], [1, 1], [1, 1], first=(-1, 0, 0), size=(4, 4, 4))
    assert set(covered_names(picture, (-1,))) == {"padding"}
    assert set(covered_names(picture, (0,))) == {"read"}


def covered_names(picture: Picture, at: tuple[int, ...]) -> list[str]:
    text = draw(picture, "field.svg", slice_at=at)
    assert isinstance(text, str)
    return list(covered(ET.fromstring(text)))  # noqa: S314 - our own file


def test_of_four_axes_two_are_cut() -> None:
    picture = field([1], [1, 2], [1, 0, 1], [1, 1], first=(0, 0, 0, 0), size=(4, 4, 4, 4))
    assert picture.plane((0, 1)).strength.tolist() == [[2, 2], [0, 0], [2, 2]]
    assert "Slice at (0, 1) along the axis 1 and axis 2: " in str(draw(picture, slice_at=(0, 1)))


@pytest.mark.parametrize(
    ("name", "at", "why"),
    [
        ("three_axes", (8,), "slice 8: along the depth the field reads positions 3 to 7"),
        ("three_axes", (1, 2), "slice 1,2: a field with 3 axes is cut at 1 position"),
        ("gridding", (1,), "slice 1: a field with 2 axes is drawn whole"),
        ("wavenet", (1,), "slice 1: a field with 1 axis is drawn whole"),
    ],
)
def test_a_slice_that_is_none_is_refused(name: str, at: tuple[int, ...], why: str) -> None:
    with pytest.raises(UsageError) as caught:
        CASES[name].plane(at)
    assert str(caught.value) == why


# --- Colours


@pytest.mark.parametrize("name", ["read", "padding", "gaps"])
def test_a_ramp_gets_darker_with_every_shade(name: str) -> None:
    luminance = [np.dot(parts(colour(name, tone)), (0.2126, 0.7152, 0.0722)) for tone in range(32)]
    assert all(a > b for a, b in pairwise(luminance))


def test_holes_look_like_no_shade() -> None:
    for name in ("read", "padding", "gaps"):
        shades = [np.array(parts(colour(name, tone)), int) for tone in range(32)]
        assert min(np.abs(shade - parts(HOLE)).sum() for shade in shades) > 80


# -- slices and shades ------------------------------------------------------------------------------------


def deep(length: int) -> Picture:
    """A field of three axes, from one position before the input on; what is read at each depth differs."""
    strength = np.arange(1.0, length + 1).reshape(length, 1, 1)
    return Picture(
        node="n",
        input="x",
        strength=strength,
        first=(-1, 2, 3),
        input_size=(3, 7, 9),
        effective=((0.0, 1.0), (2.0, 2.0), (3.0, 3.0)),
    )


@pytest.mark.parametrize("at", range(-1, 4))
def test_a_slice_is_in_the_input_or_all_padding(at: int) -> None:
    plane = deep(5).plane((at,))
    assert plane.strength.tolist() == [[at + 2.0]]
    assert (plane.at, plane.first, plane.effective) == ((at,), (2, 3), ((2.0, 2.0), (3.0, 3.0)))
    assert plane.input_size == ((7, 9) if at in {0, 1, 2} else (0, 0))
    assert not plane.is_profile


@pytest.mark.parametrize(("length", "middle"), [(1, -1), (2, -1), (3, 0), (4, 0), (5, 1)])
def test_the_slice_in_the_middle_is_drawn_unless_another_is_asked_for(length: int, middle: int) -> None:
    assert deep(length).plane().at == (middle,)


@pytest.mark.parametrize("at", [-2, 4])
def test_there_is_no_slice_beyond_the_field(at: int) -> None:
    with pytest.raises(UsageError, match=f"slice {at}: along the depth the field reads positions -1 to 3"):
        deep(5).plane((at,))


@pytest.mark.parametrize(
    ("counts", "top", "is_root", "is_flat"),
    [
        ([0, 1, 10], 10, False, False),
        ([0, 1, 11], 11, True, False),
        ([3, 3, 0], 3, False, True),
        ([0, 0], 1, False, False),
    ],
    ids=["tenfold", "more than tenfold", "equal", "nothing"],
)
def test_shades_go_by_square_roots_beyond_tenfold(
    counts: list[float], top: float, is_root: bool, is_flat: bool
) -> None:
    assert ShadeScale.of(np.array(counts, float), 7) == (top, is_root, is_flat, 7 * any(counts))


def test_a_shade_stands_for_the_shares_up_to_its_own() -> None:
    shares = np.array([0.001, 25, 25.001, 50, 50.001, 75, 75.001, 100])
    assert ShadeScale(100.0, is_root=False).tones(shares, 4).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert ShadeScale(100.0, is_root=True).tones(np.array([6.25, 6.26, 25, 25.1]), 4).tolist() == [0, 1, 1, 2]
