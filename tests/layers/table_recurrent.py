"""The kinds of `archcost/layers/recurrent.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import gru_unit, lstm_unit, recurrent, relu_unit, scanned, tanh_unit
from tests.layers.late import F, torch

if TYPE_CHECKING:
    from tests.layers.definitions import Counterpart


def in_torch(function: str, units: int, states: int = 1) -> Counterpart:
    """One layer in one direction, with biases; PyTorch wants the batch, then steps, then channels."""

    def call(x: Any, **learned: Any) -> Any:  # noqa: ANN401 - tensors
        start = [x.new_zeros(1, 1, units)] * states
        y, *_ = getattr(torch, function)(
            x.mT,
            start if states > 1 else start[0],
            [*learned.values()],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=False,
            bidirectional=False,
            batch_first=True,
        )
        return y.mT

    return call


def scan_in_torch(x: Any, delta: Any, b: Any, c: Any, **learned: Any) -> Any:  # noqa: ANN401 - tensors
    """By Mamba's reference: what each position adds, then one position after the other."""
    dt = F.softplus(delta, threshold=math.inf)
    decay = torch.exp(dt[:, :, None] * -torch.exp(learned["A_log"])[..., None])
    added = (dt * x)[:, :, None] * b[:, None]
    kept = [added[..., 0]]
    for t in range(1, x.shape[2]):
        kept.append(decay[..., t] * kept[-1] + added[..., t])
    return (torch.stack(kept, -1) * c[:, None]).sum(2) + learned["D"][:, None] * x


CASES = [
    Case(
        sentence="three cells over five positions: 60 sums of 2 and of 3 products",
        kind="lstm",
        fields={"hidden_size": 3},
        inputs=((2, 5),),
        output=(3, 5),
        value=recurrent(lstm_unit),
        torch=in_torch("lstm", 3, states=2),
        weights={"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3), "bias_ih_l0": (12,), "bias_hh_l0": (12,)},
        # 60 sums of 4 additions and 2 biases; 15 units
        ops=Operations(macs=300, multiplications=345, additions=420, divisions=45, exponentials=75),
    ),
    Case(
        sentence="the same with one bias for both products, as in Keras: 60 additions less",
        kind="lstm",
        fields={"hidden_size": 3, "recurrent_bias": False},
        inputs=((2, 5),),
        output=(3, 5),
        value=recurrent(lstm_unit),
        weights={"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3), "bias_ih_l0": (12,)},
        ops=Operations(macs=300, multiplications=345, additions=360, divisions=45, exponentials=75),
    ),
    Case(
        sentence="two layers with a projection in both directions: the second reads both",
        kind="lstm",
        fields={"hidden_size": 4, "proj_size": 2, "num_layers": 2, "bidirectional": True, "input_size": 5},
        inputs=((5, 4),),
        output=(4, 4),
        value=recurrent(lstm_unit, layers=2, both=True),
        weights={
            f"{name}_l{layer}{end}": {"weight_ih": (16, 4 if layer else 5)}.get(name, shape)
            for layer in range(2)
            for end in ("", "_reverse")
            for name, shape in (
                ("weight_ih", (16, 5)),
                ("weight_hh", (16, 2)),
                ("bias_ih", (16,)),
                ("bias_hh", (16,)),
                ("weight_hr", (2, 4)),
            )
        },
        # A step: 16 sums of 5 + 2 or 4 + 2 products, and 2 projections of 4. 8 steps per layer.
        ops=Operations(macs=1792, multiplications=1984, additions=2272, divisions=192, exponentials=320),
    ),
    Case(
        sentence="of one position an LSTM that only looks back makes what a layer of gates does",
        kind="lstm",
        fields={"hidden_size": 2, "bias": False},
        inputs=((3, 1),),
        output=(2, 1),
        value=recurrent(lstm_unit),
        weights={"weight_ih_l0": (8, 3), "weight_hh_l0": (8, 2)},
        ops=Operations(macs=40, multiplications=46, additions=40, divisions=6, exponentials=10),
    ),
    Case(
        sentence="three units over four positions: two gates, one of which weighs what is fed back",
        kind="gru",
        fields={"hidden_size": 3},
        inputs=((2, 4),),
        output=(3, 4),
        value=recurrent(gru_unit),
        torch=in_torch("gru", 3),
        weights={"weight_ih_l0": (9, 2), "weight_hh_l0": (9, 3), "bias_ih_l0": (9,), "bias_hh_l0": (9,)},
        # 36 sums of 4 additions and 2 biases; 12 units
        ops=Operations(macs=180, multiplications=216, additions=264, divisions=24, exponentials=36),
    ),
    Case(
        sentence="in both directions, the second from the end, without biases",
        kind="gru",
        fields={"hidden_size": 2, "bidirectional": True, "bias": False, "dropout": 0.5},
        inputs=((3, 4),),
        output=(4, 4),
        value=recurrent(gru_unit, both=True),
        weights={
            "weight_ih_l0": (6, 3),
            "weight_hh_l0": (6, 2),
            "weight_ih_l0_reverse": (6, 3),
            "weight_hh_l0_reverse": (6, 2),
        },
        # 48 sums of 4 additions; 16 units
        ops=Operations(macs=240, multiplications=288, additions=256, divisions=32, exponentials=48),
    ),
    Case(
        sentence="Elman's network: one sum a unit, and tanh",
        kind="rnn",
        fields={"hidden_size": 4},
        inputs=((3, 6),),
        output=(4, 6),
        value=recurrent(tanh_unit),
        torch=in_torch("rnn_tanh", 4),
        weights={"weight_ih_l0": (4, 3), "weight_hh_l0": (4, 4), "bias_ih_l0": (4,), "bias_hh_l0": (4,)},
        # 24 sums of 6 additions and 2 biases
        ops=Operations(macs=168, multiplications=168, additions=192, exponentials=24),
    ),
    Case(
        sentence="three layers with relu: the second reads what the first gives",
        kind="rnn",
        fields={"hidden_size": 2, "num_layers": 3, "nonlinearity": "relu", "bias": False},
        inputs=((5, 3),),
        output=(2, 3),
        value=recurrent(relu_unit, layers=3),
        weights={
            "weight_ih_l0": (2, 5),
            "weight_hh_l0": (2, 2),
            "weight_ih_l1": (2, 2),
            "weight_hh_l1": (2, 2),
            "weight_ih_l2": (2, 2),
            "weight_hh_l2": (2, 2),
        },
        # 6 sums of 7 products, 12 of 4
        ops=Operations(macs=90, multiplications=90, additions=72, comparisons=18),
    ),
    Case(
        sentence="of three channels each keeps four numbers; b writes to them, c reads them",
        kind="selective_scan",
        inputs=((3, 5), (3, 5), (4, 5), (4, 5)),
        output=(3, 5),
        value=scanned(),
        torch=scan_in_torch,
        weights={"A_log": (3, 4), "D": (3,)},
        # 15 outputs, 60 numbers; a softplus is a comparison, two additions and two exponentials
        ops=Operations(macs=60, multiplications=270, additions=150, comparisons=15, exponentials=90),
    ),
    Case(
        sentence="two groups of channels with a b and a c each, and nothing added",
        kind="selective_scan",
        fields={"groups": 2, "skip": False},
        inputs=((4, 3), (4, 3), (6, 3), (6, 3)),
        output=(4, 3),
        value=scanned(groups=2),
        weights={"A_log": (4, 3)},
        # 12 outputs, 36 numbers
        ops=Operations(macs=36, multiplications=156, additions=84, comparisons=12, exponentials=60),
    ),
]
