"""Standard blocks of transformers against PyTorch: the same values, parameters and multiply-accumulates.

What stands on the other side is `torch.nn`, or a module written out here as papers have it.
"""

from __future__ import annotations

from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest

from archcost.analysis.analyze import analyze
from archcost.execute.against_torch import difference
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from tests.peers.compared import NEEDS_TORCH, ROUNDING, Tensor, score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.network import Network

torch: Any = pytest.importorskip("torch", reason=NEEDS_TORCH)
torch.set_num_threads(1)  # tests run on all cores already
nn: Any = torch.nn
F: Any = nn.functional
FlopCounterMode: Any = import_module("torch.utils.flop_counter").FlopCounterMode
Build: TypeAlias = "Callable[..., Network]"
Module: TypeAlias = Any


class Ours(NamedTuple):
    """A network of one block, and the numbers it runs with."""

    network: Network
    tensors: Tensors

    def tensor(self, path: str, name: str = "weight") -> Tensor:
        """A tensor of a node below the block."""
        (node,) = (node for node in self.network if node.path.partition(".")[2] == path)
        return torch.from_numpy(self.tensors.of(node)[name])

    def load(self, theirs: Module, names: Mapping[str, str]) -> None:
        """Give a module the weights of nodes, by the names of its submodules; a bias where there is one."""
        for name, path in names.items():
            part = theirs.get_submodule(name)
            part.weight.data = self.tensor(path).reshape(part.weight.shape)
            if part.bias is not None:
                part.bias.data = self.tensor(path, "bias")

    def agrees(self, theirs: Module) -> None:
        """Both give the same of the same inputs, tokens in rows on the other side, at the same cost."""
        name = self.network.nodes[-1].path.partition(".")[0]
        inputs = self.tensors.inputs(self.network)
        *_, last = steps(self.network, self.tensors, inputs, count=False)
        with FlopCounterMode(display=False) as counter, torch.no_grad(), unfused():
            found = theirs(*(rows(torch.from_numpy(x)[None]) for x in inputs.values()))
        apart = difference(last.value, back(found)[0].numpy())
        assert apart <= ROUNDING
        score("blocks", name).note(apart)
        totals = analyze(self.network).totals
        assert totals.params == sum(prod(p.shape) for p in theirs.parameters())
        assert 2 * totals.macs == counter.get_total_flops()


def unfused() -> Any:  # noqa: ANN401 - PyTorch's
    """Attention as products of its own, which are counted."""
    return nn.attention.sdpa_kernel(nn.attention.SDPBackend.MATH)


def rows(x: Tensor) -> Tensor:
    """`[1, tokens, channels]` of `[1, channels, tokens]`; maps stay as they are."""
    return x.mT if x.dim() == 3 else x


back = rows


def ours(build: Build, call: str, x: str) -> Ours:
    network = build(f"- {call}", x)
    return Ours(network, Tensors.of_network(network, 0, "float64"))


def built(module: Callable[..., Module], *given: object, **named: object) -> Module:
    """In double precision, and as in training: what PyTorch fuses otherwise is not counted."""
    return module(*given, **named).double().train()


# -- attention --------------------------------------------------------------------------------------------


class SelfAttention(nn.Module):
    """PyTorch's attention of tokens to themselves, or to others."""

    def __init__(self, channels: int, heads: int, **named: object) -> None:
        nn.Module.__init__(self)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True, **named)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = x if y is None else y
        return self.attention(x, y, y)[0]


@pytest.mark.parametrize("bias", [True, False])
def test_attention_is_that_of_torch(network: Build, bias: bool) -> None:
    word = str(bias).lower()
    mine = ours(network, f"std/attention: {{heads: 4, bias: {word}, out_bias: {word}}}", "[16, 7]")
    theirs = built(SelfAttention, 16, 4, bias=bias)
    load_attention(mine, theirs.attention, "")
    mine.agrees(theirs)


