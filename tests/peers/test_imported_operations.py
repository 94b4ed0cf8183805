"""Modules of PyTorch whose operations are no plain layers, imported: every value on their own weights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from archcost.execute.verification import verify
from archcost.importing.imported import imported
from archcost.importing.pytorch.beside import beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn
functional: Any = torch.nn.functional


def module(parts: dict[str, Any], forward: Callable[..., Any]) -> Any:  # noqa: ANN401 - PyTorch's
    """A module of parts, parameters and buffers, and what it does with them."""

    class Made(nn.Module):
        """With its parts under their names."""

        def __init__(self) -> None:
            nn.Module.__init__(self)
            for name, part in parts.items():
                if isinstance(part, (nn.Module, nn.Parameter)):
                    setattr(self, name, part)
                else:
                    self.register_buffer(name, part)

        def forward(self, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
            return forward(self, x)

    return Made().eval()


def steps(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """What a recurrent layer gives at every step."""
    return m.r(x)[0]


def ends(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """The same, and its last state."""
    every, last = m.r(x)
    return every + last[-1].unsqueeze(1)


def heads(x: Any, count: int) -> Any:  # noqa: ANN401 - PyTorch's
    """Tokens apart by heads."""
    return x.reshape(1, x.shape[1], count, -1).transpose(1, 2)


def grouped(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Attention with fewer keys than queries, and a mask that is kept."""
    made = functional.scaled_dot_product_attention(
        heads(m.q(x), 4), heads(m.k(x), 2), heads(m.k(x), 2), attn_mask=m.seen, enable_gqa=True
    )
    return made.transpose(1, 2).reshape(1, 6, 32)


