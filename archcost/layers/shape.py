"""Kinds that move elements, or drop some, and compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import (
    check_mirrored,
    listed,
    margins,
    name_of,
    names,
    settled,
    shift,
    together,
    unsqueezed,
)
from archcost.layers.base import Moving
from archcost.layers.fields import (
    AxesOrAll,
    Axis,
    Ends,
    Margins,
    Number,
    PerAxis,
    Positive,
    SignedMargins,
    is_count,
    lift,
    must_be,
)
from archcost.windows.channels import alike, blurred_together, concatenated, mixed
from archcost.windows.rearrangement import Turn, permuted, reshaped
from archcost.windows.window import Axes, Border, Pads, Shape, Window, per_axis, show, size, spatial

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.expressions.values import Value
    from archcost.windows.channels import Channels
    from archcost.windows.rearrangement import Rearrangement


def _target(value: Value) -> Value:
    sizes = lift(value)
    known = [n for n in sizes if n != -1]
    if not sizes or not all(is_count(n) and n for n in known) or len(sizes) - len(known) > 1:
        raise must_be("a list of sizes, [channels, axes…], one of which may be -1 (whatever is left)", value)
    return sizes


def _numbered(axis: int, x: Shape, word: str) -> int:
    """An axis counted from the front."""
    if not -len(x) <= axis < len(x):
        raise ShapeError(f"{word}={axis}, but the axes of {show(x)} are {listed(x)}")
    return axis % len(x)


Target = Annotated[tuple[int, ...], BeforeValidator(_target)]
"""A whole shape in which one size may be -1."""


class _Reshaping(Moving):
    """The same elements in the same order, row-major, under another shape."""

    per_channel: ClassVar[bool] = True
    alias: ClassVar[bool] = True

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """As they are, or so many as one, or one as so many, whose positions the rearrangement knows."""
        before = arriving[0]
        if out_channels == before.total:
            return before
        fewer = min(out_channels, before.total)
        if max(out_channels, before.total) % fewer:
            return blurred_together(arriving, out_channels)
        return before.grouped(fewer, out_channels)

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement:
        """Row-major."""
        return reshaped(inputs[position], y)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values in the new shape."""
        return kernels.shape.reshape(x, self.output_shape(x.shape))


class Flatten(_Reshaping):
    """Neighbouring axes as one: all of them, a vector channel by channel, unless told otherwise.

    A map `[channels, height, width]` becomes tokens `[channels, length]` by `{start: 1}`.
    """

    axis_fields: ClassVar[tuple[str, ...]] = ("start", "end")

    start: Axis = Field(
        default=0, description="the first axis to join; 0 is channels, 1 the first spatial axis"
    )
    end: Axis = Field(
        default=-1, description="the last axis to join, that one included; -1 is the last there is"
    )

    def output_shape(self, x: Shape) -> Shape:
        """`x` with one axis in place of those from `start` to `end`."""
        start, end = (_numbered(axis, x, word) for word, axis in (("start", self.start), ("end", self.end)))
        if start > end:
            raise ShapeError(
                f"start={self.start} is {names(x)[start]}, behind end={self.end}, {names(x)[end]}; swap them"
            )
        return (*x[:start], size(x[start : end + 1]), *x[end + 1 :])


