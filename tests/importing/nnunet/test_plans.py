"""Plans of nnU-Net beside what its own classes build of them: parameters, MACs and the shapes of all outputs.

The numbers are those of dynamic_network_architectures 0.4.4, built on PyTorch's meta device: the elements of
the parameters, and half of what its counter of operations says of convolutions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from archcost import SpecError, analyze, check, load
from archcost.cli import main
from archcost.formatting import formatted
from archcost.importing.imported import imported

if TYPE_CHECKING:
    from pathlib import Path

BOTTLENECK = "dynamic_network_architectures.building_blocks.residual.BottleneckD"
TUMOURS = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": [3]}
ORGANS = {"background": 0, "liver": 1, "tumour": 2}
PARTLY = {"background": 0, "liver": 1, "ignore": 2}


def network(patch: list[int], stages: int, name: str = "PlainConvUNet", /, **other: object) -> dict[str, Any]:
    """A configuration as plans have it, of a U-Net with 32 channels and twice as many at every stage."""
    axes, plain = len(patch), name == "PlainConvUNet"
    arguments: dict[str, Any] = {
        "n_stages": stages,
        "features_per_stage": [min(32 * 2**i, 320) for i in range(stages)],
        "conv_op": f"torch.nn.modules.conv.Conv{axes}d",
        "kernel_sizes": [[3] * axes] * stages,
        "strides": [[1] * axes, *[[2] * axes] * (stages - 1)],
        "n_conv_per_stage" if plain else "n_blocks_per_stage": [2] * stages,
        "n_conv_per_stage_decoder": [2 if plain else 1] * (stages - 1),
        "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{axes}d",
        "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }
    architecture = {
        "network_class_name": f"dynamic_network_architectures.architectures.unet.{name}",
        "arch_kwargs": arguments | other,
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }
    return {"batch_size": 2, "patch_size": patch, "architecture": architecture}


FLAT: dict[str, object] = {
    "kernel_sizes": [[1, 3, 3]] * 2 + [[3, 3, 3]] * 4,
    "strides": [[1, 1, 1]] + [[1, 2, 2]] * 2 + [[2] * 3] * 3,
}
DROPPED: dict[str, object] = {
    "dropout_op": "torch.nn.modules.dropout.Dropout2d",
    "dropout_op_kwargs": {"p": 0.3},
}
NARROW: dict[str, object] = {"block": BOTTLENECK, "bottleneck_channels": [8, 16, 32, 64]}
OLD = {
    "patch_size": [16, 32, 32],
    "UNet_class_name": "ResidualEncoderUNet",
    "UNet_base_num_features": 32,
    "n_conv_per_stage_encoder": [1, 2, 3],
    "n_conv_per_stage_decoder": [1, 1],
    "pool_op_kernel_sizes": [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
    "conv_kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3]],
    "unet_max_num_features": 320,
}
RES = "ResidualEncoderUNet"

BUILT = {
    "anisotropic": (
        network([16, 128, 128], 6, **FLAT),
        3,
        TUMOURS,
        30_749_935,
        75_108_958_208,
        ((3, 16, 128, 128), (3, 4, 8, 8)),
    ),
    "batch norms": (
        network(
            [64, 64],
            4,
            conv_bias=False,
            norm_op="torch.nn.modules.batchnorm.BatchNorm2d",
            norm_op_kwargs={},
            nonlin="torch.nn.ReLU",
        ),
        1,
        ORGANS,
        1_926_857,
        574_390_272,
        ((3, 64, 64), (3, 16, 16)),
    ),
    "bottlenecks": (
        network([64, 64], 4, RES, **NARROW, n_blocks_per_stage=[1, 2, 2, 2], stem_channels=16),
        2,
        TUMOURS,
        782_665,
        295_731_200,
        ((3, 64, 64), (3, 16, 16)),
    ),
    "a residual decoder": (
        network([64, 64], 4, "ResidualUNet", n_blocks_per_stage=[1, 2, 2, 2], stem_channels=24),
        3,
        PARTLY,
        3_574_774,
        865_042_432,
        ((2, 64, 64), (2, 16, 16)),
    ),
    "dropout": (
        network([64, 64], 4, **DROPPED, n_conv_per_stage=[1, 2, 3, 1], n_conv_per_stage_decoder=[3, 2, 1]),
        3,
        PARTLY,
        1_615_302,
        538_771_456,
        ((2, 64, 64), (2, 16, 16)),
    ),
    "dropout in bottlenecks": (
        network([64, 64], 4, RES, **DROPPED, **NARROW),
        2,
        TUMOURS,
        783_785,
        299_794_432,
        ((3, 64, 64), (3, 16, 16)),
    ),
    "neither norm nor dropout": (
        network([64, 64], 4, norm_op=None, norm_op_kwargs=None, nonlin="torch.nn.GELU", nonlin_kwargs=None),
        3,
        TUMOURS,
        1_926_249,
        576_749_568,
        ((3, 64, 64), (3, 16, 16)),
    ),
    "the activation first": (
        network([64, 64], 4, nonlin_first=True),
        3,
        PARTLY,
        1_928_838,
        576_520_192,
        ((2, 64, 64), (2, 16, 16)),
    ),
    "one number for all stages": (
        network(
            [64, 48],
            4,
            kernel_sizes=3,
            strides=[1, 2, [2, 1], 2],
            n_conv_per_stage=2,
            n_conv_per_stage_decoder=1,
        ),
        2,
        TUMOURS,
        1_718_185,
        494_665_728,
        ((3, 64, 48), (3, 16, 24)),
    ),
    "a stride at once": (
        network(
            [64, 48],
            4,
            RES,
            kernel_sizes=[5, 3, [1, 3], 3],
            strides=[2, 2, [2, 1], 1],
            features_per_stage=[16, 16, 24, 24],
        ),
        3,
        ORGANS,
        88_161,
        39_177_984,
        ((3, 32, 24), (3, 8, 12)),
    ),
    "as older plans say it": (OLD, 1, TUMOURS, 3_166_822, 4_427_874_304, ((3, 16, 32, 32), (3, 16, 16, 16))),
}


def write(folder: Path, channels: int, labels: dict[str, Any], **configurations: dict[str, Any]) -> Path:
    names = {str(i): f"modality {i}" for i in range(channels)}
    dataset = {"channel_names": names, "labels": labels, "numTraining": 9, "file_ending": ".nii.gz"}
    plans = {"dataset_name": "Dataset001", "plans_name": "nnUNetPlans", "configurations": configurations}
    (folder / "dataset.json").write_text(json.dumps(dataset))
    path = folder / "plans.json"
    path.write_text(json.dumps(plans, indent=4))
    return path


@pytest.mark.parametrize("name", BUILT)
def test_a_configuration_is_what_nnunet_builds(name: str, tmp_path: Path) -> None:
    configuration, channels, labels, parameters, macs, outputs = BUILT[name]
    path = write(tmp_path, channels, labels, only=configuration)
    found = load(path)
    totals = analyze(found).totals
    assert (totals.params, totals.macs) == (parameters, macs)
    shapes = [tensor.output for tensor in found.outputs.values()]
    assert (shapes[0], shapes[-1]) == outputs
    text = imported(path).text
    assert formatted(text.encode(), "plans.yaml").decode() == text


SEVERAL = {
    "2d": network([64, 64], 4),
    "3d_lowres": network([32, 32, 32], 3) | {"next_stage": "3d_cascade_fullres"},
    "3d_fullres": network([32, 32, 32], 4, features_per_stage=[24, 48, 96, 192]),
    "3d_cascade_fullres": {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"},
}


def test_a_configuration_has_to_be_chosen_where_there_are_several(tmp_path: Path) -> None:
    path = write(tmp_path, 1, TUMOURS, **SEVERAL)
    with pytest.raises(
        SpecError, match="it holds several networks; name one: --variant 2d or --variant 3d_lowres"
    ):
        load(path)
    assert [tensor.output for tensor in load(path, variant="2d").inputs] == [(1, 64, 64)]
    assert load(path, variant="2d").variant == "2d"


def test_the_only_configuration_may_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, 1, TUMOURS, only=network([64, 64], 4))
    assert load(path).variant == load(path, variant="only").variant == "only"
    with pytest.raises(SpecError, match="--variant 2d: it has no such network; name one: --variant only"):
        load(path, variant="2d")


def test_a_cascade_reads_the_segmentation_before_it_a_channel_for_each_label(tmp_path: Path) -> None:
    path = write(tmp_path, 1, ORGANS, **SEVERAL)
    found = load(path, variant="3d_cascade_fullres")
    assert [tensor.output for tensor in found.inputs] == [(3, 32, 32, 32)]
    assert analyze(found).totals.params == 3_154_209  # of the class, with 1 + 2 channels


def test_a_gate_checks_all_configurations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, 1, TUMOURS, **SEVERAL)
    (tmp_path / "archcost.yaml").write_text("specs: [plans.json]\nbudgets:\n  - max_params: 4M\n")
    found = check()
    assert [spec.label for spec in found.specs] == [f"plans.json ({name})" for name in SEVERAL]


def test_one_of_several_that_is_checked_alone_leaves_others_unchecked(tmp_path: Path) -> None:
    path = write(tmp_path, 1, TUMOURS, **SEVERAL)
    config = tmp_path / "archcost.yaml"
    config.write_text(f"specs:\n  - {{path: {path}, variant: 2d}}\nvariants: listed\n")
    said = [one.message for one in check(config=config).complaints if one.rule == "unchecked-variant"]
    (message,) = said
    assert message.startswith("its variants 3d_lowres, 3d_fullres, 3d_cascade_fullres are not checked")


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "another class": (
        {"architecture": {"network_class_name": "mine.Net", "arch_kwargs": {}}},
        "the class Net is not followed; known are PlainConvUNet, ResidualEncoderUNet, ResidualUNet",
    ),
    "another argument": ({"pool": "max"}, "pool is not followed; known are n_stages"),
    "too few kernels": (
        {"kernel_sizes": [[3, 3]]},
        "kernel_sizes must have 2 whole numbers from 1 on for each of 4",
    ),
    "a stride of nothing": ({"strides": 0}, "strides must have 2 whole numbers from 1 on"),
    "other axes": ({"conv_op": "torch.nn.Conv3d"}, "conv_op is Conv3d, and patch_size has 2 axes"),
    "another norm": ({"norm_op": "torch.nn.LayerNorm"}, "norm_op must be InstanceNorm2d or BatchNorm2d"),
    "another activation": ({"nonlin": "mine.Spline"}, "nonlin must be one of LeakyReLU, ReLU"),
    "too many stages": ({"n_stages": 10**9}, "n_stages must be a whole number from 1 on"),
    "a huge depth": ({"n_conv_per_stage": 10**6}, "n_conv_per_stage: 1,000 are read at most"),
    "a word for a number": ({"nonlin_kwargs": {"negative_slope": "much"}}, "negative_slope must be a number"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_understood_is_said_at_its_place(name: str, tmp_path: Path) -> None:
    change, message = BROKEN[name]
    configuration = network([64, 64], 4, **change)
    if "architecture" in change:
        configuration |= change
    path = write(tmp_path, 1, ORGANS, only=configuration)
    with pytest.raises(SpecError) as error:
        load(path)
    (said,) = error.value.diagnostics
    assert message in said.message
    assert said.place.line > 1


def test_without_its_dataset_nobody_knows_how_many_classes_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, 1, ORGANS, only=network([64, 64], 4))
    (tmp_path / "dataset.json").unlink()
    with pytest.raises(SpecError, match=r"stands in dataset\.json, which has to be beside it"):
        load(path)


def test_configurations_that_inherit_from_each_other_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 1, ORGANS, a={"inherits_from": "b"}, b={"inherits_from": "a"})
    with pytest.raises(SpecError, match="a inherits from itself"):
        load(path, variant="a")


def test_findings_point_at_the_stage_in_the_plans(tmp_path: Path) -> None:
    path = write(tmp_path, 1, ORGANS, only=network([64, 64], 4))
    lines = path.read_text().splitlines()
    merges = {one.node: one.line for one in analyze(load(path)).findings if one.rule == "misaligned-merge"}
    assert {name: lines[line - 1].strip(" ,") for name, line in merges.items()} == {
        "decoder_2.concat": "128",
        "decoder_1.concat": "64",
        "decoder_0.concat": "32",
    }


def test_the_command_writes_the_configuration_that_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, 1, TUMOURS, **SEVERAL)
    assert main(["import", "plans.json", "--variant", "2d", "-o", "net.yaml"]) == 0
    assert load("net.yaml").inputs[0].output == (1, 64, 64)
    assert main(["import", "plans.json"]) == 2
    assert main(["import", "missing.json"]) == 2
    several, missing = capsys.readouterr().err.splitlines()[-2:]
    assert several.startswith("archcost: plans.json: it holds several networks; name one: --variant 2d or")
    assert missing == "archcost: there is no file 'missing.json'"
