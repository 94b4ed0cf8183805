"""What stands in the plans of nnU-Net: of each configuration the stages of its U-Net, whole and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn, cast

from archcost.errors import ModelFileError
from archcost.importing.documents import LARGEST_NUMBER, document, is_count, value_of
from archcost.importing.lines import call
from archcost.spec.yaml_reader import MappingNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.importing.documents import Value
    from archcost.source import Place, Source
    from archcost.spec.yaml_reader import Tree
    from archcost.windows.window import Axes

LARGEST = 2**22
"""Bytes of a file: with the statistics of a hundred channels it has some 100,000."""
MOST_STAGES = 32
"""Stages of an encoder: halving the largest image so often leaves nothing."""
MOST_BLOCKS = 1_000
"""Blocks, or convolutions, of a stage."""

NETWORKS = ("PlainConvUNet", "ResidualEncoderUNet", "ResidualUNet")
"""Classes of networks that are read, of the package dynamic_network_architectures."""


class Stage(NamedTuple):
    """A stage of the encoder.

    Attributes:
        channels: that leave each of its blocks.
        blocks: how many blocks, or convolutions, it has.
        kernel_size: of its convolutions, per axis.
        stride: of the first of them, per axis.
        bottleneck: channels within its blocks; None of blocks with two convolutions.
        place: where it is said how many channels leave.
    """

    channels: int
    blocks: int
    kernel_size: Axes
    stride: Axes
    bottleneck: int | None
    place: Place


class Configuration(NamedTuple):
    """A configuration.

    Attributes:
        network: the class, one of `NETWORKS`.
        patch: the size of the image.
        stages: of the encoder, from the largest map to the smallest.
        decoder: blocks, or convolutions, of each stage of the decoder, from the smallest map to the largest.
        stem: channels of the stem of a residual encoder.
        bias: whether convolutions have one.
        dropout: the share that is left out behind a convolution; None without.
        norm: as an item of a spec; empty without.
        activation: likewise.
        activation_first: whether it comes before the norm.
        follows: whether a segmentation of the configuration before arrives as well, a channel for each class.
        place: of its name.
    """

    network: str
    patch: Axes
    stages: tuple[Stage, ...]
    decoder: tuple[int, ...]
    stem: int
    bias: bool
    dropout: str | None
    norm: str
    activation: str
    activation_first: bool
    follows: bool
    place: Place


class Dataset(NamedTuple):
    """What `dataset.json` says.

    Attributes:
        channels: of an image.
        classes: maps that leave: labels, or regions if there are any.
        foreground: labels but for the background.
    """

    channels: int
    classes: int
    foreground: int


def read_plans(path: Path) -> tuple[Source, dict[str, Configuration]]:
    """The configurations by name.

    Raises:
        ModelFileError: it holds what is not understood, at its place.
    """
    root = document(path, LARGEST, "a plan")
    named = _Keys(path, root, {one.key.text: one.value for one in root.pairs()})
    several = named.keys("configurations").nodes
    if not several:
        named.fail("it has no configurations", "configurations")
    found: dict[str, Configuration] = {}
    for name in several:
        keys = _inherited(path, several, name)
        found[name] = _configuration(keys, several[name].place)
    return root.place.source, found


def read_dataset(path: Path) -> Dataset:
    """The channels and classes of the dataset that a plan is of, from the file beside it.

    Raises:
        ModelFileError: it is not there, or says neither.
    """
    file = path.with_name("dataset.json")
    if not file.is_file():
        why = "how many channels and classes there are stands in dataset.json, which has to be beside it"
        raise ModelFileError(path, why)
    root = document(file, LARGEST, "a dataset.json")
    keys = _Keys(file, root, {one.key.text: one.value for one in root.pairs()})
    channels = len(keys.keys("channel_names" if "channel_names" in keys.nodes else "modality").nodes)
    labels = keys.keys("labels")
    values = {name: _labels(labels, name) for name in labels.nodes if name != "ignore"}
    regions = any(len(several) > 1 for several in values.values())
    numbers = {number for several in values.values() for number in several}
    foreground = len(numbers - {0})
    classes = sum({*several} != {0} for several in values.values()) if regions else len(numbers)
    if not channels or not classes:
        keys.fail("it names no channels" if not channels else "it names no labels", "labels")
    return Dataset(channels, classes, foreground)


class _Keys:
    """The keys of a mapping, with values that are asked for by what they must be."""

    def __init__(self, path: Path, node: Tree, nodes: Mapping[str, Tree]) -> None:
        self._path = path
        self._node = node
        self.nodes = nodes

    def fail(self, what: str, name: str = "") -> NoReturn:
        node = self.nodes.get(name, self._node)
        raise ModelFileError(self._path, what, node.place)

    def keys(self, name: str) -> _Keys:
        """What stands under a key; nothing if it is not there, or null."""
        node = self.nodes.get(name)
        if node is not None and not isinstance(node, MappingNode) and value_of(node) is not None:
            self.fail(f"{name} must be a mapping", name)
        return _Keys(self._path, node or self._node, _entries(node))

    def value(self, name: str, default: Value = None) -> Value:
        return value_of(self.nodes[name]) if name in self.nodes else default

    def needed(self, name: str) -> Value:
        if name not in self.nodes:
            self.fail(f"{name} is missing")
        return self.value(name)

    def counts(self, name: str, most: int) -> tuple[int, ...]:
        """Whole numbers from 1 on, one for each stage; a single one is that of all."""
        value = self.needed(name)
        several = value if isinstance(value, list) else [value] * most
        found = tuple(one for one in several if is_count(one))
        if len(found) != most or len(several) != most:
            self.fail(f"{name} must be a whole number from 1 on, or {most} of them", name)
        return found

    def sizes(self, name: str, stages: int, axes: int) -> list[Axes]:
        """Whole numbers, one for each axis of each stage."""
        value = self.needed(name)
        several = value if isinstance(value, list) else [value] * stages
        lists = [one if isinstance(one, list) else [one] * axes for one in several]
        found = [tuple(n for n in one if is_count(n)) for one in lists]
        if len(lists) != stages or any(len(one) != axes for one in (*lists, *found)):
            self.fail(f"{name} must have {axes} whole numbers from 1 on for each of {stages} stages", name)
        return found

    def truth(self, name: str, *, default: bool) -> bool:
        value = self.value(name, default)
        if not isinstance(value, bool):
            self.fail(f"{name} must be true or false", name)
        return value

    def check(self, *known: str) -> None:
        """Refuse keys that may change the network in a way that is not known here."""
        for name in self.nodes:
            if name not in known:
                self.fail(f"{name} is not followed; known are {', '.join(known)}", name)


def _entries(node: Tree | None) -> dict[str, Tree]:
    return {one.key.text: one.value for one in node.pairs()} if isinstance(node, MappingNode) else {}


def _inherited(path: Path, several: Mapping[str, Tree], name: str) -> _Keys:
    """A configuration, with what it has from others."""
    found: dict[str, Tree] = {}
    node, seen = several[name], {name}
    while True:
        mine = _entries(node)
        found = {**mine, **found}
        parent = value_of(mine["inherits_from"]) if "inherits_from" in mine else None
        if parent is None:
            return _Keys(path, several[name], found)
        if not isinstance(parent, str) or parent not in several or parent in seen:
            why = "inherits from itself" if parent in seen else f"inherits from {parent}, which is not there"
            raise ModelFileError(path, f"{name} {why}", mine["inherits_from"].place)
        seen.add(parent)
        node = several[parent]


def _configuration(keys: _Keys, place: Place) -> Configuration:
    patch = keys.needed("patch_size")
    if not isinstance(patch, list) or not 1 <= len(patch) <= 3 or not all(map(is_count, patch)):
        keys.fail("patch_size must have a whole number for each of one to three axes", "patch_size")
    sizes = tuple(n for n in patch if is_count(n))
    found = _built(keys, sizes, place) if "architecture" in keys.nodes else _planned(keys, sizes, place)
    return found._replace(follows=keys.value("previous_stage") is not None)


def _built(keys: _Keys, patch: Axes, place: Place) -> Configuration:
    """A network by the arguments of its class."""
    architecture = keys.keys("architecture")
    name = str(architecture.needed("network_class_name")).rpartition(".")[2]
    given = architecture.keys("arch_kwargs")
    _check_class(architecture, "network_class_name", name)
    residual = name != "PlainConvUNet"
    blocks = "n_blocks_per_stage" if residual else "n_conv_per_stage"
    given.check(
        *("n_stages", "features_per_stage", "conv_op", "kernel_sizes", "strides", blocks),
        *("n_conv_per_stage_decoder", "conv_bias", "norm_op", "norm_op_kwargs", "dropout_op"),
        *("dropout_op_kwargs", "nonlin", "nonlin_kwargs", "deep_supervision"),
        *(("block", "bottleneck_channels", "stem_channels") if residual else ("nonlin_first",)),
    )
    stages = given.counts("n_stages", 1)[0]
    if not 2 <= stages <= MOST_STAGES:
        given.fail(f"n_stages must be from 2 to {MOST_STAGES}", "n_stages")
    convolution = _last_word(given, "conv_op")
    if convolution != f"Conv{len(patch)}d":
        given.fail(f"conv_op is {convolution}, and patch_size has {len(patch)} axes", "conv_op")
    channels = given.counts("features_per_stage", stages)
    inner: tuple[int | None, ...] = (None,) * stages
    if _last_word(given, "block") == "BottleneckD":
        inner = given.counts("bottleneck_channels", stages)
    elif _last_word(given, "block") not in {"", "BasicBlockD"}:
        given.fail("block must be BasicBlockD or BottleneckD", "block")
    return Configuration(
        name,
        patch,
        _stages(given, channels, (blocks, "kernel_sizes", "strides"), inner, len(patch)),
        _repeats(given, "n_conv_per_stage_decoder", stages - 1),
        given.counts("stem_channels", 1)[0] if given.value("stem_channels") is not None else channels[0],
        given.truth("conv_bias", default=False),
        _dropout(given),
        _norm(given, len(patch)),
        _activation(given),
        given.truth("nonlin_first", default=False),
        follows=False,
        place=place,
    )


def _planned(keys: _Keys, patch: Axes, place: Place) -> Configuration:
    """A network as plans had it before they named its class with all arguments."""
    name = str(keys.needed("UNet_class_name"))
    _check_class(keys, "UNet_class_name", name)
    kernels = keys.needed("conv_kernel_sizes")
    stages = len(kernels) if isinstance(kernels, list) else 0
    if not 2 <= stages <= MOST_STAGES:
        keys.fail(f"conv_kernel_sizes must be of 2 to {MOST_STAGES} stages", "conv_kernel_sizes")
    base, most = (keys.counts(key, 1)[0] for key in ("UNet_base_num_features", "unet_max_num_features"))
    channels = tuple(min(base * 2**i, most) for i in range(stages))
    words = ("n_conv_per_stage_encoder", "conv_kernel_sizes", "pool_op_kernel_sizes")
    return Configuration(
        name,
        patch,
        _stages(keys, channels, words, (None,) * stages, len(patch)),
        _repeats(keys, "n_conv_per_stage_decoder", stages - 1),
        channels[0],
        bias=True,
        dropout=None,
        norm="instance_norm: {affine: true}",
        activation="leaky_relu",
        activation_first=False,
        follows=False,
        place=place,
    )


def _check_class(keys: _Keys, key: str, name: str) -> None:
    if name not in NETWORKS:
        keys.fail(f"the class {name} is not followed; known are {', '.join(NETWORKS)}", key)


def _stages(
    keys: _Keys,
    channels: tuple[int, ...],
    words: tuple[str, str, str],
    inner: tuple[int | None, ...],
    axes: int,
) -> tuple[Stage, ...]:
    """The stages; `words` are the keys of how many blocks they have, of kernels and of strides."""
    several = len(channels)
    blocks = _repeats(keys, words[0], several)
    kernels, strides = (keys.sizes(word, several, axes) for word in words[1:])
    node = keys.nodes.get("features_per_stage")
    items = node.items if isinstance(node, SequenceNode) else []
    places = [one.place for one in items] or [keys.nodes[words[1]].place] * several
    rows = zip(channels, blocks, kernels, strides, inner, places, strict=True)
    return tuple(Stage(*row) for row in rows)


def _repeats(keys: _Keys, name: str, stages: int) -> tuple[int, ...]:
    found = keys.counts(name, stages)
    if max(found) > MOST_BLOCKS:
        keys.fail(f"{name}: {MOST_BLOCKS:,} are read at most", name)
    return found


def _last_word(keys: _Keys, name: str) -> str:
    """The class that is meant: the last word of its path; empty without."""
    value = keys.value(name)
    return "" if value is None else str(value).rpartition(".")[2]


def _number(keys: _Keys, name: str, default: str) -> str:
    """A number as a spec writes it."""
    value = keys.value(name)
    if value is None:
        return default
    try:
        number = float(str(value) if isinstance(value, str) else cast("float", value))
    except (TypeError, ValueError, OverflowError):
        keys.fail(f"{name} must be a number", name)
    if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
        keys.fail(f"{name} is out of bounds", name)
    return f"{number:g}"


def _norm(keys: _Keys, axes: int) -> str:
    """The norm: PyTorch's instance norm learns nothing unless it is told to, its batch norm does."""
    word, given = _last_word(keys, "norm_op"), keys.keys("norm_op_kwargs")
    if not word:
        return ""
    if word not in {f"InstanceNorm{axes}d", f"BatchNorm{axes}d"}:
        keys.fail(f"norm_op must be InstanceNorm{axes}d or BatchNorm{axes}d", "norm_op")
    given.check("eps", "affine", "momentum")
    learns = word.startswith("Batch")
    affine, eps = given.truth("affine", default=learns), _number(given, "eps", "1e-05")
    fields = {"affine": str(affine).lower()} if affine != learns else {}
    fields |= {} if float(eps) == 1e-5 else {"eps": _decimal(eps)}
    return call("batch_norm" if learns else "instance_norm", fields)


