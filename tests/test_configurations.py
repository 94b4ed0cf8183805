"""Networks of the zoo with other values of their variables, against what their authors print of them.

`data/configurations.yaml` has the numbers, each under the convention of its source.
"""

from __future__ import annotations

import json
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import archcost
from archcost.conventions.counting import counts
from archcost.conventions.table import find
from archcost.errors import UsageError
from archcost.passes.cost import costs
from tests.published_numbers import Printed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcost.network import Network, Node

DATA = Path(__file__).parent / "data" / "configurations.yaml"
PRODUCTS = {"conv", "depthwise_conv", "blur_pool", "linear", "matmul"}
CONVOLUTIONS = {"conv", "conv_transpose"}


def macs(network: Network, *kinds: str) -> int:
    pairs = zip(network, costs(network), strict=True)
    return sum(cost.operations.macs for node, cost in pairs if not kinds or node.kind in kinds)


def params(network: Network, without: str = "") -> int:
    pairs = zip(network, costs(network), strict=True)
    return sum(cost.params for node, cost in pairs if node.kind != without)


def outputs(network: Network, kinds: set[str]) -> int:
    return sum(prod(node.output) for node in network if node.kind in kinds)


def biases(network: Network) -> int:
    """One sum per output that has a bias."""
    biased = (node for node in network if node.kind in PRODUCTS and "bias" in node.weight_shapes())
    return sum(prod(node.output) for node in biased)


def fvcore(network: Network) -> int:
    """What fvcore counts, as timm runs it.

    timm takes the mean of a squeeze and excitation by `mean`, for which fvcore has no rule, and its attention
    was not fused there, so that both products were seen.
    """

    def in_gate(node: Node) -> bool:
        return node.kind == "global_avg_pool" and "gate" in node.path

    found = counts(network, find("fvcore"))
    seen = sum(count.total for node, count in zip(network, found, strict=True) if not in_gate(node))
    return seen + macs(network, "matmul")


def feature_maps(network: Network) -> int:
    """What nnU-Net adds up to estimate memory: outputs of convolutions.

    It takes a convolution to be behind every pool of a shortcut; it is only built if channels change.
    """
    pools = [node for node in network if node.kind == "avg_pool"]
    alone = [pool for pool in pools if all(reader.kind != "conv" for reader, _ in network.readers[pool])]
    return outputs(network, CONVOLUTIONS) + sum(prod(pool.output) for pool in alone)


MEASURES: dict[str, Callable[[Network], int]] = {
    "params": params,
    "params without norms": lambda network: params(network, without="batch_norm"),
    "macs": macs,
    "macs and biases": lambda network: macs(network) + biases(network),
    "fvcore": fvcore,
    "thop twice": lambda network: 2 * sum(count.total for count in counts(network, find("thop"))),
    "feature maps": feature_maps,
    "outputs": lambda network: outputs(network, PRODUCTS),
    "outputs and max pools": lambda network: outputs(network, PRODUCTS | {"max_pool"}),
}


def rows() -> Iterator[tuple[dict[str, Any], str]]:
    """Every number: its network, and what it is of."""
    for source in yaml.safe_load(DATA.read_text(encoding="utf-8")):
        yield from ((row, measure) for row in source["networks"] for measure in row if measure in MEASURES)


@cache
def configured(of: str, settings: str, size: int | None) -> Network:
    chosen = json.loads(settings)
    try:
        return archcost.load(f"zoo:{of}", set=chosen if size is None else chosen | {"size": size})
    except UsageError:  # its size is no variable
        return archcost.load(f"zoo:{of}", set=chosen, input=f"3x{size}x{size}")


def test_every_key_of_a_row_is_read() -> None:
    assert {key for row, _ in rows() for key in row} <= {"of", "set", "size", *MEASURES}


@pytest.mark.parametrize(
    ("row", "measure"),
    [pytest.param(row, of, id=f"{row['of']} {row['set']} {row.get('size', '')} {of}") for row, of in rows()],
)
def test_a_configuration_costs_what_its_authors_print(row: dict[str, Any], measure: str) -> None:
    found = MEASURES[measure](configured(row["of"], json.dumps(row["set"]), row.get("size")))
    text = str(row[measure])
    number, unit = (text[:-1], text[-1]) if text[-1].isalpha() else (text, None)
    decimals = None if unit is None else len(number.partition(".")[2])
    printed = Printed(network=row["of"], quantity=measure, value=number, unit=unit, decimals=decimals)
    assert printed.is_how_it_prints(found), f"{text} is printed, archcost has {found:,}"
