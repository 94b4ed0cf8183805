"""What a terminal shows: colour, and so many columns. Others get plain text, as wide as it is."""

from __future__ import annotations

from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "error": "31;1", "warn": "33", "info": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """Paints words, or leaves them as they are.

    Attributes:
        colour: whether to paint.
        width: columns that a line may have; None for any number.

    >>> Style(colour=False).paint("total", "bold")
    'total'
    """

    colour: bool = False
    width: int | None = None

    def paint(self, text: str, how: str) -> str:
        """The text in bold, dim or the colour of a level."""
        return f"\x1b[{_CODES[how]}m{text}\x1b[0m" if self.colour and text else text
