"""The colours of an image: a ramp for each kind of cell, and what is written and drawn around them."""

from __future__ import annotations

import numpy as np

LEVELS = 32
"""Shades of a ramp."""

HOLE = "#f7b538"
INK = "#1b1b1b"
FAINT = "#5c5c5c"
PAPER = "#ffffff"
EDGE = "#c9c9c9"

# Lightness falls steadily along every ramp, so strength reads without colour vision and in print. Amber
# beside blue is the pair that the common kinds of colour blindness keep apart.
_RAMPS = {
    "read": ("#dceaf7", "#9cc5e3", "#4f93c6", "#1f5f9f", "#0b2a57"),
    "padding": ("#ebebeb", "#c4c4c4", "#999999", "#6f6f6f", "#464646"),
    "gaps": ("#f3d6c0", "#d3a17e", "#a96e48", "#7a4524", "#4d2409"),
}


def colour(name: str, tone: int) -> str:
    """The colour of a cell: of holes always the same, of others by their shade.

    >>> colour("read", 0), colour("read", LEVELS - 1), colour("hole", 7)
    ('#dceaf7', '#0b2a57', '#f7b538')
    """
    if name == "hole":
        return HOLE
    stops = np.array([parts(stop) for stop in _RAMPS[name]])
    at = tone / (LEVELS - 1) * (len(stops) - 1)
    mixed = [round(float(np.interp(at, range(len(stops)), stops[:, i]))) for i in range(3)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def parts(text: str) -> tuple[int, int, int]:
    """Red, green and blue.

    >>> parts("#f7b538")
    (247, 181, 56)
    """
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue
