"""Networks of torchvision, exported to ONNX by both exporters of PyTorch, and imported.

Their parameters are PyTorch's where the exporter keeps batch norms; where it folds them, that is said. Their
MACs are those that were measured on the module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archcost.importing.imported import imported
from archcost.passes.cost import costs
from archcost.spec.load import load_text

if TYPE_CHECKING:
    from pathlib import Path

torch: Any = pytest.importorskip("torch")
models: Any = pytest.importorskip("torchvision.models")
pytest.importorskip("onnxscript")

MACS = {
    "resnet18": 1_814_073_344,
    "mobilenet_v2": 300_774_272,
    "mobilenet_v3_small": 56_510_400,
    "densenet121": 2_834_161_664,
    "efficientnet_b0": 385_814_752,
    "shufflenet_v2_x1_0": 144_907_992,
    "convnext_tiny": 4_455_531_264,
    "squeezenet1_1": 349_151_936,
    "swin_t": 4_490_566_656,
    "googlenet": 1_498_376_192,
    "regnet_y_400mf": 401_842_848,
}
"""Of convolutions, linear layers and products of matrices, as measured on the modules."""

KEPT: dict[str, dict[str, Any]] = {
    "scripted": {
        "dynamo": False,
        "training": torch.onnx.TrainingMode.PRESERVE,
        "do_constant_folding": False,
    },
    "dynamo": {"dynamo": True, "optimize": False, "external_data": False, "verbose": False},
}
"""By exporter, how it keeps batch norms."""


def network(name: str) -> Any:  # noqa: ANN401 - a module of PyTorch
    """A network whose tensors all differ, so that the exporter merges none of them."""
    more = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    module = getattr(models, name)(weights=None, **more).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.dtype.is_floating_point:
                tensor.copy_(torch.rand_like(tensor) * 0.1 + 0.5)
    return module


@pytest.mark.parametrize("name", MACS)
@pytest.mark.parametrize("exporter", KEPT)
@pytest.mark.filterwarnings("ignore")  # PyTorch's, about its own future
def test_an_exported_network_has_pytorchs_parameters_and_macs(
    name: str, exporter: str, tmp_path: Path
) -> None:
    module, path = network(name), tmp_path / "net.onnx"
    torch.onnx.export(module, (torch.zeros(1, 3, 224, 224),), path, **KEPT[exporter])
    found = imported(path, flat=True)
    measured = costs(load_text(found.text, name))
    assert found.parameters == sum(tensor.numel() for tensor in module.parameters())
    assert sum(one.operations.macs for one in measured) == MACS[name]


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.filterwarnings("ignore")  # PyTorch's, about its own future
def test_batch_norms_that_the_exporter_folds_are_said(tmp_path: Path, *, dynamo: bool) -> None:
    more = {"external_data": False, "verbose": False} if dynamo else {}
    path = tmp_path / "net.onnx"
    torch.onnx.export(network("resnet18"), (torch.zeros(1, 3, 224, 224),), path, dynamo=dynamo, **more)
    found = imported(path, flat=True)
    assert found.parameters == 11_684_712
    assert found.notes[0].startswith("20 batch norms folded into convolutions before export")
