"""The text of a spec, line by line, and what each line was made of: for files that say a network in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 120
"""Columns of a line, in the style of `archcost fmt`."""


class SpecLines:
    """The items of a spec.

    Attributes:
        row: the line of the file that items are made of from now on.
    """

    def __init__(self) -> None:
        self.row = 1
        self._lines: list[tuple[str, int]] = []
        self._last = "input"

    def item(self, text: str, name: str = "", taps: Sequence[str] | None = None) -> None:
        """Write an item.

        Args:
            text: its kind or block, with fields as the key of a mapping in one line.
            name: how others read it.
            taps: what it reads, if that is not the item before.
        """
        keys = [f"name: {name}"] if name else []
        if taps is not None and [*taps] != [self._last]:
            keys.append(f"from: {taps[0]}" if len(taps) == 1 else f"from: [{', '.join(taps)}]")
        flow = f"  - {{{', '.join([*keys, text])}}}" if keys else f"  - {text}"
        if len(flow) <= WIDTH:
            self._lines.append((flow, self.row))
        else:
            self._lines += [(f"  {' ' if i else '-'} {key}", self.row) for i, key in enumerate([*keys, text])]
        self._last = name or "?"

    def group(self, items: Sequence[str], name: str, taps: Sequence[str] | None = None) -> None:
        """Write items one behind the other as one item, read by its name; a single one as it is."""
        if len(items) == 1:
            self.item(items[0], name, taps)
            return
        body = ", ".join(f"{{{item}}}" if ":" in item else item for item in items)
        flow = f"body: [{body}]"
        reads = [] if taps is None or [*taps] == [self._last] else [f"from: {', '.join(taps)}"]
        if len(f"  - {{name: {name}, {''.join(one + ', ' for one in reads)}{flow}}}") <= WIDTH:
            self.item(flow, name, taps)
            return
        lines = [f"  - name: {name}", *(f"    {one}" for one in reads), "    body:"]
        lines += [f"      - {one}" for one in items]
        self._lines += [(line, self.row) for line in lines]
        self._last = name

    @property
    def layers(self) -> str:
        """The items as they stand under `layers`."""
        return "".join(f"{text}\n" for text, _ in self._lines)

    def spec(self, head: Sequence[str], outputs: Sequence[str]) -> tuple[str, tuple[int, ...]]:
        """The text, and for each of its lines the line of the file it was made of; 0 if of none.

        Args:
            head: lines that stand above the layers.
            outputs: what leaves, by the names of items.
        """
        above = [*head, "layers:"]
        rows = (*[0] * len(above), *(row for _, row in self._lines), self.row)
        last = f"outputs: [{', '.join(outputs)}]"
        return "\n".join([*above, *(text for text, _ in self._lines), last, ""]), rows


def call(word: str, fields: dict[str, str]) -> str:
    """A kind or a block with its fields, as the key of an item.

    >>> call("conv", {"out_channels": "8", "kernel_size": "3"}), call("relu", {})
    ('conv: {out_channels: 8, kernel_size: 3}', 'relu')
    """
    return (
        f"{word}: {{{', '.join(f'{name}: {value}' for name, value in fields.items())}}}" if fields else word
    )


def plain(name: str) -> str:
    """A file's name as the name of a network.

    >>> plain("my net (2)")
    'my_net__2_'
    """
    return "".join(char if char.isascii() and (char.isalnum() or char in "_-.") else "_" for char in name)
