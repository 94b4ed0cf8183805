# ruff: noqa: ARG001 - all functions of the table take the same
"""The same network in PyTorch: an outside check of every value the executor computes.

`against_torch(network, tensors, inputs)` takes what `archcost.execute.executor.steps` takes and gives an
`Answer` for each node, in the same order, so that both can be run side by side:

    tensors = Tensors.of_network(network)
    for step, answer in zip(steps(network, tensors), against_torch(network, tensors), strict=True):
        if answer.value is None:
            print(step.node.path, "not compared:", answer.reason)
        else:
            print(step.node.path, difference(step.value, answer.value))

A value counts as equal if the difference is within `TOLERANCES[step.value.dtype.name]`.

PyTorch runs on values of its own: what a node reads are PyTorch's values of the nodes before it, so a
difference is carried on. It computes in float64, whatever the executor's data type is. Where it has no
counterpart (`Answer.reason` says why), the executor's kernel is run on PyTorch's values, and PyTorch
continues from there.

PyTorch is an extra (`pip install 'archcost[peers]'`) and imported by the call, not by the module.
"""

from __future__ import annotations

from functools import cache, reduce
from importlib import import_module
from itertools import accumulate, product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from archcost.errors import UsageError
from archcost.execute.kernels import KERNELS
from archcost.execute.tensors import Tensors
from archcost.layers import KINDS
from archcost.windows.window import per_axis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcost.execute.arrays import Array
    from archcost.layers.activation import Activation, LogSoftmax, Softmax
    from archcost.layers.base import Kind
    from archcost.layers.constant import Constant
    from archcost.layers.convolution import (
        Conv,
        ConvTranspose,
        DeformConv,
        DeformSum,
        DepthwiseConv,
        DynamicConv,
        MaskedConv,
    )
    from archcost.layers.elementwise import LayerScale, Scale
    from archcost.layers.gather import Gather
    from archcost.layers.gating import Geglu, Glu, Swiglu
    from archcost.layers.linear import Embedding, Linear, Maxout
    from archcost.layers.merge import Concat, Stack
    from archcost.layers.normalization import (
        BatchNorm,
        GlobalResponseNorm,
        GroupNorm,
        InstanceNorm,
        LayerNorm,
        Normalize,
        RmsNorm,
    )
    from archcost.layers.patches import Fold, Unfold
    from archcost.layers.pooling import AdaptiveAvgPool, AvgPool, BlurPool, MaxPool, MaxUnpool
    from archcost.layers.product import Correlation, Einsum, Matmul
    from archcost.layers.recurrent import Gru, Lstm, Rnn, SelectiveScan
    from archcost.layers.reduction import Reduce
    from archcost.layers.resize import PixelShuffle, PixelUnshuffle, Upsample
    from archcost.layers.sampling import AffineGrid, GridSample, RoiAlign
    from archcost.layers.shape import (
        Crop,
        Expand,
        Flatten,
        Pad,
        Reshape,
        Roll,
        Slice,
        Squeeze,
        Transpose,
        Unflatten,
        Unsqueeze,
    )
    from archcost.network import Input, Network, Node
    from archcost.windows.window import Axes, Pads, Window

Torch: TypeAlias = Any
"""The module `torch`. Any: its types are not there where it is not installed."""

Tensor: TypeAlias = Any
"""A `torch.Tensor` of float64, `[1, channels, *axes]`; a weight without the leading 1."""

Counterpart: TypeAlias = "Callable[..., Tensor]"
"""`(torch, layer, *inputs, **weights) -> output`."""

TOLERANCES = {"float64": 1e-9, "float32": 1e-3}
"""How much `difference` may be, by the data type the executor computes in: rounding, over a deep network."""


class Answer(NamedTuple):
    """What PyTorch says of one node.

    Attributes:
        node: the node.
        value: PyTorch's value of its output, `(channels, *axes)`, float64; None if it has no counterpart.
        reason: why there is none, else empty.
    """

    node: Node
    value: Array | None
    reason: str = ""


class _NoCounterpartError(Exception):
    """PyTorch computes nothing of the kind; the text says why."""


def difference(ours: Array, theirs: Array) -> float:
    """The largest difference of two elements, relative to the largest element; infinite if shapes differ.

    Equal infinities do not differ, nor does NaN in both. NaN in one of them makes it NaN, which is within no
    tolerance.

    >>> difference(np.array([1.0, 4.0]), np.array([1.0, 5.0]))
    0.2
    """
    if ours.shape != theirs.shape:
        return float("inf")
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    apart = np.abs(np.subtract(ours, theirs, out=np.zeros(theirs.shape), where=~same))
    largest = np.max(np.abs(theirs), initial=np.finfo(theirs.dtype).tiny, where=~np.isnan(theirs))
    return float(np.max(apart, initial=0) / largest)


def against_torch(
    network: Network, tensors: Tensors | None = None, inputs: Mapping[str, Array] | None = None
) -> Iterator[Answer]:
    """PyTorch's value of every node, in written order. What nobody will read again is given up.

    Args:
        network: what to build and run in PyTorch.
        tensors: where weights come from; without, what the spec says, and random ones.
        inputs: the inputs' values by name, `(channels, *axes)`; random ones without.

    Raises:
        UsageError: PyTorch is not installed.
        SpecError: a file with weights that cannot be used.
    """
    tensors = tensors or Tensors.of_network(network)
    return _answers(_torch(), network, tensors, tensors.inputs(network) if inputs is None else inputs)


def _torch() -> Torch:
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise UsageError("comparing with PyTorch needs PyTorch: pip install 'archcost[peers]'") from None


def _answers(
    torch: Torch, network: Network, tensors: Tensors, inputs: Mapping[str, Array]
) -> Iterator[Answer]:
    given = {tensor.path: _tensor(torch, inputs[tensor.path])[None] for tensor in network.inputs}
    for node, value, reason in forward(torch, network, tensors, given):
        yield Answer(node, None if reason else value[0].numpy(), reason)


def forward(
    torch: Torch, network: Network, tensors: Tensors, inputs: Mapping[str, Tensor]
) -> Iterator[tuple[Node, Tensor, str]]:
    """Every node, its value `[1, channels, *axes]`, and why it is our kernel's if PyTorch has no counterpart.

    Where `inputs` ask for gradients, values carry them.
    """
    values: dict[Node | Input, Tensor] = {tensor: inputs[tensor.path] for tensor in network.inputs}
    for node in network:
        arriving = [values[source] for source in node.inputs]
        weights = {} if node.layer.values_unknown else tensors.of(node)
        values[node], reason = _run(torch, node.layer, weights, arriving)
        yield node, values[node], reason
        for source in (node, *node.inputs):
            readers = network.readers[source]
            if not readers or readers[-1][0] is node:
                values.pop(source, None)


