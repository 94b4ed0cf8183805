"""Models that `torch.export.save` wrote, as specs, beside what PyTorch says of them.

The files in tests/data/models are exports of torchvision 0.28 and timm 1.0.31 by PyTorch 2.13, of which the
graph alone is kept. Parameters (each once) and MACs (convolutions, linear layers, matrix products; attention
not fused) were measured there, on the model itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import archcost
from archcost.errors import ModelFileError
from archcost.importing.graph import fingerprints
from archcost.importing.imported import imported
from archcost.layers.declared import Custom
from archcost.passes.cost import costs
from archcost.spec.load import load_text
from tests.fuzz.exports import program, saved

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = Path(__file__).parents[2] / "data" / "models"


class Truth(NamedTuple):
    """What PyTorch measured, and how long the spec may be."""

    params: int
    macs: int
    nodes: int
    lines: int


TRUTH = {
    "resnet18": Truth(11_689_512, 1_814_073_344, 69, 36),
    "resnet50": Truth(25_557_032, 4_089_184_256, 175, 38),
    "densenet121": Truth(7_978_856, 2_834_161_664, 427, 42),
    "mobilenetv2_100": Truth(3_504_872, 300_774_272, 152, 42),
    "efficientnet_b0": Truth(5_288_548, 385_814_752, 239, 40),
    "shufflenet_v2_x1_0": Truth(2_278_604, 144_907_992, 211, 57),
    "convnext_tiny": Truth(28_589_128, 4_455_531_264, 138, 32),
    "deit_tiny_distilled_patch16_224": Truth(5_910_800, 1_261_003_776, 210, 47),
    "visformer_small": Truth(40_219_592, 4_879_380_480, 236, 90),
    "shvit_s1": Truth(6_330_808, 241_320_768, 385, 130),
}


@pytest.mark.parametrize("name", TRUTH)
def test_a_spec_has_the_parameters_and_macs_that_pytorch_measured(name: str) -> None:
    truth = TRUTH[name]
    found = imported(MODELS / f"{name}.pt2")
    network = load_text(found.text, name)
    measured = costs(network)
    assert (sum(c.params for c in measured), sum(c.operations.macs for c in measured)) == truth[:2]
    assert (found.parameters, found.unread, found.nodes, len(network)) == (
        truth.params,
        0,
        truth.nodes,
        truth.nodes,
    )
    assert found.lines <= truth.lines


@pytest.mark.parametrize("name", TRUTH)
def test_what_is_rolled_up_is_the_graph_of_an_item_per_operation(name: str) -> None:
    rolled, flat = (imported(MODELS / f"{name}.pt2", flat=flat) for flat in (False, True))
    assert rolled.lines < flat.lines
    assert fingerprints(load_text(rolled.text, name)) == fingerprints(load_text(flat.text, name))


def test_resnet_50_is_the_zoos_but_for_its_names(tmp_path: Path) -> None:
    path = tmp_path / "resnet50.yaml"
    path.write_text(imported(MODELS / "resnet50.pt2").text)
    ours, theirs = (sorted(c.params for c in costs(archcost.load(p))) for p in (path, "zoo:resnet50"))
    assert [n for n in ours if n] == [n for n in theirs if n]


def test_another_graph_has_other_fingerprints() -> None:
    text = imported(MODELS / "resnet18.pt2").text
    graph = fingerprints(load_text(text, "net"))
    changes = {
        "kernel_size: 7, stride: 2, padding: 3": ("kernel_size: 5, stride: 2, padding: 2", False),
        "- relu\n": ("- gelu\n", False),
        "name: resnet18": ("name: other", True),
    }
    for old, (new, same) in changes.items():
        assert old in text
        changed = fingerprints(load_text(text.replace(old, new, 1), "net"))
        assert (changed == graph) is same, old


def reading(found: dict[str, Any], node: int, argument: int, name: str) -> None:
    """An operation that reads another value."""
    found["graph_module"]["graph"]["nodes"][node]["inputs"][argument]["arg"]["as_tensor"]["name"] = name


def test_what_is_changed_in_place_is_changed_under_its_old_name(tmp_path: Path) -> None:
    """`relu_` of the first batch norm: whoever reads the batch norm from then on reads the ReLU."""
    found = program(MODELS / "resnet18.pt2")
    targets = [node["target"] for node in found["graph_module"]["graph"]["nodes"][:4]]
    assert targets[2:] == ["torch.ops.aten.relu_.default", "torch.ops.aten.max_pool2d.default"]
    reading(found, 3, 0, "batch_norm")
    changed, plain = (
        imported(path) for path in (saved(found, tmp_path / "old.pt2"), MODELS / "resnet18.pt2")
    )
    assert fingerprints(load_text(changed.text, "a")) == fingerprints(load_text(plain.text, "b"))


def viewing(word: str) -> dict[str, Any]:
    """ResNet-18, in which the pool reads a view of the batch norm that `relu_` changes."""
    found = program(MODELS / "resnet18.pt2")
    graph = found["graph_module"]["graph"]
    graph["nodes"].insert(2, json.loads(json.dumps(graph["nodes"][2]).replace("relu_", word)))
    graph["tensor_values"][word] = graph["tensor_values"]["batch_norm"]
    reading(found, 4, 0, word)
    return found


def test_a_view_of_what_is_changed_in_place_has_changed(tmp_path: Path) -> None:
    changed, plain = (
        imported(path) for path in (saved(viewing("detach"), tmp_path / "old.pt2"), MODELS / "resnet18.pt2")
    )
    assert fingerprints(load_text(changed.text, "a")) == fingerprints(load_text(plain.text, "b"))


def test_what_may_be_a_view_of_what_is_changed_in_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ModelFileError, match="it changes in place what 'contiguous' is a view of, or views; export"
    ):
        imported(saved(viewing("contiguous"), tmp_path / "model.pt2"))


# -- what cannot be imported --------------------------------------------------------------------------------


def test_a_file_of_pytorch_2_7_and_before_is_read(tmp_path: Path) -> None:
    path = saved(program(MODELS / "resnet18.pt2"), tmp_path / "old.pt2", "serialized_exported_program.json")
    assert imported(path).parameters == TRUTH["resnet18"].params


def unknown_operation(found: dict[str, Any]) -> None:
    found["graph_module"]["graph"]["nodes"][3]["target"] = "torch.ops.aten.nonzero.default"


def batch_of_two(found: dict[str, Any]) -> None:
    found["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][0] = {"as_int": 2}


def training(found: dict[str, Any]) -> None:
    for given in found["graph_module"]["graph"]["nodes"][1]["inputs"]:
        if given["name"] == "running_mean":
            given["arg"] = {"as_none": True}


def without_a_shape(found: dict[str, Any]) -> None:
    del found["graph_module"]["graph"]["tensor_values"]["flatten"]


def no_size(found: dict[str, Any]) -> None:
    found["graph_module"]["graph"]["tensor_values"]["flatten"]["sizes"][1] = {"as_expr": {"expr_str": "s7"}}


def nodes_that_are_none(found: dict[str, Any]) -> None:
    found["graph_module"]["graph"]["nodes"] = "none"


def another_stride(found: dict[str, Any]) -> None:
    for given in found["graph_module"]["graph"]["nodes"][0]["inputs"]:
        if given["name"] == "stride":
            given["arg"] = {"as_ints": [1, 1]}


def in_training(found: dict[str, Any]) -> None:
    for given in found["graph_module"]["graph"]["nodes"][1]["inputs"]:
        if given["name"] == "training":
            given["arg"] = {"as_bool": True}


def unknown_argument(found: dict[str, Any]) -> None:
    given = {"name": "threshold", "arg": {"as_float": 2.0}, "kind": 1}
    found["graph_module"]["graph"]["nodes"][2]["inputs"].append(given)


REFUSED: dict[Callable[[dict[str, Any]], None], str] = {
    unknown_operation: "max_pool2d (aten.nonzero in maxpool): there is no rule for this operation",
    another_stride: "conv2d: conv would make (64, 224, 224), and the file says (64, 112, 112)",
    in_training: "batch_norm (aten.batch_norm in bn1): it is in training: export the model in evaluation",
    unknown_argument: "relu_ (aten.relu_ in relu): threshold is not followed",
    batch_of_two: "input 'x' is (2, 3, 224, 224): export with a batch of 1",
    training: "batch_norm (aten.batch_norm in bn1): running_mean is not given: export the model",
    without_a_shape: "tensor_values: 'flatten' has no entry",
    no_size: "tensor_values.flatten: s7 is no whole number",
    nodes_that_are_none: "graph_module.graph.nodes: Input should be a valid array",
}


@pytest.mark.parametrize("damage", REFUSED, ids=lambda damage: damage.__name__)
def test_what_is_not_understood_is_said_with_its_place(
    damage: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    found = program(MODELS / "resnet18.pt2")
    damage(found)
    path = saved(found, tmp_path / "model.pt2")
    with pytest.raises(ModelFileError) as raised:
        imported(path)
    assert str(raised.value).startswith(f"{path}: {REFUSED[damage]}")


def test_what_is_not_understood_can_be_declared(tmp_path: Path) -> None:
    """A layer of the right shape, with what it learns; only its MACs are not known."""
    found = program(MODELS / "resnet18.pt2")
    convolutions = [
        n for n in found["graph_module"]["graph"]["nodes"] if n["target"].endswith("conv2d.default")
    ]
    convolutions[3]["target"] = "torch.ops.mine.conv.default"
    path = saved(found, tmp_path / "model.pt2")
    with pytest.raises(ModelFileError, match=r"mine\.conv in layer1\.1\.conv1\): there is no rule"):
        imported(path)
    made = imported(path, allow_declared=True)
    assert made.parameters == TRUTH["resnet18"].params
    assert "1 layer declared as custom, whose MACs are to be filled in; " in made.sentence()
    layers = [node.layer for node in load_text(made.text, "model")]
    (declared,) = (layer for layer in layers if isinstance(layer, Custom))
    assert declared.shape == (64, 56, 56)
    assert (declared.params, declared.macs) == (64 * 64 * 3 * 3, 0)
    assert declared.reason == (
        "mine.conv of conv2d_3: there is no rule for this operation; its macs are to be filled in"
    )


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ModelFileError, match=r"torch\.export\.save\(program, 'weights\.pt2'\)"):
        imported(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no archive", b"\0" * 4096])
def test_what_is_no_archive_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=r"a \.pt2 is what torch\.export\.save writes"):
        imported(path)


def test_an_archive_of_something_else_is_told_how_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no exported graph in it"):
        imported(saved(b"{}", tmp_path / "model.pt2", "something/else.json"))


def test_a_graph_that_unpacks_to_more_than_is_read_is_refused(tmp_path: Path) -> None:
    path = saved(b" " * (256 * 2**20 + 1), tmp_path / "bomb.pt2")
    assert path.stat().st_size < 2**20
    with pytest.raises(ModelFileError, match="unpacks to 268,435,457 bytes; 268,435,456 are read at most"):
        imported(path)


def test_a_graph_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = saved(b'{"graph_module":' + b"[" * 100_000, tmp_path / "deep.pt2")
    with pytest.raises(ModelFileError):
        imported(path)


@pytest.mark.parametrize("seed", range(20))
def test_damaged_archives_end_in_words(seed: int, tmp_path: Path) -> None:
    """Bytes that are changed in the archive, most of which the checksum of the graph notices."""
    random = Random(seed)  # noqa: S311 - nothing is kept secret
    whole = (MODELS / "resnet18.pt2").read_bytes()
    refused = 0
    for _ in range(10):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            data[random.randrange(len(data))] = random.randrange(256)
        path = tmp_path / "model.pt2"
        path.write_bytes(data[: random.choice([len(data), random.randrange(len(data))])])
        try:
            imported(path)
        except ModelFileError:
            refused += 1
    assert refused
