"""What each section of a configuration of Darknet does, as the items of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.importing.lines import SpecLines, call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcost.importing.darknet.sections import Section

Size: TypeAlias = tuple[int, int, int]
"""Channels, height, width."""

ACTIVATIONS = {
    "linear": "",
    "leaky": "leaky_relu: {negative_slope: 0.1}",
    "relu": "relu",
    "relu6": "relu6",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "mish": "mish",
    "swish": "silu",
    "elu": "elu",
    "selu": "selu",
}
"""Words of Darknet -> items."""

TRAINING = {
    "stopbackward",
    "learning_rate",
    "dontload",
    "dontloadscales",
    "onlyforward",
    "numload",
    "train_only_bn",
    "dont_update",
    "burnin_update",
    "flipped",
}
"""Options that change no network that runs."""

DETECTORS = ("yolo", "region", "Gaussian_yolo", "detection")
"""Sections in which boxes are read from the numbers that arrive, without weights and without MACs."""


class Writer(SpecLines):
    """The items of a configuration.

    Attributes:
        input: the shape of what arrives.
        outputs: what leaves, by the names of items.
        notes: what is to be known of it.
        flat: items that give a row of numbers.
        units: the activations behind convolutions with a batch norm, by Darknet's words.
    """

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self.outputs: list[str] = []
        self.notes: list[str] = []
        self.flat: set[str] = set()
        self.units: dict[str, list[str]] = {}
        net, *layers = sections
        sizes = [net.number_of(name, 0) for name in ("channels", "height", "width")]
        self.input: tuple[int, ...] = tuple(sizes)
        if not all(sizes):
            net.fail(
                "channels, height and width must be numbers from 1: networks on images are followed alone"
            )
        if not layers:
            net.fail("there is no layer behind it")
        self._taps: list[str] = []
        self._sizes: list[Size] = []
        for section in layers:
            self.row = section.place.line
            write = SECTIONS.get(section.word)
            if write is None:
                known = ", ".join(f"[{word}]" for word in SECTIONS)
                section.fail(f"this section is not followed; known are {known}")
            tap, size = write(self, section)
            self._taps.append(tap)
            self._sizes.append(size)
        if not self.outputs or self._taps[-1] not in self.outputs:
            self.outputs.append(self._taps[-1])

    def blocks(self) -> list[str]:
        """A block for each activation behind a convolution with a batch norm."""
        lines = ["blocks:"] if self.units else []
        for word, activation in self.units.items():
            fields = ["out_channels: $filters", "kernel_size: $size"]
            fields += [f"{name}: ${name}" for name in ("stride", "padding", "groups")]
            lines += [
                f"  conv_{word}:",
                "    params: {filters: required, size: required, stride: 1, padding: 0, groups: 1}",
                "    body:",
                "      - conv:",
                *(f"          {field}" for field in [*fields, "bias: false"]),
                "      - batch_norm",
                *(f"      - {item}" for item in activation),
            ]
        return lines

    @property
    def tap(self) -> str:
        """What the section at hand reads."""
        return self._taps[-1] if self._taps else "input"

    @property
    def size(self) -> Size:
        """The size of that."""
        channels, height, width = self.input
        return self._sizes[-1] if self._sizes else (channels, height, width)

    def other(self, section: Section, index: int, name: str) -> tuple[str, Size]:
        """Another layer, by its number or from here backwards, and its size."""
        at = index + section.number if index < 0 else index
        if not 0 <= at < section.number:
            section.fail(f"{name}={index} is no layer before this one", name)
        return self._taps[at], self._sizes[at]

    def row_of(self, section: Section, items: Sequence[str], taps: Sequence[str] | None = None) -> str:
        """Write items one behind the other as one that has the layer's name; what that is."""
        name, reads = f"layer_{section.number}", taps or [self.tap]
        if len(items) > 1 and len(reads) > 1:
            self.item(items[0], "", reads)
            items, reads = items[1:], None
        self.group(items, name, reads)
        return name


def _activation(section: Section, default: str) -> list[str]:
    word = section.word_of("activation", default)
    if word not in ACTIVATIONS:
        section.fail(
            f"the activation {word} is not followed; known are {', '.join(ACTIVATIONS)}", "activation"
        )
    return [ACTIVATIONS[word]] if ACTIVATIONS[word] else []


def _normalized(section: Section) -> bool:
    return section.number_of("batch_normalize", 0) != 0


def _strides(section: Section, default: int = 1) -> tuple[int, int]:
    """Along the height and the width."""
    stride = section.number_of("stride", default, 1)
    return section.number_of("stride_y", stride, 1), section.number_of("stride_x", stride, 1)


def _per_axis(height: int, width: int) -> str:
    return str(height) if height == width else f"[{height}, {width}]"


