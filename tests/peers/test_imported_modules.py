"""Modules of PyTorch, imported: their parameters, and every value on their own weights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import archcost
from archcost.errors import ModelFileError, UsageError
from archcost.execute.verification import verify
from archcost.importing.imported import imported
from archcost.importing.pytorch.beside import beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn


class Residual(nn.Module):
    """Two convolutions beside a shortcut, or none."""

    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        nn.Module.__init__(self)
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        self.down = nn.Conv2d(channels, out, 1, stride) if channels != out or stride > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
        return torch.relu_(self.conv2(torch.relu_(self.bn1(self.conv1(x)))) + self.down(x))


class Attention(nn.Module):
    """Attention of a module's own, with a norm before."""

    def __init__(self, width: int, heads: int) -> None:
        nn.Module.__init__(self)
        self.heads = heads
        self.norm, self.qkv, self.proj = (
            nn.LayerNorm(width),
            nn.Linear(width, 3 * width),
            nn.Linear(width, width),
        )

    def forward(self, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
        b, n, c = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        weights = ((q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5).softmax(-1)
        return x + self.proj((weights @ v).transpose(1, 2).reshape(b, n, c))


class Tokens(nn.Module):
    """Patches as tokens, with a learned position each."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.patches, self.position = nn.Conv2d(3, 16, 4, 4), nn.Parameter(torch.randn(1, 16, 16))
        self.layers = nn.Sequential(Attention(16, 2), Attention(16, 4))

    def forward(self, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
        return self.layers(self.patches(x).flatten(2).transpose(1, 2) + self.position).mean(1)


MODULES: dict[str, Callable[[], Any]] = {
    "residual": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1),
        Residual(8, 8),
        Residual(8, 8),
        Residual(8, 12, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 5),
    ),
    "tokens": Tokens,
    "norms": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 5, padding="same", dilation=2),
        nn.GroupNorm(2, 8),
        nn.GELU(),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.BatchNorm2d(8),
        nn.Hardswish(),
        nn.ConvTranspose2d(8, 6, 2, 2),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.AvgPool2d(2, 2, count_include_pad=False),
        nn.Upsample(scale_factor=2),
        nn.Softmax(1),
    ),
}


def made(name: str) -> Any:  # noqa: ANN401 - a module
    """A module whose statistics are no zeros and ones."""
    torch.manual_seed(0)
    module = MODULES[name]().eval()
    for buffer, value in module.named_buffers():
        if value.is_floating_point():
            value.uniform_(0.5, 1.5) if "var" in buffer else value.normal_()
    return module


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of PyTorch, when it decomposes
@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("decomposed", [False, True], ids=["exported", "decomposed"])
def test_every_value_of_an_import_is_pytorchs_on_the_files_own_weights(
    name: str, tmp_path: Path, *, decomposed: bool
) -> None:
    module, path = made(name), tmp_path / "model.pt2"
    with torch.no_grad():
        program = torch.export.export(module, (torch.zeros(1, 3, 16, 16),))
    torch.export.save(program.run_decompositions() if decomposed else program, path)
    found = imported(path)
    assert found.parameters == sum(parameter.numel() for parameter in module.parameters())
    proofs = verify(found.network, samples=1, against=partial(beside, path)).proofs
    compared = [
        proof.torch.difference for proof in proofs if proof.torch and proof.torch.difference is not None
    ]
    assert len(compared) > len(proofs) / 2
    assert max(compared) < 1e-12
    assert not [difference for proof in proofs for difference in proof.differences()]


def test_a_network_that_is_not_the_models_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    torch.export.save(torch.export.export(made("norms"), (torch.zeros(1, 3, 16, 16),)), path)
    with pytest.raises(UsageError, match=r"zoo:lenet5 is not the network of .*model\.pt2: 'c1' is not there"):
        verify(archcost.load("zoo:lenet5"), samples=0, against=partial(beside, path))


@pytest.mark.parametrize("name", MODULES)
def test_a_live_module_is_imported_and_left_as_it_is(name: str) -> None:
    module = made(name).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    found = archcost.from_torch(module, torch.zeros(1, 3, 16, 16), name="mine")
    assert found.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert module.training
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert found.network.name == "mine"


def test_a_module_on_the_meta_device_will_do() -> None:
    with torch.device("meta"):
        module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
    found = archcost.from_torch(module, {"input": torch.zeros(1, 3, 9, 9)})
    assert (found.parameters, found.network.nodes[-1].output) == (8 * 28 + 16, (8, 7, 7))


class Mixing(nn.Module):
    """Tensors in a list and a mapping, a number, and nothing."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.layer = nn.Linear(8, 4)

    def forward(self, several: Any, named: Any, factor: float = 1, mask: Any = None) -> Any:  # noqa: ANN401 - PyTorch's
        made = self.layer(several[0] - several[1]) * factor + named["bias"]
        return {"made": made, "mask": mask, "factor": factor}


def test_a_module_may_take_lists_mappings_and_numbers() -> None:
    row = torch.zeros(1, 3, 8)
    found = archcost.from_torch(Mixing(), ([row, row], {"bias": torch.zeros(1, 3, 4)}, 2.5))
    assert [tensor.output for tensor in found.network.inputs] == [(3, 8), (3, 8), (3, 4)]
    assert found.parameters == 36


class Tied(nn.Module):
    """Tokens and their scores by one table; the scores may have a bias of their own."""

    def __init__(self, *, bias: bool) -> None:
        nn.Module.__init__(self)
        self.words, self.scores = nn.Embedding(10, 8), nn.Linear(8, 10, bias=bias)
        self.scores.weight = self.words.weight

    def forward(self, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
        return self.scores(self.words(x))


def test_tied_weights_of_a_live_module_are_counted_once() -> None:
    tokens = torch.zeros(1, 5, dtype=torch.long)
    assert archcost.from_torch(Tied(bias=False), tokens).parameters == 80
    with pytest.raises(
        ModelFileError, match="is taken by embedding and linear, which have tensors of their own"
    ):
        archcost.from_torch(Tied(bias=True), tokens)


def test_what_pytorch_cannot_export_is_said() -> None:
    class Branching(nn.Module):
        def forward(self, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
            return x if x.sum() > 0 else -x

    with pytest.raises(UsageError, match="PyTorch cannot export the module: "):
        archcost.from_torch(Branching(), torch.zeros(1, 8))
    with pytest.raises(UsageError, match=r"takes a torch\.nn\.Module, not a str"):
        archcost.from_torch("resnet18", torch.zeros(1, 8))
    with pytest.raises(UsageError, match="the tensors that the module is called with"):
        archcost.from_torch(nn.ReLU(), "x")