class Unflatten(_Reshaping):
    """One axis as several, the outermost first: heads out of channels, rows out of tokens."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    sizes: Target = Field(description="the sizes it becomes; one -1 stands for what is left")
    axis: Axis = Field(0, description="axis to split; 0 is channels, 1 the first spatial axis, -1 the last")

    @property
    def tells_channels_apart(self) -> bool:
        """Channels become positions, if they are split."""
        return self.axis == 0

    def output_shape(self, x: Shape) -> Shape:
        """`x` with the sizes in place of the axis."""
        name = name_of(self.axis, x)
        length = x[self.axis]
        known = size(tuple(n for n in self.sizes if n != -1))
        if length % known or (-1 not in self.sizes and known != length):
            raise ShapeError(f"sizes {list(self.sizes)} do not multiply to the {length} of {name}")
        made = tuple(length // known if n == -1 else n for n in self.sizes)
        return tuple(n for axis, old in enumerate(x) for n in (made if axis == self.axis else (old,)))


class Squeeze(_Reshaping):
    """Axes of size 1 are dropped: `[512, 1, 1]` becomes a vector of 512."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    axis: AxesOrAll = Field(
        "all", description="axes to drop: one, several, or all of size 1; 0 is channels, -1 the last"
    )

    def output_shape(self, x: Shape) -> Shape:
        """`x` without the axes."""
        dropped = together(self.axis, x)
        if self.axis != "all" and (long := [axis for axis in dropped if x[axis] > 1]):
            raise ShapeError(f"axis={long[0]} is {names(x)[long[0]]}, of {x[long[0]]}; only a 1 is dropped")
        left = tuple(n for axis, n in enumerate(x) if n > 1 or axis not in dropped)
        if not left:
            raise ShapeError(f"nothing is left of {show(x)}; name the axes to drop: `axis: [1, 2]`")
        return left


class Unsqueeze(_Reshaping):
    """An axis of size 1 is put in: `[512]` with one behind it is `[512, 1]`."""

    axis: Axis = Field(
        description="where the new axis is to be, in what leaves; 0 is before the channels, -1 the last"
    )

    def settled(self, inputs: tuple[Shape, ...]) -> Self:
        """Counted in what leaves."""
        return self.model_copy(update={"axis": settled(self.axis, len(inputs[0]) + 1)})

    @property
    def tells_channels_apart(self) -> bool:
        """Channels become positions behind an axis put before them."""
        return self.axis == 0

    def output_shape(self, x: Shape) -> Shape:
        """`x` with a 1 more."""
        return unsqueezed(x, self.axis)


