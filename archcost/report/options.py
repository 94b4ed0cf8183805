"""How a result is to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.words.style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archcost.words.numbers import Units


class WriteOptions(NamedTuple):
    """How a result is to be written; a result takes what applies to it.

    Attributes:
        depth: levels of a tree; None for as many as fit on a screen.
        columns: by name, as `--columns` takes them; None for the usual ones.
        sort: what the largest come first by, without the tree. None keeps the written order.
        units: `si` (4.089 G) or `raw` (every digit).
        quiet: what was found, without explanations.
        dtype: of weights and activations, for bytes.
        everything: every node in a row of its own.
        picture: of a receptive field, drawn for a terminal.
        style: whether to colour, and how wide a line may be.
        root: the folder that annotated paths are relative to; None for the working folder.
    """

    depth: int | None = None
    columns: Sequence[str] | None = None
    sort: str | None = None
    units: Units = "si"
    quiet: bool = False
    dtype: str = "float32"
    everything: bool = False
    picture: str = ""
    style: Style = Style()
    root: Path | None = None


USUAL = WriteOptions()
