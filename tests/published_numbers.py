"""Numbers that papers and repositories print, and what of the zoo each of them is about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

import archcost
from archcost.limits import DEFAULT
from archcost.spec.zoo import zoo
from tests.slim_networks import SLIM, UNFUSED, WITHOUT_NORMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.results.report import NodeRow, Report

DATA = Path(__file__).parent / "data"
NETWORKS = Path(__file__).parent / "networks"

QUANTITIES = ("params", "mult_adds", "flops", "shape")
UNITS = {"1024": 1024, "K": 10**3, "M": 10**6, "G": 10**9}
CLASSES = 21
"""What Yu & Koltun's C is here."""

Setting = int | float | bool | str


@dataclass(frozen=True, kw_only=True)
class Printed:
    """One published number. `decimals` None means it is exact; `excuse` says why it is not checked."""

    network: str
    variant: str | None = None
    input: str | None = None
    quantity: str
    value: str | float
    unit: str | None = None
    decimals: int | None = None
    unsound: str | None = None
    out_of_scope: str | None = None

    def __str__(self) -> str:
        return " ".join(
            filter(None, [self.network, self.variant, self.input, self.quantity, str(self.value)])
        )

    @property
    def of(self) -> tuple[str, str | None]:
        return self.network, self.variant

    @property
    def excuse(self) -> str | None:
        return self.unsound or self.out_of_scope

    @property
    def number(self) -> Fraction:
        """The value in its unit, with a value for the C of formulas."""
        formula = re.fullmatch(r"(\d*)\*?C(\^2)?", str(self.value))
        if not formula:
            return Fraction(str(self.value))
        return Fraction(formula[1] or 1) * CLASSES ** (2 if formula[2] else 1)

    @property
    def shape(self) -> str:
        return str(self.number if self.unit == "channels" else self.value)

    def is_how_it_prints(self, exact: int) -> bool:
        """Whether an exact number prints as this one, rounded or cut off: sources mix the two."""
        if self.decimals is None:
            return exact == self.number
        digits = Fraction(10) ** self.decimals
        scaled = Fraction(exact, UNITS.get(self.unit or "", 1)) * digits
        return self.number * digits in (floor(scaled), floor(scaled + Fraction(1, 2)))