class Reshape(_Reshaping):
    """The same elements in the same order (row-major, channels first) under another shape."""

    shape: Target = Field(description="the new shape, [channels, axes…]; one -1 stands for what is left")

    @property
    def tells_channels_apart(self) -> bool:
        """Channels of a vector may become positions."""
        return len(self.shape) > 1

    def output_shape(self, x: Shape) -> Shape:
        """The shape as given, its -1 filled in."""
        known = size(tuple(n for n in self.shape if n != -1))
        there = f"the input {show(x)} has {size(x)}"
        if -1 not in self.shape and known != size(x):
            raise ShapeError(f"shape {show(self.shape)} has {known} elements, but {there}")
        if size(x) % known:
            raise ShapeError(f"shape {list(self.shape)} needs a multiple of {known} elements, but {there}")
        return tuple(size(x) // known if n == -1 else n for n in self.shape)


def _repeated(value: Value) -> Value:
    sizes = lift(value)
    if not sizes or not all(n == -1 or (is_count(n) and n) for n in sizes):
        raise must_be("a list of sizes, [channels, axes…]; -1 keeps the size that arrives", value)
    return sizes


class Expand(Moving):
    """Axes of size 1 repeated to the sizes that are wanted, as `add` and `multiply` do by themselves."""

    broadcasts: ClassVar[bool] = True
    per_channel: ClassVar[bool] = True

    shape: Annotated[tuple[int, ...], BeforeValidator(_repeated)] = Field(
        description="the new shape, [channels, axes…]; -1 keeps the size that arrives"
    )

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """A single one stands at every place."""
        before = arriving[0]
        return before if out_channels == before.total else mixed(arriving, out_channels)

    def output_shape(self, x: Shape) -> Shape:
        """The shape as given, where it has -1 that of `x`."""
        if len(self.shape) != len(x):
            raise ShapeError(f"shape {list(self.shape)} has {len(self.shape)} sizes, and {show(x)} {len(x)}")
        for axis, (n, wanted) in enumerate(zip(x, self.shape, strict=True)):
            if wanted not in {-1, n} and n != 1:
                raise ShapeError(
                    f"shape[{axis}] {wanted} is not the {names(x)[axis]} of {n}; only a 1 repeats"
                )
        return tuple(n if wanted == -1 else wanted for n, wanted in zip(x, self.shape, strict=True))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values of the new shape."""
        return kernels.shape.expand(x, self.shape)


class Pad(Moving):
    """Positions added around the spatial axes, or cut off, and channels added.

    They are zeros or another constant, a mirror image, the edge repeated, or the other end. Positions beyond
    the borders count as if there were data, also where they mirror it: see the page on receptive fields.
    """

    per_channel: ClassVar[bool] = True

    padding: SignedMargins | None = Field(
        None,
        description="positions to add: one number, one per axis, or [before, after] pairs; negative ones "
        "are cut off",
    )
    mode: Border = Field(
        "constant",
        description="`value`, the input mirrored at its edge (which is not repeated), its edge repeated, or "
        "its other end (of what is left of it, where some is cut off)",
    )
    value: Number = Field(default=0.0, description="the constant that is added")
    extra_channels: Ends = Field(
        (0, 0), description="channels of the constant to add: one number, or a [before, after] pair"
    )

    @model_validator(mode="after")
    def _fits_its_mode(self) -> Self:
        if self.padding is None and not any(self.extra_channels):
            raise PydanticCustomError("pad", "needs padding, or extra_channels")
        if self.mode != "constant" and (self.value or any(self.extra_channels)):
            word = "value" if self.value else "extra_channels"
            text = "{word} is for mode constant, but mode is {mode}"
            raise PydanticCustomError("pad", text, {"word": word, "mode": self.mode})
        return self

    def _margins(self, x: Shape) -> Pads:
        return margins((0,) if self.padding is None else self.padding, x, "padding") if x[1:] else ()

    def window(self, x: Shape) -> Window:
        """One tap, one step, and the padding."""
        return shift(self._margins(x))

    @property
    def tells_channels_apart(self) -> bool:
        """Those that are added read nothing."""
        return any(self.extra_channels)

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """As they are, between those that are added."""
        before, after = (alike(n) for n in self.extra_channels)
        return concatenated([one for one in (before, arriving[0], after) if one.total])

    def output_shape(self, x: Shape) -> Shape:
        """`(before + channels + after, *(before + axis + after))`."""
        if not x[1:] and self.padding is not None:
            margins(self.padding, x, "padding")
        for (before, after), name, length in zip(self._margins(x), names(x)[1:], x[1:], strict=True):
            if length + min(before, 0) + min(after, 0) < 1:
                raise ShapeError(f"padding {before} and {after} leaves nothing of the {name} of {length}")
        window = self.window(x)
        check_mirrored(self.mode, window, x)
        return (x[0] + sum(self.extra_channels), *window.output(x[1:]))

    @property
    def beyond_the_border(self) -> Border:
        """By the mode."""
        return self.mode

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(before + channels + after, *(before + axis + after))`."""
        return kernels.shape.pad(x, (self.extra_channels, *self._margins(x.shape)), self.mode, self.value)


class Crop(Moving):
    """Positions cut off the spatial axes: a margin, or what lies outside a centred size.

    Of an odd number to cut, one more goes at the end.
    """

    per_channel: ClassVar[bool] = True
    reference: ClassVar[str] = "Ronneberger, Fischer & Brox 2015, U-Net, figure 1"
    tap_fields: ClassVar[dict[str, str]] = {"like": "size"}

    cropping: Margins | None = Field(
        None,
        description="positions to cut: one number, one per axis, or [before, after] pairs",
    )
    size: PerAxis | None = Field(None, description="instead: the size to keep around the centre, per axis")
    like: str | None = Field(None, description="instead: the name of the tap whose size is kept")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if [self.cropping, self.size, self.like].count(None) != 2:
            raise PydanticCustomError(
                "crop",
                "needs one of cropping (what to cut), size (what to keep), like (a tap to match)",
            )
        return self

    def _margins(self, x: Shape) -> Pads:
        if self.size is None:
            return margins(self.cropping or (0,), x, "cropping")
        axes = spatial(x)
        kept = per_axis(self.size, len(axes), "size")
        return tuple(((n - k) // 2, n - k - (n - k) // 2) for n, k in zip(axes, kept, strict=True))

    def window(self, x: Shape) -> Window:
        """One tap, one step, and negative padding."""
        return shift(tuple((-before, -after) for before, after in self._margins(x)))

    def output_shape(self, x: Shape) -> Shape:
        """`(channels, *(axis - before - after))`."""
        for i, (before, after) in enumerate(self._margins(x)):
            name, length = names(x)[1 + i], x[1 + i]
            if before < 0 or after < 0:
                raise ShapeError(f"size {length - before - after} is larger than the {name} of {length}")
            if before + after >= length:
                raise ShapeError(f"cropping {before} + {after} leaves nothing of the {name} of {length}")
        return (x[0], *self.window(x).output(spatial(x)))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values `(channels, *(axis - before - after))`."""
        return kernels.shape.crop(x, self._margins(x.shape))


def _forwards(value: Value) -> Value:
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        raise must_be("at least 1; put a `flip` along the axis before it, which turns the order round", value)
    return value


class Slice(Moving):
    """A stretch of one axis: channels, or positions of a spatial axis; with a step, every so many of them.

    `start` and `end` count from 0, negative ones from the end; `end` is the first one left out. All
    parts of a tensor at once are a `split`.
    """

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    start: int = Field(0, description="the first to keep; negative counts from the end")
    end: int | None = Field(
        None, description="the first to leave out; negative counts from the end; default: none"
    )
    step: Annotated[Positive, BeforeValidator(_forwards)] = Field(
        default=1, description="from one that is kept to the next; backwards after a `flip`"
    )
    axis: Axis = Field(0, description="axis to cut; 0 is channels, 1 the first spatial axis, -1 the last")

    def _kept(self, x: Shape) -> range:
        name = name_of(self.axis, x)
        length = x[self.axis]
        end = length if self.end is None else self.end
        for word, value in (("start", self.start), ("end", end)):
            if not -length <= value <= length:
                raise ShapeError(f"{word}={value} lies outside the {length} of {name}")
        first, last = (value + length if value < 0 else value for value in (self.start, end))
        if first >= last:
            raise ShapeError(f"start={self.start} and end={end} leave nothing of the {length} of {name}")
        return range(first, last, self.step)

    def window(self, x: Shape) -> Window | None:
        """Along a spatial axis, one tap, its steps, and negative padding."""
        kept = self._kept(x)
        if self.axis == 0:
            return None
        pads, steps = [(0, 0) for _ in x], [1 for _ in x]
        pads[self.axis] = (-kept[0], kept[-1] + 1 - x[self.axis])
        steps[self.axis] = self.step
        return shift(tuple(pads[1:]))._replace(stride=tuple(steps[1:]))

    @property
    def tells_channels_apart(self) -> bool:
        """Along channels."""
        return self.axis == 0

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Those that are kept."""
        if self.axis:
            return arriving[0]
        kept = self._kept((arriving[0].total,))
        if self.step == 1:
            return arriving[0].picked(kept[0], kept[-1] + 1)
        return arriving[0].listed([[channel] for channel in kept])

    def output_shape(self, x: Shape) -> Shape:
        """`x` with as many along the axis as are kept: `(end - start) / step`, rounded up."""
        kept = self._kept(x)
        return tuple(len(kept) if axis == self.axis else n for axis, n in enumerate(x))

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values that are kept along the axis."""
        return kernels.shape.cut(x, self.axis, slice(self.start, self.end, self.step))


class Transpose(Moving):
    """The axes in another order."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axes",)

    axes: tuple[Axis, ...] = Field(
        description="the axes in their new order; 0 is channels, so [0, 2, 1] swaps height and width; "
        "negative ones count from the end",
    )

    @property
    def tells_channels_apart(self) -> bool:
        """Channels may become positions."""
        return self.axes[0] != 0

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """As they are, unless they become positions."""
        return arriving[0] if self.axes[0] == 0 else blurred_together(arriving, out_channels)

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement:
        """The axes in their new order."""
        return permuted(inputs[position], self.axes)

    def output_shape(self, x: Shape) -> Shape:
        """The sizes in the new order."""
        if sorted(self.axes) != list(range(len(x))):
            raise ShapeError(f"axes {list(self.axes)} must name each axis of {show(x)} once: {listed(x)}")
        return tuple(x[axis] for axis in self.axes)

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values with the axes in the new order."""
        return kernels.shape.transpose(x, self.axes)


class ChannelShuffle(Moving):
    """Channels dealt out across groups, always the same way.

    Channel `j` of group `i` becomes channel `j * groups + i`: a matrix of `groups` rows, transposed.
    """

    reference: ClassVar[str] = "Zhang et al. 2018, ShuffleNet, section 3.1"

    groups: Positive = Field(description="groups the channels come from")

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """The same ones in another order."""
        return arriving[0].dealt(self.groups)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        if x[0] % self.groups:
            raise ShapeError(f"groups={self.groups} must divide the {x[0]} channels")
        return x

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.shape.channel_shuffle(x, self.groups)


class Roll(Moving):
    """Everything moved on along some axes; what leaves at one end comes in at the other. Swin shifts so.

    Position `i` goes to `i + shift`. A negative shift moves towards the beginning.
    """

    reference: ClassVar[str] = "Liu et al. 2021, Swin Transformer, figure 4; PyTorch, torch.roll"

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    shifts: Annotated[tuple[int, ...], BeforeValidator(lift), Field(min_length=1)] = Field(
        description="how far to move: one number, or one per axis"
    )
    axis: Annotated[tuple[Axis, ...], BeforeValidator(lift), Field(min_length=1)] = Field(
        description="axes to move along, one or several; 0 is channels, 1 the first spatial axis, -1 the last"
    )

    def _shifts(self, x: Shape) -> Axes:
        """How far along every axis, channels first."""
        together(self.axis, x)
        if len(self.shifts) not in {1, len(self.axis)}:
            raise ShapeError(
                f"shifts has {len(self.shifts)} numbers, but axis {len(self.axis)}; give one each"
            )
        far = dict(zip(self.axis, self.shifts * (len(self.axis) // len(self.shifts)), strict=True))
        return tuple(far.get(axis, 0) for axis in range(len(x)))

    @property
    def tells_channels_apart(self) -> bool:
        """Along channels."""
        return 0 in self.axis

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """The last ones come first."""
        if 0 not in self.axis:
            return arriving[0]
        far = self.shifts[0 if len(self.shifts) == 1 else self.axis.index(0)]
        seam = -far % out_channels
        ends = (arriving[0].picked(seam, out_channels), arriving[0].picked(0, seam))
        return concatenated([end for end in ends if end.runs])

    def turns(self, x: Shape) -> tuple[Turn, ...]:
        """The shifts of the spatial axes."""
        return tuple(Turn(far) for far in self._shifts(x)[1:])

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        self._shifts(x)
        return x

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.shape.roll(x, self._shifts(x.shape))


class Flip(Moving):
    """Everything in the other order along some axes: the last comes first.

    A sequence that is read backwards (bidirectional Mamba), or a picture in the mirror.
    """

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    axis: Annotated[tuple[Axis, ...], BeforeValidator(lift), Field(min_length=1)] = Field(
        description="axes to turn round, one or several; 0 is channels, 1 the first spatial axis, -1 the last"
    )

    @property
    def tells_channels_apart(self) -> bool:
        """Along channels."""
        return 0 in self.axis

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """The last one comes first."""
        return arriving[0].mirrored() if 0 in self.axis else arriving[0]

    def turns(self, x: Shape) -> tuple[Turn, ...]:
        """Spatial axes in the other order."""
        return tuple(Turn(mirrored=axis in self.axis) for axis in range(1, len(x)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        together(self.axis, x)
        return x

    def run(self, kernels: Kernels, x: Array) -> Array:
        """Values shaped like `x`."""
        return kernels.shape.flip(x, self.axis)
