"""TF-Slim's networks, whose end points google-research/receptive_field tabulates, and what they are here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Slim(NamedTuple):
    """A network here that is one of TF-Slim's, the paths of its end points, and how it is loaded."""

    name: str
    end_points: dict[str, str]
    sets: Mapping[str, bool | float | str] = MappingProxyType({})


def _named(names: str, paths: list[str]) -> dict[str, str]:
    return dict(zip(names.split(), paths, strict=True))


def _mixed(stage: int, letters: str) -> str:
    return " ".join(f"Mixed_{stage}{letter}" for letter in letters)


def _counted(path: str, count: int) -> list[str]:
    return [f"{path}.{i}" for i in range(count)]


_ALEXNET = _named(
    "conv1 pool1 conv2 conv3 conv4 conv5 pool5",
    ["conv", "max_pool", "conv_2", "conv_3", "conv_4", "conv_5", "max_pool_3"],
)

_VGG = {
    **{f"conv{i}/conv{i}_1": f"stage.{i - 1}.0.conv" for i in range(1, 6)},
    **{f"conv{i}/conv{i}_2": f"stage.{i - 1}.1.conv" for i in range(3, 6)},
    **{f"pool{i}": f"stage.{i - 1}.max_pool" for i in range(1, 6)},
}

_INCEPTION_V2 = (
    "Conv2d_1a_7x7 MaxPool_2a_3x3 Conv2d_2b_1x1 Conv2d_2c_3x3 MaxPool_3a_3x3 "
    f"{_mixed(3, 'bc')} {_mixed(4, 'abcde')} {_mixed(5, 'abc')}"
)

_STEM = "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 MaxPool_3a_3x3 Conv2d_3b_1x1 Conv2d_4a_3x3 MaxPool_5a_3x3"


def _stem(word: str) -> list[str]:
    """Where the stem's end points are, if `word` is the block of a convolution with its norm."""
    parts = [word, f"{word}_2", f"{word}_3", "max_pool", f"{word}_4", f"{word}_5", "max_pool_2"]
    return [f"stem.{part}" for part in parts]


_INCEPTION_V3 = _named(
    f"{_STEM} {_mixed(5, 'bcd')} {_mixed(6, 'abcde')} {_mixed(7, 'abc')}",
    [
        *_stem("conv_bn"),
        *_counted("mixed_5", 3),
        "reduction_a",
        *_counted("mixed_6", 4),
        "reduction_b",
        *_counted("mixed_7", 2),
    ],
)

_INCEPTION_V4 = _named(
    "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 Mixed_3a Mixed_4a "
    f"{_mixed(5, 'abcde')} {_mixed(6, 'abcdefgh')} {_mixed(7, 'abcd')}",
    [
        *(f"stem.{part}" for part in ("unit", "unit_2", "unit_3", "mixed_3a", "mixed_4a", "mixed_5a")),
        *_counted("a", 4),
        "reduction_a",
        *_counted("b", 7),
        "reduction_b",
        *_counted("c", 3),
    ],
)

_INCEPTION_RESNET_V2 = _named(
    f"{_STEM} Mixed_5b Mixed_6a PreAuxLogits Mixed_7a Conv2d_7b_1x1",
    [*_stem("unit"), "mixed_5b", "mixed_6a", "stage_17", "mixed_7a", "unit"],
)

_MOBILENET = _named(
    "Conv2d_0 " + " ".join(f"Conv2d_{i}_pointwise" for i in range(1, 14)),
    [
        "conv_bn",
        *(part for i, depth in enumerate((1, 2, 2, 6, 2)) for part in _counted(f"stage.{i}", depth)),
    ],
)

_RESNET = _named("block1 block2 block3 block4", _counted("block", 4))

_SCOPED = {
    "alexnet_v2": Slim("alexnet_v2", _ALEXNET),
    "vgg_a": Slim("vgg11", _VGG),
    "vgg_16": Slim("vgg16", _VGG),
    **{
        f"resnet_{version}_{depth}": Slim(f"slim_resnet_{version}_{depth}", _RESNET)
        for version in ("v1", "v2")
        for depth in (50, 101, 152, 200)
    },
}
"""Networks whose end points are printed with the network's name in front."""

WITHOUT_NORMS = {
    "inception_v2": Slim("slim_inception_v2", {name: name for name in _INCEPTION_V2.split()}),
    "inception_v2-no-separable-conv": Slim(
        "slim_inception_v2_full", {name: name for name in _INCEPTION_V2.split()}
    ),
    "inception_v3": Slim("inception_v3", _INCEPTION_V3),
    "inception_v4": Slim("inception_v4", _INCEPTION_V4),
    "inception_resnet_v2": Slim("inception_resnet_v2", _INCEPTION_RESNET_V2),
    "inception_resnet_v2-same": Slim("inception_resnet_v2", _INCEPTION_RESNET_V2, {"border": "same"}),
}
"""Networks that the table's script built without their settings: with a bias wherever they have a norm."""

UNFUSED = {
    "mobilenet_v1": Slim("mobilenet_v1", _MOBILENET, {"tensorflow": True}),
    "mobilenet_v1_075": Slim("mobilenet_v1", _MOBILENET, {"tensorflow": True, "width": 0.75}),
}
"""Networks whose norms are counted in the table, at one operation per element; those of ResNets are not."""

SLIM = {
    **{
        name: slim._replace(end_points={f"{name}/{point}": path for point, path in slim.end_points.items()})
        for name, slim in _SCOPED.items()
    },
    **WITHOUT_NORMS,
    **UNFUSED,
}
"""By the name that is printed: networks with their end points as printed."""
