"""What detectors of Ultralytics end in: boxes and classes of every map, and what else is asked of a position.

As before a model is fused: a head of YOLOv10 and YOLO26 runs twice, once for one box per object and once for
many. Boxes stay distances to their sides, as in `std/detect`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.ultralytics.numbers import Number, integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.importing.ultralytics.rows import Row, Value
    from archcost.importing.ultralytics.writer import Writer


def _detect(writer: Writer, row: Row) -> Number:
    return _anchored(writer, row) if len(row.arguments) == 2 else _head(writer, row, row.arguments)


def _anchored(writer: Writer, row: Row) -> Number:
    """The head of YOLOv5's own repository: for each anchor of a map a box, its objectness and the classes."""
    classes, given = writer.classes(row, row.arguments[0]), row.arguments[1]
    anchors = writer.file.keys.get("anchors") if given == "anchors" else given
    several = anchors if isinstance(anchors, list) else [anchors] * len(row.sources)
    if len(several) != len(row.sources) or row.repeats != 1:
        row.fail(f"it reads {len(row.sources)} maps, and has anchors for {len(several)}")
    for i, (tap, one) in enumerate(zip(writer.taps(row), several, strict=True)):
        # A list has a width and a height for each anchor; a number says how many there are.
        count = integer(row, len(one) // 2 if isinstance(one, list) else one, "anchors")
        name = f"layer_{row.number}_map_{i}"
        writer.item(f"conv: {{out_channels: $({count}*({classes.text} + 5)), kernel_size: 1}}", name, [tap])
        writer.outputs.append(name)
    return classes


def _v10_detect(writer: Writer, row: Row) -> Number:
    writer.is_legacy = False
    return _head(writer, row, row.arguments, twice=True, bins=16)


def _segment(writer: Writer, row: Row) -> Number:
    if len(row.arguments) != 3:
        row.fail("it takes [nc, masks, channels]")
    masks = integer(row, row.arguments[1], "masks")
    hidden = writer.width(integer(row, row.arguments[2], "channels"), row)
    found = _head(writer, row, row.arguments[:1], ("masks", masks, ""))
    name = f"layer_{row.number}_prototypes"
    prototypes = f"prototypes: {{hidden: {hidden.written}, out: {masks}}}"
    writer.item(prototypes, name, writer.taps(row)[:1])
    writer.outputs.append(name)
    return found


def _pose(writer: Writer, row: Row) -> Number:
    if len(row.arguments) != 2:
        row.fail("it takes [nc, kpt_shape]")
    shape = writer.file.keys.get("kpt_shape") if row.arguments[1] == "kpt_shape" else row.arguments[1]
    if not isinstance(shape, list) or len(shape) != 2:
        row.fail("kpt_shape must be [keypoints, 2 or 3]")
    points, each = (integer(row, one, "kpt_shape") for one in shape)
    return _head(writer, row, row.arguments[:1], ("keypoints", points * each, ""))


def _obb(writer: Writer, row: Row) -> Number:
    angles = integer(row, row.arguments[1], "angles") if len(row.arguments) > 1 else 1
    end = "" if row.module == "OBB26" else "sigmoid"
    return _head(writer, row, (*row.arguments[:1], *row.arguments[2:]), ("angles", angles, end))


def _head(  # noqa: PLR0913 - what heads differ in
    writer: Writer,
    row: Row,
    given: tuple[Value, ...],
    more: tuple[str, int, str] | None = None,
    *,
    twice: bool | None = None,
    bins: int | None = None,
) -> Number:
    """A head.

    Args:
        writer: of the spec.
        row: of the head.
        given: its number of classes.
        more: what else is asked of every position: its name, how many numbers, and what they go through.
        twice: for one box per object as well as for many; as the file says, if it is not said here.
        bins: numbers that say one distance, likewise.
    """
    if len(given) != 1 or row.repeats != 1:
        row.fail("its arguments are not followed")
    classes = writer.classes(row, given[0])
    if bins is None:
        bins = integer(row, writer.file.keys.get("reg_max", 16), "reg_max")
    if twice is None:
        twice = writer.file.keys.get("end2end") is True
    if twice:
        writer.notes.append("heads for one and for many boxes per object are both counted")
    name = f"layer_{row.number}"
    for which in ("many_", "") if twice else ("",):
        parts = _maps(writer, row, classes, bins, more, f"{name}_{which}")
        _joined(writer, f"{name}_{which}", parts, bins, more, is_last=not which)
    return classes


def _maps(  # noqa: PLR0913, PLR0917 - what a head has
    writer: Writer, row: Row, classes: Number, bins: int, more: tuple[str, int, str] | None, name: str
) -> dict[str, list[str]]:
    """What is asked of each map, by what it is: the names of items."""
    finest = writer.widths(row)[0]
    found: dict[str, list[str]] = {"boxes": [], "classes": []}
    for i, (tap, width) in enumerate(zip(writer.taps(row), writer.widths(row), strict=True)):
        fields = {"classes": classes.written}
        fields |= {"bins": str(bins)} if bins != 16 else {}
        fields |= {"finest": finest.written} if width != finest else {}
        fields |= {} if writer.is_legacy else {"separable": "true"}
        fields |= {"act": writer.file.activation} if writer.file.activation != "silu" else {}
        text = ", ".join(f"{key}: {value}" for key, value in fields.items())
        writer.item(f"std/detect: {{{text}}}", f"{name}map_{i}", [tap])
        for what in ("boxes", "classes"):
            found[what].append(f"{name}map_{i}.{what}")
        if more:
            hidden = _hidden(finest, more[1])
            writer.item(f"more: {{out: {more[1]}, hidden: {hidden}}}", f"{name}{more[0]}_{i}", [tap])
            found.setdefault(more[0], []).append(f"{name}{more[0]}_{i}")
    return found


def _hidden(finest: Number, least: int) -> str:
    """Channels within what else is asked: a quarter of the finest map's, or as many as numbers are asked."""
    values = {max(value // 4, least) for value in finest.values}
    return str(*values) if len(values) == 1 else f'"$(max({finest.text}//4, {least}))"'


def _joined(  # noqa: PLR0913 - what a head has
    writer: Writer,
    name: str,
    parts: dict[str, list[str]],
    bins: int,
    more: tuple[str, int, str] | None,
    *,
    is_last: bool,
) -> None:
    """The maps' positions in a row, and what their numbers go through; of what is for many, the numbers."""
    ends = {"classes": "sigmoid", **({more[0]: more[2]} if more else {})}
    for what, taps in parts.items():
        called = {"boxes": "distances", "classes": "scores"}.get(what, what)
        end = ends.get(what, "") if is_last or what != "classes" else ""
        splits = what == "boxes" and is_last and bins > 1
        joined = f"{name}{called}" if not (end or splits) else ""
        if len(taps) > 1:
            writer.item("concat: {axis: 1}", joined, taps)
        elif joined:
            writer.item("identity", joined, taps)
        if splits:
            first = None if len(taps) > 1 else taps
            writer.item(f"reshape: {{shape: [4, {bins}, -1]}}", "", first)
            for text in (
                "transpose: {axes: [1, 0, 2]}",
                "softmax",
                "conv: {out_channels: 1, kernel_size: 1, bias: false}",
            ):
                writer.item(text)
            writer.item("reshape: {shape: [4, -1]}", f"{name}{called}")
        if end:
            writer.item(end, f"{name}{called}", None if len(taps) > 1 else taps)
        writer.outputs.append(f"{name}{called}")


HEADS: dict[str, Callable[[Writer, Row], Number]] = {
    "Detect": _detect,
    "v10Detect": _v10_detect,
    "Segment": _segment,
    "Pose": _pose,
    "OBB": _obb,
    "OBB26": _obb,
}
"""The heads, by their modules."""