def _tensor(torch: Torch, array: Array) -> Tensor:
    return torch.from_numpy(np.require(array, np.float64, ["C", "W"]))


def _run(torch: Torch, layer: Kind, weights: Mapping[str, Array], xs: Sequence[Tensor]) -> tuple[Tensor, str]:
    """The output, and why it is not PyTorch's, if it is not."""
    w = {name: _tensor(torch, array) for name, array in weights.items()}
    try:
        return _call(torch, layer, *xs, **w), ""
    except _NoCounterpartError as why:
        ours = layer.run(
            KERNELS, *(x[0].numpy() for x in xs), **{name: one.numpy() for name, one in w.items()}
        )
        return _tensor(torch, ours)[None], str(why)


def _call(torch: Torch, layer: Kind, *xs: Tensor, **weights: Tensor) -> Tensor:
    kind = _words()[type(layer).__name__]
    if kind not in COUNTERPARTS:
        raise _NoCounterpartError(f"nothing says what {kind} is in PyTorch")
    return COUNTERPARTS[kind](torch, layer, *xs, **weights)


@cache
def _words() -> dict[str, str]:
    return {home.partition(":")[2]: kind for kind, home in KINDS.items()}


# -- what several of them need ----------------------------------------------------------------------------


def _shape(x: Tensor) -> tuple[int, ...]:
    return tuple(x.shape[1:])


def _ranked(torch: Torch, name: str, x: Tensor) -> Counterpart:
    """The function for as many axes as there are: `conv` -> `conv2d`."""
    word = f"{name}{x.dim() - 2}d"
    if not hasattr(torch.nn.functional, word):
        raise _NoCounterpartError(f"PyTorch has no {word}")
    return getattr(torch.nn.functional, word)


def _padded(torch: Torch, x: Tensor, pads: Pads, value: float = 0, mode: str = "constant") -> Tensor:
    """With positions around it; negative ones are cut off. PyTorch lists the last axis first."""
    flat = [n for pair in reversed(pads) for n in pair]
    fill = {"value": value} if mode == "constant" else {}
    return torch.nn.functional.pad(x, flat, mode=mode, **fill)


def _along_channels(x: Tensor, numbers: Tensor) -> Tensor:
    """One number per channel, so that it broadcasts over the axes of x."""
    return numbers.reshape(-1, *(1 for _ in x.shape[2:]))


def _function(name: str, *fields: str, **fixed: object) -> Counterpart:
    """`torch.nn.functional.name`, its arguments the layer's fields of the same names."""

    def call(torch: Torch, layer: Kind, x: Tensor, **weights: Tensor) -> Tensor:
        given = {field: getattr(layer, field) for field in fields}
        return getattr(torch.nn.functional, name)(x, **weights, **given, **fixed)

    return call