@cache
def published(quantities: tuple[str, ...] = QUANTITIES) -> tuple[tuple[str, Printed], ...]:
    """Every published number of these quantities, with its source."""
    fields = Printed.__dataclass_fields__
    groups = yaml.load((DATA / "published.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    rows = ((group["source"], row) for group in groups for row in group["rows"])
    return tuple(
        (source, Printed(**{key: value for key, value in row.items() if key in fields}))
        for source, row in rows
        if row["quantity"] in quantities
    )


@cache
def zoo_report(name: str, sets: tuple[tuple[str, Setting], ...] = (), shape: str | None = None) -> Report:
    """The report of a network of the zoo or `tests/networks`; a name that is a whole spec is read as one."""
    if "\n" not in name:
        spec = f"zoo:{name}" if name in zoo_names() else f"{NETWORKS / name}.yaml"
        return archcost.analyze(archcost.load(spec, set=dict(sets), input=shape))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "inline.yaml"
        file.write_text(name, encoding="utf-8")
        return archcost.analyze(archcost.load(file, input=shape))


@cache
def zoo_names() -> frozenset[str]:
    return frozenset(entry.name for entry in zoo(DEFAULT))


def products(node: NodeRow) -> int:
    return node.macs


def products_and_biases(node: NodeRow) -> int:
    """A sum of n products takes n - 1 additions, and a bias one more."""
    return node.additions + node.activations if node.kind in COUNTED else 0


def tensorflow(node: NodeRow) -> int:
    """tf.profiler: products, their sums with the biases, positions of a pool's windows, constant factors."""
    match node.kind:
        case "max_pool":
            return node.comparisons + node.activations
        case "avg_pool":
            return node.additions + node.activations
        case "scale":
            return node.multiplications
        case _:
            return node.macs + products_and_biases(node)


def tensorflow_and_norms(node: NodeRow) -> int:
    """The same with one operation for every element that leaves a norm."""
    return node.activations if node.kind == "batch_norm" else tensorflow(node)


COUNTED = ("conv", "depthwise_conv", "linear")


@dataclass(frozen=True)
class Target:
    """What a published number is about: a network, or a part of it, and how it is counted."""

    zoo: str
    part: str = ""
    only: str | None = None
    """`convolutions`, `weights` (without biases), `no norms` or `no classifier`."""
    sets: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    input: str | None = None
    upto: bool = False
    """Everything down to the part counts, not just the part."""
    operations: Callable[[NodeRow], int] = products

    def nodes(self, printed: Printed) -> list[NodeRow]:
        found = self.report(printed).nodes
        inside = [node for node in found if not self.part or f"{node.path}.".startswith(f"{self.part}.")]
        if self.upto:
            return list(found[: found.index(inside[-1]) + 1])
        if self.only == "convolutions":
            return [node for node in inside if "conv" in node.kind]
        if self.only == "no classifier":
            return [node for node in inside if node.kind != "linear"]
        return [node for node in inside if self.only != "no norms" or node.kind != "batch_norm"]

    def report(self, printed: Printed) -> Report:
        """At the size the number is for: a variable where the network has one, else another input."""
        if self.input:
            return zoo_report(self.zoo, tuple(self.sets.items()), self.input)
        plain = zoo_report(self.zoo)
        channels, *axes = next(iter(plain.inputs.values()))
        size = re.fullmatch(r"(\d+)x(\d+)", printed.input or "")
        if not size or len(axes) != 2:
            return zoo_report(self.zoo, tuple(self.sets.items()))
        if "size" in plain.vars:
            return zoo_report(self.zoo, (*self.sets.items(), ("size", int(size[1]))))
        return zoo_report(self.zoo, tuple(self.sets.items()), f"{channels}x{printed.input}")

    def exact(self, printed: Printed) -> int:
        nodes = self.nodes(printed)
        if printed.quantity == "params":
            return sum(node.params for node in nodes) - (biases(nodes) if self.only == "weights" else 0)
        return sum(map(self.operations, nodes))

    def shape(self, printed: Printed) -> str:
        """What leaves, written as the source does: the whole shape, channels, or one size."""
        channels, *axes = self.nodes(printed)[-1].output
        match printed.unit:
            case "channels of stage2,3,4":
                stages = self.report(printed)
                return str([channels_of(stages, f"stage.{i}") for i in range(3)])
            case "channels":
                return str(channels)
            case "output size":
                return str(axes[0])
            case _:
                return "x".join(map(str, (channels, *axes)))


def biases(nodes: list[NodeRow]) -> int:
    return sum(node.output[0] for node in nodes if node.kind in COUNTED)


def channels_of(found: Report, part: str) -> int:
    """The channels that leave a part."""
    return [node for node in found.nodes if node.path.startswith(f"{part}.")][-1].output[0]


def arithmetic(variant: str) -> Target:
    """A relationship of Dumoulin & Visin as a network of one layer; i is the size, a the output padding."""
    fields = {"k": "kernel_size", "s": "stride", "p": "padding", "a": "output_padding", "d": "dilation"}
    values = dict(re.findall(r"(\w)=(\d+)", variant))
    kind = "max_pool" if "pool" in variant else "conv_transpose" if "transposed" in variant else "conv"
    written = [f"{fields[key]}: {value}" for key, value in values.items() if key != "i"]
    if kind != "max_pool":
        written.append("out_channels: 1")
    layer = f"{kind}: {{{', '.join(written)}}}"
    size = values["i"]
    return Target(f"archcost: 1\nname: arithmetic\ninput: [1, {size}, {size}]\nlayers:\n  - {layer}\n")


FVCORE = """\
archcost: 1
name: toy
input: [1, 32, 32]
layers:
  - {name: conv1, conv: {out_channels: 6, kernel_size: 3}}
  - max_pool: {kernel_size: 2}
  - {name: conv2, conv: {out_channels: 16, kernel_size: 3}}
  - max_pool: {kernel_size: 2}
  - flatten
  - {name: fc1, linear: {out_features: 120}}
  - {name: fc2, linear: {out_features: 84}}
  - {name: fc3, linear: {out_features: 10}}
"""
"""The network in fvcore's documentation of its counts."""

V1 = {18: "a", 34: "a", 50: "v1", 101: "v1", 152: "v1"}
"""Suffixes of the ResNets of the paper: shortcuts without parameters, or the stride in the first 1x1."""

SHUFFLENETS = {
    groups: "shufflenet_v1" if groups == 3 else f"shufflenet_v1_g{groups}" for groups in (1, 2, 3, 4, 8)
}

TARGETS: dict[tuple[str, str | None], Target] = {
    ("LeNet-5", "total"): Target("lenet5"),
    ("LeNet-5", "OUTPUT (RBF)"): Target("lenet5", "output"),
    **{("LeNet-5", layer): Target("lenet5", layer.lower()) for layer in ("C1", "S2", "C3", "S4", "C5", "F6")},
    ("AlexNet", "BVLC bvlc_alexnet grouped"): Target("alexnet_grouped"),
    ("AlexNet", "BVLC conv layers only"): Target("alexnet_grouped", only="convolutions"),
    ("AlexNet", "ungrouped (groups=1)"): Target("alexnet_ungrouped"),
    **{
        ("VGG", f"{letter}{kind}"): Target(f"vgg{depth}")
        for letter, depth in {"A": 11, "B": 13, "D": 16, "E": 19}.items()
        for kind in ("", " (arithmetic)")
    },
    ("VGG", "C"): Target("vgg16_c"),
    ("VGG", "C (arithmetic)"): Target("vgg16_c"),
    ("VGG", "A-LRN"): Target("vgg11_lrn"),
    ("VGG", "A-LRN (arithmetic)"): Target("vgg11_lrn"),
    ("VGG", "E (VGG-19) quoted by ResNet paper"): Target("vgg19"),
    ("GoogLeNet", "total no aux, biases, 5x5 kept"): Target("inception_v1"),
    ("GoogLeNet", "total no aux"): Target("inception_v1"),
    ("GoogLeNet", "conv1"): Target("inception_v1", "conv_relu"),
    ("GoogLeNet", "pool1"): Target("inception_v1", "max_pool"),
    ("GoogLeNet", "conv2"): Target("inception_v1", "conv2"),
    ("GoogLeNet", "conv2 (1x1+3x3)"): Target("inception_v1", "conv2", only="weights"),
    **{("GoogLeNet", f"pool{i}"): Target("inception_v1", f"max_pool_{i}") for i in (2, 3, 4)},
    **{
        ("GoogLeNet", f"{kind}{unit}"): Target("inception_v1", unit, only="weights")
        for unit in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
        for kind in ("", "inception ")
    },
    ("GoogLeNet", "avgpool"): Target("inception_v1", "global_avg_pool"),
    ("GoogLeNet", "linear"): Target("inception_v1", "linear", only="weights"),
    **{
        (f"ResNet-{depth}", "paper Table 1"): Target(f"resnet{depth}_{suffix}")
        for depth, suffix in V1.items()
    },
    **{
        (f"ResNet-{depth}", "option A shortcuts (zero pad)"): Target(f"resnet{depth}_a") for depth in (18, 34)
    },
    **{(f"ResNet-{depth}", "stride in 1x1 (v1)"): Target(f"resnet{depth}_v1") for depth in (50, 101, 152)},
    **{(f"ResNet-{depth}", "stride in 3x3 (v1.5)"): Target(f"resnet{depth}") for depth in (50, 101, 152)},
    ("ResNet-50", "as re-implemented in SENet paper"): Target("resnet50_v1"),
    ("ResNet-50", "ResNeXt Table 1"): Target("resnet50"),
    ("ResNeXt-50 (32x4d)", "Table 1"): Target("resnext50_32x4d"),
    ("SE-ResNet-50", "stride in 1x1 conv+fc only"): Target("legacy_seresnet50"),
    **{(f"DenseNet-{depth}", None): Target(f"densenet{depth}") for depth in (121, 161, 169, 201, 264)},
    **{
        (f"CIFAR ResNet-{depth}", "option A"): Target(f"cifar_resnet{depth}")
        for depth in (20, 32, 44, 56, 110, 1202)
    },
    ("DenseNet CIFAR", "L=40 k=12"): Target("cifar_densenet40"),
    ("DenseNet CIFAR", "L=100 k=12"): Target("cifar_densenet100"),
    ("DenseNet CIFAR", "L=100 k=24"): Target("cifar_densenet100_k24"),
    ("DenseNet CIFAR", "BC L=100 k=12"): Target("cifar_densenet100_bc"),
    ("DenseNet CIFAR", "BC L=250 k=24"): Target("cifar_densenet250_bc_k24"),
    ("DenseNet CIFAR", "BC L=190 k=40"): Target("cifar_densenet190_bc_k40"),
    **{
        (f"WRN-{name}", None): Target(f"cifar_wrn{name.replace('-', '_')}")
        for name in ("40-1", "40-2", "40-4", "40-8", "28-10", "28-12", "22-8", "22-10", "16-8", "16-10")
    },
    ("SqueezeNet v1.0", None): Target("squeezenet1_0"),
    ("SqueezeNet v1.0", "Table 1 total"): Target("squeezenet1_0"),
    ("SqueezeNet v1.0", "conv1"): Target("squeezenet1_0", "conv"),
    **{("SqueezeNet v1.0", f"fire{i}"): Target("squeezenet1_0", f"stage.{i - 2}") for i in range(2, 10)},
    ("SqueezeNet v1.0", "conv10"): Target("squeezenet1_0", "conv_2"),
    ("SqueezeNet v1.1", None): Target("squeezenet1_1"),
    ("Conv MobileNet", "Table 4"): Target("mobilenet_v1_full"),
    ("MobileNet", "Table 4"): Target("mobilenet_v1"),
    ("Shallow MobileNet", "Table 5"): Target("mobilenet_v1_shallow"),
    ("MobileNet 0.75", "Table 6"): Target("mobilenet_v1_075"),
    ("MobileNet 0.5", "Table 6"): Target("mobilenet_v1_050"),
    ("MobileNet 0.25", "Table 6"): Target("mobilenet_v1_025"),
    ("MobileNet 1.0", "Table 7"): Target("mobilenet_v1"),
    **{
        ("MobileNet v1", f"slim README alpha={width}"): Target("mobilenet_v1", sets={"width": float(width)})
        for width in ("1.0", "0.75", "0.50", "0.25")
    },
    ("MobileNet v2", "1.0"): Target("mobilenet_v2", only="no norms"),
    ("MobileNet v2", "0.35 as quoted in MobileNetV3 Table 3"): Target("mobilenet_v2_035"),
    **{
        ("MobileNet v2", f"slim README alpha={width}"): Target(
            "mobilenet_v2", only="no norms", sets={"width": float(width)}
        )
        for width in ("1.4", "1.3", "1.0", "0.75", "0.5", "0.35")
    },
    **{
        ("d-li14/MobileNetV2", width): Target("mobilenet_v2", sets={"width": float(width)})
        for width in ("1.0", "0.75", "0.5", "0.35", "0.25")
    },
    ("MobileNet v3", "slim README Large dm=1"): Target("mobilenet_v3_large"),
    ("MobileNet v3", "slim README Large dm=0.75"): Target("mobilenet_v3_large_075"),
    **{
        name: Target(f"mobilenet_v3_{size.lower()}{suffix}")
        for size in ("Large", "Small")
        for width, suffix in {"1.0": "", "0.75": "_075"}.items()
        for name in (
            ("MobileNet v3", f"{size} {width} paper final"),
            (f"d-li14/MobileNetV3-{size} {width}", None),
        )
    },
    **{
        ("ShuffleNet v2", f"{width}x"): Target(f"shufflenet_v2_x{width.replace('.', '_')}")
        for width in ("2.0", "1.5", "1.0", "0.5")
    },
    **{(f"EfficientNet-B{i}", "Table 2"): Target(f"efficientnet_b{i}") for i in range(8)},
    ("Xception", None): Target("xception"),
    ("Xception", "paper Table 3"): Target("xception"),
    ("VMZ paper/R3D-18", "8x112x112"): Target("r3d_18"),
    ("VMZ paper/MC3-18", "8x112x112"): Target("mc3_18"),
    ("C3D", "Tran et al. 2015"): Target("c3d"),
    ("C3D", "Tran et al. 2015, fc6 input 8192, Sports-1M 487 classes"): Target("c3d"),
    ("U-Net", "paper 1->2 valid convs"): Target("unet"),
    ("U-Net", "zhixuhao Keras (same, 256, 1ch)"): Target("unet_keras"),
    ("U-Net", "3->1 BN no conv bias"): Target("unet_bn"),
    **{
        ("ShuffleNet v1 1x", f"g={groups}"): Target(name, only="no classifier")
        for groups, name in SHUFFLENETS.items()
    },
    **{
        ("megvii/ShuffleNetV1", f"{scale} g={groups}"): Target(f"{SHUFFLENETS[groups]}{suffix}")
        for scale, suffix in {"2.0x": "_x2_0", "1.5x": "_x1_5", "1.0x": "", "0.5x": "_x0_5"}.items()
        for groups in (3, 8)
    },
    **{
        ("ShuffleNet v1 1x", f"g={groups} stage channels"): Target(name)
        for groups, name in SHUFFLENETS.items()
    },
    ("ShuffleNet v1", "2x g=3"): Target("shufflenet_v1_x2_0"),
    ("ShuffleNet v1", "1.5x g=3"): Target("shufflenet_v1_x1_5"),
    ("ShuffleNet paper quotes VGG-16", None): Target("vgg16", only="convolutions"),
    ("ShuffleNet paper quotes GoogleNet (BVLC)", None): Target("inception_v1"),
    ("VMZ paper/R2D-18", "8x112x112"): Target("resnet18", sets={"classes": 400}, input="24x112x112"),
    **{
        ("Context module large", f"layer {i}"): Target("context_module_large", f"context.layer.{i - 1}")
        for i in range(1, 9)
    },
    ("Context module basic", "total weights"): Target("context_module", only="weights"),
    ("Context module basic", "C=21"): Target("context_module", only="weights"),
    **{
        ("fvcore docs toy net", layer): Target(FVCORE, "" if layer == "total" else layer)
        for layer in ("conv1", "conv2", "fc1", "fc2", "fc3", "total")
    },
    **{
        (f"ptflops/{name}", "aten backend"): Target(name, operations=products_and_biases)
        for name in ("alexnet", "convnext_base", "resnet18", "resnet50", "squeezenet1_0", "vgg16")
    },
    **{
        (printed, end_point): Target(
            slim.name,
            path,
            sets=slim.sets,
            upto=True,
            operations=tensorflow if printed not in {**WITHOUT_NORMS, **UNFUSED} else tensorflow_and_norms,
        )
        for printed, slim in SLIM.items()
        for end_point, path in slim.end_points.items()
    },
    **{
        (f"{head}_ResNet{depth}", None): Target(f"{head.lower()}_resnet{depth}_aux")
        for head in ("FCN", "DeepLabV3")
        for depth in (50, 101)
    },
    **{
        (f"ConvNeXt-{letter}", "README"): Target(f"convnext_{size}")
        for letter, size in {"T": "tiny", "S": "small", "B": "base", "L": "large", "XL": "xlarge"}.items()
    },
    ("Inception_V3", None): Target("inception_v3_aux"),  # torchvision counts the head's parameters
}
"""Published numbers by network and variant, and what of the zoo they are about."""


def target_of(printed: Printed) -> Target | None:
    """What a number is about; torchvision's are about the network of the same name."""
    if printed.network == "conv arithmetic":
        return arithmetic(printed.variant or "")
    torchvision = printed.network.lower()
    if printed.of in TARGETS or printed.variant or torchvision not in zoo_names():
        return TARGETS.get(printed.of)
    return Target(torchvision)


def holds(printed: Printed, target: Target) -> bool:
    if printed.quantity == "shape":
        return target.shape(printed) == printed.shape
    return printed.is_how_it_prints(target.exact(printed))
