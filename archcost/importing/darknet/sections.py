"""The text of a configuration of Darknet: sections of options, each with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from archcost.errors import ModelFileError
from archcost.overwriting import will_read
from archcost.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

LARGEST = 2**20
"""Bytes of a file: the longest of Darknet's own has 45,000."""
MOST = 5_000
"""Sections of a file."""
LARGEST_NUMBER = 10**6
"""Filters, sizes and the like."""


class Option(NamedTuple):
    """An option.

    Attributes:
        text: its value.
        place: where that is written.
    """

    text: str
    place: Place


class Section(NamedTuple):
    """A section.

    Attributes:
        word: its name, without brackets.
        number: by which other layers read it; -1 of `[net]`.
        place: of its name.
        options: what stands in it, by name.
    """

    word: str
    number: int
    place: Place
    options: dict[str, Option]

    def fail(self, what: str, name: str = "") -> NoReturn:
        """Say what is not understood, and where.

        Raises:
            ModelFileError: always.
        """
        place = self.options[name].place if name in self.options else self.place
        called = f"layer {self.number}, [{self.word}]" if self.number >= 0 else f"[{self.word}]"
        raise ModelFileError(place.source.name, f"{called}: {what}", place)

    def check(self, *known: str, ignored: Container[str] = ()) -> None:
        """Refuse options that may change the network in a way that is not known here.

        Raises:
            ModelFileError: there is one.
        """
        for name in self.options:
            if name not in known and name not in ignored:
                self.fail(f"the option '{name}' is not followed", name)

    def number_of(self, name: str, default: int, least: int = 0) -> int:
        """A whole number.

        Raises:
            ModelFileError: it is none, or out of bounds.
        """
        if name not in self.options:
            return default
        text = self.options[name].text
        value = int(text) if re.fullmatch(r"-?[0-9]{1,7}", text) else None
        if value is None or not least <= value <= LARGEST_NUMBER:
            self.fail(f"{name} must be a whole number from {least} to {LARGEST_NUMBER:,}, not '{text}'", name)
        return value

    def numbers(self, name: str) -> list[int]:
        """Whole numbers with commas between them.

        Raises:
            ModelFileError: they are none, or the option is missing.
        """
        text = self.options[name].text if name in self.options else ""
        parts = [part.strip() for part in text.strip().rstrip(",").split(",")]
        if not all(re.fullmatch(r"-?[0-9]{1,7}", part) for part in parts):
            self.fail(f"{name} must be whole numbers with commas between them", name)
        return [int(part) for part in parts]

    def word_of(self, name: str, default: str) -> str:
        """A word."""
        return self.options[name].text if name in self.options else default


def read_file(path: Path) -> tuple[tuple[str, ...], list[Section]]:
    """The lines of a file, and its sections.

    Raises:
        ModelFileError: it is no configuration, at the place of what is wrong.
    """
    try:
        will_read(path)
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise ModelFileError(path, str(error)) from None
    if len(data) > LARGEST:
        raise ModelFileError(path, f"a configuration has {LARGEST:,} bytes at most")
    lines = tuple(re.split(r"\r\n?|\n", data.decode("utf-8", "replace")))
    return lines, _sections(path, Source(str(path), lines))


def _sections(path: Path, source: Source) -> list[Section]:
    found: list[Section] = []
    for row, line in enumerate(source.lines, 1):
        text = re.split(r"[#;]", line)[0].strip()
        place = Place(source, row, len(line) - len(line.lstrip()) + 1, max(1, len(text)))
        if named := re.fullmatch(r"\[([A-Za-z0-9_ -]+)\]", text):
            found.append(Section(named[1].strip(), len(found) - 1, place, {}))
            if len(found) > MOST:
                raise ModelFileError(path, f"there are more than {MOST:,} sections", place)
        elif text:
            name, sign, value = (part.strip() for part in text.partition("="))
            if not found or not (name and sign):
                raise ModelFileError(path, "a section, [name], or an option, name=value, is expected", place)
            # Of an option that is there twice Darknet takes the first.
            found[-1].options.setdefault(name, Option(value, place))
    if not found or found[0].word not in {"net", "network"}:
        raise ModelFileError(path, "a configuration of Darknet begins with [net]", Place(source))
    return found