def causal(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Attention that sees what came before."""
    q, k, v = m.q(x).reshape(1, -1, 3, 4, 8).permute(2, 0, 3, 1, 4)
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)


def moves(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Tiles, rolls, flips and sliding windows; standard deviations and variances."""
    y = torch.roll(m.c(x) + m.w.tile(1, 1, 4, 4), (1, 2), (2, 3)).flip(3)
    z = y.unfold(2, 4, 2).unfold(3, 4, 2).amax(dim=(-1, -2))
    return z * y.std(dim=(2, 3), keepdim=True) + y.var(dim=1, keepdim=True, unbiased=False).mean()


def masks(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Choices and comparisons, with a table that is not learned."""
    y = m.c(x)
    y = y.masked_fill(y < 0, -0.5)
    y = torch.maximum(torch.where(y > m.b, y, m.b * 2), m.b) - 1.5 * y
    return torch.addcmul(y, y, m.b, value=0.3) + (2 - y) + y.max(dim=1, keepdim=True)[0]


def standardized(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Filters that are standardized, with a gain each."""
    flat = m.c.weight.reshape(1, 8, -1)
    gain = (m.g * 0.7).view(-1)
    made = functional.batch_norm(flat, None, None, weight=gain, training=True, momentum=0.0, eps=1e-6)
    return functional.conv2d(x, made.reshape_as(m.c.weight), m.c.bias)


def folded(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Patches as a batch."""
    patches = x.reshape(1, 3, 2, 8, 2, 8).permute(0, 2, 4, 1, 3, 5).reshape(4, 3, 8, 8)
    pooled = functional.max_pool2d(m.n(m.c(patches)), 2)
    return functional.adaptive_avg_pool2d(pooled, 1).flatten(1).mean(0, keepdim=True)


def computed(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Convolutions with weights that are fixed, and that are computed; a product with learned columns."""
    weight = m.l(x.mean((2, 3))).reshape(6, 4, 3, 3)
    y = functional.conv2d(functional.conv2d(x, m.k, groups=4, padding=1), weight, stride=2)
    return y.flatten(2).transpose(1, 2) @ m.w.t()


def shared(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """One layer three times."""
    for _ in range(3):
        x = torch.relu(m.n(m.c(x)))
    return x


def placed(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """A map that is read at computed places, with columns of windows and back."""
    y = m.c(x)
    grid = torch.tanh(m.g(y)).permute(0, 2, 3, 1)
    y = functional.grid_sample(y, grid, align_corners=False)
    return functional.fold(functional.unfold(y, 3, padding=1), (16, 16), 3, padding=1)


def side_by_side(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Maps in a batch, each normalized by itself and read at places of its own."""
    maps = m.n(x.reshape(4, 2, 8, 8))
    grid = torch.tanh(m.g(x)).reshape(4, 2, 8, 8).permute(0, 2, 3, 1)
    return functional.grid_sample(maps, grid, align_corners=True).reshape(1, 8, 8, 8)


def indexed(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Biases from a table, by an index that is kept."""
    scores = x @ x.transpose(1, 2) + m.t[m.i.view(-1)].view(6, 6)
    return scores.softmax(-1) @ x


def truths(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """What is yes and no: from numbers, joined, counted."""
    y = m.l(x)
    far, near = (y > 0.5) | (y < -0.5), ~(y.abs() > 0.3)
    every = torch.logical_not(y.relu()).all(-1, keepdim=True) | y.relu().any(-1, keepdim=True)
    return y * far + (near & every).float() + y.relu().bool().sum(-1, keepdim=True) + (far + near)


def statistics(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Variance and mean at once, turned matrices, numbers less a tensor, powers of a number."""
    variance, mean = torch.var_mean(m.l(x), -1, keepdim=True, correction=0)
    y = torch.rsub(x, mean) / (variance + 1e-5).sqrt() + 2 ** x.logsumexp(-1, keepdim=True)
    return torch.hstack([y.mT.movedim(1, 2), x[:, :2]]) + m.n(x).mean()


def resized(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """By factors that give no whole sizes, with channels shuffled."""
    y = functional.interpolate(functional.channel_shuffle(m.c(x), 2), scale_factor=1.7, mode="bilinear")
    return functional.interpolate(y, scale_factor=0.7) + functional.interpolate(y, size=(9, 9)).mean()


def written(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Rows, positions and views that are written over, and what else sees them."""
    moved, y = torch.zeros_like(x), x * 2
    moved[:, :-1, :2], moved[:, 1:, 2:4] = x[:, 1:, :2], x[:, :-1, 2:4]
    first, turned = y[:, 0], y.transpose(1, 2)
    late = turned[:, 3:]
    first.add_(1)
    late.mul_(2)
    y.view(1, 6, 4, 8)[..., 0] = 0.5
    y.relu_()
    turned.squeeze(0)[4] = m.l(x)[0, :, 0]
    return y, turned.sum(1), late, first, m.l(moved)


def normed(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Weights that are a direction and a length."""
    return m.l(torch.relu(m.c(m.t(x.flatten(2)))))


def transformed(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """A map that is moved and turned as a layer says."""
    grid = functional.affine_grid(m.l(x.flatten(1)).view(1, 2, 3), x.shape, align_corners=False)
    return functional.grid_sample(x, grid, align_corners=False)


def hidden(m: Any, x: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Scores that are infinitely low, in operations that a model wraps."""
    with torch.no_grad():
        scores = (m.l(x) @ x.transpose(1, 2)).masked_fill(m.seen == 0, float("-inf"))
    with torch.autocast("cpu", enabled=False):
        return x.add_(1), scores.softmax(-1) @ x, None


def cases() -> dict[str, tuple[Any, Any]]:
    """Modules, with what they read."""
    image, tokens, sequence = (torch.zeros(1, *shape) for shape in ((3, 16, 16), (6, 32), (9, 12)))
    small = torch.zeros(1, 4, 8, 8)
    parameter, ones = nn.Parameter, torch.ones(6, 6)
    normalized = torch.nn.utils.parametrizations.weight_norm
    return {
        "lstm": (module({"r": nn.LSTM(12, 16, 2, batch_first=True, bidirectional=True)}, steps), sequence),
        "gru": (module({"r": nn.GRU(12, 16, batch_first=True)}, ends), sequence),
        "rnn": (module({"r": nn.RNN(12, 16, batch_first=True)}, steps), sequence),
        "grouped": (
            module({"q": nn.Linear(32, 32), "k": nn.Linear(32, 16), "seen": ones.tril().bool()}, grouped),
            tokens,
        ),
        "causal": (module({"q": nn.Linear(32, 96)}, causal), tokens),
        "moves": (
            module({"c": nn.Conv2d(4, 4, 3, padding=1), "w": parameter(torch.rand(1, 4, 2, 2))}, moves),
            small,
        ),
        "masks": (module({"c": nn.Conv2d(3, 6, 3), "b": torch.rand(6, 1, 1)}, masks), image),
        "standardized": (
            module({"c": nn.Conv2d(3, 8, 3), "g": parameter(torch.rand(8, 1, 1, 1) + 0.5)}, standardized),
            image,
        ),
        "folded": (
            module({"c": nn.Conv2d(3, 5, 3, padding=1, stride=2), "n": nn.BatchNorm2d(5)}, folded),
            image,
        ),
        "computed": (
            module(
                {"l": nn.Linear(4, 216), "k": torch.rand(4, 1, 3, 3), "w": parameter(torch.rand(5, 6))},
                computed,
            ),
            small,
        ),
        "shared": (
            module({"c": nn.Conv2d(4, 4, 3, padding=1), "n": nn.BatchNorm2d(4)}, shared),
            small,
        ),
        "placed": (module({"c": nn.Conv2d(3, 8, 3, padding=1), "g": nn.Conv2d(8, 2, 1)}, placed), image),
        "side_by_side": (
            module({"g": nn.Conv2d(8, 8, 1), "n": nn.InstanceNorm2d(2)}, side_by_side),
            torch.zeros(1, 8, 8, 8),
        ),
        "truths": (module({"l": nn.Linear(32, 8)}, truths), tokens),
        "statistics": (module({"l": nn.Linear(32, 8), "n": nn.RMSNorm(32)}, statistics), tokens),
        "resized": (module({"c": nn.Conv2d(4, 4, 1)}, resized), small),
        "written": (module({"l": nn.Linear(32, 8)}, written), tokens),
        "normed": (
            module(
                {
                    "t": normalized(nn.ConvTranspose1d(4, 6, 4, 2)),
                    "c": normalized(nn.Conv1d(6, 6, 3, groups=3)),
                    "l": normalized(nn.Linear(128, 5, bias=False)),
                },
                normed,
            ),
            small,
        ),
        "transformed": (module({"l": nn.Linear(256, 6)}, transformed), small),
        "hidden": (module({"l": nn.Linear(32, 32), "seen": ones.tril()}, hidden), tokens),
        "indexed": (
            module({"t": parameter(torch.rand(11)), "i": torch.randint(0, 11, (6, 6))}, indexed),
            tokens,
        ),
    }


NAMES = [
    *("lstm", "gru", "rnn", "grouped", "causal", "moves", "masks", "standardized", "folded", "computed"),
    *("shared", "placed", "side_by_side", "indexed", "truths", "statistics", "resized", "transformed"),
    *("hidden", "written", "normed"),
]
WITHOUT_CORE = {"lstm", "gru", "rnn", "placed", "resized", "transformed", "hidden", "normed"}
"""What is left out: recurrent layers step by step are long; places and weights are computed there."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of PyTorch, when it decomposes
@pytest.mark.filterwarnings("ignore::UserWarning")  # of PyTorch, of the weights of recurrent layers
@pytest.mark.parametrize("decomposed", [False, True], ids=["exported", "decomposed"])
def test_every_value_is_pytorchs_on_the_files_own_weights(
    name: str, tmp_path: Path, *, decomposed: bool
) -> None:
    if decomposed and name in WITHOUT_CORE:
        return
    torch.manual_seed(0)
    made, given = cases()[name]
    path = tmp_path / "model.pt2"
    program = torch.export.export(made, (given,))
    torch.export.save(program.run_decompositions() if decomposed else program, path)
    found = imported(path)
    assert found.parameters == sum(parameter.numel() for parameter in made.parameters())
    assert "custom" not in found.text
    proofs = verify(found.network, samples=0, against=partial(beside, path)).proofs
    compared = [
        proof.torch.difference for proof in proofs if proof.torch and proof.torch.difference is not None
    ]
    assert compared
    assert max(compared) < 1e-10
