"""Convolutions: a window slides, and every position it takes is a weighted sum of what it covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.base import Formulas, Kind, Layer, Shapes, check_channels, how_many_arrive
from archcost.layers.fields import Crops, NonNegative, Padding, PerAxis, Positive, TapMask, lift
from archcost.layers.parametrization import (
    EPS,
    NormParametrization,
    Parametrization,
    ParametrizationEps,
    kept,
    learned,
)
from archcost.windows.channels import Channels, blurred_together, mixed, overlaid
from archcost.windows.masks import Box, before_the_middle, ones, part, taps_of
from archcost.windows.rearrangement import Rearrangement, per_channel_everywhere
from archcost.windows.window import Axes, Shape, Window, reached, scattering, show, sliding, spatial

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels


OutChannels = Annotated[Positive, Field(description="channels that leave")]
KernelSize = Annotated[PerAxis, Field(description="positions of the window, per axis")]
Stride = Annotated[PerAxis, Field(description="step between neighbouring windows, per axis")]
Zeros = Annotated[
    Padding, Field(description="zeros around the input: numbers, [before, after] pairs or a word")
]
Dilation = Annotated[PerAxis, Field(description="step between neighbouring taps of one window, per axis")]
Groups = Annotated[Positive, Field(description="independent groups the channels are split into")]
Bias = Annotated[bool, Field(description="add a learned number to every output channel")]
InChannels = Annotated[Positive | None, Field(description="an assertion: the channels that arrive")]
"""Fields that convolutions share. Each class lists its own, for their order is that of the docs."""


def _check_groups(groups: int, channels: int, out_channels: int) -> None:
    if channels % groups or out_channels % groups:
        raise ShapeError(f"groups={groups} must divide the {channels} channels in and the {out_channels} out")


class Conv(Layer):
    """Convolution (cross-correlation, as in every framework: the kernel is not flipped).

    Weights `[out_channels, in_channels / groups, *kernel_size]`. With `connections`, output channel i reads
    only the input channels its row lists (LeNet-5's C3), and the weights are one kernel per link.
    """

    if_several: ClassVar[str] = (
        "choose one with `from`, or use `dynamic_conv`, which reads weights that are computed"
    )
    reference: ClassVar[str] = "Dumoulin & Visin 2016, A guide to convolution arithmetic, relationship 15"

    out_channels: OutChannels
    kernel_size: KernelSize
    stride: Stride = (1,)
    padding: Zeros = (0,)
    dilation: Dilation = (1,)
    groups: Groups = 1
    bias: Bias = True
    in_channels: InChannels = None
    parametrization: Parametrization = None
    parametrization_eps: ParametrizationEps = EPS
    connections: tuple[tuple[NonNegative, ...], ...] | None = Field(
        None,
        description="per output channel, the input channels it reads (counted from 0); default: all",
    )

    def window(self, x: Shape) -> Window:
        """The sliding window on this input."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Group by group, or as `connections` list them."""
        if self.connections is not None:
            return arriving[0].listed(self.connections)
        return arriving[0].grouped(self.groups, out_channels)

    @property
    def tells_channels_apart(self) -> bool:
        """Perhaps, if `connections` say who reads whom."""
        return self.connections is not None

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """Where a channel is read by the channel at its place alone (see `DepthwiseConv`)."""
        return (0,) if self.groups == inputs[0][0] == y[0] and self.connections is None else ()

    def output_shape(self, x: Shape) -> Shape:
        """`(out_channels, *positions)`."""
        check_channels("in_channels", self.in_channels, x)
        _check_groups(self.groups, x[0], self.out_channels)
        if self.connections is not None:
            self._check_connections(x[0], self.connections)
        return (self.out_channels, *self.window(x).output(spatial(x)))

    def _check_connections(self, channels: int, table: tuple[tuple[int, ...], ...]) -> None:
        if self.groups != 1:
            raise ShapeError(f"connections already say who reads whom; groups={self.groups} must be left out")
        if self.parametrization is not None:
            raise ShapeError(
                f"connections have no output channels for {self.parametrization}; leave one of them out"
            )
        if len(table) != self.out_channels:
            raise ShapeError(
                f"connections has {len(table)} rows, but out_channels={self.out_channels} needs one each",
            )
        for i, row in enumerate(table):
            if not row or len(set(row)) != len(row) or max(row) >= channels:
                raise ShapeError(
                    f"connections[{i}] is {list(row)}; it must name channels 0 to {channels - 1}, each once",
                )

    def _kernels(self, x: Shape) -> Shape:
        """Kernels side by side: one per link, or `[out, in / groups]`."""
        if self.connections is not None:
            return (sum(len(row) for row in self.connections),)
        return (self.out_channels, x[0] // self.groups)

    def _weight(self, x: Shape) -> Shape:
        return (*self._kernels(x), *self.window(x).kernel)

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` (a kernel per channel pair or link), and `gain` and `bias` per output channel."""
        weight = learned(self.parametrization, self._weight(x))
        return weight | ({"bias": (self.out_channels,)} if self.bias else {})

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`left` and `right`, the singular vectors of a spectral norm."""
        return kept(self.parametrization, self._weight(x))

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products, and of the bias; zero padding counts like data."""
        if self.connections is not None:
            return self._linked(x, y)
        return Formulas(
            {
                "kernel_size": self.window(x).kernel,
                "in_channels": x[0],
                "groups": self.groups,
                "taps": "kernel_size * in_channels / groups",
                "outputs": y,
                "bias": int(self.bias),
            },
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1 + bias) * outputs",
        )

    def _linked(self, x: Shape, y: Shape) -> Formulas:
        """With a connection table, output channels have different numbers of taps."""
        return Formulas(
            {
                "kernel_size": self.window(x).kernel,
                "links": self._kernels(x),
                "positions": y[1:],
                "outputs": y,
                "bias": int(self.bias),
            },
            macs="links * kernel_size * positions",
            multiplications="macs",
            additions="macs - outputs + bias * outputs",
        )

    def run(
        self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None, **parts: Array
    ) -> Array:
        """Values `(out_channels, *positions)`."""
        window = self.window(x.shape)
        weight = kernels.parametrization.made(
            self.parametrization, weight, parts, eps=self.parametrization_eps
        )
        if self.connections is not None:
            return kernels.convolution.linked_conv(x, weight, bias, window, self.connections)
        return kernels.convolution.conv(x, weight, bias, window, self.groups)


class DepthwiseConv(Layer):
    """Depthwise convolution: every channel is convolved alone, by `multiplier` kernels of its own.

    The same as a `conv` whose groups are its input channels. Weights
    `[in_channels * multiplier, 1, *kernel_size]`; the outputs of one channel stand side by side.
    """

    if_several: ClassVar[str] = (
        "choose one with `from`, or use `dynamic_conv`, which reads weights that are computed"
    )
    reference: ClassVar[str] = "Howard et al. 2017, MobileNets, equations 3 and 4"

    kernel_size: KernelSize
    stride: Stride = (1,)
    padding: Zeros = (0,)
    dilation: Dilation = (1,)
    multiplier: Positive = Field(1, description="kernels per input channel")
    bias: Bias = True
    in_channels: InChannels = None
    parametrization: Parametrization = None
    parametrization_eps: ParametrizationEps = EPS

    def window(self, x: Shape) -> Window:
        """The sliding window on this input."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on the one it is a multiple of."""
        return arriving[0].grouped(arriving[0].total, out_channels)

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """A channel is read by the channel at its place alone (Lin et al. 2020, MCUNet)."""
        return (0,) if self.multiplier == 1 else ()

    def output_shape(self, x: Shape) -> Shape:
        """`(in_channels * multiplier, *positions)`."""
        check_channels("in_channels", self.in_channels, x)
        return (x[0] * self.multiplier, *self.window(x).output(spatial(x)))

    def _weight(self, x: Shape) -> Shape:
        return (x[0] * self.multiplier, 1, *self.window(x).kernel)

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` (a kernel per output channel), and `gain` and `bias` per output channel."""
        weight = learned(self.parametrization, self._weight(x))
        return weight | ({"bias": (x[0] * self.multiplier,)} if self.bias else {})

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`left` and `right`, the singular vectors of a spectral norm."""
        return kept(self.parametrization, self._weight(x))

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `kernel_size` products, and of the bias."""
        return Formulas(
            {"kernel_size": self.window(x).kernel, "outputs": y, "bias": int(self.bias)},
            macs="kernel_size * outputs",
            multiplications="macs",
            additions="(kernel_size - 1 + bias) * outputs",
        )

    def run(
        self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None, **parts: Array
    ) -> Array:
        """Values `(in_channels * multiplier, *positions)`."""
        weight = kernels.parametrization.made(
            self.parametrization, weight, parts, eps=self.parametrization_eps
        )
        return kernels.convolution.conv(x, weight, bias, self.window(x.shape), groups=x.shape[0])


Spread = Annotated[PerAxis, Field(description="step between the outputs of neighbouring inputs, per axis")]
Cropped = Annotated[
    Crops, Field(description="outputs cropped at the ends: numbers, [before, after] pairs or a word")
]


def _only_once(extra: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
    if any(extra) and info.data.get("padding") in {"same", "same_lower"}:
        raise PydanticCustomError(
            "twice",
            "has no place beside padding {word}, which makes the output the input times the stride",
            {"word": info.data["padding"]},
        )
    return extra


OutputPadding = Annotated[
    tuple[NonNegative, ...],
    BeforeValidator(lift),
    AfterValidator(_only_once),
    Field(min_length=1, description="outputs added at the end, per axis; less than stride or dilation"),
]
"""After the field `padding`, which may leave no place for it."""


class ConvTranspose(Layer):
    """Transposed convolution: every input position is multiplied by the kernel and added into the output.

    It has the connections of a convolution backwards, so it restores that one's shape, not its values.
    Weights `[in_channels, out_channels / groups, *kernel_size]`, as PyTorch stores them. Padding crops:
    an axis has `(i - 1) * stride - before - after + dilation * (kernel_size - 1) + output_padding + 1`
    outputs; with `same`, `i * stride` (Keras, ONNX).

    Products are counted per input position, those that padding crops away included. Additions are what
    scattering takes: the first product to land on an output is stored, every further one is added, on
    the output as it is before cropping.
    """

    if_several: ClassVar[str] = (
        "choose one with `from`; with weights that are computed there is none: `upsample`, then "
        "`dynamic_conv`, which reads them"
    )
    reference: ClassVar[str] = "Dumoulin & Visin 2016, A guide to convolution arithmetic, relationship 14"

    out_channels: OutChannels
    kernel_size: PerAxis = Field(description="outputs that one input is spread over, per axis")
    stride: Spread = (1,)
    padding: Cropped = (0,)
    output_padding: OutputPadding = (0,)
    dilation: PerAxis = Field((1,), description="step between neighbouring taps of the kernel, per axis")
    groups: Groups = 1
    bias: Bias = True
    in_channels: InChannels = None
    parametrization: NormParametrization = None

    def window(self, x: Shape) -> Window:
        """The window on the input stretched by the stride."""
        return scattering(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            dilation=self.dilation,
            output_padding=self.output_padding,
        )

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Group by group."""
        return arriving[0].grouped(self.groups, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """`(out_channels, *positions)`."""
        check_channels("in_channels", self.in_channels, x)
        _check_groups(self.groups, x[0], self.out_channels)
        return (self.out_channels, *self.window(x).output(spatial(x)))

    def _weight(self, x: Shape) -> Shape:
        return (x[0], self.out_channels // self.groups, *self.window(x).kernel)

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` (a kernel per channel pair, input first), `gain` per input, `bias` per output channel."""
        weight = learned(self.parametrization, self._weight(x))
        return weight | ({"bias": (self.out_channels,)} if self.bias else {})

    def buffer_shapes(self, x: Shape) -> Shapes:
        """`left` and `right`, the singular vectors of a spectral norm."""
        return kept(self.parametrization, self._weight(x), rows=1)

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """The first product on each of the `reached` outputs is stored, the others are added."""
        return _spread(x, self.window(x), y, self.groups, bias=self.bias)

    def run(
        self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None, **parts: Array
    ) -> Array:
        """Values `(out_channels, *positions)`."""
        weight = kernels.parametrization.made(self.parametrization, weight, parts, rows=1)
        window = self.window(x.shape)
        return kernels.convolution.conv_transpose(x, weight, bias, window, self.groups)


class DeformConv(Kind):
    """Deformable convolution: every tap of every window is moved by an offset of its own before it reads.

    Reads `from: [features, offsets]` (version 1) or `[features, offsets, mask]` (version 2: every value
    that is read is also multiplied by a number of the mask). Layers before it compute offsets and mask;
    `std/deform_conv` has them inside. Weights `[out_channels, in_channels / groups, *kernel_size]`.

    Channels are split into `deform_groups`, which move apart from each other. Offset channel
    `(group * taps + tap) * axes + axis` moves a tap along an axis, in input positions; mask channel
    `group * taps + tap` weighs it. Taps are numbered row by row, axes outermost first, as in torchvision.

    A moved tap lies between positions, so its value is interpolated: a weighted sum of the `2 ** axes`
    positions around it (in 2-D bilinear). Beside the MACs, which are those of a `conv`, this counts per tap,
    output position and group the fraction f of each offset and 1 - f (two additions per axis; rounding down
    and addressing cost nothing), and `axes - 1` products for each of the `2 ** axes` weights; then per input
    channel `2 ** axes` products and their sum, and with a mask one product more. A value is interpolated
    once and read by all filters. Positions beyond the borders are zeros and count like data.

    The receptive field is nominal, the one without offsets, joined with what offsets and mask were made of.
    """

    reference: ClassVar[str] = (
        "Dai et al. 2017, Deformable convolutional networks, equations 2 to 4; Zhu et al. 2019, Deformable "
        "ConvNets v2, equation 1"
    )

    out_channels: OutChannels
    kernel_size: KernelSize
    stride: Stride = (1,)
    padding: Zeros = (0,)
    dilation: Dilation = (1,)
    groups: Groups = 1
    deform_groups: Positive = Field(1, description="groups of input channels, each with offsets of its own")
    bias: Bias = True
    in_channels: InChannels = None

    def window(self, x: Shape) -> Window:
        """The sliding window on the features, without offsets."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    @property
    def field_is_nominal(self) -> bool:
        """Offsets lead anywhere."""
        return True

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """The window on the features; offsets and mask are read where the output is."""
        return self.window(inputs[0]) if position == 0 else None

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """All on all, offsets included; with groups, not known singly."""
        return (mixed if self.groups == 1 else blurred_together)(arriving, out_channels)

    def check_inputs(self, count: int) -> None:
        """Two or three."""
        if count not in {2, 3}:
            raise ShapeError(
                f"reads features and offsets, and a mask in version 2, but {how_many_arrive(count)}; "
                "name them with `from: [features, offsets]`, or use `std/deform_conv`, which makes them",
            )

    def output_shape(self, x: Shape, *moved_by: Shape) -> Shape:
        """`(out_channels, *positions)`."""
        check_channels("in_channels", self.in_channels, x)
        _check_groups(self.groups, x[0], self.out_channels)
        positions = _check_moves(self.window(x), x, self.deform_groups, moved_by)
        return (self.out_channels, *positions)

    def weight_shapes(self, x: Shape, *moved_by: Shape) -> Shapes:
        """`weight` (a kernel per channel pair), and `bias` per output channel."""
        weight = {"weight": (self.out_channels, x[0] // self.groups, *self.window(x).kernel)}
        return weight | ({"bias": (self.out_channels,)} if self.bias else {})

    def formulas(self, x: Shape, *moved_by: Shape, y: Shape) -> Formulas:
        """A convolution of `sampled` values, each interpolated from `corners` neighbours."""
        return Formulas(
            {
                "kernel_size": self.window(x).kernel,
                "in_channels": x[0],
                "groups": self.groups,
                "taps": "kernel_size * in_channels / groups",
                "outputs": y,
                "bias": int(self.bias),
                "axes": len(y) - 1,
                "positions": y[1:],
                "deform_groups": self.deform_groups,
                "points": "kernel_size * deform_groups * positions",
                "sampled": "kernel_size * in_channels * positions",
                "corners": "2 ** axes",
                "masked": len(moved_by) - 1,
            },
            macs="taps * outputs",
            multiplications="macs + (axes - 1) * corners * points + (corners + masked) * sampled",
            additions="(taps - 1 + bias) * outputs + 2 * axes * points + (corners - 1) * sampled",
        )

    def run(  # noqa: PLR0913 - its inputs, one by one
        self,
        kernels: Kernels,
        x: Array,
        offsets: Array,
        mask: Array | None = None,
        *,
        weight: Array,
        bias: Array | None = None,
    ) -> Array:
        """Values `(out_channels, *positions)`, from features, offsets and perhaps a mask."""
        return kernels.convolution.deform_conv(
            x,
            offsets,
            mask,
            weight,
            bias,
            self.window(x.shape),
            self.groups,
            self.deform_groups,
        )


def _check_moves(window: Window, x: Shape, deform_groups: int, moved_by: tuple[Shape, ...]) -> Shape:
    """The positions that leave. Raises ShapeError if offsets or a mask do not fit them."""
    if x[0] % deform_groups:
        raise ShapeError(f"deform_groups={deform_groups} must divide the {x[0]} channels in")
    positions = window.output(spatial(x))
    per_point = (("offsets", len(positions)), ("a mask", 1))
    for i, (found, (what, numbers)) in enumerate(zip(moved_by, per_point, strict=False), 1):
        wanted = (numbers * window.taps * deform_groups, *positions)
        if found != wanted:
            raise ShapeError(
                f"{{0}} gives {show(found)}, but {what} for {show(window.kernel)} taps"
                f"{_times(deform_groups)} at {show(positions)} positions must be {show(wanted)}",
                inputs=(i,),
            )
    return positions


def _times(deform_groups: int) -> str:
    return f" in {deform_groups} deform_groups" if deform_groups > 1 else ""


class DeformSum(Kind):
    """Deformable convolution without weights: a sum of moved taps, each weighed by a mask (DCN v3, DCN v4).

    Reads `from: [features, offsets, mask]`. Every channel is the sum over the taps of what its group reads
    there times the group's number of the mask, so its weights are computed, and nothing is learned here: a
    1×1 convolution before it and one behind mix channels. In version 3 a softmax over the taps of each group
    makes the mask, in version 4 there is none; `std/deform_conv_v3` has all that inside.

    Offsets and mask lie as those of `deform_conv`, and values are interpolated and counted alike. The
    products with the mask are the MACs. The receptive field is nominal, the one without offsets.
    """

    reference: ClassVar[str] = (
        "Wang et al. 2023, InternImage, equation 2; Xiong et al. 2024, Efficient deformable ConvNets (DCNv4)"
    )

    kernel_size: KernelSize = (3,)
    stride: Stride = (1,)
    padding: Zeros = (0,)
    dilation: Dilation = (1,)
    deform_groups: Positive = Field(
        1, description="groups of channels, each with offsets and a mask of its own"
    )
    in_channels: InChannels = None

    def window(self, x: Shape) -> Window:
        """The sliding window on the features, without offsets."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    @property
    def field_is_nominal(self) -> bool:
        """Offsets lead anywhere."""
        return True

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """The window on the features; offsets and mask are read where the output is."""
        return self.window(inputs[0]) if position == 0 else None

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each depends on its like, and on what moves and weighs its group."""
        x, *others = arriving
        return overlaid([x, *(one.grouped(self.deform_groups, out_channels) for one in others)])

    def check_inputs(self, count: int) -> None:
        """Three."""
        if count != 3:
            raise ShapeError(
                f"reads features, offsets and a mask, but {how_many_arrive(count)}; name them with "
                "`from: [features, offsets, mask]`, or use `std/deform_conv_v3`, which makes them",
            )

    def output_shape(self, x: Shape, *moved_by: Shape) -> Shape:
        """`(channels, *positions)`."""
        check_channels("in_channels", self.in_channels, x)
        return (x[0], *_check_moves(self.window(x), x, self.deform_groups, moved_by))

    def formulas(self, x: Shape, *moved_by: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `kernel_size` products of a mask and an interpolated value."""
        return Formulas(
            {
                "kernel_size": self.window(x).kernel,
                "outputs": y,
                "axes": len(y) - 1,
                "positions": y[1:],
                "deform_groups": self.deform_groups,
                "points": "kernel_size * deform_groups * positions",
                "sampled": "kernel_size * outputs",
                "corners": "2 ** axes",
            },
            macs="sampled",
            multiplications="macs + (axes - 1) * corners * points + corners * sampled",
            additions="(kernel_size - 1) * outputs + 2 * axes * points + (corners - 1) * sampled",
        )

    def run(self, kernels: Kernels, x: Array, offsets: Array, mask: Array) -> Array:
        """Values `(channels, *positions)`, from features, offsets and a mask."""
        return kernels.convolution.deform_sum(x, offsets, mask, self.window(x.shape), self.deform_groups)


class MaskedConv(Layer):
    """Convolution whose mask hides some taps, so that outputs read only what lies before them (PixelCNN).

    Mask `A` keeps the taps before the middle one, row by row: the rows above, and of its own row what is
    to the left. `B` keeps the middle one as well. Zeros and ones, nested as the kernel's axes are, keep
    the ones. Tap `kernel_size // 2` is the middle one; all channels are masked alike.

    Weights are stored whole, `[out_channels, in_channels / groups, *kernel_size]`, and the mask is no
    parameter. Hidden taps multiply by zero and count, as frameworks compute them; `unmasked` are the MACs
    that the mask leaves. The receptive field is made of the taps that are kept.
    """

    reference: ClassVar[str] = (
        "van den Oord, Kalchbrenner & Kavukcuoglu 2016, Pixel recurrent neural networks"
    )

    out_channels: OutChannels
    kernel_size: KernelSize
    mask: TapMask = Field(description="the taps that are kept: `A`, `B`, or the ones among zeros and ones")
    stride: Stride = (1,)
    padding: Zeros = (0,)
    dilation: Dilation = (1,)
    groups: Groups = 1
    bias: Bias = True
    in_channels: InChannels = None

    def window(self, x: Shape) -> Window:
        """The sliding window on this input, with the taps that are hidden."""
        return sliding(x, self.kernel_size, self.stride, self.padding, dilation=self.dilation)

    def shown_windows(self, x: Shape) -> tuple[Window, ...]:
        """A window for every box of taps that are kept."""
        window = self.window(x)
        return tuple(part(window, box) for box in self._kept(window.kernel))

    def _kept(self, kernel: Axes) -> tuple[Box, ...]:
        if isinstance(self.mask, tuple):
            return ones(self.mask, kernel)
        return before_the_middle(kernel, included=self.mask == "B")

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Group by group."""
        return arriving[0].grouped(self.groups, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """`(out_channels, *positions)`."""
        check_channels("in_channels", self.in_channels, x)
        _check_groups(self.groups, x[0], self.out_channels)
        window = self.window(x)
        if not self._kept(window.kernel):
            taps = show(window.kernel)
            raise ShapeError(f"mask A keeps what lies before the middle tap, which is nothing of {taps} taps")
        return (self.out_channels, *window.output(spatial(x)))

    def weight_shapes(self, x: Shape) -> Shapes:
        """`weight` (a kernel per channel pair, hidden taps included), and `bias` per output channel."""
        weight = {"weight": (self.out_channels, x[0] // self.groups, *self.window(x).kernel)}
        return weight | ({"bias": (self.out_channels,)} if self.bias else {})

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products, those with zeros included, and of the bias."""
        kernel = self.window(x).kernel
        return Formulas(
            {
                "kernel_size": kernel,
                "shown": taps_of(self._kept(kernel)),
                "in_channels": x[0],
                "groups": self.groups,
                "taps": "kernel_size * in_channels / groups",
                "outputs": y,
                "unmasked": "shown * in_channels / groups * outputs",
                "bias": int(self.bias),
            },
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1 + bias) * outputs",
        )

    def run(self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Values `(out_channels, *positions)`."""
        return kernels.convolution.masked_conv(x, weight, bias, self.mask, self.window(x.shape), self.groups)


class _Dynamic(Kind):
    """Reads a tensor, weights that slide over it or are spread from it, and perhaps a bias."""

    learning: ClassVar[str]
    """The kind that learns its weights."""

    groups: Groups = 1
    in_channels: InChannels = None

    def check_inputs(self, count: int) -> None:
        """Two or three."""
        if count not in {2, 3}:
            raise ShapeError(
                f"reads a tensor, the weights and perhaps a bias, but {how_many_arrive(count)}; "
                f"name them with `from: [x, weight]`, or use `{self.learning}`, which learns its weights",
            )

    def _check(self, x: Shape) -> Shape:
        """The positions of a tensor whose channels fit."""
        check_channels("in_channels", self.in_channels, x)
        positions = spatial(x)
        if x[0] % self.groups:
            raise ShapeError(f"groups={self.groups} must divide the {x[0]} channels in")
        return positions

    @staticmethod
    def _check_bias(bias: Shape | None, out_channels: int) -> None:
        if bias is not None and bias != (out_channels,):
            raise ShapeError(f"{{0}} gives {show(bias)}, but the bias must be {out_channels}", inputs=(2,))


class DynamicConv(_Dynamic):
    """Convolution whose weights other layers compute, for every input anew: CondConv, Siamese trackers.

    Reads `from: [x, weight]`, or `[x, weight, bias]`. The weights are a tensor
    `[out_channels, in_channels / groups, *kernel_size]`, made by `linear` and `reshape`, say; or a map of
    `out_channels * in_channels / groups` channels, which slides over `x` as it is: the template of a
    tracker, with a group per channel (depthwise cross-correlation) or without (full). The bias is a vector.

    It learns nothing, and counts as a convolution. With weights from a `parameter`, which learns them, or
    from a tensor that is fixed, it is a convolution with these.
    """

    reference: ClassVar[str] = (
        "Yang et al. 2019, CondConv; Bertinetto et al. 2016, Fully-convolutional Siamese networks; Li et al. "
        "2019, SiamRPN++"
    )

    learning: ClassVar[str] = "conv"

    stride: Stride = (1,)
    padding: Zeros = (0,)
    dilation: Dilation = (1,)
    groups: Groups = 1
    in_channels: InChannels = None

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """The window on the first input: as large as the weights are."""
        return None if position else self.sliding_over(*inputs[:2])

    def sliding_over(self, x: Shape, weight: Shape) -> Window:
        """The window of weights in either form."""
        return sliding(x, weight[1 - len(x) :], self.stride, self.padding, dilation=self.dilation)

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """Every position reads all weights of its output channel, and its bias."""
        return per_channel_everywhere(inputs[position], y) if position else None

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Group by group, and each its own weights."""
        x, *others = arriving
        return overlaid(
            [
                x.grouped(self.groups, out_channels),
                *(one.grouped(out_channels, out_channels) for one in others),
            ]
        )

    def output_shape(self, x: Shape, weight: Shape, bias: Shape | None = None) -> Shape:
        """`(out_channels, *positions)`."""
        positions = self._check(x)
        out_channels = self._out_channels(x, weight)
        _check_groups(self.groups, x[0], out_channels)
        self._check_bias(bias, out_channels)
        return (out_channels, *self.sliding_over(x, weight).output(positions))

    def _out_channels(self, x: Shape, weight: Shape) -> int:
        """Channels that leave, of weights in either form."""
        share = x[0] // self.groups
        if len(weight) == len(x) + 1 and weight[1] == share:
            return weight[0]
        if len(weight) == len(x) and weight[0] % share == 0:
            return weight[0] // share
        kernel = ", ".join(["k"] * (len(x) - 1))
        several = f" in {self.groups} groups" if self.groups > 1 else ""
        raise ShapeError(
            f"{{0}} gives {show(weight)}, but weights for {show(x)}{several} are [out_channels, {share}, "
            f"{kernel}], or a map with {share} channel{'s' * (share > 1)} for each that leaves",
            inputs=(1,),
        )

    def formulas(self, x: Shape, weight: Shape, *bias: Shape, y: Shape) -> Formulas:
        """Every output is a sum of `taps` products, and of the bias; zero padding counts like data."""
        return Formulas(
            {
                "kernel_size": weight[1 - len(x) :],
                "in_channels": x[0],
                "groups": self.groups,
                "taps": "kernel_size * in_channels / groups",
                "outputs": y,
                "bias": len(bias),
            },
            macs="taps * outputs",
            multiplications="macs",
            additions="(taps - 1 + bias) * outputs",
        )

    def run(self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Values `(out_channels, *positions)`, from a tensor, weights and perhaps a bias."""
        window = self.sliding_over(x.shape, weight.shape)
        weight = weight.reshape(-1, x.shape[0] // self.groups, *window.kernel)
        return kernels.convolution.conv(x, weight, bias, window, self.groups)


class DynamicConvTranspose(_Dynamic):
    """Transposed convolution whose weights other layers compute, for every input anew: StyleGAN2 going up.

    Reads `from: [x, weight]`, or `[x, weight, bias]`. The weights are a tensor
    `[in_channels, out_channels / groups, *kernel_size]`, as those of `conv_transpose`, which it counts as;
    the bias is a vector. It learns nothing: with weights from a `parameter` it is a `conv_transpose`.
    """

    learning: ClassVar[str] = "conv_transpose"
    reference: ClassVar[str] = (
        "Karras et al. 2020, Analyzing and improving the image quality of StyleGAN, section 2.2"
    )

    stride: Spread = (1,)
    padding: Cropped = (0,)
    output_padding: OutputPadding = (0,)
    dilation: Dilation = (1,)
    groups: Groups = 1
    in_channels: InChannels = None

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """The window on the first input, stretched by the stride: as large as the weights are."""
        return None if position else self.spreading(*inputs[:2])

    def spreading(self, x: Shape, weight: Shape) -> Window:
        """The window of weights."""
        return scattering(
            x,
            weight[2:],
            self.stride,
            self.padding,
            dilation=self.dilation,
            output_padding=self.output_padding,
        )

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """Every position reads its bias, and weights that lead to its channel: of the taps that meet it."""
        if position != 1:
            return per_channel_everywhere(inputs[2], y) if position else None
        arriving, leaving, *kernel = inputs[1]
        sizes = (self.groups, arriving // self.groups, leaving, *kernel, *y[1:])
        taps, places = range(3, 3 + len(kernel)), range(3 + len(kernel), len(sizes))
        source = ((0, 1), (2,), *((i,) for i in taps))
        return Rearrangement(sizes, source, ((0, 2), *((i,) for i in places)), loose=tuple(taps))

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Group by group, the weights as well, and each its own bias."""
        x, weight, *bias = arriving
        shares = [one.grouped(self.groups, out_channels) for one in (x, weight)]
        return overlaid([*shares, *(one.grouped(out_channels, out_channels) for one in bias)])

    def output_shape(self, x: Shape, weight: Shape, bias: Shape | None = None) -> Shape:
        """`(out_channels, *positions)`."""
        positions = self._check(x)
        if len(weight) != len(x) + 1 or weight[0] != x[0]:
            kernel = ", ".join(["k"] * (len(x) - 1))
            share = "out_channels" if self.groups == 1 else f"out_channels / {self.groups}"
            raise ShapeError(
                f"{{0}} gives {show(weight)}, but weights for {show(x)} are [{x[0]}, {share}, {kernel}]",
                inputs=(1,),
            )
        out_channels = weight[1] * self.groups
        self._check_bias(bias, out_channels)
        return (out_channels, *self.spreading(x, weight).output(positions))

    def formulas(self, x: Shape, weight: Shape, *bias: Shape, y: Shape) -> Formulas:
        """The first product on each of the `reached` outputs is stored, the others are added."""
        return _spread(x, self.spreading(x, weight), y, self.groups, bias=bool(bias))

    def run(self, kernels: Kernels, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Values `(out_channels, *positions)`, from a tensor, weights and perhaps a bias."""
        window = self.spreading(x.shape, weight.shape)
        return kernels.convolution.conv_transpose(x, weight, bias, window, self.groups)


def _spread(x: Shape, window: Window, y: Shape, groups: int, *, bias: bool) -> Formulas:
    """What a transposed convolution takes."""
    return Formulas(
        {
            "inputs": x,
            "kernel_size": window.kernel,
            "out_channels": y[0],
            "groups": groups,
            "products_per_input": "kernel_size * out_channels / groups",
            "reached": (y[0], *reached(spatial(x), window)),
            "outputs": y,
            "bias": int(bias),
        },
        macs="products_per_input * inputs",
        multiplications="macs",
        additions="macs - reached + bias * outputs",
    )