def _named(name: str, *fields: str) -> Counterpart:
    """`torch.name` of all inputs, and of the layer's fields."""

    def call(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
        return getattr(torch, name)(*xs, *(getattr(layer, field) for field in fields))

    return call


def _with_an_axis(function: Counterpart) -> Counterpart:
    """The function, which wants positions, on a vector as well."""

    def call(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
        y = function(torch, layer, x[..., None] if x.dim() == 2 else x)
        return y.reshape(1, -1) if x.dim() == 2 else y

    return call


# -- convolution ------------------------------------------------------------------------------------------


def _conv(torch: Torch, layer: Conv, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if layer.connections is not None:
        weight = _dense(torch, weight, x.shape[1], layer.connections)
    return _slid(torch, x, weight, bias, layer.window(_shape(x)), layer.groups)


def _dense(torch: Torch, links: Tensor, channels: int, connections: Sequence[Sequence[int]]) -> Tensor:
    """Kernels for every pair of channels, those without a link all zeros."""
    weight = torch.zeros(len(connections), channels, *links.shape[1:], dtype=links.dtype)
    ends = [0, *accumulate(map(len, connections))]
    for channel, row in enumerate(connections):
        weight[channel, list(row)] = links[ends[channel] : ends[channel + 1]]
    return weight


def _parametrized(call: Counterpart, *, rows: int = 0) -> Counterpart:
    """The layer with the weight that PyTorch and timm make of what is learned."""

    def made(torch: Torch, layer: Kind, *xs: Tensor, weight: Tensor, **tensors: Tensor) -> Tensor:
        parts = {name: tensors.pop(name) for name in ("gain", "left", "right") if name in tensors}
        how = getattr(layer, "parametrization", None)
        return call(torch, layer, *xs, weight=_weight(torch, how, weight, rows, **parts), **tensors)

    return made


def _weight(torch: Torch, how: str | None, weight: Tensor, rows: int, **parts: Tensor) -> Tensor:
    if how == "weight_norm":
        gain = parts["gain"].reshape(-1, *(1 for _ in weight.shape[1:]))
        return torch._weight_norm(weight, gain, 0)  # noqa: SLF001 - what its parametrization calls
    if how == "spectral_norm":
        matrix = weight.movedim(rows, 0).flatten(1)
        return weight / torch.dot(parts["left"], torch.mv(matrix, parts["right"]))
    if how:
        gain = parts["gain"] * weight[0].numel() ** -0.5 if "gain" in parts else None
        flat = weight.reshape(1, len(weight), -1)
        standard = torch.nn.functional.batch_norm(flat, None, None, gain, training=True, eps=1e-6)
        return standard.reshape(weight.shape)
    return weight


def _depthwise_conv(
    torch: Torch, layer: DepthwiseConv, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    return _slid(torch, x, weight, bias, layer.window(_shape(x)), x.shape[1])


def _slid(  # noqa: PLR0913, PLR0917 - what a convolution needs
    torch: Torch, x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int
) -> Tensor:
    x = _padded(torch, x, window.padding)
    return _ranked(torch, "conv", x)(x, weight, bias, window.stride, 0, window.dilation, groups)


def _conv_transpose(
    torch: Torch, layer: ConvTranspose, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """All there is, then cropped: PyTorch by itself crops as much before as after."""
    window = layer.window(_shape(x))
    scatter = _ranked(torch, "conv_transpose", x)
    y = scatter(x, weight, None, window.stretch, 0, 0, layer.groups, window.dilation)
    ends = zip(window.padding, window.span, strict=True)
    y = _padded(torch, y, tuple((before - span + 1, after - span + 1) for (before, after), span in ends))
    return y + _along_channels(y, bias) if bias is not None else y


def _masked_conv(
    torch: Torch, layer: MaskedConv, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """The weights times the mask, as PixelCNNs have it."""
    window = layer.window(_shape(x))
    kept = torch.zeros(window.kernel, dtype=weight.dtype)
    if isinstance(layer.mask, tuple):
        kept += torch.tensor(layer.mask)
    else:
        middle = torch.zeros_like(kept)
        middle[tuple(k // 2 for k in window.kernel)] = 1
        up_to_it = 1 - middle.flatten().cumsum(0).reshape(window.kernel)
        kept += up_to_it + middle if layer.mask == "B" else up_to_it
    return _slid(torch, x, weight * kept, bias, window, layer.groups)


def _dynamic_conv(
    torch: Torch, layer: DynamicConv, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    window = layer.sliding_over(_shape(x), _shape(weight))
    kernels = weight.reshape(-1, x.shape[1] // layer.groups, *window.kernel)
    return _slid(torch, x, kernels, None if bias is None else bias[0], window, layer.groups)


def _deform_conv(  # noqa: PLR0913 - its inputs, one by one
    torch: Torch,
    layer: DeformConv,
    x: Tensor,
    offsets: Tensor,
    mask: Tensor | None = None,
    *,
    weight: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """Every tap sampled by `grid_sample`, then a convolution of the samples side by side."""
    window = layer.window(_shape(x))
    taps = _moved(torch, x, window, offsets, mask, layer.deform_groups)
    columns = torch.stack([one.reshape(x.shape[1], -1) for one in taps], dim=1)
    columns = columns.reshape(1, x.shape[1] * window.taps, -1)
    kernels = weight.reshape(layer.out_channels, -1, 1)
    y = torch.nn.functional.conv1d(columns, kernels, bias, groups=layer.groups)
    return y.reshape(1, layer.out_channels, *offsets.shape[2:])


def _deform_sum(torch: Torch, layer: DeformSum, x: Tensor, offsets: Tensor, mask: Tensor) -> Tensor:
    taps = _moved(torch, x, layer.window(_shape(x)), offsets, mask, layer.deform_groups)
    return reduce(torch.add, taps).reshape(1, x.shape[1], *offsets.shape[2:])


def _moved(  # noqa: PLR0913, PLR0917 - what is read, and what moves it
    torch: Torch, x: Tensor, window: Window, offsets: Tensor, mask: Tensor | None, deform_groups: int
) -> Iterator[Tensor]:
    """What each tap reads, times its mask: `[deform_groups, channels / deform_groups, *positions]`."""
    rank, positions = x.dim() - 2, offsets.shape[2:]
    if rank == 1:
        raise _NoCounterpartError("grid_sample, which PyTorch interpolates with, is for 2-D and 3-D")
    moves = offsets.reshape(deform_groups, window.taps, rank, *positions)
    masks = None if mask is None else mask.reshape(deform_groups, window.taps, 1, *positions)
    for i, tap in enumerate(product(*map(range, window.kernel))):
        values = _sampled(torch, x, window, tap, moves[:, i])
        yield values if masks is None else values * masks[:, i]


def _sampled(torch: Torch, x: Tensor, window: Window, tap: Axes, moves: Tensor) -> Tensor:
    """What a tap reads at all positions: `[deform_groups, channels / deform_groups, *positions]`."""
    groups, rank, *positions = moves.shape
    along = zip(positions, window.stride, window.dilation, window.padding, tap, strict=True)
    starts = [torch.arange(n) * s + d * t - before for n, s, d, (before, _), t in along]
    places = torch.stack(torch.meshgrid(*starts, indexing="ij")) + moves  # [groups, axes, *positions]
    sizes = torch.tensor(x.shape[2:]).reshape(rank, *(1 for _ in positions))
    # From -1 at the outer edge of the first position to 1 at that of the last, the last axis first.
    grid = ((2 * places + 1) / sizes - 1).flip(1).movedim(1, -1)
    features = x.reshape(groups, -1, *x.shape[2:])
    return torch.nn.functional.grid_sample(features, grid, "bilinear", "zeros", align_corners=False)


# -- pooling ----------------------------------------------------------------------------------------------


def _max_pool(torch: Torch, layer: MaxPool, x: Tensor) -> Tensor:
    window = layer.window(_shape(x))
    pool = _ranked(torch, "max_pool", x)
    if _is_pytorchs(window):
        pads = [before for before, _ in window.padding]
        ceil = window.rounding == "ceil"
        return pool(x, window.kernel, window.stride, pads, window.dilation, ceil_mode=ceil)
    x = _padded(torch, x, _with_what_sticks_out(window, x.shape[2:]), float("-inf"))
    return pool(x, window.kernel, window.stride, 0, window.dilation)


def _max_unpool(torch: Torch, layer: MaxUnpool, pooled: Tensor, before: Tensor) -> Tensor:
    """PyTorch keeps the places from pooling: so the map before is pooled once more."""
    window = layer.window_before(_shape(before))
    padded = _padded(torch, before, window.padding, float("-inf"))
    pool, unpool = _ranked(torch, "max_pool", before), _ranked(torch, "max_unpool", before)
    _, places = pool(padded, window.kernel, window.stride, return_indices=True)
    y = unpool(pooled, places, window.kernel, window.stride, output_size=padded.shape)
    return _padded(torch, y, tuple((-b, -e) for b, e in window.padding))


def _avg_pool(torch: Torch, layer: AvgPool, x: Tensor) -> Tensor:
    """By PyTorch's rules where it has them; else the sum over the number of what counts."""
    window = layer.window(_shape(x))
    pool = _ranked(torch, "avg_pool", x)
    include = layer.divisor_counts_padding
    if _is_pytorchs(window):
        pads = [before for before, _ in window.padding]
        return pool(x, window.kernel, window.stride, pads, window.rounding == "ceil", include)
    pads = _with_what_sticks_out(window, x.shape[2:])
    counting = _padded(torch, torch.ones_like(x), window.padding, float(include))
    beyond = tuple((0, all_ - own) for (_, all_), (_, own) in zip(pads, window.padding, strict=True))
    share = pool(_padded(torch, counting, beyond), window.kernel, window.stride)
    sums = pool(_padded(torch, x, pads), window.kernel, window.stride)
    return sums / share.clamp(min=1 / window.taps)  # nothing that counts: zeros over one


def _blur_pool(torch: Torch, layer: BlurPool, x: Tensor) -> Tensor:
    """A depthwise convolution of the mirrored input, with numbers that are no weights."""
    window = layer.window(_shape(x))
    kernel = torch.ones(1, dtype=x.dtype)
    for k in window.kernel:
        row = torch.ones(1, dtype=x.dtype)
        for _ in range(k - 1):  # Pascal's triangle, row by row
            row = (torch.nn.functional.pad(row, (0, 1)) + torch.nn.functional.pad(row, (1, 0))) / 2
        kernel = kernel[..., None] * row
    weight = kernel[None].expand(x.shape[1], 1, *window.kernel)
    x = _padded(torch, x, window.padding, mode=layer.padding_mode)
    return _ranked(torch, "conv", x)(x, weight, None, window.stride, groups=x.shape[1])


def _is_pytorchs(window: Window) -> bool:
    """Whether PyTorch's pools can be told so: as much padding before as after, not too much; its rounding."""
    ends = zip(window.padding, window.kernel, strict=True)
    return window.rounding != "caffe" and all(b == a <= kernel // 2 for (b, a), kernel in ends)


def _with_what_sticks_out(window: Window, axes: Axes) -> Pads:
    """The padding, and at the end what a last window reads beyond it.

    Caffe's rule, from its pooling layer: round up; with padding, no window starts behind the input.
    """
    pads: list[tuple[int, int]] = []
    drops = window.rounding == "ceil" or any(map(any, window.padding))
    for n, (before, after), span, s in zip(axes, window.padding, window.span, window.stride, strict=True):
        room = before + n + after - span
        windows = room // s + 1 if window.rounding == "floor" else -(-room // s) + 1
        if drops and window.rounding != "floor" and (windows - 1) * s >= before + n:
            windows -= 1
        pads.append((before, after + max((windows - 1) * s - room, 0)))
    return tuple(pads)


def _global_pool(name: str) -> Counterpart:
    def call(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
        return _ranked(torch, name, x)(x, 1)

    return call


def _adaptive_pool(name: str) -> Counterpart:
    def call(torch: Torch, layer: AdaptiveAvgPool, x: Tensor) -> Tensor:
        return _ranked(torch, name, x)(x, _one_or_all(layer.output_size))

    return call


def _one_or_all(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - whatever the tuple holds
    """PyTorch spreads a lone number over all axes, but no list of one."""
    return values[0] if len(values) == 1 else values


# -- reduction --------------------------------------------------------------------------------------------


def _reduce(torch: Torch, layer: Reduce, x: Tensor) -> Tensor:
    dim, keepdim = _dims(layer, x), layer.keepdim
    if layer.function in {"l1", "l2"}:
        return torch.linalg.vector_norm(x, int(layer.function[1]), dim, keepdim)
    if layer.function == "prod":  # PyTorch multiplies along one axis at a time
        return reduce(lambda y, axis: torch.prod(y, axis, keepdim), reversed(dim), x)
    if layer.function in {"argmax", "argmin"}:  # over one axis: the others are joined to it
        behind = tuple(range(-len(dim), 0))
        numbers = getattr(torch, layer.function)(x.movedim(dim, behind).flatten(-len(dim)), -1)
        return numbers.reshape(torch.amax(x, dim, keepdim=keepdim).shape).to(x.dtype)
    correction = {"correction": 1 if layer.correction is None else layer.correction}
    rest = correction if layer.function in {"var", "std"} else {}
    name = {"max": "amax", "min": "amin"}.get(layer.function, layer.function)
    return getattr(torch, name)(x, dim, keepdim=keepdim, **rest)


# -- linear -----------------------------------------------------------------------------------------------


def _linear(torch: Torch, layer: Linear, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    rows = x.movedim(1, -1) if layer.per_position else x.flatten(1)
    return torch.nn.functional.linear(rows, weight, bias).movedim(-1, 1)


def _maxout(torch: Torch, layer: Maxout, x: Tensor) -> Tensor:
    return x.unflatten(1, (-1, layer.pieces)).amax(2)


def _embedding(torch: Torch, layer: Embedding, x: Tensor, weight: Tensor) -> Tensor:
    numbers = x if x.dim() == 2 else x[:, 0]
    return torch.nn.functional.embedding(numbers.long(), weight).movedim(-1, 1)


# -- product ----------------------------------------------------------------------------------------------


def _matmul(torch: Torch, layer: Matmul, a: Tensor, b: Tensor) -> Tensor:
    both_tokens = a.dim() == b.dim() and (layer.tokens or a.dim() == 3)
    are_tokens = (both_tokens or a.dim() < b.dim(), both_tokens or b.dim() < a.dim())
    alone = [x.shape[1] for x, tokens in zip((a, b), are_tokens, strict=True) if not tokens]
    heads = layer.heads or max(alone, default=1)
    kv_heads = layer.kv_heads or heads
    left = _matrices(a, heads if are_tokens[0] else None, layer.transpose_a)
    right = _matrices(b, kv_heads if are_tokens[1] else None, layer.transpose_b)
    if 1 < right.shape[1] < heads:
        right = right.repeat_interleave(heads // kv_heads, dim=1)
    y = torch.matmul(left, right)
    if are_tokens[0] == are_tokens[1]:
        return y
    tokens_are_turned = layer.transpose_a if are_tokens[0] else layer.transpose_b
    return (y.mT if tokens_are_turned else y).movedim(-2, 2).flatten(1, 2)


def _matrices(x: Tensor, heads: int | None, turned: bool) -> Tensor:
    """`[1, heads, sets…, rows, columns]`; tokens, `[1, channels, sets…, length]`, have so many heads."""
    matrices = x.unflatten(1, (heads, -1)).movedim(2, -2) if heads else x
    return matrices.mT if turned else matrices


def _correlation(torch: Torch, layer: Correlation, a: Tensor, b: Tensor) -> Tensor:
    """Every displacement of b cut out of what is padded."""
    window = layer.window(_shape(b))
    padded = _padded(torch, b, window.padding)
    take = torch.mean if layer.mean else torch.sum
    found: list[Tensor] = []
    for tap in product(*map(range, window.kernel)):
        starts = zip(tap, window.dilation, b.shape[2:], strict=True)
        moved = padded[(slice(None), slice(None), *(slice(t * d, t * d + n) for t, d, n in starts))]
        found.append(take(a * moved, dim=1))
    return torch.stack(found, dim=1)


def _einsum(torch: Torch, layer: Einsum, a: Tensor, b: Tensor) -> Tensor:
    first, second, leaving = layer.equation.replace("->", ",").split(",")
    return torch.einsum(f"...{first},...{second}->...{leaving}", a, b)


# -- recurrent --------------------------------------------------------------------------------------------


def _lstm(torch: Torch, layer: Lstm, x: Tensor, **weights: Tensor) -> Tensor:
    sizes = (layer.proj_size or layer.hidden_size, layer.hidden_size)
    start = tuple(_start(layer, x, size) for size in sizes)
    return _over_steps(torch.lstm, layer, x, start, weights)


def _gru(torch: Torch, layer: Gru, x: Tensor, **weights: Tensor) -> Tensor:
    return _over_steps(torch.gru, layer, x, _start(layer, x, layer.hidden_size), weights)


def _rnn(torch: Torch, layer: Rnn, x: Tensor, **weights: Tensor) -> Tensor:
    function = getattr(torch, f"rnn_{layer.nonlinearity}")
    return _over_steps(function, layer, x, _start(layer, x, layer.hidden_size), weights)


def _start(layer: Lstm | Gru | Rnn, x: Tensor, channels: int) -> Tensor:
    """Zeros, for every layer in every direction."""
    return x.new_zeros(layer.num_layers * (1 + layer.bidirectional), 1, channels)


def _over_steps(
    function: Counterpart,
    layer: Lstm | Gru | Rnn,
    x: Tensor,
    start: Tensor | tuple[Tensor, ...],
    weights: Mapping[str, Tensor],
) -> Tensor:
    """PyTorch wants the batch, then steps, then channels; its weights one after the other."""
    y, *_ = function(
        x.mT,
        start,
        [*weights.values()],
        has_biases=layer.bias,
        num_layers=layer.num_layers,
        dropout=0.0,
        train=False,
        bidirectional=layer.bidirectional,
        batch_first=True,
    )
    return y.mT


def _selective_scan(  # noqa: PLR0913, PLR0917 - its inputs, one by one
    torch: Torch,
    layer: SelectiveScan,
    x: Tensor,
    delta: Tensor,
    b: Tensor,
    c: Tensor,
    *,
    A_log: Tensor,  # noqa: N803 - its name in Mamba, as that of `D`
    D: Tensor | None = None,  # noqa: N803
) -> Tensor:
    """As Mamba's own reference computes it, all positions at once but for the sum of what is kept."""
    dt, share = torch.nn.functional.softplus(delta, threshold=float("inf")), x.shape[1] // layer.groups
    b, c = (one.unflatten(1, (layer.groups, -1)).repeat_interleave(share, 1) for one in (b, c))
    decay = torch.exp(torch.einsum("zkt,kn->zknt", dt, -torch.exp(A_log)))
    fed = torch.einsum("zkt,zknt,zkt->zknt", dt, b, x)
    kept, found = torch.zeros_like(fed[..., 0]), list[Any]()
    for t in range(x.shape[2]):
        kept = decay[..., t] * kept + fed[..., t]
        found.append(torch.einsum("zkn,zkn->zk", kept, c[..., t]))
    y = torch.stack(found, dim=2)
    return y if D is None else y + x * _along_channels(x, D)


# -- resize -----------------------------------------------------------------------------------------------


def _upsample(torch: Torch, layer: Upsample, x: Tensor) -> Tensor:
    if layer.scale_factor is None:
        target = {"size": _one_or_all(layer.size or ())}
    else:
        target = {"scale_factor": _one_or_all(tuple(map(float, layer.scale_factor)))}
    align = None if layer.mode == "nearest" else layer.align_corners
    return torch.nn.functional.interpolate(x, mode=layer.mode, align_corners=align, **target)


def _pixel_shuffle(torch: Torch, layer: PixelShuffle, x: Tensor) -> Tensor:
    """PyTorch has it in 2-D with one factor for both axes; others are what it says of them."""
    factors = layer.upscale_factor
    if len(factors) == 1 and x.dim() == 4:
        return torch.nn.functional.pixel_shuffle(x, factors[0])
    axes = x.dim() - 2
    deep = x.unflatten(1, (-1, *factors * (axes // len(factors))))
    pairs = (place for axis in range(axes) for place in (2 + axes + axis, 2 + axis))
    y = deep.permute(0, 1, *pairs)
    for axis in range(axes):
        y = y.flatten(2 + axis, 3 + axis)
    return y


def _pixel_unshuffle(torch: Torch, layer: PixelUnshuffle, x: Tensor) -> Tensor:
    """See `_pixel_shuffle`."""
    factors = layer.downscale_factor
    if len(factors) == 1 and x.dim() == 4:
        return torch.nn.functional.pixel_unshuffle(x, factors[0])
    axes = x.dim() - 2
    each = factors * (axes // len(factors))
    for axis, r in zip(range(1 + axes, 1, -1), reversed(each), strict=True):
        x = x.unflatten(axis, (-1, r))
    return x.permute(0, 1, *range(3, x.dim(), 2), *range(2, x.dim(), 2)).flatten(1, 1 + axes)


# -- sampling ---------------------------------------------------------------------------------------------


def _grid_sample(torch: Torch, layer: GridSample, x: Tensor, grid: Tensor) -> Tensor:
    """Groups as samples of a batch; along an axis more where PyTorch wants a map."""
    positions, channels = grid.shape[2:], x.shape[1]
    x, grid = (one.unflatten(1, (layer.groups, -1))[0] for one in (x, grid))
    if x.dim() == 3:
        x, grid = x[:, :, None], torch.cat([grid, torch.zeros_like(grid)], dim=1)
    grid = grid.flatten(2).movedim(1, -1).reshape(layer.groups, *(1 for _ in x.shape[3:]), -1, x.dim() - 2)
    modes = layer.mode, layer.padding_mode
    y = torch.nn.functional.grid_sample(x, grid, *modes, align_corners=layer.align_corners)
    return y.reshape(1, channels, *positions)


def _affine_grid(torch: Torch, layer: AffineGrid, x: Tensor) -> Tensor:
    axes = len(layer.size)
    if axes == 1:
        raise _NoCounterpartError("affine_grid of PyTorch is for 2-D and 3-D")
    theta = x.reshape(1, axes, axes + 1)
    grid = torch.nn.functional.affine_grid(theta, (1, 1, *layer.size), align_corners=layer.align_corners)
    return grid.movedim(-1, 1)


def _roi_align(torch: Torch, layer: RoiAlign, x: Tensor, boxes: Tensor) -> Tensor:
    """Samples at places that are put on the border, those too far away replaced by zeros."""
    bins = (layer.output_size * 2)[:2]
    ends = boxes[0] * layer.spatial_scale - layer.aligned / 2
    lines: list[Tensor] = []
    far: list[Tensor] = []
    for axis, n in enumerate(x.shape[2:]):
        first, last = ends[1 - axis], ends[3 - axis]
        span = last - first if layer.aligned else (last - first).clamp(min=1)
        count = bins[axis] * layer.sampling_ratio
        at = first[:, None] + span[:, None] * ((torch.arange(count, dtype=x.dtype) + 0.5) / count)
        far.append((at < -1) | (at > n))
        lines.append((2 * at.clamp(0, n - 1) + 1) / n - 1)
    rows, columns = torch.broadcast_tensors(lines[0][:, :, None], lines[1][:, None, :])
    grid = torch.stack([columns, rows], dim=-1).flatten(1, 2)[None]
    y = torch.nn.functional.grid_sample(x, grid, align_corners=False).reshape(1, x.shape[1], *rows.shape)
    y = y.masked_fill(far[0][:, :, None] | far[1][:, None, :], 0)
    return y.unflatten(4, (bins[1], -1)).unflatten(3, (bins[0], -1)).mean((4, 6))


# -- normalization ----------------------------------------------------------------------------------------


def _batch_norm(torch: Torch, layer: BatchNorm, x: Tensor, **tensors: Tensor) -> Tensor:
    if not layer.track_running_stats:
        raise _NoCounterpartError("without running statistics PyTorch takes those of the batch")
    return torch.nn.functional.batch_norm(x, **tensors, eps=layer.eps)


def _over_axes(name: str) -> Counterpart:
    """PyTorch normalises over the last axes: the named ones are moved there, and back."""

    def call(torch: Torch, layer: LayerNorm | RmsNorm, x: Tensor, **learned: Tensor) -> Tensor:
        axes = _dims(layer, x)
        behind = tuple(range(-len(axes), 0))
        x = x.movedim(axes, behind)
        y = getattr(torch.nn.functional, name)(x, x.shape[-len(axes) :], **learned, eps=layer.eps)
        return y.movedim(behind, axes)

    return call


def _dims(layer: LayerNorm | RmsNorm | Normalize | Reduce, x: Tensor) -> Axes:
    """The axes that a layer takes together, as PyTorch counts them."""
    return tuple(range(1, x.dim()) if layer.axis == "all" else (1 + axis for axis in sorted(layer.axis)))


def _normalize(torch: Torch, layer: Normalize, x: Tensor) -> Tensor:
    """PyTorch's takes one axis, or by luck two, for which `vector_norm` takes as many as there are."""
    norm = torch.linalg.vector_norm(x, layer.p, _dims(layer, x), keepdim=True)
    return x / norm.clamp(min=layer.eps)


def _global_response_norm(
    torch: Torch, layer: GlobalResponseNorm, x: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    norms = torch.linalg.vector_norm(x, 2, tuple(range(2, x.dim())), keepdim=True)
    shares = norms / (norms.mean(1, keepdim=True) + layer.eps)
    return x + torch.addcmul(_along_channels(x, bias), _along_channels(x, weight), x * shares)


def _group_norm(torch: Torch, layer: GroupNorm, x: Tensor, **learned: Tensor) -> Tensor:
    _check_several(x[0].numel() // layer.num_groups)
    return torch.nn.functional.group_norm(x, layer.num_groups, **learned, eps=layer.eps)


def _instance_norm(torch: Torch, layer: InstanceNorm, x: Tensor, **tensors: Tensor) -> Tensor:
    own = not layer.track_running_stats
    if own:
        _check_several(x[0, 0].numel())
    return torch.nn.functional.instance_norm(x, **tensors, use_input_stats=own, eps=layer.eps)


def _check_several(numbers: int) -> None:
    if numbers == 1:
        raise _NoCounterpartError("PyTorch refuses the statistics of a single number")


# -- activation -------------------------------------------------------------------------------------------


def _activation(torch: Torch, layer: Activation, x: Tensor, **weights: Tensor) -> Tensor:
    return _call(torch, layer.chosen, x, **weights)


def _gelu_tanh(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
    return torch.nn.functional.gelu(x, approximate="tanh")


def _quick_gelu(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def _softmax(torch: Torch, layer: Softmax, x: Tensor) -> Tensor:
    return torch.nn.functional.softmax(x, dim=1 + layer.axis)


def _softmin(torch: Torch, layer: Softmax, x: Tensor) -> Tensor:
    return torch.nn.functional.softmin(x, dim=1 + layer.axis)


def _log_softmax(torch: Torch, layer: LogSoftmax, x: Tensor) -> Tensor:
    return torch.nn.functional.log_softmax(x, dim=1 + layer.axis)


# -- gating -----------------------------------------------------------------------------------------------


def _gated(name: str, *fields: str) -> Counterpart:
    """Half of what arrives times `torch.nn.functional.name` of the other half."""

    def call(torch: Torch, layer: Glu | Geglu | Swiglu, x: Tensor) -> Tensor:
        halves = x.chunk(2, dim=1 + layer.axis)
        value, gate = halves if layer.gate == "second" else reversed(halves)
        given = {field: getattr(layer, field) for field in fields}
        return value * getattr(torch.nn.functional, name)(gate, **given)

    return call


# -- shape ------------------------------------------------------------------------------------------------


def _flatten(torch: Torch, layer: Flatten, x: Tensor) -> Tensor:
    return x.flatten(*(1 + axis % (x.dim() - 1) for axis in (layer.start, layer.end)))


def _unflatten(torch: Torch, layer: Unflatten, x: Tensor) -> Tensor:
    return x.unflatten(1 + layer.axis, layer.sizes)


def _squeeze(torch: Torch, layer: Squeeze, x: Tensor) -> Tensor:
    named = range(x.dim() - 1) if layer.axis == "all" else layer.axis
    return x.squeeze(tuple(1 + axis for axis in named))


def _unsqueeze(torch: Torch, layer: Unsqueeze, x: Tensor) -> Tensor:
    return x.unsqueeze(1 + layer.axis)


def _expand(torch: Torch, layer: Expand, x: Tensor) -> Tensor:
    return x.expand(-1, *layer.shape)


def _reshape(torch: Torch, layer: Reshape, x: Tensor) -> Tensor:
    return x.reshape(1, *layer.shape)


def _pad(torch: Torch, layer: Pad, x: Tensor) -> Tensor:
    pads = layer.window(_shape(x)).padding
    if any(layer.extra_channels):
        pads = (layer.extra_channels, *pads)
    return _padded(torch, x, pads, layer.value, layer.mode)


def _crop(torch: Torch, layer: Crop, x: Tensor) -> Tensor:
    return _padded(torch, x, layer.window(_shape(x)).padding)


def _slice(torch: Torch, layer: Slice, x: Tensor) -> Tensor:
    return x.movedim(1 + layer.axis, 0)[layer.start : layer.end : layer.step].movedim(0, 1 + layer.axis)


def _transpose(torch: Torch, layer: Transpose, x: Tensor) -> Tensor:
    return x.permute(0, *(1 + axis for axis in layer.axes))


def _roll(torch: Torch, layer: Roll, x: Tensor) -> Tensor:
    far = layer.shifts * (len(layer.axis) // len(layer.shifts))
    return x.roll(far, tuple(1 + axis for axis in layer.axis))


# -- gather -----------------------------------------------------------------------------------------------


def _gather(torch: Torch, layer: Gather, x: Tensor, index: Tensor = None) -> Tensor:
    if layer.window_size:
        index = _relative_positions(torch, layer.window_size)
    numbers = torch.as_tensor(layer.index if index is None else index).long()
    y = x.index_select(1 + layer.axis, numbers.flatten() % x.shape[1 + layer.axis])
    return y.unflatten(1 + layer.axis, numbers.shape)


def _relative_positions(torch: Torch, window: Axes) -> Tensor:
    """As in the code of Swin."""
    coords = torch.stack(torch.meshgrid(*map(torch.arange, window), indexing="ij")).flatten(1)
    relative = coords[:, :, None] - coords[:, None, :]
    index = torch.zeros_like(relative[0])
    for apart, size in zip(relative, window, strict=True):
        index = index * (2 * size - 1) + apart + size - 1
    return index


# -- patches ----------------------------------------------------------------------------------------------


def _unfold(torch: Torch, layer: Unfold, x: Tensor) -> Tensor:
    window = layer.sliding_window(_shape(x))
    x = _padded(torch, x, window.padding)
    if len(window.kernel) > 2:
        return _unfolded(torch, x, window)
    front = _rows_missing(window)
    rows = x.reshape(1, x.shape[1], *front, *x.shape[2:])
    kernel, dilation, stride = ((*front, *n) for n in (window.kernel, window.dilation, window.stride))
    return torch.nn.functional.unfold(rows, kernel, dilation, 0, stride)


def _unfolded(torch: Torch, x: Tensor, window: Window) -> Tensor:
    """Along more axes than PyTorch's: what each tap sees, after the padding."""
    steps = [*zip(x.shape[2:], window.span, window.stride, window.dilation, strict=True)]
    taps: list[Tensor] = []
    for tap in product(*map(range, window.kernel)):
        y = x
        for axis, (t, (n, span, s, d)) in enumerate(zip(tap, steps, strict=True), 2):
            y = y.narrow(axis, t * d, n - span + 1).index_select(axis, torch.arange(0, n - span + 1, s))
        taps.append(y)
    return torch.stack(taps, 2).flatten(1, 2).flatten(2)


def _fold(torch: Torch, layer: Fold, x: Tensor) -> Tensor:
    """With its padding, which is cropped then."""
    window = layer.sliding_window()
    front = _rows_missing(window)
    sizes = tuple(n + sum(pair) for n, pair in zip(layer.output_size, window.padding, strict=True))
    kernel, dilation, stride = ((*front, *n) for n in (window.kernel, window.dilation, window.stride))
    y = torch.nn.functional.fold(x, (*front, *sizes), kernel, dilation, 0, stride)
    y = y.reshape(1, y.shape[1], *sizes)
    return _padded(torch, y, tuple((-before, -after) for before, after in window.padding))


def _rows_missing(window: Window) -> Axes:
    """PyTorch's patches are of maps; a sequence is one with a single row."""
    if len(window.kernel) > 2:
        raise _NoCounterpartError("fold is for maps in PyTorch")
    return (1,) * (2 - len(window.kernel))


# -- elementwise ------------------------------------------------------------------------------------------


def _identity(torch: Torch, layer: Kind, x: Tensor) -> Tensor:
    return x


def _scale(torch: Torch, layer: Scale, x: Tensor) -> Tensor:
    return layer.factor * x


def _layer_scale(
    torch: Torch, layer: LayerScale, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    y = x * _along_channels(x, weight)
    return y + _along_channels(x, bias) if bias is not None else y


# -- merge ------------------------------------------------------------------------------------------------


def _joined(name: str) -> Counterpart:
    def call(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
        return reduce(getattr(torch, name), xs)

    return call


def _compared(name: str) -> Counterpart:
    """`torch.name` of two inputs, or of one and a number; 1 and 0 instead of truth values."""

    def call(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
        others = xs[1:] or (getattr(layer, "value", None),)
        return getattr(torch, name)(xs[0], *others).to(xs[0].dtype)

    return call


def _where(torch: Torch, layer: Kind, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(condition != 0, a, b)


def _average(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
    return torch.stack(torch.broadcast_tensors(*xs)).mean(0)


def _stack(torch: Torch, layer: Stack, *xs: Tensor) -> Tensor:
    return torch.stack(xs, dim=1 + layer.axis)


def _concat(torch: Torch, layer: Concat, *xs: Tensor) -> Tensor:
    return torch.cat(xs, dim=1 + layer.axis)


# -- constant ---------------------------------------------------------------------------------------------


def _constant(torch: Torch, layer: Constant) -> Tensor:
    shape = layer.output_shape()
    match layer.values:
        case "identity":
            y = torch.eye(*shape[-2:])
        case "causal":
            y = _mask(torch, layer, torch.ones(shape[-2:]).tril())
        case "banded":
            seen = torch.ones(shape[-2:]).tril(layer.after or 0).triu(-(layer.before or 0))
            y = _mask(torch, layer, seen)
        case "shifted_windows":
            y = _mask(torch, layer, _shifted_windows(torch, layer))
        case "sinusoids":
            y = _sinusoids(torch, *shape)
        case numbers:
            y = torch.tensor(numbers, dtype=torch.float64)
    return y.to(torch.float64).expand(1, *shape)


def _shifted_windows(torch: Torch, layer: Constant) -> Tensor:
    """As in the code of Swin: the regions of the map are numbered, and split into windows."""
    sizes = layer.map_size or ()
    windows, shifts = (
        per_axis(each or (), len(sizes), name)
        for name, each in (("window_size", layer.window_size), ("shift", layer.shift))
    )
    regions = torch.zeros(sizes)
    parts = (
        (slice(n - w), slice(n - w, n - s), slice(n - s, n))
        for n, w, s in zip(sizes, windows, shifts, strict=True)
    )
    for number, region in enumerate(product(*parts)):
        regions[region] = number
    for axis, window in reversed([*enumerate(windows)]):
        regions = regions.unflatten(axis, (-1, window))
    rank = len(sizes)
    regions = (
        regions.permute(*range(0, 2 * rank, 2), *range(1, 2 * rank, 2)).flatten(rank).flatten(0, rank - 1)
    )
    return regions[:, :, None] == regions[:, None, :]


def _sinusoids(torch: Torch, channels: int, length: int) -> Tensor:
    position, pair = torch.arange(length, dtype=torch.float64), torch.arange(channels) // 2
    angle = position / (10000.0 ** (2 * pair / channels))[:, None]
    return torch.where(torch.arange(channels)[:, None] % 2 == 0, angle.sin(), angle.cos())


def _mask(torch: Torch, layer: Constant, seen: Tensor) -> Tensor:
    return torch.where(seen > 0, float(layer.inside), float(layer.outside))


# -- declared ---------------------------------------------------------------------------------------------


def _parameter(torch: Torch, layer: Kind, weight: Tensor) -> Tensor:
    return weight[None]


def _custom(torch: Torch, layer: Kind, *xs: Tensor) -> Tensor:
    raise _NoCounterpartError("its numbers are declared; what it computes is not known")


COUNTERPARTS: dict[str, Counterpart] = {
    # convolution
    "conv": _parametrized(_conv),
    "conv_transpose": _parametrized(_conv_transpose, rows=1),
    "depthwise_conv": _parametrized(_depthwise_conv),
    "deform_conv": _deform_conv,
    "deform_sum": _deform_sum,
    "masked_conv": _masked_conv,
    "dynamic_conv": _dynamic_conv,
    # pooling
    "max_pool": _max_pool,
    "max_unpool": _max_unpool,
    "avg_pool": _avg_pool,
    "blur_pool": _blur_pool,
    "global_max_pool": _global_pool("adaptive_max_pool"),
    "global_avg_pool": _global_pool("adaptive_avg_pool"),
    "adaptive_max_pool": _adaptive_pool("adaptive_max_pool"),
    "adaptive_avg_pool": _adaptive_pool("adaptive_avg_pool"),
    # reduction
    "reduce": _reduce,
    # linear
    "linear": _parametrized(_linear),
    "maxout": _maxout,
    "embedding": _embedding,
    "matmul": _matmul,
    "einsum": _einsum,
    "correlation": _correlation,
    # recurrent
    "lstm": _lstm,
    "gru": _gru,
    "rnn": _rnn,
    "selective_scan": _selective_scan,
    # resize
    "upsample": _upsample,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    # sampling
    "grid_sample": _grid_sample,
    "affine_grid": _affine_grid,
    "roi_align": _roi_align,
    # normalization
    "batch_norm": _batch_norm,
    "layer_norm": _over_axes("layer_norm"),
    "rms_norm": _over_axes("rms_norm"),
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "local_response_norm": _with_an_axis(_function("local_response_norm", "size", "alpha", "beta", "k")),
    "global_response_norm": _global_response_norm,
    "normalize": _normalize,
    # activation
    "activation": _activation,
    "relu": _function("relu"),
    "relu6": _function("relu6"),
    "leaky_relu": _function("leaky_relu", "negative_slope"),
    "prelu": _function("prelu"),
    "rrelu": _function("rrelu", "lower", "upper"),
    "threshold": _function("threshold", "threshold", "value"),
    "elu": _function("elu", "alpha"),
    "celu": _function("celu", "alpha"),
    "selu": _function("selu"),
    "gelu": _function("gelu", "approximate"),
    "gelu_tanh": _gelu_tanh,
    "quick_gelu": _quick_gelu,
    "silu": _function("silu"),
    "mish": _function("mish"),
    "sigmoid": _function("sigmoid"),
    "log_sigmoid": _function("logsigmoid"),
    "tanh": _function("tanh"),
    "tanh_shrink": _function("tanhshrink"),
    "hard_tanh": _function("hardtanh", "min_val", "max_val"),
    "hard_shrink": _function("hardshrink", "lambd"),
    "soft_shrink": _function("softshrink", "lambd"),
    "softsign": _function("softsign"),
    "softplus": _function("softplus"),
    "hard_sigmoid": _function("hardsigmoid"),
    "hard_swish": _function("hardswish"),
    "softmax": _softmax,
    "softmin": _softmin,
    "log_softmax": _log_softmax,
    # gating
    "glu": _gated("sigmoid"),
    "geglu": _gated("gelu", "approximate"),
    "swiglu": _gated("silu"),
    # shape
    "flatten": _flatten,
    "unflatten": _unflatten,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "reshape": _reshape,
    "expand": _expand,
    "pad": _pad,
    "crop": _crop,
    "slice": _slice,
    "transpose": _transpose,
    "channel_shuffle": _with_an_axis(_function("channel_shuffle", "groups")),
    "roll": _roll,
    # gather
    "gather": _gather,
    # patches
    "unfold": _unfold,
    "fold": _fold,
    # elementwise
    "identity": _identity,
    "dropout": _identity,
    "drop_path": _identity,
    "scale": _scale,
    "layer_scale": _layer_scale,
    # mathematics
    "offset": _named("add", "value"),
    "negate": _named("neg"),
    "abs": _named("abs"),
    "reciprocal": _named("reciprocal"),
    "square": _named("square"),
    "power": _named("pow", "exponent"),
    "sqrt": _named("sqrt"),
    "rsqrt": _named("rsqrt"),
    "exp": _named("exp"),
    "log": _named("log"),
    "sin": _named("sin"),
    "cos": _named("cos"),
    "clamp": _named("clamp", "min", "max"),
    # merge
    "add": _joined("add"),
    "concat": _concat,
    "stack": _stack,
    "subtract": _named("subtract"),
    "multiply": _joined("mul"),
    "divide": _named("divide"),
    "max": _joined("maximum"),
    "min": _joined("minimum"),
    "average": _average,
    # constant
    "greater": _compared("greater"),
    "greater_equal": _compared("greater_equal"),
    "less": _compared("less"),
    "less_equal": _compared("less_equal"),
    "equal": _compared("eq"),
    "not_equal": _compared("not_equal"),
    "where": _where,
    "constant": _constant,
    # declared
    "parameter": _parameter,
    "custom": _custom,
}
"""Kind -> the same in PyTorch, by family, as `archcost.layers.KINDS` lists them."""
