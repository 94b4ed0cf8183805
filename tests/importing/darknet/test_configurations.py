"""Configurations of Darknet, written from the papers: as many weights as in the published files of weights.

Such a file holds, behind a header of 16 or 20 bytes, four bytes for each weight, each bias and, of a batch
norm, its scale, its shift and both statistics. Operations are those of Redmon's table, two per MAC.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost import SpecError, analyze, load
from archcost.errors import ModelFileError
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.formatting import formatted
from archcost.importing.imported import imported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcost.execute.arrays import Array


def section(word: str, **options: object) -> str:
    return "".join([f"[{word}]\n", *(f"{name}={value}\n" for name, value in options.items()), "\n"])


def net(size: int, channels: int = 3) -> str:
    return section("net", batch=64, width=size, height=size, channels=channels, learning_rate=0.001)


def conv(filters: int, size: int = 3, stride: int = 1, activation: str = "leaky") -> str:
    options = {"filters": filters, "size": size, "stride": stride, "pad": 1, "activation": activation}
    return section("convolutional", batch_normalize=1, **options)


def last(filters: int) -> str:
    return section("convolutional", filters=filters, size=1, stride=1, pad=1, activation="linear")


def pool(size: int = 2, stride: int = 2) -> str:
    return section("maxpool", size=size, stride=stride)


def route(*layers: int) -> str:
    return section("route", layers=", ".join(map(str, layers)))


def yolo(*mask: int, anchors: int = 9) -> str:
    return section("yolo", mask=",".join(map(str, mask)), classes=80, num=anchors)


UP = section("upsample", stride=2)
ADD = section("shortcut", **{"from": -3}, activation="linear")


def yolov3_tiny() -> str:
    body = "".join(conv(filters) + pool() for filters in (16, 32, 64, 128, 256))
    deep = conv(512) + pool(2, 1) + conv(1024) + conv(256, 1) + conv(512) + last(255) + yolo(3, 4, 5)
    fine = route(-4) + conv(128, 1) + UP + route(-1, 8) + conv(256) + last(255) + yolo(0, 1, 2)
    return net(416) + body + deep + fine


def darknet53() -> str:
    def stages() -> Iterator[str]:
        for filters, count in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
            yield conv(filters, 3, 2)
            yield (conv(filters // 2, 1) + conv(filters) + ADD) * count

    return conv(32) + "".join(stages())


def yolov3(*, spp: bool = False) -> str:
    def head(filters: int, *mask: int) -> str:
        return (conv(filters, 1) + conv(2 * filters)) * 3 + last(255) + yolo(*mask)

    pools = "".join(pool(size, 1) + route(-2 * i) for i, size in ((1, 5), (2, 9)))
    first = (conv(512, 1) + conv(1024)) + conv(512, 1)
    spatial = pools + pool(13, 1) + route(-1, -3, -5, -6) + conv(512, 1)
    rest = conv(1024) + conv(512, 1) + conv(1024) + last(255) + yolo(6, 7, 8)
    ends = [
        (first + spatial + rest) if spp else head(512, 6, 7, 8),
        route(-4) + conv(256, 1) + UP + route(-1, 61) + head(256, 3, 4, 5),
        route(-4) + conv(128, 1) + UP + route(-1, 36) + head(128, 0, 1, 2),
    ]
    return net(416) + darknet53() + "".join(ends)


def yolov4_tiny() -> str:
    def stage(filters: int) -> str:
        half = section("route", layers=-1, groups=2, group_id=1)
        inner = conv(filters // 2) + conv(filters // 2) + route(-1, -2) + conv(filters, 1) + route(-6, -1)
        return conv(filters) + half + inner + pool()

    body = conv(32, 3, 2) + conv(64, 3, 2) + stage(64) + stage(128) + stage(256)
    first = conv(512) + conv(256, 1) + conv(512) + last(255) + yolo(3, 4, 5, anchors=6)
    fine = route(-4) + conv(128, 1) + UP + route(-1, 23) + conv(256) + last(255) + yolo(1, 2, 3)
    return net(416) + body + first + fine


def yolov2() -> str:
    def block(filters: int, count: int) -> str:
        return conv(filters) + (conv(filters // 2, 1) + conv(filters)) * (count // 2)

    blocks = [conv(32), conv(64), block(128, 3), block(256, 3), block(512, 5), block(1024, 5)]
    fine = route(-9) + conv(64, 1) + section("reorg", stride=2)
    end = route(-1, -4) + conv(1024) + last(425) + section("region", classes=80, coords=4, num=5)
    return net(608) + pool().join(blocks) + conv(1024) + conv(1024) + fine + end


def yolov2_tiny() -> str:
    body = "".join(conv(filters) + pool() for filters in (16, 32, 64, 128, 256))
    deep = conv(512) + pool(2, 1) + conv(1024) + conv(512) + last(425)
    return net(416) + body + deep + section("region", classes=80, coords=4, num=5)


PUBLISHED: Mapping[str, tuple[str, int, str]] = {
    "yolov3": (yolov3(), (248_007_048 - 20) // 4, "65.86"),
    "yolov3-spp": (yolov3(spp=True).replace("=416", "=608"), (252_209_544 - 20) // 4, "141.45"),
    "yolov3-tiny": (yolov3_tiny(), (35_434_956 - 20) // 4, "5.56"),
    "yolov4-tiny": (yolov4_tiny(), (24_251_276 - 20) // 4, ""),
    "yolov2": (yolov2(), (203_934_260 - 16) // 4, "62.94"),
    "yolov2-tiny": (yolov2_tiny(), (44_948_596 - 16) // 4, "5.41"),
}
"""Texts, the numbers in the file of weights, and billions of operations, by name."""


def output(image: Array) -> Array:
    """What leaves `net.cfg`, a network without weights."""
    network = load("net.cfg")
    tensors = Tensors.of_network(network)
    *_, last_step = steps(network, tensors, {**tensors.inputs(network), "input": image})
    return last_step.value


POOLS = [(2, 2, 1), (2, 1, 1), (3, 2, 2), (5, 1, 4), (3, 2, 1), (2, 2, 0)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_and_operations_are_the_published_ones(name: str) -> None:
    text, weights, operations = PUBLISHED[name]
    Path("net.cfg").write_text(text)
    totals = analyze(load("net.cfg")).totals
    assert totals.params + totals.buffers == weights
    if operations:
        assert f"{2 * totals.macs / 1e9:.2f}" == operations


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_text_is_in_the_style_of_fmt(name: str) -> None:
    Path("net.cfg").write_text(PUBLISHED[name][0])
    found = imported(Path("net.cfg"))
    assert formatted(found.text.encode(), "net.yaml").decode() == found.text
    assert len(found.origin.rows) == found.lines


def test_places_are_sections_of_the_file() -> None:
    Path("net.cfg").write_text(yolov3_tiny())
    lines = Path("net.cfg").read_text().splitlines()
    report = analyze(load("net.cfg"))
    assert {lines[row.line - 1] for row in report.nodes if row.kind == "max_pool"} == {"[maxpool]"}
    assert {lines[row.line - 1] for row in report.nodes if row.kind == "conv"} == {"[convolutional]"}
    assert report.outputs == {"layer_15": (255, 13, 13), "layer_22": (255, 26, 26)}


def test_another_size_may_be_given() -> None:
    Path("net.cfg").write_text(yolov3())
    assert f"{2 * analyze(load('net.cfg', input='3x320x320')).totals.macs / 1e9:.2f}" == "38.97"


@pytest.mark.parametrize(("size", "stride", "padding"), POOLS)
@pytest.mark.parametrize("length", [7, 8])
def test_a_pool_reads_what_darknet_reads(size: int, stride: int, padding: int, length: int) -> None:
    text = section("maxpool", size=size, stride=stride, padding=padding)
    Path("net.cfg").write_text(net(length, 1) + text)
    image = np.arange(length * length, dtype=float).reshape(1, length, length)[:, ::-1].copy()
    count = (length + padding - size) // stride + 1
    expected = np.full((1, count, count), -np.inf)
    reads = [range(max(0, at), min(length, at + size)) for at in range(-(padding // 2), length, stride)]
    for i in range(count):  # as forward_maxpool_layer: from half of the padding on, rounded down
        for j in range(count):
            expected[0, i, j] = max(image[0, y, x] for y in reads[i] for x in reads[j])
    assert np.array_equal(output(image), expected)


def test_reorg_moves_numbers_as_darknet_does() -> None:
    channels, size, stride = 8, 4, 2
    Path("net.cfg").write_text(net(size, channels) + section("reorg", stride=stride))
    image = np.arange(channels * size * size, dtype=float)
    expected = np.zeros_like(image)
    few = channels // stride**2
    for k in range(channels):  # as reorg_cpu
        for j in range(size):
            for i in range(size):
                offset, c = divmod(k, few)
                x, y = i * stride + offset % stride, j * stride + offset // stride
                expected[i + size * (j + size * k)] = image[x + size * stride * (y + size * stride * c)]
    made = output(image.reshape(channels, size, size))
    assert made.shape == (channels * 4, size // 2, size // 2)
    assert np.array_equal(made.ravel(), expected)


REFUSED = {
    "no section": (
        "net.cfg:2:1: a section, [name], or an option, name=value, is expected",
        "[net]\nwidth 8\n",
    ),
    "no size": ("net.cfg:1:1: [net]: channels, height and width must be", "[net]\n[convolutional]\n"),
    "no layer": ("net.cfg:1:1: [net]: there is no layer behind it", net(8)),
    "section": (
        "net.cfg:8:1: layer 0, [crnn]: this section is not followed; known are [convolutional]",
        net(8) + "[crnn]\n",
    ),
    "option": (
        "net.cfg:9:1: layer 0, [convolutional]: the option 'xnor' is not followed",
        net(8) + "[convolutional]\nxnor=1\n",
    ),
    "number": (
        "net.cfg:9:1: layer 0, [convolutional]: filters must be a whole number from 1",
        net(8) + "[convolutional]\nfilters=3.5\n",
    ),
    "activation": (
        "net.cfg:9:1: layer 0, [convolutional]: the activation gelu is not followed",
        net(8) + "[convolutional]\nactivation=gelu\n",
    ),
    "later layer": (
        "net.cfg:9:1: layer 0, [route]: layers=3 is no layer before this one",
        net(8) + "[route]\nlayers=3\n",
    ),
    "joined": ("differs in height or width", net(8) + conv(4) + conv(4, 3, 2) + route(-1, -2)),
    "added": (
        "what is added has other sizes",
        net(8) + conv(4) + conv(8) + section("shortcut", **{"from": -2}),
    ),
    "boxes": ("3 boxes of 80 classes need 255 channels, not 4", net(8) + conv(4) + yolo(0, 1, 2)),
    "nothing left": ("would be left of the tensor", net(8) + section("convolutional", filters=4, size=11)),
    "no option": ("a section, [name], or an option, name=value, is expected", net(8) + "filters 4\n"),
}


@pytest.mark.parametrize(("said", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_followed_is_said_with_its_place(said: str, text: str) -> None:
    Path("net.cfg").write_text(text)
    with pytest.raises(ModelFileError) as raised:
        imported(Path("net.cfg"))
    assert said in str(raised.value)
    with pytest.raises(SpecError) as told:
        load("net.cfg")
    assert said in str(told.value)
