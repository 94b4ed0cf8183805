"""Paths against listing every one of them, and against closed forms."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

import archcost
from archcost.layers.linear import Linear
from archcost.layers.merge import Add
from archcost.network import Input, Network, Node
from archcost.passes import paths as module
from archcost.passes.paths import paths, share
from archcost.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Loader: TypeAlias = "Callable[..., Network]"
Path_: TypeAlias = tuple[Node | Input, ...]
NETWORKS = Path(__file__).parents[1] / "networks"


def binomial(n: int) -> tuple[int, ...]:
    return tuple(comb(n, k) for k in range(n + 1))


def times(a: list[int], b: list[int]) -> list[int]:
    result = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            result[i + j] += x * y
    return result


# -- listing every path of random graphs --------------------------------------------------------------------


def random_layers(seed: int) -> str:
    """Linear layers, activations and merges over vectors of 2, each reading whatever stands before it."""
    rng = random.Random(seed)  # noqa: S311 - a test, not a secret
    names, lines = ["left", "right"], ["- {name: learned, parameter: {shape: [2]}}"]
    for i in range(rng.randint(3, 10)):
        kind = rng.choice(["linear: {out_features: 2}", "relu: ", "add: ", "add: ", "multiply: ", "concat: "])
        sources = [rng.choice([*names[-3:], *names]) for _ in range(rng.randint(2, 3))]
        if kind == "add: " and rng.random() < 0.2:
            sources.append("learned")
        # What is concatenated is made short again, so that anything may read it.
        merges = kind in {"add: ", "multiply: ", "concat: "}
        origin = f"[{', '.join(sources)}]" if merges else sources[0]
        lines.append(f"- {{name: t{i}, {kind}, from: {origin}}}")
        if kind == "concat: ":
            lines.append(f"- {{name: s{i}, linear: {{out_features: 2}}}}")
        names.append(f"s{i}" if kind == "concat: " else f"t{i}")
    return "\n".join(lines)


def every_path(end: Node | Input) -> Iterator[Path_]:
    if isinstance(end, Input):
        yield (end,)
        return
    for source in end.inputs:
        for path in every_path(source):
            yield (*path, end)


def weighted(path: Path_) -> int:
    return sum(isinstance(node, Node) and node.word == "linear" for node in path)


def every_choice(end: Node | Input) -> Iterator[int]:
    """How many modules every way through the additions passes."""
    if isinstance(end, Input):
        yield 0
        return
    longest = [max(map(weighted, every_path(source)), default=None) for source in end.inputs]
    known = [n for n in longest if n is not None]
    if end.word != "add":
        first = end.inputs[longest.index(max(known))] if known else None
        yield from every_choice(first) if first else ()
        return
    for source, length in zip(end.inputs, longest, strict=True):
        passes = length == max(known, default=0) > min(known, default=0)
        yield from (n + passes for n in every_choice(source)) if length is not None else ()


def histogram(lengths: list[int]) -> tuple[int, ...]:
    found = Counter(lengths)
    return tuple(found[n] for n in range(max(lengths, default=-1) + 1))


@pytest.mark.parametrize("seed", range(150))
def test_paths_are_those_that_listing_finds(seed: int, network: Loader) -> None:
    net = network(random_layers(seed), "{left: [2], right: [2]}")
    for node in net:
        listed = [*every_path(node)]
        found = paths(net, node)
        assert found.total == len(listed)
        assert found.lengths == histogram([weighted(path) for path in listed])
        assert found.modules == histogram([*every_choice(node)])


def test_only_products_with_what_is_learned_make_a_path_longer(network: Loader) -> None:
    layers = """
        - {name: norm, batch_norm}
        - {name: scores, matmul: {transpose_a: true}, from: [input, norm]}
        """
    net = network(layers, "[4, 3]")
    assert [paths(net, node).lengths for node in net] == [(1,), (2,)]


# -- closed forms -----------------------------------------------------------------------------------


def test_paths_of_resnet_110_are_5_to_17_modules_long_where_the_gradient_is() -> None:
    net = archcost.load("zoo:cifar_resnet110")
    found = paths(net, net.nodes[-1])
    assert found.total == 2**54
    assert found.modules is not None
    assert found.modules == binomial(54)
    assert round(float(share(found.modules, 5, 17)) * 100, 4) == 0.4537
    assert share(found.modules, 5, 17) == Fraction(sum(comb(54, k) for k in range(5, 18)), 2**54)


def test_paths_of_a_residual_network_are_as_long_as_the_modules_they_pass() -> None:
    net = archcost.load("zoo:cifar_resnet110")  # its shortcuts learn nothing; stem and classifier do
    lengths = paths(net, net.nodes[-1]).lengths
    assert lengths == (0, 0, *(comb(54, n // 2) if n % 2 == 0 else 0 for n in range(109)))


@pytest.mark.parametrize(("name", "blocks"), [("resnet50", 16), ("resnet152", 50), ("mobilenet_v2", 10)])
def test_projections_and_gates_leave_two_choices_a_module(name: str, blocks: int) -> None:
    net = archcost.load(f"zoo:{name}")
    assert paths(net, net.nodes[-1]).modules == binomial(blocks)


def test_a_gate_is_a_path_but_no_module() -> None:
    net = archcost.load("zoo:seresnet50")
    found = paths(net, net.nodes[-1])
    assert found.modules == binomial(16)
    assert found.total == 3**16  # around the module, through it, and through it and its gate


def test_modules_with_branches_inside_are_still_passed_or_skipped() -> None:
    net = archcost.load(NETWORKS / "inception_resnet_v2.yaml")
    found = paths(net, net.nodes[-1])
    assert found.modules == binomial(40)  # 10 + 20 + 10
    assert found.total > 2**40


def test_paths_of_a_densely_connected_network_are_products_over_its_blocks() -> None:
    net = archcost.load("zoo:densenet201")
    expected = [0, 1]  # the stem
    for i, layers in enumerate((6, 12, 48, 32)):
        for _ in range(layers):
            expected = times(expected, [1, 0, 1])  # a layer reads all before it, or is left out: 1×1 and 3×3
        expected = times(expected, [0, 1]) if i < 3 else expected  # the transition
    expected = times(expected, [0, 1])  # the classifier
    found = paths(net, net.nodes[-1])
    assert found.lengths == tuple(expected)
    assert found.total == 2**98
    assert found.modules == (1,)


def test_a_chain_has_one_path() -> None:
    net = archcost.load("zoo:vgg16")
    assert paths(net, net.nodes[-1]) == (1, (0,) * 16 + (1,), (1,), "")


def test_branches_of_equal_length_are_no_module_to_skip(network: Loader) -> None:
    net = network(
        """
        - repeat: 3
          merge: add
          body:
            - conv: {out_channels: 3, kernel_size: 1}
        - residual:
            - conv: {out_channels: 3, kernel_size: 1}
        """
    )
    assert paths(net, net.nodes[-1]) == (6, (0, 3, 3), (3, 3), "")


def test_a_learned_tensor_is_no_input(network: Loader) -> None:
    net = network(
        """
        - {name: position, parameter: {shape: [3, 8, 8]}}
        - {name: scaled, scale: {factor: 2}}
        - {add: , from: [input, scaled]}
        """
    )
    assert paths(net, net.by_path["position"]) == (0, (), (), "")
    assert paths(net, net.by_path["scaled"]).total == 0
    assert paths(net, net.nodes[-1]) == (1, (1,), (1,), "")


# -- limits -----------------------------------------------------------------------------------------


def residual_chain(blocks: int) -> Network:
    """So many residual blocks of two linear layers, without going through a spec."""
    place, linear, add = Place(Source("chain")), Linear.model_validate({"out_features": 2}), Add()
    given = Input("input", (2,), place)
    nodes: list[Node] = []
    last: Node | Input = given
    for i in range(blocks):
        first = Node(f"{i}.first", "linear", linear, (last,), (2,), place)
        second = Node(f"{i}.second", "linear", linear, (first,), (2,), place)
        last = Node(f"{i}.add", "add", add, (last, second), (2,), place)
        nodes += [first, second, last]
    return Network("chain", "chain", None, {}, (given,), tuple(nodes), {"out": last})


def test_the_paths_of_a_hundred_thousand_nodes_are_counted_but_not_sorted_by_length() -> None:
    net = residual_chain(33_334)
    found = paths(net, net.nodes[-1])
    assert found.total == 2**33_334
    assert (found.lengths, found.modules) == (None, None)
    assert found.reason == "adding up the paths length by length takes more than 4,294,967,296 bits"


def test_a_thousand_blocks_are_sorted_by_length() -> None:
    net = residual_chain(1_000)
    found = paths(net, net.nodes[-1])
    assert found.modules == binomial(1_000)
    assert found.reason == ""


def test_the_limit_counts_sums_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    net = residual_chain(8)
    monkeypatch.setattr(module, "BITS", 10)
    found = paths(net, net.nodes[-1])
    assert (found.total, found.lengths, found.modules) == (256, None, None)
    net = archcost.load("zoo:vgg16")
    assert paths(net, net.nodes[-1]).total == 1
    assert not paths(net, net.nodes[-1]).reason


def test_what_does_not_lead_to_the_node_takes_nothing(
    network: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(
        """
        - repeat: 8
          body:
            - residual:
                - linear: {out_features: 2}
        - {name: aside, from: input, linear: {out_features: 2}}
        """,
        "[2]",
    )
    monkeypatch.setattr(module, "BITS", 10)
    assert paths(net, net.by_path["aside"]) == (1, (0, 1), (1,), "")
