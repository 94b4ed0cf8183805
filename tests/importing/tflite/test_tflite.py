"""Models of TensorFlow Lite as specs, beside what their files hold.

The files in tests/data/models/tflite were made by the converter of TensorFlow 2.21, of small networks without
training: one like DS-CNN, one like ResNet-8, and one of what else there is. Learned numbers and MACs were
counted with the schema that TensorFlow brings along.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from archcost.errors import ModelFileError
from archcost.importing.imported import imported
from archcost.passes.cost import costs

MODELS = Path(__file__).parents[2] / "data" / "models" / "tflite"


class Truth(NamedTuple):
    """Learned numbers, those of a bias once for each layer, and products of matrices and windows."""

    params: int
    macs: int


TRUTH = {
    "ds_cnn_float16": Truth(728, 74_096),
    "ds_cnn_int8": Truth(728, 74_096),
    "odds_float16": Truth(3_172, 565_884),
    "odds_int8": Truth(3_172, 565_884),
    "resnet8_float32": Truth(5_120, 864_416),
    "resnet8_int8": Truth(5_120, 864_416),
}


@pytest.mark.parametrize("name", TRUTH)
def test_parameters_and_macs_are_those_of_the_file(name: str) -> None:
    found = imported(MODELS / f"{name}.tflite")
    macs = sum(cost.operations.macs for cost in costs(found.network))
    assert (found.parameters, macs, found.unread) == (*TRUTH[name], 0)


@pytest.mark.parametrize("network", ["ds_cnn", "odds", "resnet8"])
def test_a_quantized_network_is_the_one_that_it_quantizes(network: str) -> None:
    kinds = [
        Counter(node.kind for node in imported(path, flat=True).network)
        for path in sorted(MODELS.glob(f"{network}_*.tflite"))
    ]
    assert len(kinds) == 2
    assert {kind: n for kind, n in kinds[0].items() if kind in HEAVY} == {
        kind: n for kind, n in kinds[1].items() if kind in HEAVY
    }


HEAVY = {"conv", "depthwise_conv", "conv_transpose", "linear", "matmul", "softmax", "max_pool", "avg_pool"}


def test_types_are_told() -> None:
    sentences = [imported(MODELS / f"ds_cnn_{kind}.tflite").sentence() for kind in ("int8", "float16")]
    assert "its weights are int8, its tensors int8: the network that they quantize" in sentences[0]
    assert "its weights are float16, its tensors float32" in sentences[1]


def test_biases_that_are_stored_once_are_told() -> None:
    found = imported(MODELS / "resnet8_float32.tflite")
    assert "56 of them are equal biases of several layers, stored once" in found.sentence()


def test_what_is_fused_stands_beside_its_layer() -> None:
    found = imported(MODELS / "resnet8_int8.tflite", flat=True)
    assert [node.kind for node in found.network].count("relu") == 7
    assert "kernel_size: 3, padding: same" in found.text


def test_sizes_may_be_repeated_and_not_changed() -> None:
    path = MODELS / "ds_cnn_int8.tflite"
    assert imported(path, given={"input": (1, 49, 10)}).parameters == TRUTH["ds_cnn_int8"].params
    with pytest.raises(ModelFileError, match=r"--input says that '0:.*' is \(1, 49, 11\), and the file"):
        imported(path, given={"input": (1, 49, 11)})
    with pytest.raises(ModelFileError, match="--input names 'left', and the inputs are: 0:"):
        imported(path, given={"left": (1, 49, 10)})


# -- what cannot be imported --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cannot mmap an empty file"),
        (b"TFL3", "bytes 4 to 7 are not TFL3"),
        (b"\0\0\0\0TFL3", "byte 0: a place outside the file|there is no graph|byte"),
        (b"\xff\xff\xff\xffTFL3", "byte 4294967295: a place outside the file"),
        (b"\x08\0\0\0TFL3\x08\0\0\0\x04\0\x04\0", "byte|there is no graph"),
    ],
)
def test_what_is_no_model_is_said_to_be_none(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=why):
        imported(path)


@pytest.mark.parametrize("seed", range(30))
def test_damaged_files_end_in_words(seed: int, tmp_path: Path) -> None:
    """Bytes that are changed, most of them where tables are; what is still read is a network."""
    random = Random(seed)  # noqa: S311 - nothing is kept secret
    whole = (MODELS / "ds_cnn_int8.tflite").read_bytes()
    path = tmp_path / "model.tflite"
    for _ in range(8):
        data = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            data[random.randrange(8, len(data))] = random.choice([0, 1, 127, 128, 255, random.randrange(256)])
        path.write_bytes(data[: random.choice([len(data), len(data), random.randrange(len(data))])])
        try:
            found = imported(path)
        except ModelFileError:
            continue
        assert len(found.network) == found.nodes