def load_attention(mine: Ours, theirs: Module, below: str, parts: tuple[str, ...] = ("qkv",)) -> None:
    theirs.in_proj_weight.data = torch.cat([mine.tensor(f"{below}{part}") for part in parts])
    if theirs.in_proj_bias is not None:
        theirs.in_proj_bias.data = torch.cat([mine.tensor(f"{below}{part}", "bias") for part in parts])
    mine.load(theirs, {"out_proj": f"{below}project"})


def test_cross_attention_is_that_of_torch_with_other_channels_of_keys_and_values(network: Build) -> None:
    mine = ours(network, "{from: [x, y], std/cross_attention: {heads: 4}}", "{x: [16, 7], y: [24, 5]}")
    theirs = built(SelfAttention, 16, 4, kdim=24, vdim=24)
    for part in "qkv":
        getattr(theirs.attention, f"{part}_proj_weight").data = mine.tensor(part)
    theirs.attention.in_proj_bias.data = torch.cat([mine.tensor(part, "bias") for part in "qkv"])
    mine.load(theirs, {"attention.out_proj": "project"})
    mine.agrees(theirs)


class GroupedAttention(nn.Module):
    """Queries share heads of keys and values; biases are those that there are."""

    def __init__(
        self, channels: int, heads: int, kv_heads: int, width: int, biases: tuple[bool, ...]
    ) -> None:
        nn.Module.__init__(self)
        self.heads, self.kv_heads = heads, kv_heads
        self.q = nn.Linear(channels, heads * width, bias=biases[0])
        self.k = nn.Linear(channels, kv_heads * width, bias=biases[1])
        self.v = nn.Linear(channels, kv_heads * width, bias=biases[2])
        self.project = nn.Linear(heads * width, channels, bias=biases[3])

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.q(x), self.k(x), self.v(x)
        q = q.unflatten(2, (self.heads, -1)).transpose(1, 2)
        k, v = (one.unflatten(2, (self.kv_heads, -1)).transpose(1, 2) for one in (k, v))
        k, v = (one.repeat_interleave(self.heads // self.kv_heads, dim=1) for one in (k, v))
        y = self.scores(q, k).softmax(-1) @ v
        return self.project(y.transpose(1, 2).flatten(2))

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return q @ k.mT * q.shape[-1] ** -0.5


@pytest.mark.parametrize("kv_heads", [1, 2, 6])
def test_heads_of_keys_are_shared(network: Build, kv_heads: int) -> None:
    biases = "key_bias: false, out_bias: false"
    call = f"std/attention: {{heads: 6, kv_heads: {kv_heads}, key_channels: 24, {biases}}}"
    mine = ours(network, call, "[16, 7]")
    theirs = built(GroupedAttention, 16, 6, kv_heads, 4, (True, False, True, False))
    mine.load(theirs, {part: f"separate.{part}.linear" for part in "qkv"} | {"project": "project"})
    mine.agrees(theirs)


class CausalAttention(nn.Module):
    """PyTorch's own product of queries, keys and values, which sees no later tokens."""

    def __init__(self, channels: int, heads: int) -> None:
        nn.Module.__init__(self)
        self.heads = heads
        self.qkv, self.project = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (one.unflatten(2, (self.heads, -1)).transpose(1, 2) for one in self.qkv(x).chunk(3, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.project(y.transpose(1, 2).flatten(2))


def test_a_causal_mask_hides_what_comes_later_and_all_products_count(network: Build) -> None:
    mine = ours(network, "std/attention: {heads: 4, causal: true}", "[16, 7]")
    theirs = built(CausalAttention, 16, 4)
    mine.load(theirs, {"qkv": "qkv", "project": "project"})
    mine.agrees(theirs)


class DistanceAttention(CausalAttention):
    """Sees all tokens, and adds a number for how far one is from another."""

    def __init__(self, channels: int, heads: int, length: int) -> None:
        super().__init__(channels, heads)
        self.table = nn.Parameter(torch.zeros(heads, 2 * length - 1))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (one.unflatten(2, (self.heads, -1)).transpose(1, 2) for one in self.qkv(x).chunk(3, dim=2))
        place = torch.arange(x.shape[1])
        bias = self.table[:, place[:, None] - place[None, :] + x.shape[1] - 1]
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.project(y.transpose(1, 2).flatten(2))


def test_scores_have_a_number_for_every_distance(network: Build) -> None:
    mine = ours(network, "std/attention: {heads: 4, position_bias: true}", "[16, 7]")
    theirs = built(DistanceAttention, 16, 4, 7)
    mine.load(theirs, {"qkv": "qkv", "project": "project"})
    theirs.table.data = mine.tensor("position_bias.table")
    mine.agrees(theirs)


class SlidingAttention(CausalAttention):
    """Sees two tokens before its own and one behind it, in heads of length 1 but for a learned number."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__(channels, heads)
        self.q_norm, self.k_norm = (nn.RMSNorm(channels // heads, eps=1e-6) for _ in "qk")

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (one.unflatten(2, (self.heads, -1)).transpose(1, 2) for one in self.qkv(x).chunk(3, dim=2))
        seen = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril(1).triu(-2)
        q, k = self.q_norm(q), self.k_norm(k)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=0.3)
        return self.project(y.transpose(1, 2).flatten(2))


def test_a_token_sees_its_neighbours_through_normed_queries_and_keys(network: Build) -> None:
    mine = ours(
        network, "std/attention: {heads: 4, before: 2, after: 1, qk_norm: true, scale: 0.3}", "[16, 7]"
    )
    theirs = built(SlidingAttention, 16, 4)
    norms = {f"{one}_norm": f"{long}_norm.rms_norm" for one, long in (("q", "query"), ("k", "key"))}
    mine.load(theirs, {"qkv": "qkv", "project": "project"})
    for name, path in norms.items():
        theirs.get_submodule(name).weight.data = mine.tensor(path)
    mine.agrees(theirs)


class Product(nn.Module):
    """PyTorch's product alone: of heads that are channels in a row."""

    def __init__(self, heads: int, **named: object) -> None:
        nn.Module.__init__(self)
        self.heads, self.named = heads, named

    def forward(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
        q, k, v = (one.unflatten(2, (self.heads, -1)).transpose(1, 2) for one in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, bias, **self.named).transpose(1, 2).flatten(2)


def test_the_product_alone_is_that_of_torch(network: Build) -> None:
    call = "{from: [q, k, v], std/scaled_dot_product: {heads: 4}}"
    mine = ours(network, call, "{q: [16, 7], k: [16, 5], v: [24, 5]}")
    mine.agrees(built(Product, 4))


def test_the_product_sees_what_came_before_by_another_scale(network: Build) -> None:
    call = "{from: [q, k, v], std/scaled_dot_product: {heads: 4, causal: true, scale: 0.7}}"
    mine = ours(network, call, "{q: [16, 7], k: [16, 7], v: [24, 7]}")
    mine.agrees(built(Product, 4, is_causal=True, scale=0.7))


def test_the_product_has_a_bias_from_elsewhere(network: Build) -> None:
    call = "{from: [q, k, v, bias], std/biased_dot_product: {heads: 4, scale: 1}}"
    mine = ours(network, call, "{q: [16, 7], k: [16, 5], v: [24, 5], bias: [4, 7, 5]}")
    mine.agrees(built(Product, 4, scale=1.0))


class GivenAttention(nn.Module):
    """PyTorch's attention of three tensors."""

    def __init__(self, channels: int, heads: int, **named: object) -> None:
        nn.Module.__init__(self)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True, **named)

    def forward(self, *given: Tensor) -> Tensor:
        return self.attention(*given)[0]


def test_queries_keys_and_values_come_from_where_they_are_said_to(network: Build) -> None:
    call = "{from: [query, key, value], std/multi_head_attention: {heads: 4}}"
    mine = ours(network, call, "{query: [16, 7], key: [24, 5], value: [8, 5]}")
    theirs = built(GivenAttention, 16, 4, kdim=24, vdim=8)
    for part in "qkv":
        getattr(theirs.attention, f"{part}_proj_weight").data = mine.tensor(part)
    theirs.attention.in_proj_bias.data = torch.cat([mine.tensor(part, "bias") for part in "qkv"])
    mine.load(theirs, {"attention.out_proj": "project"})
    mine.agrees(theirs)


class WindowAttention(nn.Module):
    """Swin's, of a map that its windows divide, as its authors publish it."""

    def __init__(self, channels: int, heads: int, window: int, shift: int = 0) -> None:
        nn.Module.__init__(self)
        self.heads, self.window, self.shift = heads, window, shift
        self.qkv, self.project = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        place = torch.stack(torch.meshgrid(*[torch.arange(window)] * 2, indexing="ij")).flatten(1)
        apart = place[:, :, None] - place[:, None, :] + window - 1
        self.index = apart[0] * (2 * window - 1) + apart[1]

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        tokens = self.split(x.permute(0, 2, 3, 1).roll((-self.shift, -self.shift), (1, 2)))
        q, k, v = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = q * q.shape[-1] ** -0.5 @ k.mT + self.table[self.index].permute(2, 0, 1)
        if self.shift:
            scores = scores + self.mask(height, width)
        y = self.project((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        y = y.unflatten(0, (height // self.window, width // self.window))
        y = y.unflatten(2, (self.window, self.window)).transpose(1, 2).reshape(1, height, width, -1)
        return y.roll((self.shift, self.shift), (1, 2)).permute(0, 3, 1, 2)

    def split(self, x: Tensor) -> Tensor:
        """Windows of `[1, height, width, channels]`, `[windows, positions, channels]`."""
        x = x.unflatten(2, (-1, self.window)).unflatten(1, (-1, self.window))
        return x.transpose(2, 3).flatten(0, 2).flatten(1, 2)

    def mask(self, height: int, width: int) -> Tensor:
        """-100 between positions that were not beside each other before the roll."""
        parts, places = torch.zeros(1, height, width, 1, dtype=torch.float64), 0
        ends = [slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None)]
        for rows in ends:
            for columns in ends:
                parts[:, rows, columns], places = places, places + 1
        of = self.split(parts)[:, :, 0]
        return torch.where(of[:, None, :] == of[:, :, None], 0.0, -100.0)[:, None]


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_attention_in_windows_is_that_of_swin(network: Build, shift: int) -> None:
    call = f"std/attention: {{heads: 2, window: 4, shift: {shift}, position_bias: true}}"
    mine = ours(network, call, "[8, 8, 12]")
    theirs = built(WindowAttention, 8, 2, 4, shift)
    mine.load(theirs, {"qkv": "qkv", "project": "project"})
    theirs.table.data = mine.tensor("position_bias.table").T
    mine.agrees(theirs)


class GridAttention(WindowAttention):
    """MaxViT's: what lies as far apart as there are windows is together."""

    def forward(self, x: Tensor) -> Tensor:
        far = x.shape[2] // self.window, x.shape[3] // self.window
        x = x.unflatten(3, (self.window, far[1])).unflatten(2, (self.window, far[0]))
        near = x.permute(0, 1, 3, 2, 5, 4).flatten(4, 5).flatten(2, 3)  # so that they are windows
        y = super().forward(near)
        y = y.unflatten(3, (far[1], self.window)).unflatten(2, (far[0], self.window))
        return y.permute(0, 1, 3, 2, 5, 4).flatten(4, 5).flatten(2, 3)


def test_a_window_may_be_a_grid(network: Build) -> None:
    mine = ours(
        network, "std/attention: {heads: 2, window: 4, grid: true, position_bias: true}", "[8, 8, 12]"
    )
    theirs = built(GridAttention, 8, 2, 4)
    mine.load(theirs, {"qkv": "qkv", "project": "project"})
    theirs.table.data = mine.tensor("position_bias.table").T
    mine.agrees(theirs)


class PaddedWindowAttention(WindowAttention):
    """Of a map that is padded at its ends."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        padded = F.pad(x, (0, -width % self.window, 0, -height % self.window))
        return super().forward(padded)[:, :, :height, :width]


@pytest.mark.parametrize("shift", [0, 2])
def test_a_map_is_padded_to_whole_windows(network: Build, shift: int) -> None:
    call = f"std/attention: {{heads: 2, window: 4, shift: {shift}, position_bias: true}}"
    mine = ours(network, call, "[8, 7, 10]")
    theirs = built(PaddedWindowAttention, 8, 2, 4, shift)
    mine.load(theirs, {"qkv": "qkv", "project": "project"})
    theirs.table.data = mine.tensor("position_bias.table").T
    mine.agrees(theirs)


# -- layers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_first", [True, False])
def test_an_encoder_layer_is_that_of_torch(network: Build, norm_first: bool) -> None:
    fields = f"heads: 4, hidden: 24, act: relu, norm_first: {str(norm_first).lower()}"
    mine = ours(network, f"std/transformer_encoder_layer: {{{fields}}}", "[16, 7]")
    theirs = built(
        nn.TransformerEncoderLayer, 16, 4, 24, dropout=0.0, batch_first=True, norm_first=norm_first
    )
    load_attention(mine, theirs.self_attn, "attention.")
    mine.load(theirs, {"linear1": "mlp.widen", "linear2": "mlp.project"})
    mine.load(theirs, norms(mine))
    mine.agrees(theirs)


def norms(mine: Ours) -> dict[str, str]:
    """PyTorch numbers them in order."""
    paths = [node.path.partition(".")[2] for node in mine.network if node.kind == "layer_norm"]
    return {f"norm{i}": path for i, path in enumerate(paths, 1)}


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_decoder_layer_is_that_of_torch(network: Build, norm_first: bool) -> None:
    fields = f"heads: 4, hidden: 24, causal: false, norm_first: {str(norm_first).lower()}"
    call = f"{{from: [x, y], std/transformer_decoder_layer: {{{fields}}}}}"
    mine = ours(network, call, "{x: [16, 7], y: [16, 5]}")
    theirs = built(
        nn.TransformerDecoderLayer,
        16,
        4,
        24,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=norm_first,
    )
    load_attention(mine, theirs.self_attn, "attention.")
    load_attention(mine, theirs.multihead_attn, "cross_attention.", ("q", "k", "v"))
    mine.load(theirs, {"linear1": "mlp.widen", "linear2": "mlp.project"})
    mine.load(theirs, norms(mine))
    mine.agrees(theirs)


def rotated(x: Tensor) -> Tensor:
    """Heads `[1, heads, tokens, width]` as Llama turns them."""
    places, width = torch.arange(x.shape[2], dtype=x.dtype), x.shape[3]
    angles = places[:, None] * 10000 ** -(torch.arange(0, width, 2, dtype=x.dtype) / width)
    cosines, sines = (function(torch.cat([angles, angles], dim=1)) for function in (torch.cos, torch.sin))
    first, second = x.chunk(2, dim=3)
    return x * cosines + torch.cat([-second, first], dim=3) * sines


class LlamaLayer(nn.Module):
    """RMS norms, shared heads, rotations, a causal mask, a gated perceptron, no biases."""

    def __init__(self, channels: int, heads: int, kv_heads: int, hidden: int) -> None:
        nn.Module.__init__(self)
        width = channels // heads
        self.attention = RotaryAttention(channels, heads, kv_heads, width, (False,) * 4)
        self.mlp = GatedMlp(channels, hidden)
        self.before, self.between = nn.RMSNorm(channels, eps=1e-5), nn.RMSNorm(channels, eps=1e-5)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.before(x))
        return x + self.mlp(self.between(x))


class RotaryAttention(GroupedAttention):
    """Queries and keys are turned, and no later token is seen."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        later = torch.ones(q.shape[2], k.shape[2]).triu(1) > 0
        return super().scores(rotated(q), rotated(k)).masked_fill(later, -torch.inf)


class GatedMlp(nn.Module):
    """Llama's perceptron."""

    def __init__(self, channels: int, hidden: int) -> None:
        nn.Module.__init__(self)
        self.gate = nn.Linear(channels, hidden, bias=False)
        self.up = nn.Linear(channels, hidden, bias=False)
        self.down = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))


def test_a_gated_mlp_is_that_of_llama(network: Build) -> None:
    mine = ours(network, "std/mlp: {hidden: 40, act: silu, gated: true, bias: false}", "[16, 7]")
    theirs = built(GatedMlp, 16, 40)
    mine.load(theirs, {"gate": "gated.gate.linear", "up": "gated.map.linear", "down": "project"})
    mine.agrees(theirs)


def test_a_layer_of_llama(network: Build) -> None:
    norms = "rms_norm: true, gated: true, act: silu, bias: false, rotary: true, causal: true"
    mine = ours(
        network, f"std/transformer_encoder_layer: {{heads: 4, kv_heads: 2, hidden: 40, {norms}}}", "[16, 7]"
    )
    theirs = built(LlamaLayer, 16, 4, 2, 40)
    of_mlp = {"gate": "gated.gate.linear", "up": "gated.map.linear", "down": "project"}
    mine.load(theirs.mlp, {name: f"mlp.{path}" for name, path in of_mlp.items()})
    first, second = (node.path.partition(".")[2] for node in mine.network if node.kind == "rms_norm")
    mine.load(theirs, {"attention.project": "attention.project"})
    theirs.before.weight.data, theirs.between.weight.data = mine.tensor(first), mine.tensor(second)
    made = mine.tensor("attention.qkv").split([16, 8, 8])
    for part, weight in zip("qkv", made, strict=True):
        getattr(theirs.attention, part).weight.data = weight
    mine.agrees(theirs)


class ConvNextBlock(nn.Module):
    """As its authors publish it."""

    def __init__(self, channels: int) -> None:
        nn.Module.__init__(self)
        self.conv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.widen, self.project = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.project(F.gelu(self.widen(y)))
        return x + y.permute(0, 3, 1, 2)


class SwinBlock(nn.Module):
    """As its authors publish it."""

    def __init__(self, channels: int, heads: int, window: int, shift: int) -> None:
        nn.Module.__init__(self)
        self.first, self.second = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, heads, window, shift)
        self.widen, self.project = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.first(x.movedim(1, 3)).movedim(3, 1))
        return x + self.project(F.gelu(self.widen(self.second(x.movedim(1, 3))))).movedim(3, 1)


def test_a_block_of_swin_is_that_of_its_authors(network: Build) -> None:
    mine = ours(network, "std/swin_block: {heads: 2, window: 4, shift: 2}", "[8, 8, 8]")
    theirs = built(SwinBlock, 8, 2, 4, 2)
    mine.load(theirs, {"attention.qkv": "attention.qkv", "attention.project": "attention.project"})
    theirs.attention.table.data = mine.tensor("attention.position_bias.table").T
    norms = {"first": "layer_norm", "second": "layer_norm_2"}
    mine.load(theirs, norms | {"widen": "mlp.widen", "project": "mlp.project"})
    mine.agrees(theirs)


def test_a_convnext_block_is_that_of_its_authors(network: Build) -> None:
    mine = ours(network, "std/convnext_block", "[8, 9, 10]")
    theirs = built(ConvNextBlock, 8)
    names = {"conv": "depthwise_conv", "norm": "layer_norm", "widen": "widen", "project": "project"}
    mine.load(theirs, names)
    theirs.gamma.data = mine.tensor("layer_scale")
    mine.agrees(theirs)
