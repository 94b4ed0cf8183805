"""From what a verification measured to its report."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from archcost.layers.given import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from fractions import Fraction

    from archcost.execute.verification import Proof, Verification
from archcost.results.verification import (
    OPERATIONS,
    FieldProof,
    Mismatch,
    NodeProof,
    Pair,
    TorchProof,
    VerifyReport,
)


def verify_report(found: Verification, scale: Fraction | None = None) -> VerifyReport:
    """A verification as plain values; `scale` is what its channels were scaled by."""
    network = found.network
    nodes = tuple(map(_node, found.proofs))
    return VerifyReport(
        path=network.path,
        name=network.name,
        variant=network.variant,
        vars={name: readable(value) for name, value in network.variables.items()},
        inputs={tensor.path: tensor.output for tensor in network.inputs},
        scale_channels=None if scale is None else str(scale),
        dtype=found.dtype,
        seed=found.seed,
        agrees=found.agrees,
        positions=found.positions,
        totals=sums_of(nodes),
        on_padding=sum(node.on_padding for node in nodes),
        differences=tuple(_mismatches(found.proofs)),
        nodes=nodes,
    )


def _node(proof: Proof) -> NodeProof:
    node, tally, touched, torch = proof.node, proof.tally, proof.touched, proof.torch
    counts = {
        name: Pair(measured=getattr(tally, name), predicted=getattr(proof.cost.operations, name))
        for name in OPERATIONS
    }
    return NodeProof(
        path=node.path,
        kind=node.kind,
        **node.place.written,
        agrees=not any(True for _ in proof.differences()),
        status=_status(proof),
        measured_shape=proof.shape,
        predicted_shape=node.output,
        params=Pair(measured=proof.allocated, predicted=proof.cost.params),
        counts=counts,
        on_padding=tally.on_padding,
        field=FieldProof(
            pairs=touched.pairs,
            at_borders=touched.at_borders,
            upper_bound=touched.is_bounded,
            untold=touched.untold,
            wrong=touched.wrong,
        ),
        torch=torch
        and TorchProof(
            difference=_finite(torch.difference),
            tolerance=torch.tolerance,
            untold=torch.reason,
        ),
    )


def _finite(number: float | None) -> float | None:
    """What JSON has; neither NaN nor infinity."""
    return number if number is not None and isfinite(number) else None


def _status(proof: Proof) -> str:
    if proof.is_made_up:
        return "declared"
    return "on made-up values" if proof.follows_made_up else "proved"


def sums_of(nodes: Sequence[NodeProof]) -> dict[str, Pair]:
    """What nodes measured and were predicted to, together; declared ones measure nothing."""
    proved = [node for node in nodes if node.status != "declared"]
    parts = {"params": [node.params for node in proved]}
    parts |= {name: [node.counts[name] for node in proved] for name in OPERATIONS}
    return {
        name: Pair(measured=sum(p.measured for p in pairs), predicted=sum(p.predicted for p in pairs))
        for name, pairs in parts.items()
    }


def _mismatches(proofs: Iterable[Proof]) -> Iterator[Mismatch]:
    for proof in proofs:
        place = proof.node.place
        for difference in proof.differences():
            yield Mismatch(
                node=proof.node.path,
                **place.written,
                **difference._asdict(),
            )
