"""Maps of other sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.rules import short
from archcost.importing.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value


def _upsample(mode: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.channels_first("self" if call.argument("self") is not None else "input")
        size = call.said()[2:]
        fields: dict[str, FieldValue] = {"size": short(size)}
        if mode != "nearest":
            fields["mode"] = mode
            if call.argument("align_corners", default=False):
                fields["align_corners"] = True
        return call.add("upsample", [x], (x.shape[0], *size), canonical(len(x.axes)), **fields)

    return rule


def _pixel_shuffle(call: Call) -> Value:
    x, (factor,) = call.channels_first("self"), call.integers("upscale_factor")
    return call.add("pixel_shuffle", [x], call.said()[1:], canonical(4), upscale_factor=factor)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"), _upsample("nearest")),
    "upsample_bilinear2d": _upsample("bilinear"),
    "upsample_bicubic2d": _upsample("bicubic"),
    "pixel_shuffle": _pixel_shuffle,
}
