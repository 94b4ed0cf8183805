"""Operations beyond those of plain convolutional networks, beside what PyTorch says of the models.

The files are exports of timm 1.0.31, of torchvision 0.28, and of small modules, by PyTorch 2.13, of which the
graph alone is kept. Parameters (each once) and MACs were measured there: those of the small ones by PyTorch's
own counter of operations, to which attention's are added where it leaves them out.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost.errors import ModelFileError
from archcost.importing.imported import imported
from archcost.passes.cost import costs
from tests.fuzz.exports import program, saved

MODELS = Path(__file__).parents[2] / "data" / "models"

TRUTH = {
    "swin_tiny_patch4_window7_224": (28_288_354, 4_490_566_656),
    "test_nfnet": (383_080, 285_058_560),
    "test_maxvit": (1_093_252, 212_853_120),
    "halonet26t": (12_480_288, 3_172_810_752),
    "tf_efficientnet_cc_b0_4e": (13_314_116, 396_513_888),
    "xcit_nano_12_p16_224": (3_053_224, 550_952_448),
    "googlenet": (6_624_904, 1_498_376_192),
    "operations/tied": (912, 5_600),
    "operations/twice": (156, 27_648),
    "operations/gru": (1_525, 12_896),
    "operations/moves": (164, 9_216),
    "operations/masks": (168, 31_752),
    "operations/causal_core": (4_224, 24_576 + 2 * 4 * 6 * 6 * 8),
    "operations/norms_core": (1_060, 0),
    "operations/gqa": (2_112, 12_288 + 2 * 4 * 6 * 6 * 8),
    "operations/resized": (57, 4_374),
    "operations/wrapped": (156, 2 * 8 * 12 * 12),
    "operations/filled": (52, 8 * 12 * 4),
}


@pytest.mark.parametrize("name", TRUTH)
def test_a_spec_has_the_parameters_and_macs_that_pytorch_measured(name: str) -> None:
    found = imported(MODELS / f"{name}.pt2")
    measured = costs(found.network)
    assert (found.parameters, sum(cost.operations.macs for cost in measured)) == TRUTH[name]
    assert sum(cost.params for cost in measured) == found.parameters
    assert "custom" not in found.text


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "swin_tiny_patch4_window7_224",
            ["window: 7", "scaled: queries", "position_bias: true", "declared: true"],
        ),
        ("test_nfnet", ["parametrization: scaled_weight_standardization"]),
        ("tf_efficientnet_cc_b0_4e", ["dynamic_conv"]),
        ("operations/twice", ["share: c", "share: n", "repeat: 3"]),
        ("operations/tied", ["share: l"]),
        ("operations/gru", ["gru: {hidden_size: 16}", "share: o"]),
    ],
)
def test_what_an_operation_is_has_its_own_word(name: str, lines: list[str]) -> None:
    text = imported(MODELS / f"{name}.pt2").text
    assert [line for line in lines if line not in text] == []


def test_heads_that_only_training_uses_are_told() -> None:
    found = imported(MODELS / "googlenet.pt2")
    assert found.unread == 6_379_984
    assert "6,379,984 more that no operation of it reads" in found.sentence()


def test_an_index_that_is_computed_of_what_arrives_is_refused(tmp_path: Path) -> None:
    found = program(MODELS / "swin_tiny_patch4_window7_224.pt2")
    (first, *_) = (
        node
        for node in found["graph_module"]["graph"]["nodes"]
        if node["target"] == "torch.ops.aten.index.Tensor"
    )
    (indices,) = (given["arg"] for given in first["inputs"] if given["name"] == "indices")
    indices["as_tensors"][0]["name"] = "layer_norm"
    with pytest.raises(ModelFileError, match="its index is computed of what arrives"):
        imported(saved(found, tmp_path / "model.pt2"))


def test_a_batch_that_is_open_is_one_and_other_sizes_are_given() -> None:
    path = MODELS / "open_sizes.pt2"
    with pytest.raises(
        ModelFileError, match="input 'x' has sizes that are open: say them, --input 3x224x224"
    ):
        imported(path)
    found = imported(path, given={"input": (3, 32, 24)})
    assert [tensor.output for tensor in found.network.inputs] == [(3, 32, 24)]
    assert (found.parameters, found.network.nodes[0].output) == (285, (8, 16, 12))
    assert imported(MODELS / "operations" / "open_batch.pt2").parameters == 285


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"y": (3, 32, 32)}, "--input names 'y', and the inputs are: x"),
        ({"x": (3, 32)}, r"--input says that 'x' is \(3, 32\), and it has 4 dimensions"),
        ({"x": (4, 32, 32)}, "--input x=4x32x32: dimension 1 was fixed to 3 when it was exported"),
    ],
)
def test_sizes_that_are_given_must_be_those_of_an_input(given: dict[str, tuple[int, ...]], said: str) -> None:
    with pytest.raises(ModelFileError, match=said):
        imported(MODELS / "open_sizes.pt2", given=given)


def test_standardized_weights_have_the_eps_of_the_model() -> None:
    network = imported(MODELS / "test_nfnet.pt2").network
    assert [getattr(node.layer, "parametrization_eps", None) for node in network].count(1e-5) == 25


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("drops", r"dropout \(aten\.dropout\): it drops at random: export in evaluation mode"),
        ("rounds", r"to \(aten\.to\): it leaves out what is behind the point"),
        ("states", r"lstm \(aten\.lstm in l\): its first state is none of zeros"),
        (
            "cells",
            r"select \(aten\.select\): it reads 'getitem_2', which aten\.lstm gives and no layer makes",
        ),
        ("turned", "w is taken as it is and transposed: by matmul and matmul_1"),
        (
            "reshaped",
            r"add_ \(aten\.add_\): it changes in place what 'mul' is a view of, or views; export `pro",
        ),
    ],
)
def test_what_would_have_other_values_is_refused(name: str, said: str) -> None:
    with pytest.raises(ModelFileError, match=said):
        imported(MODELS / "operations" / f"{name}.pt2")


def test_a_factor_that_gives_no_whole_size_is_kept() -> None:
    assert "scale_factor: 1.7" in imported(MODELS / "operations" / "resized.pt2").text


def test_a_graph_that_is_only_wrapped_is_followed() -> None:
    found = imported(MODELS / "operations" / "wrapped.pt2", flat=True)
    kinds = [node.kind for node in found.network]
    assert kinds == ["transpose", "linear", "relu", "scale", "linear", "global_avg_pool", "flatten"]