def _decimal(text: str) -> str:
    """A number with a point, as YAML has numbers."""
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _dropout(keys: _Keys) -> str | None:
    word, given = _last_word(keys, "dropout_op"), keys.keys("dropout_op_kwargs")
    if not word:
        return None
    given.check("p", "inplace")
    if not word.startswith("Dropout"):
        keys.fail("dropout_op must be a Dropout of PyTorch", "dropout_op")
    return _number(given, "p", "0.5")


_ACTIVATIONS = {
    "LeakyReLU": ("leaky_relu", "negative_slope", "0.01"),
    "ReLU": ("relu", "", ""),
    "ReLU6": ("relu6", "", ""),
    "ELU": ("elu", "alpha", "1"),
    "SiLU": ("silu", "", ""),
    "Mish": ("mish", "", ""),
    "GELU": ("gelu", "", ""),
}


def _activation(keys: _Keys) -> str:
    word, given = _last_word(keys, "nonlin"), keys.keys("nonlin_kwargs")
    if not word:
        return ""
    if word not in _ACTIVATIONS:
        keys.fail(f"nonlin must be one of {', '.join(_ACTIVATIONS)}", "nonlin")
    kind, field, default = _ACTIVATIONS[word]
    given.check("inplace", *([field] if field else []))
    value = _number(given, field, default) if field else ""
    return call(kind, {} if value == default else {field: _decimal(value)})


def _labels(keys: _Keys, name: str) -> tuple[int, ...]:
    """The numbers of a label, or of those that a region is made of."""
    value = keys.value(name)
    several = value if isinstance(value, list) else [value]
    found = tuple(n for n in several if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**31)
    if not found or len(found) != len(several):
        keys.fail(f"label {name} must be a whole number, or a list of them", name)
    return found
