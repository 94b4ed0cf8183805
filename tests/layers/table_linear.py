"""The kinds of `archcost/layers/linear.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import (
    best_piece,
    by_length,
    by_singular_value,
    linear,
    looked_up,
    parametrized,
)
from tests.layers.late import F

CASES = [
    Case(
        sentence="a classifier on a pooled map gives a vector",
        kind="linear",
        fields={"out_features": 1000},
        inputs=((2048, 1, 1),),
        output=(1000,),
        value=linear,
        torch=lambda x, weight, bias: F.linear(x.flatten(1), weight, bias),
        weights={"weight": (1000, 2048), "bias": (1000,)},
        ops=Operations(macs=2_048_000, multiplications=2_048_000, additions=2_048_000),
    ),
    Case(
        sentence="without bias a sum of n products is n - 1 additions",
        kind="linear",
        fields={"out_features": 2, "bias": False, "in_features": 5},
        inputs=((5,),),
        output=(2,),
        value=linear,
        weights={"weight": (2, 5)},
        ops=Operations(macs=10, multiplications=10, additions=8),
    ),
    Case(
        sentence="per position, a linear layer is applied to every token",
        kind="linear",
        fields={"out_features": 4, "per_position": True},
        inputs=((3, 10),),
        output=(4, 10),
        value=linear,
        weights={"weight": (4, 3), "bias": (4,)},
        ops=Operations(macs=120, multiplications=120, additions=120),
    ),
    Case(
        sentence="DINO's last layer learns directions and lengths",
        kind="linear",
        fields={"out_features": 4, "bias": False, "parametrization": "weight_norm"},
        inputs=((6,),),
        output=(4,),
        value=parametrized(by_length, linear),
        torch=lambda x, weight, gain: F.linear(x, gain[:, None] * F.normalize(weight)),
        weights={"weight": (4, 6), "gain": (4,)},
        ops=Operations(macs=24, multiplications=24, additions=20),
    ),
    Case(
        sentence="a discriminator's spectral norm",
        kind="linear",
        fields={"out_features": 1, "parametrization": "spectral_norm"},
        inputs=((6,),),
        output=(1,),
        value=parametrized(by_singular_value(), linear),
        weights={"weight": (1, 6), "bias": (1,)},
        buffers={"left": (1,), "right": (6,)},
        ops=Operations(macs=6, multiplications=6, additions=6),
    ),
    Case(
        sentence="maxout over five pieces leaves 48 of 240 channels",
        kind="maxout",
        fields={"pieces": 5},
        inputs=((240, 8, 8),),
        output=(48, 8, 8),
        value=best_piece(5),
        torch=lambda x: x.unflatten(1, (48, 5)).amax(2),
        ops=Operations(comparisons=12_288),
    ),
    Case(
        sentence="maxout on a vector",
        kind="maxout",
        fields={"pieces": 2},
        inputs=((10,),),
        output=(5,),
        value=best_piece(2),
        ops=Operations(comparisons=5),
    ),
    Case(
        sentence="a text CNN looks 48 tokens up in a table of 18,765 words",
        kind="embedding",
        fields={"num_embeddings": 18_765, "embedding_dim": 300},
        inputs=((48,),),
        output=(300, 48),
        value=looked_up,
        torch=lambda x, weight: F.embedding(x.long(), weight).mT,
        weights={"weight": (18_765, 300)},
    ),
    Case(
        sentence="tokens may come as one channel",
        kind="embedding",
        fields={"num_embeddings": 10, "embedding_dim": 4},
        inputs=((1, 7),),
        output=(4, 7),
        value=looked_up,
        weights={"weight": (10, 4)},
    ),
]
