"""Recurrent layers, all steps at once, with zeros before the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcost.execute.torch_counterparts.common import along_channels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.execute.torch_counterparts.common import Counterpart, Tensor, Torch
    from archcost.layers.recurrent import Gru, Lstm, Rnn, SelectiveScan


def _lstm(torch: Torch, layer: Lstm, x: Tensor, **weights: Tensor) -> Tensor:
    sizes = (layer.proj_size or layer.hidden_size, layer.hidden_size)
    start = tuple(_start(layer, x, size) for size in sizes)
    return _over_steps(torch.lstm, layer, x, start, weights)


def _gru(torch: Torch, layer: Gru, x: Tensor, **weights: Tensor) -> Tensor:
    return _over_steps(torch.gru, layer, x, _start(layer, x, layer.hidden_size), weights)


def _rnn(torch: Torch, layer: Rnn, x: Tensor, **weights: Tensor) -> Tensor:
    function = getattr(torch, f"rnn_{layer.nonlinearity}")
    return _over_steps(function, layer, x, _start(layer, x, layer.hidden_size), weights)


def _start(layer: Lstm | Gru | Rnn, x: Tensor, channels: int) -> Tensor:
    """Zeros, for every layer in every direction."""
    return x.new_zeros(layer.num_layers * (1 + layer.bidirectional), 1, channels)


def _place(name: str) -> tuple[int, bool, int]:
    """Where PyTorch wants a weight: by layer, then by direction, then as here.

    >>> sorted(["bias_hh_l0", "weight_ih_l0_reverse", "weight_hh_l0", "weight_ih_l0"], key=_place)
    ['weight_ih_l0', 'weight_hh_l0', 'bias_hh_l0', 'weight_ih_l0_reverse']
    """
    kind, _, end = name.partition("_l")
    layer, _, reverse = end.partition("_")
    return int(layer), bool(reverse), _ORDER.index(kind)


_ORDER = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


def _over_steps(
    function: Counterpart,
    layer: Lstm | Gru | Rnn,
    x: Tensor,
    start: Tensor | tuple[Tensor, ...],
    weights: Mapping[str, Tensor],
) -> Tensor:
    """PyTorch wants the batch, then steps, then channels; its weights in a row, with both biases or none."""
    if layer.bias and not layer.recurrent_bias:
        named = {name.replace("_ih", "_hh"): weight for name, weight in weights.items() if "bias_ih" in name}
        zeros = {name: weight.new_zeros(weight.shape) for name, weight in named.items()}
        weights = dict(sorted({**weights, **zeros}.items(), key=lambda one: _place(one[0])))
    y, *_ = function(
        x.mT,
        start,
        [*weights.values()],
        has_biases=layer.bias,
        num_layers=layer.num_layers,
        dropout=0.0,
        train=False,
        bidirectional=layer.bidirectional,
        batch_first=True,
    )
    return y.mT


def _selective_scan(  # noqa: PLR0913, PLR0917 - its inputs, one by one
    torch: Torch,
    layer: SelectiveScan,
    x: Tensor,
    delta: Tensor,
    b: Tensor,
    c: Tensor,
    *,
    A_log: Tensor,  # noqa: N803 - its name in Mamba, as that of `D`
    D: Tensor | None = None,  # noqa: N803
) -> Tensor:
    """As Mamba's own reference computes it, all positions at once but for the sum of what is kept."""
    dt, share = torch.nn.functional.softplus(delta, threshold=float("inf")), x.shape[1] // layer.groups
    b, c = (one.unflatten(1, (layer.groups, -1)).repeat_interleave(share, 1) for one in (b, c))
    decay = torch.exp(torch.einsum("zkt,kn->zknt", dt, -torch.exp(A_log)))
    fed = torch.einsum("zkt,zknt,zkt->zknt", dt, b, x)
    kept, found = torch.zeros_like(fed[..., 0]), list[Any]()
    for t in range(x.shape[2]):
        kept = decay[..., t] * kept + fed[..., t]
        found.append(torch.einsum("zkn,zkn->zk", kept, c[..., t]))
    y = torch.stack(found, dim=2)
    return y if D is None else y + x * along_channels(x, D)


COUNTERPARTS: dict[str, Counterpart] = {
    "lstm": _lstm,
    "gru": _gru,
    "rnn": _rnn,
    "selective_scan": _selective_scan,
}