def _made(section: Section, channels: int, height: int, width: int) -> Size:
    if min(channels, height, width) < 1:
        section.fail(f"{channels}x{height}x{width} would be left of the tensor")
    return channels, height, width


def _convolutional(writer: Writer, section: Section) -> tuple[str, Size]:
    known = ("filters", "size", "stride", "stride_x", "stride_y", "pad", "padding", "groups", "activation")
    section.check(*known, "batch_normalize", "dilation", ignored=TRAINING)
    if section.number_of("dilation", 1) != 1:
        section.fail("a dilation is not followed", "dilation")
    filters, size = section.number_of("filters", 1, 1), section.number_of("size", 1, 1)
    groups = section.number_of("groups", 1, 1)
    padding = size // 2 if section.number_of("pad", 0) else section.number_of("padding", 0)
    down, across = _strides(section)
    channels, height, width = writer.size
    if channels % groups or filters % groups:
        section.fail(f"{groups} groups do not divide {channels} channels and {filters} filters", "groups")
    fields = {"stride": _per_axis(down, across)} if (down, across) != (1, 1) else {}
    fields |= {"padding": str(padding)} if padding else {}
    fields |= {"groups": str(groups)} if groups > 1 else {}
    activation = _activation(section, "logistic")
    if _normalized(section):
        word = section.word_of("activation", "logistic")
        writer.units[word] = activation
        items = [call(f"conv_{word}", {"filters": str(filters), "size": str(size), **fields})]
    else:
        items = [
            call("conv", {"out_channels": str(filters), "kernel_size": str(size), **fields}),
            *activation,
        ]
    out = [(axis + 2 * padding - size) // stride + 1 for axis, stride in ((height, down), (width, across))]
    return writer.row_of(section, items), _made(section, filters, *out)


def _maxpool(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("size", "stride", "stride_x", "stride_y", "padding", ignored=TRAINING)
    down, across = _strides(section)
    size = section.number_of("size", section.number_of("stride", 1, 1), 1)
    padding = section.number_of("padding", size - 1)
    fields = {"kernel_size": str(size), "stride": _per_axis(down, across)}
    before, after = padding // 2, padding - padding // 2
    if padding == size - 1 and (size == 2 or down == across == 1):
        fields |= {"padding": "same"} if padding else {}
    elif padding:
        fields |= {
            "padding": str(before) if before == after else f"[[{before}, {after}], [{before}, {after}]]"
        }
    channels, height, width = writer.size
    out = [(axis + padding - size) // stride + 1 for axis, stride in ((height, down), (width, across))]
    return writer.row_of(section, [call("max_pool", fields)]), _made(section, channels, *out)


def _avgpool(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check(ignored=TRAINING)
    return writer.row_of(section, ["global_avg_pool"]), (writer.size[0], 1, 1)


def _route(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("layers", "groups", "group_id", ignored=TRAINING)
    found = [writer.other(section, index, "layers") for index in section.numbers("layers")]
    groups, part = section.number_of("groups", 1, 1), section.number_of("group_id", 0)
    sizes = [size for _, size in found]
    if any(size[1:] != sizes[0][1:] for size in sizes):
        section.fail(f"what it joins differs in height or width: {sizes}", "layers")
    if part >= groups or any(size[0] % groups for size in sizes):
        section.fail(f"group {part} of {groups} is not a part of {[size[0] for size in sizes]} channels")
    taps = [tap for tap, _ in found]
    size = (sum(size[0] // groups for size in sizes), *sizes[0][1:])
    if groups > 1:
        name = f"layer_{section.number}"
        for i, (tap, one) in enumerate(found):
            start, end = part * one[0] // groups, (part + 1) * one[0] // groups
            called = name if len(found) == 1 else f"{name}_{i}"
            writer.item(f"slice: {{start: {start}, end: {end}}}", called, [tap])
            taps[i] = called
    return (taps[0] if len(taps) == 1 else writer.row_of(section, ["concat"], taps)), size


def _shortcut(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("from", "activation", "weights_type", ignored={*TRAINING, "weights_normalization"})
    if section.word_of("weights_type", "none") != "none":
        section.fail("learned weights of what is added are not followed", "weights_type")
    found = [writer.other(section, index, "from") for index in section.numbers("from")]
    if any(size != writer.size for _, size in found):
        sizes = [size for _, size in found]
        section.fail(f"what is added has other sizes, {sizes}, than what arrives, {writer.size}", "from")
    items = ["add", *_activation(section, "linear")]
    return writer.row_of(section, items, [writer.tap, *(tap for tap, _ in found)]), writer.size


def _sam(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("from", "activation", ignored=TRAINING)
    tap, size = writer.other(section, section.number_of("from", 0, -5000), "from")
    if size != writer.size:
        section.fail(f"what is multiplied has another size, {size}, than what arrives, {writer.size}", "from")
    items = ["multiply", *_activation(section, "linear")]
    return writer.row_of(section, items, [writer.tap, tap]), size


def _scale_channels(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("from", "activation", "scale_wh", ignored=TRAINING)
    tap, size = writer.other(section, section.number_of("from", 0, -5000), "from")
    if section.number_of("scale_wh", 0) or writer.size != (size[0], 1, 1):
        section.fail(f"a number for each of the {size[0]} channels is followed, not {writer.size}")
    items = ["multiply", *_activation(section, "linear")]
    return writer.row_of(section, items, [tap, writer.tap]), size


def _upsample(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("stride", "scale", ignored=TRAINING)
    if section.word_of("scale", "1") not in {"1", "1.", "1.0"}:
        section.fail("a scale is not followed", "scale")
    stride = section.number_of("stride", 2, 1)
    channels, height, width = writer.size
    size = _made(section, channels, height * stride, width * stride)
    return writer.row_of(section, [f"upsample: {{scale_factor: {stride}}}"]), size


def _reorg(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("stride", "reverse", "flatten", "extra", ignored=TRAINING)
    stride = section.number_of("stride", 1, 1)
    channels, height, width = writer.size
    if any(section.number_of(name, 0) for name in ("reverse", "flatten", "extra")):
        section.fail("reverse, flatten and extra are not followed")
    if channels % stride**2 or height % stride or width % stride:
        section.fail(f"{channels}x{height}x{width} is not divided by its stride of {stride}")
    # Darknet reads the numbers as a map of fewer channels and more positions, and takes that apart.
    squares = stride**2
    taken = f"[$(in_channels // {squares}), $in_height, {stride}, $in_width, {stride}]"
    back = f"[$(in_channels({writer.tap}) * {squares}), $(in_height({writer.tap}) // {stride}), -1]"
    items = [
        f"reshape: {{shape: {taken}}}",
        "transpose: {axes: [2, 4, 0, 1, 3]}",
        f"reshape: {{shape: {back}}}",
    ]
    return writer.row_of(section, items), (channels * squares, height // stride, width // stride)


def _connected(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("output", "activation", "batch_normalize", ignored=TRAINING)
    output, normalized = section.number_of("output", 1, 1), _normalized(section)
    flat = [] if writer.tap in writer.flat else ["flatten"]
    bias = ", bias: false" if normalized else ""
    items = [*flat, f"linear: {{out_features: {output}{bias}}}", *(["batch_norm"] if normalized else [])]
    tap = writer.row_of(section, [*items, *_activation(section, "logistic")])
    writer.flat.add(tap)
    return tap, (output, 1, 1)


def _softmax(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("groups", "temperature", ignored=TRAINING)
    if section.number_of("groups", 1) != 1 or "temperature" in section.options:
        section.fail("one softmax over all numbers is followed alone")
    channels, height, width = writer.size
    flat = [] if writer.tap in writer.flat else ["flatten"]
    tap = writer.row_of(section, [*flat, "softmax"])
    writer.flat.add(tap)
    return tap, (channels * height * width, 1, 1)


def _dropout(writer: Writer, section: Section) -> tuple[str, Size]:
    section.check("probability", ignored={*TRAINING, "dropblock", "dropblock_size_rel", "dropblock_size_abs"})
    return writer.tap, writer.size


def _cost(writer: Writer, _section: Section) -> tuple[str, Size]:
    return writer.tap, writer.size


def _detector(writer: Writer, section: Section) -> tuple[str, Size]:
    channels = writer.size[0]
    classes = section.number_of("classes", 20, 1)
    each = {"yolo": 5, "Gaussian_yolo": 9, "region": section.number_of("coords", 4) + 1}.get(section.word)
    if each:
        several = section.number_of("num", 1, 1)
        boxes = len(section.numbers("mask")) if "mask" in section.options else several
        if channels != boxes * (classes + each):
            section.fail(
                f"{boxes} boxes of {classes} classes need {boxes * (classes + each)} channels, not {channels}"
            )
    if not writer.notes:
        writer.notes.append("boxes are as the last convolutions give them, before they are decoded")
    writer.outputs.append(writer.tap)
    return writer.tap, writer.size


SECTIONS: dict[str, Callable[[Writer, Section], tuple[str, Size]]] = {
    "convolutional": _convolutional,
    "conv": _convolutional,
    "maxpool": _maxpool,
    "max": _maxpool,
    "avgpool": _avgpool,
    "avg": _avgpool,
    "route": _route,
    "shortcut": _shortcut,
    "sam": _sam,
    "scale_channels": _scale_channels,
    "upsample": _upsample,
    "reorg": _reorg,
    "connected": _connected,
    "conn": _connected,
    "softmax": _softmax,
    "soft": _softmax,
    "dropout": _dropout,
    "cost": _cost,
    **dict.fromkeys(DETECTORS, _detector),
}
"""Sections, by their names."""
