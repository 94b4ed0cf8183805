"""A heavy convolution in a cheaper form, with the same shape and the same field or nearly so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from archcost.layers.convolution import Conv, DepthwiseConv
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcost.advice.question import Hint, Question
    from archcost.layers.base import Kind
    from archcost.network import Node
    from archcost.windows.window import AnyPadding, Window

T = TypeVar("T")

_MEASURES = ("params", "macs", "multiplications", "additions", "memory_access")


class ConvToReplace(NamedTuple):
    """A convolution that may be replaced.

    Attributes:
        layer: what it does.
        window: its window, with every number resolved.
        channels: that arrive.
    """

    layer: Conv
    window: Window
    channels: int


def as_cheaper(question: Question) -> Iterator[Hint]:
    """The heaviest convolution in other forms; then all that are written where most of the weight is."""
    if question.measure in _MEASURES:
        for places in _targets(question):
            for form in FORMS:
                yield from _formed(question, places, form)


def _formed(
    question: Question, places: Mapping[Node, ConvToReplace], form: Callable[[ConvToReplace], Form | None]
) -> Iterator[Hint]:
    """Every convolution that can have the form in it."""
    if found := {node: formed for node, place in places.items() if (formed := form(place))}:
        first = next(iter(found))
        who = first.path if len(places) == 1 else _several(first, len(found), len(places))
        changes = {node: layers for node, (_, layers) in found.items()}
        yield from question.changed(f"{who} as {found[first][0]} (changes what is learned)", changes)


def _several(first: Node, count: int, whole: int) -> str:
    many = f"all {count}" if count == whole else f"{count} of the {whole}"
    return f"{many} convolutions at {first.called.source.name}:{first.called.line} ({first.path}, …)"


def _targets(question: Question) -> Iterator[dict[Node, ConvToReplace]]:
    """The heaviest convolution that looks at several positions, then all that are written at one place."""
    weights = {row.path: getattr(row, question.measure) for row in question.facts.report.nodes}
    found = {node: place for node in question.facts.network if (place := _place(question, node))}
    if not found:
        return
    heaviest = max(found, key=lambda node: weights[node.path])
    yield {heaviest: found[heaviest]}
    groups: dict[object, dict[Node, ConvToReplace]] = {}
    for node, place in found.items():
        groups.setdefault((node.called, node.place), {})[node] = place
    group = max(groups.values(), key=lambda nodes: sum(weights[node.path] for node in nodes))
    if len(group) > 1:
        yield group


def _place(question: Question, node: Node) -> ConvToReplace | None:
    layer = node.layer
    if not isinstance(layer, Conv) or layer.connections is not None or node.shared is not None:
        return None
    x = node.shapes[0]
    window = layer.window(x)
    wanted = window.taps > 1 and question.counts(node.path, "conv")
    return ConvToReplace(layer, window, x[0]) if wanted else None


# -- the forms --------------------------------------------------------------------------------------------

Form: TypeAlias = "tuple[str, Sequence[Kind]]"
"""What it is called, and the layers that stand for the convolution, one after another."""


def _small_kernels(place: ConvToReplace) -> Form | None:
    """Several 3×3 with the field of a larger one (Simonyan & Zisserman 2015, section 2.3)."""
    layer, window = place.layer, place.window
    kernel, padding = window.kernel[0], _padding_of_3(place)
    fits = set(window.kernel) == {kernel} and kernel > 3 and kernel % 2 and max(window.stride) == 1
    if not fits or padding is None:
        return None
    first = layer.model_copy(update={"kernel_size": (3,), "padding": padding})
    others = [first.model_copy(update={"in_channels": None})] * (kernel // 2 - 1)
    return f"{kernel // 2} of {show((3,) * len(window.kernel))}", [first, *others]


def _padding_of_3(place: ConvToReplace) -> AnyPadding | None:
    """The padding of a kernel of 3, if that of the layer is a rule: a word, none, or half the kernel."""
    layer, window = place.layer, place.window
    if isinstance(layer.padding, str):
        return layer.padding
    if not any(map(any, window.padding)):
        return (0,)
    halves = tuple((d * (k // 2),) * 2 for k, d in zip(window.kernel, window.dilation, strict=True))
    return window.dilation if window.padding == halves else None


def _axis_by_axis(place: ConvToReplace) -> Form | None:
    """k×1 and 1×k (Szegedy et al. 2016, Rethinking the Inception architecture, section 3.2)."""
    kernel = place.window.kernel
    if sum(k > 1 for k in kernel) < 2:
        return None
    axes = [axis for axis, k in enumerate(kernel) if k > 1]
    name = " and ".join(show(_along(axis, kernel, 1)) for axis in axes)
    strides_elsewhere = any(place.window.stride[axis] > 1 for axis in range(len(kernel)) if axis not in axes)
    return None if strides_elsewhere else (name, [_along_one(place, axis) for axis in axes])


def _along_one(place: ConvToReplace, axis: int) -> Kind:
    layer, window = place.layer, place.window
    pads = layer.padding if isinstance(layer.padding, str) else _along(axis, window.padding, (0, 0))
    return layer.model_copy(
        update={
            "kernel_size": _along(axis, window.kernel, 1),
            "stride": _along(axis, window.stride, 1),
            "padding": pads,
            "in_channels": None,
        }
    )


def _along(axis: int, values: tuple[T, ...], elsewhere: T) -> tuple[T, ...]:
    return tuple(value if i == axis else elsewhere for i, value in enumerate(values))


def _in_groups(place: ConvToReplace, groups: int) -> Form | None:
    """Each group of channels by itself (Krizhevsky et al. 2012, section 3.5)."""
    layer = place.layer
    if layer.groups > 1 or place.channels % groups or layer.out_channels % groups:
        return None
    return f"groups: {groups}", [layer.model_copy(update={"groups": groups})]


def _bottleneck(place: ConvToReplace) -> Form | None:
    """A quarter of the channels in between (He et al. 2016, Deep residual learning, figure 5)."""
    layer, narrow = place.layer, place.layer.out_channels // 4
    if layer.groups > 1 or not narrow:
        return None
    inside = layer.model_copy(update={"out_channels": narrow, "in_channels": None})
    name = f"a bottleneck: 1×1 to a quarter of the channels, {show(place.window.kernel)}, 1×1"
    return name, [_pointwise(layer, narrow), inside, _pointwise(layer, layer.out_channels)]


def _separable(place: ConvToReplace) -> Form | None:
    """Every channel by itself, then all at every position (Howard et al. 2017, MobileNets, section 3.1)."""
    layer = place.layer
    if layer.groups > 1:
        return None
    shared = {name: getattr(layer, name) for name in ("kernel_size", "stride", "padding", "dilation")}
    depthwise = DepthwiseConv.model_validate({**shared, "bias": False})
    name = f"depthwise_conv {show(place.window.kernel)} without bias, then conv 1×1"
    return name, [depthwise, _pointwise(layer, layer.out_channels)]


def _pointwise(layer: Conv, out_channels: int) -> Conv:
    return Conv.model_validate({"out_channels": out_channels, "kernel_size": 1, "bias": layer.bias})


FORMS: tuple[Callable[[ConvToReplace], Form | None], ...] = (
    _small_kernels,
    _axis_by_axis,
    *(partial(_in_groups, groups=groups) for groups in (2, 4, 8)),
    _bottleneck,
    _separable,
)
"""Those that change least first."""
