"""The kinds of `archcost/layers/product.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import displaced, einstein, matrices, tokens
from tests.layers.late import F, torch

CASES = [
    Case(
        sentence="ViT-B/16 scores 197 queries against 197 keys in 12 heads of 64 channels",
        kind="matmul",
        fields={"heads": 12, "transpose_a": True},
        inputs=((768, 197), (768, 197)),
        output=(12, 197, 197),
        value=matrices(heads=12, terms=64, turn_a=True),
        torch=lambda q, k: q.unflatten(1, (12, 64)).mT @ k.unflatten(1, (12, 64)),
        # 465,708 scores of 64 products
        ops=Operations(macs=29_805_312, multiplications=29_805_312, additions=29_339_604),
    ),
    Case(
        sentence="scores and values give tokens again",
        kind="matmul",
        fields={"transpose_b": True},
        inputs=((12, 197, 197), (768, 197)),
        output=(768, 197),
        value=tokens(heads=12, terms=197, channels=64, last=True, turn_b=True),
        # 151,296 outputs of 197 products
        ops=Operations(macs=29_805_312, multiplications=29_805_312, additions=29_654_016),
    ),
    Case(
        sentence="values first, scores transposed: the same",
        kind="matmul",
        fields={"heads": 2, "transpose_b": True},
        inputs=((6, 5), (2, 4, 5)),
        output=(6, 4),
        value=tokens(heads=2, terms=5, channels=3, last=False, turn_b=True),
        ops=Operations(macs=120, multiplications=120, additions=96),
    ),
    Case(
        sentence="linear attention sums keys times values over positions first",
        kind="matmul",
        fields={"heads": 2, "transpose_b": True},
        inputs=((6, 5), (8, 5)),
        output=(2, 3, 4),
        value=matrices(heads=2, terms=5, turn_b=True),
        ops=Operations(macs=120, multiplications=120, additions=96),
    ),
    Case(
        sentence="then queries take what each channel of theirs has",
        kind="matmul",
        fields={"transpose_a": True},
        inputs=((2, 3, 4), (6, 5)),
        output=(8, 5),
        value=tokens(heads=2, terms=3, channels=4, last=False, turn_a=True),
        ops=Operations(macs=120, multiplications=120, additions=80),
    ),
    Case(
        sentence="a batch of matrices times another",
        kind="matmul",
        inputs=((7, 2, 3), (7, 3, 5)),
        output=(7, 2, 5),
        value=matrices(heads=7, terms=3),
        ops=Operations(macs=210, multiplications=210, additions=140),
    ),
    Case(
        sentence="two plain matrices",
        kind="matmul",
        inputs=((2, 3), (3, 4)),
        output=(1, 2, 4),
        value=matrices(heads=1, terms=3),
        ops=Operations(macs=24, multiplications=24, additions=16),
    ),
    Case(
        sentence="Swin-T scores tokens in 64 windows of 49, in 3 heads of 32 channels",
        kind="matmul",
        fields={"heads": 3, "tokens": True, "transpose_a": True},
        inputs=((96, 64, 49), (96, 64, 49)),
        output=(3, 64, 49, 49),
        value=lambda at, q, k: sum(
            q[32 * at[0] + c, at[1], at[2]] * k[32 * at[0] + c, at[1], at[3]] for c in range(32)
        ),
        # 460,992 scores of 32 products
        ops=Operations(macs=14_751_744, multiplications=14_751_744, additions=14_290_752),
    ),
    Case(
        sentence="scores and values of two windows give tokens in windows again",
        kind="matmul",
        fields={"transpose_b": True},
        inputs=((3, 2, 4, 5), (6, 2, 5)),
        output=(6, 2, 4),
        value=lambda at, w, v: sum(w[at[0] // 2, at[1], at[2], k] * v[at[0], at[1], k] for k in range(5)),
        # 48 outputs of 5 products
        ops=Operations(macs=240, multiplications=240, additions=192),
    ),
    Case(
        sentence="four heads of keys are shared by twelve of queries, three neighbours each",
        kind="matmul",
        fields={"heads": 12, "kv_heads": 4, "transpose_a": True},
        inputs=((24, 5), (8, 7)),
        output=(12, 5, 7),
        value=lambda at, q, k: sum(q[2 * at[0] + c, at[1]] * k[2 * (at[0] // 3) + c, at[2]] for c in (0, 1)),
        # PyTorch, scaled_dot_product_attention with enable_gqa: keys by repeat_interleave
        torch=lambda q, k: q.unflatten(1, (12, 2)).mT @ k.unflatten(1, (4, 2)).repeat_interleave(3, dim=1),
        # 420 scores of 2 products
        ops=Operations(macs=840, multiplications=840, additions=420),
    ),
    Case(
        sentence="and so are the values",
        kind="matmul",
        fields={"kv_heads": 2, "transpose_b": True},
        inputs=((4, 5, 7), (6, 7)),
        output=(12, 5),
        value=lambda at, w, v: sum(
            w[at[0] // 3, at[1], k] * v[at[0] // 6 * 3 + at[0] % 3, k] for k in range(7)
        ),
        ops=Operations(macs=420, multiplications=420, additions=360),
    ),
    Case(
        sentence="one matrix is repeated for eight, one set for three",
        kind="matmul",
        inputs=((8, 1, 2, 3), (1, 3, 3, 4)),
        output=(8, 3, 2, 4),
        value=lambda at, a, b: sum(a[at[0], 0, at[2], k] * b[0, at[1], k, at[3]] for k in range(3)),
        torch=lambda a, b: a @ b,
        # 192 outputs of 3 products
        ops=Operations(macs=576, multiplications=576, additions=384),
    ),
    Case(
        sentence="attention's scores, of heads that have an axis of their own",
        kind="einsum",
        fields={"equation": "hcq,hck->hqk"},
        inputs=((12, 64, 197), (12, 64, 197)),
        output=(12, 197, 197),
        value=einstein("hcq,hck->hqk"),
        torch=lambda q, k: torch.einsum("bhcq,bhck->bhqk", q, k),
        ops=Operations(macs=29_805_312, multiplications=29_805_312, additions=29_339_604),
    ),
    Case(
        sentence="SAM's positions: queries of 2 heads on a 4×5 map, with a table for each row and key",
        kind="einsum",
        fields={"equation": "nchw, hkc -> nhwk"},
        inputs=((2, 6, 4, 5), (4, 4, 6)),
        output=(2, 4, 5, 4),
        value=einstein("nchw,hkc->nhwk"),
        # 160 outputs of 6 products
        ops=Operations(macs=960, multiplications=960, additions=800),
    ),
    Case(
        sentence="every channel weighs all positions, in another order of axes",
        kind="einsum",
        fields={"equation": "cl,cm->mcl"},
        inputs=((3, 4), (3, 5)),
        output=(5, 3, 4),
        value=einstein("cl,cm->mcl"),
        ops=Operations(multiplications=60),
    ),
    Case(
        sentence="a vector of frequencies times positions: an outer product, which sums nothing",
        kind="einsum",
        fields={"equation": "d,l->dl"},
        inputs=((8,), (10,)),
        output=(8, 10),
        value=einstein("d,l->dl"),
        ops=Operations(multiplications=80),
    ),
    Case(
        sentence="the second has one set, which meets each of the first's three",
        kind="einsum",
        fields={"equation": "hscq,hsck->hsqk"},
        inputs=((2, 3, 4, 5), (2, 1, 4, 6)),
        output=(2, 3, 5, 6),
        value=lambda at, a, b: sum(a[at[0], at[1], c, at[2]] * b[at[0], 0, c, at[3]] for c in range(4)),
        ops=Operations(macs=720, multiplications=720, additions=540),
    ),
    Case(
        sentence="PWC-Net compares with 9x9 neighbours, the mean over 16 channels",
        kind="correlation",
        fields={"max_displacement": 4},
        inputs=((16, 12, 12), (16, 12, 12)),
        output=(81, 12, 12),
        value=displaced(4),
        torch=lambda a, b: torch.stack(
            [
                (a * F.pad(b, (4, 4, 4, 4))[:, :, i : i + 12, j : j + 12]).mean(1)
                for i in range(9)
                for j in range(9)
            ],
            dim=1,
        ),
        # 11,664 outputs of 16 products
        ops=Operations(macs=186_624, multiplications=198_288, additions=174_960),
    ),
    Case(
        sentence="in steps of two, up to three away is one step each way",
        kind="correlation",
        fields={"max_displacement": 3, "step": 2, "mean": False},
        inputs=((4, 9), (4, 9)),
        output=(3, 9),
        value=displaced(3, 2, mean=False),
        ops=Operations(macs=108, multiplications=108, additions=81),  # 27 outputs of 4
    ),
]
