"""Maps of other sizes, and what is read at computed places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.pytorch.aten.arguments import flag, source, whole
from archcost.importing.rules import as_shape, maps, short, stated, window_axes
from archcost.importing.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.importing.converter import Call, Rule
    from archcost.importing.items import FieldValue
    from archcost.importing.values import Value


def _upsample(mode: str) -> Rule:
    def rule(call: Call) -> Value:
        x, batch = maps(call, call.value(source(call)))
        if batch and mode != "nearest":
            raise NotUnderstoodError("it resizes a batch of maps")
        said = call.said()
        size = (*said[:batch], *said[2:])
        fields: dict[str, FieldValue] = {"size": short(size)}
        scales = [1] * batch + _scales(call)
        if len(scales) == len(size) and not flag(call, "align_corners"):
            # A factor that does not give whole positions is what places are computed by, not the sizes.
            exact = all(n * scale == m for n, m, scale in zip(x.shape[1:], size, scales, strict=True))
            fields = fields if exact else {"scale_factor": short(scales)}
        fields |= stated(mode=(mode, "nearest"), align_corners=(flag(call, "align_corners"), False))
        return call.add("upsample", [x], (x.shape[0], *size), window_axes(len(said), batch), **fields)

    return rule


def _scales(call: Call) -> list[float]:
    """The factors that an operation names; none if it names sizes alone."""
    given = call.argument("scale_factors")
    named = [call.argument(name) for name in ("scales", "scales_d", "scales_h", "scales_w")]
    several = given if isinstance(given, list) else named
    return [one for one in several if isinstance(one, int | float)]


def _smoothed(call: Call) -> Value:
    """Resized with a filter against aliasing, which does nothing to a map that keeps its size."""
    x = call.value(source(call))
    if x.theirs != call.said():
        raise NotUnderstoodError("it filters what it resizes")
    return x


def _shuffle(kind: str, field: str) -> Rule:
    def rule(call: Call) -> Value:
        x = call.channels_first("self")
        fields: dict[str, FieldValue] = {field: whole(call, field, 1)}
        return call.add(kind, [x], call.said()[1:], canonical(4), **fields)

    return rule


def _channel_shuffle(call: Call) -> Value:
    x = call.channels_first("self")
    return call.add(
        "channel_shuffle", [x], x.shape, canonical(len(x.shape) + 1), groups=whole(call, "groups", 1)
    )


def _affine_grid(call: Call) -> Value:
    """Its coordinates are last, and ours first."""
    x, size = call.value("theta"), call.integers("size")[2:]
    if x.theirs[0] != 1:
        raise NotUnderstoodError(f"it makes {x.theirs[0]} grids")
    rank = len(size)
    row = call.in_order(as_shape(call, x, (1, rank * (rank + 1))), [1])
    fields = stated(align_corners=(flag(call, "align_corners"), False))
    return call.add(
        "affine_grid", [row], (rank, *size), (None, *range(1, rank + 1), 0), size=[*size], **fields
    )


_MODES = ("bilinear", "nearest")
_BORDERS = ("zeros", "border")


def _grid_sample(call: Call) -> Value:
    """The grid has its coordinates last, and ours first; samples of a batch are groups of channels."""
    x, grid = call.value("input"), call.value("grid")
    mode, border = whole(call, "interpolation_mode", 0), whole(call, "padding_mode", 0)
    if mode >= len(_MODES) or border >= len(_BORDERS):
        raise NotUnderstoodError(f"mode {mode} and padding {border} are no layer's")
    batch, channels, *sizes = x.theirs
    rank = len(sizes)
    several = as_shape(call, x, (1, batch * channels, *sizes))
    turned = grid._replace(axes=(grid.axes[0], grid.axes[-1], *grid.axes[1:-1]))
    there = grid.theirs[1:-1]
    places = as_shape(call, turned, (1, batch * rank, *there))
    fields = stated(
        mode=(_MODES[mode], "bilinear"),
        padding_mode=(_BORDERS[border], "zeros"),
        groups=(batch, 1),
        align_corners=(flag(call, "align_corners"), False),
    )
    brought = [call.in_order(one, range(1, rank + 2)) for one in (several, places)]
    made = call.add("grid_sample", brought, (batch * channels, *there), canonical(rank + 2), **fields)
    return as_shape(call, made, (batch, channels, *there))


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"), _upsample("nearest")),
    "upsample_linear1d": _upsample("linear"),
    "upsample_bilinear2d": _upsample("bilinear"),
    "upsample_trilinear3d": _upsample("trilinear"),
    "upsample_bicubic2d": _upsample("bicubic"),
    **dict.fromkeys(("_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa"), _smoothed),
    "pixel_shuffle": _shuffle("pixel_shuffle", "upscale_factor"),
    "pixel_unshuffle": _shuffle("pixel_unshuffle", "downscale_factor"),
    "channel_shuffle": _channel_shuffle,
    "affine_grid_generator": _affine_grid,
    **dict.fromkeys(("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), _grid_sample),
}
