"""Writes the spec of a model file: a variable for each number that scales change, an item for each row."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from archcost.importing.lines import SpecLines, plain
from archcost.importing.ultralytics import modules
from archcost.importing.ultralytics.blocks import called
from archcost.importing.ultralytics.numbers import Number

if TYPE_CHECKING:
    from archcost.importing.ultralytics.rows import ModelFile, Row, Scale

SIZE = 640
"""Height and width of the input, as Ultralytics has them for all but classifiers."""
CLASSIFIED = 224
"""Those of a classifier."""


class Writer(SpecLines):
    """The spec of one file.

    Attributes:
        file: what is written.
        notes: what is to be known of it.
        is_legacy: no module of YOLOv10 and later was there so far, so that a head has full convolutions.
        scales: the scales; None if nothing is scaled.
        names: of them.
        outputs: what leaves, by the names of items; the last row, if none are said.
        parts: the channels of each part of a row that gives several.
        is_classifier: the network says what a whole image is.
    """

    def __init__(self, file: ModelFile) -> None:
        super().__init__()
        self.file = file
        self.notes: list[str] = []
        self.is_legacy = True
        self.scales: tuple[Scale | None, ...] = tuple(file.scales.values()) or (None,)
        self.names = tuple(file.scales) or (file.scale or "",)
        self._variables: dict[str, str] = {}
        self._truths: dict[str, tuple[bool, ...]] = {}
        self._widths: list[Number] = []
        self._taps: list[str] = []
        self.outputs: list[str] = []
        self.parts: dict[int, list[int]] = {}
        self.is_classifier = False

    # -- what modules ask for

    def width(self, channels: int, row: Row) -> Number:
        """The channels that the file says, as a scale widens them: to a multiple of 8."""
        values = tuple(self._widened(channels, scale, row) for scale in self.scales)
        if self.scales == (None,):
            return Number(str(values[0]), values)
        text = f"c{channels}"
        limit = f"min({channels}, widest)" if self.scales[0] and self.scales[0].widest else str(channels)
        self._variables[text] = f"$(8*ceil({limit}*width/8))"
        return Number(text, values)

    def _widened(self, channels: int, scale: Scale | None, row: Row) -> int:
        if scale is None:
            return -(-channels // 8) * 8
        least = min(channels, scale.widest or channels)
        exact, measured = (
            math.ceil(least * scale.width / 8) * 8,
            math.ceil(least * float(scale.width) / 8) * 8,
        )
        if exact != measured:
            row.fail(f"{least} times {float(scale.width)} is rounded to {measured} by Python, not {exact}")
        return exact

    def depth(self, row: Row) -> Number:
        """The repeats of a row, as a scale deepens them."""
        if row.repeats == 1 or self.scales == (None,):
            return Number(str(row.repeats), (row.repeats,) * len(self.scales))
        for scale in self.scales:
            factor = scale.depth if scale else Fraction(1)
            if round(row.repeats * factor) != round(row.repeats * float(factor)):
                row.fail(f"{row.repeats} times {float(factor)} is rounded otherwise by Python")
        text = f"n{row.repeats}"
        self._variables[text] = f"$(max(round({row.repeats}*depth), 1))"
        values = tuple(max(round(row.repeats * (scale.depth if scale else 1)), 1) for scale in self.scales)
        return Number(text, values)

    def by_scale(self, name: str, values: tuple[bool, ...]) -> str:
        """A truth that differs by scale, as the value of a field: a variable of that name, if need be."""
        if len(set(values)) == 1:
            return str(values[0]).lower()
        if self._truths.setdefault(name, values) != values:
            name = f"{name}_{len(self._truths) + 1}"
            self._truths[name] = values
        return f"${name}"

    def classes(self, row: Row, value: object = "nc") -> Number:
        """The number of classes."""
        if value == "nc":
            if self.file.classes is None:
                row.fail("the file does not say nc, the number of classes")
            self._variables["classes"] = str(self.file.classes)
            return Number("classes", (self.file.classes,) * len(self.scales))
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            row.fail("the number of classes must be nc, or a whole number from 1")
        return Number(str(value), (value,) * len(self.scales))

    def taps(self, row: Row) -> list[str]:
        """What a row reads, by the names of items."""
        return [self._taps[index] if index >= 0 else "input" for index in row.sources]

    def widths(self, row: Row) -> list[Number]:
        """How many channels arrive from each."""
        first = Number(str(self.file.channels), (self.file.channels,) * len(self.scales))
        return [self._widths[index] if index >= 0 else first for index in row.sources]

    # -- the text

    def written(self) -> tuple[str, tuple[int, ...]]:
        """The text, and the line of the file that each of its lines was made of; 0 of none."""
        for row in self.file.rows:
            self.row = row.place.line
            self._taps.append(f"layer_{row.number}")
            self._widths.append(Number("0", ()))
            self._widths[-1] = modules.write(self, row)
        if not self.outputs:
            self.outputs = [self._taps[-1]]
        size = CLASSIFIED if self.is_classifier else SIZE
        head = [
            "archcost: 1",
            f"name: {plain(self.file.name)}",
            f"note: Imported from {plain(self.file.name)}.yaml.",
            *self._vars(),
            *self._variants(),
            f"input: [{self.file.channels}, {size}, {size}]",
        ]
        blocks = called(self.layers, self.file.activation).splitlines()
        return self.spec([*head, *(["blocks:", *blocks] if blocks else [])], self.outputs)

    def alias(self, tap: str) -> None:
        """The row at hand is another item."""
        self._taps[-1] = tap

    def _vars(self) -> list[str]:
        first, found = self.scales[0], dict(self._variables)
        head: dict[str, str] = {}
        if first:
            head = _settings(first)
        for name, values in self._truths.items():
            found[name] = str(values[0]).lower()
        order = sorted(
            found, key=lambda name: (name[0] in "cn" and name[1:].isdigit(), name[0], len(name), name)
        )
        entries = [
            f"  {name}: {_quoted(value)}" for name, value in [*head.items(), *((n, found[n]) for n in order)]
        ]
        return ["vars:", *entries] if entries else []

    def _variants(self) -> list[str]:
        if not self.file.scales or self.names == ("",):
            return []
        lines: list[str] = []
        for i, (name, scale) in enumerate(self.file.scales.items()):
            settings = _settings(scale)
            for truth, values in self._truths.items():
                settings[truth] = str(values[i]).lower()
            lines.append(f"  {name}: {{{', '.join(f'{key}: {value}' for key, value in settings.items())}}}")
        return ["variants:", *lines]


def _settings(scale: Scale) -> dict[str, str]:
    found = {"depth": _number(scale.depth), "width": _number(scale.width)}
    return found | ({"widest": str(scale.widest)} if scale.widest else {})


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else repr(float(value))


def _quoted(value: str) -> str:
    return f'"{value}"' if ", " in value else value
