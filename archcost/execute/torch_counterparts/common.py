"""What the counterparts of several families need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.layers.base import Kind
    from archcost.layers.normalization import LayerNorm, Normalize, RmsNorm
    from archcost.layers.reduction import Reduce
    from archcost.windows.window import Axes, Pads

Torch: TypeAlias = Any
"""The module `torch`. Any: its types are not there where it is not installed."""

Tensor: TypeAlias = Any
"""A `torch.Tensor` of float64, `[1, channels, *axes]`; a weight without the leading 1."""

Counterpart: TypeAlias = "Callable[..., Tensor]"
"""`(torch, layer, *inputs, **weights) -> output`."""


MOST_AXES = 3
"""Along no more axes PyTorch slides, samples or resizes."""


class NoCounterpartError(Exception):
    """PyTorch computes nothing of the kind; the text says why."""


def check_several(numbers: int) -> None:
    """Refuse what PyTorch does: a mean and a variance of one number."""
    if numbers == 1:
        raise NoCounterpartError("PyTorch refuses the statistics of a single number")


def shape_of(x: Tensor) -> tuple[int, ...]:
    """As layers count it: without the batch."""
    return tuple(x.shape[1:])


def ranked(torch: Torch, name: str, x: Tensor) -> Counterpart:
    """The function for as many axes as there are: `conv` -> `conv2d`."""
    word = f"{name}{x.dim() - 2}d"
    if not hasattr(torch.nn.functional, word):
        raise NoCounterpartError(f"PyTorch has no {word}")
    return getattr(torch.nn.functional, word)


def with_padding(torch: Torch, x: Tensor, pads: Pads, value: float = 0, mode: str = "constant") -> Tensor:
    """With positions around it; negative ones are cut off. PyTorch lists the last axis first."""
    if mode != "constant" and len(pads) > MOST_AXES:
        for axis, pair in enumerate(pads, 2):
            x = along(x, axis, lambda line, pair=pair: torch.nn.functional.pad(line, pair, mode=mode))
        return x
    flat = [n for pair in reversed(pads) for n in pair]
    fill = {"value": value} if mode == "constant" else {}
    return torch.nn.functional.pad(x, flat, mode=mode, **fill)


def along(x: Tensor, axis: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """What a function of sequences makes of every line along an axis, where PyTorch has fewer axes."""
    lines = x.movedim(axis, -1)
    y = function(lines.reshape(1, -1, lines.shape[-1]))
    return y.reshape(*lines.shape[:-1], -1).movedim(-1, axis)


def sampled(  # noqa: PLR0913, PLR0917 - what `grid_sample` wants to know
    torch: Torch,
    x: Tensor,
    places: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Tensor:
    """What `[n, channels, *axes]` is at `[n, axes, *positions]`, the last axis first; a sequence as a row."""
    if x.dim() - 2 > MOST_AXES:
        raise NoCounterpartError(f"PyTorch samples along {MOST_AXES} axes at most")
    positions = places.shape[2:]
    if x.dim() == 3:
        x, places = x[:, :, None], torch.cat([places, torch.zeros_like(places)], dim=1)
    grid = places.flatten(2).movedim(1, -1).reshape(len(x), *(1 for _ in x.shape[3:]), -1, x.dim() - 2)
    y = torch.nn.functional.grid_sample(x, grid, mode, padding_mode, align_corners)
    return y.reshape(*x.shape[:2], *positions)


def along_channels(x: Tensor, numbers: Tensor) -> Tensor:
    """One number per channel, so that it broadcasts over the axes of x."""
    return numbers.reshape(-1, *(1 for _ in x.shape[2:]))


def functional(name: str, *fields: str, **fixed: object) -> Counterpart:
    """`torch.nn.functional.name`, its arguments the layer's fields of the same names."""

    def call(torch: Torch, layer: Kind, x: Tensor, **weights: Tensor) -> Tensor:
        given = {field: getattr(layer, field) for field in fields}
        return getattr(torch.nn.functional, name)(x, **weights, **given, **fixed)

    return call


def torch_function(name: str, *fields: str) -> Counterpart:
    """`torch.name` of all inputs, and of the layer's fields."""

    def call(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
        return getattr(torch, name)(*xs, *(getattr(layer, field) for field in fields))

    return call


def with_an_axis(function: Counterpart) -> Counterpart:
    """The function, which wants positions, on a vector as well."""

    def call(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
        y = function(torch, layer, x[..., None] if x.dim() == 2 else x)
        return y.reshape(1, -1) if x.dim() == 2 else y

    return call


def dims(layer: LayerNorm | RmsNorm | Normalize | Reduce, x: Tensor) -> Axes:
    """The axes that a layer takes together, as PyTorch counts them."""
    return tuple(range(1, x.dim()) if layer.axis == "all" else (1 + axis for axis in sorted(layer.axis)))


def one_or_all(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - whatever the tuple holds
    """PyTorch spreads a lone number over all axes, but no list of one."""
    return values[0] if len(values) == 1 else values
