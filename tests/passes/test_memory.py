"""Peak memory against its definition: every order of small networks, tried one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcost.layers.merge import Add
from archcost.layers.shape import Flatten
from archcost.network import Input, Network, Node
from archcost.passes.memory import peaks
from archcost.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    Tensor: TypeAlias = Input | Node
    Tower: TypeAlias = Callable[["Build", Tensor], Tensor]

HERE = Place(Source("net.yaml"))


class Build:
    """A network by hand: tensors of so many elements, and who reads whom."""

    def __init__(self, *inputs: int) -> None:
        self.inputs = [Input(f"input_{i}", (elements,), HERE) for i, elements in enumerate(inputs)]
        self.nodes: list[Node] = []

    def node(self, elements: int, *reads: Tensor) -> Node:
        node = Node(f"node_{len(self.nodes)}", "add", Add(), reads, (elements,), HERE)
        self.nodes.append(node)
        return node

    def alias(self, read: Tensor) -> Node:
        node = Node(f"alias_{len(self.nodes)}", "flatten", Flatten(), (read,), read.output, HERE)
        self.nodes.append(node)
        return node

    def chain(self, start: Tensor, *elements: int) -> Tensor:
        for made in elements:
            start = self.node(made, start)
        return start

    def network(self, *outputs: Tensor) -> Network:
        named = {tensor.path: tensor for tensor in outputs}
        return Network("net", "net.yaml", None, {}, tuple(self.inputs), tuple(self.nodes), named)


# The definition, over sets: nothing here knows of bounds, stretches or searches.


def base(tensor: Tensor) -> Tensor:
    while isinstance(tensor, Node) and tensor.layer.alias:
        tensor = tensor.inputs[0]
    return tensor


def elements(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.output[0] for tensor in tensors)


def needed(network: Network, rest: Iterable[Node]) -> set[Tensor]:
    readers = {base(tensor) for node in rest for tensor in node.inputs}
    return readers | {base(tensor) for tensor in network.outputs.values()}


def alive(network: Network, done: Sequence[Node], running: Node | None) -> set[Tensor]:
    """What stands in memory after the nodes in `done`, while one more runs."""
    rest = [node for node in network if node not in done]
    there = {base(tensor) for tensor in (*network.inputs, *done)} & needed(network, rest)
    if running and not running.layer.alias:
        there.add(running)
    return there


def peak(network: Network, order: Sequence[Node]) -> int:
    during = [elements(alive(network, order[:i], node)) for i, node in enumerate(order)]
    return max([elements(alive(network, [], None)), *during])


def orders(network: Network, done: tuple[Node, ...] = ()) -> Iterator[tuple[Node, ...]]:
    if len(done) == len(network):
        yield done
    for node in network:
        if node not in done and all(isinstance(x, Input) or x in done for x in node.inputs):
            yield from orders(network, (*done, node))


def least_peak(network: Network) -> int:
    return min(peak(network, order) for order in orders(network))


@st.composite
def networks(draw: st.DrawFn, nodes: int = 6) -> Network:
    build = Build(*draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    tensors: list[Tensor] = list(build.inputs)
    for _ in range(draw(st.integers(0, nodes))):
        reads = draw(st.lists(st.sampled_from(tensors[-4:]), max_size=3))
        is_alias = len(reads) == 1 and draw(st.integers(0, 3)) == 0
        tensors.append(build.alias(reads[0]) if is_alias else build.node(draw(st.integers(1, 20)), *reads))
    return build.network(*draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=3)))


@settings(max_examples=300)
@given(networks())
def test_small_networks_agree_with_every_order_tried_in_turn(network: Network) -> None:
    found = peaks(network)
    assert found.as_written == peak(network, network.nodes)
    assert found.best == least_peak(network)
    assert found.best_is_exact


@settings(max_examples=100)
@given(networks(), st.integers(0, 12))
def test_a_search_cut_short_never_promises_too_much(network: Network, limit: int) -> None:
    found = peaks(network, limit=limit)
    least = least_peak(network)
    assert least <= found.best <= found.as_written
    assert found.best == least or not found.best_is_exact


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.integers(1, 20), min_size=2, max_size=2), min_size=3, max_size=3), st.integers(1, 9)
)
def test_wherever_a_search_is_cut_short_it_promises_no_more_than_it_found(
    towers: list[list[int]], given_elements: int
) -> None:
    """Towers of two that are joined: the order matters, so nearly every one of them is searched."""
    build = Build(given_elements)
    x = build.inputs[0]
    network = build.network(build.node(1, x, *(build.chain(x, *tower) for tower in towers)))
    least = least_peak(network)
    for limit in range(25):
        found = peaks(network, limit=limit)
        assert least <= found.best <= found.as_written
        assert found.best == least or not found.best_is_exact
    assert peaks(network)[1:3] == (least, True)


def test_an_order_of_three_steps_takes_three_and_is_not_found_in_two() -> None:
    """As written, 20 + 15 are alive. What lowers that goes first: 20 + 1 are alive, 10 + 15, then 15 + 1."""
    build = Build(10, 10)
    end = build.chain(build.inputs[0], 15, 1)
    build.node(1, build.inputs[1])
    found = [peaks(build.network(end), limit=limit) for limit in range(5)]
    assert [one[:3] for one in found] == [(35, 35, False)] * 3 + [(35, 25, True)] * 2


@settings(max_examples=100)
@given(networks(nodes=12))
def test_what_is_alive_at_the_peak_adds_up_to_it(network: Network) -> None:
    found = peaks(network)
    assert elements(found.alive) == found.as_written
    done = network.nodes[: network.nodes.index(found.at)] if found.at else ()
    assert set(found.alive) == alive(network, done, found.at)


def test_inputs_and_output_of_the_running_node_are_alive_at_once() -> None:
    build = Build(5)
    network = build.network(build.chain(build.inputs[0], 7, 11))
    assert peaks(network)[:3] == (18, 18, True)


def test_the_report_can_say_where_the_peak_is() -> None:
    build = Build(5)
    wide = build.node(50, build.inputs[0])
    narrow = build.node(3, wide)
    joined = build.node(3, build.inputs[0], narrow)
    found = peaks(build.network(joined))
    assert found.at is narrow
    assert found.alive == (build.inputs[0], wide, narrow)


def test_an_alias_costs_nothing_and_keeps_its_base_alive() -> None:
    build = Build(10)
    big = build.node(100, build.inputs[0])
    flat = build.alias(build.alias(big))
    small = build.node(1, build.inputs[0])
    last = build.node(2, flat, small)
    found = peaks(build.network(last))
    assert found.as_written == 10 + 100 + 1  # while `small` runs; 100 + 1 + 2 while `last` does
    assert found.alive == (build.inputs[0], big, small)


def test_an_output_that_is_an_alias_keeps_its_base_to_the_end() -> None:
    build = Build(10)
    given_back = build.alias(build.node(100, build.inputs[0]))
    other = build.chain(build.inputs[0], 20, 30)
    assert peaks(build.network(given_back, other)).as_written == 100 + 20 + 30
    assert peaks(build.network(other)).as_written == 10 + 100


def test_a_network_output_stays_to_the_end_though_it_was_read() -> None:
    build = Build(1)
    early = build.node(40, build.inputs[0])
    late = build.chain(early, 5, 6)
    assert peaks(build.network(early, late)).as_written == 40 + 5 + 6
    assert peaks(build.network(late)).as_written == 40 + 5


def test_an_input_nobody_reads_is_alive_only_if_it_is_an_output() -> None:
    build = Build(3, 1000)
    made = build.node(4, build.inputs[0])
    assert peaks(build.network(made)).as_written == 7
    assert peaks(build.network(made, build.inputs[1])).as_written == 1007


def test_an_input_is_there_from_the_start_though_it_is_read_last() -> None:
    build = Build(3, 1000)
    made = build.node(4, build.inputs[0])
    joined = build.node(5, made, build.inputs[1])
    assert peaks(build.network(joined)).as_written == 4 + 1000 + 5


def test_a_tensor_nobody_reads_is_alive_while_its_node_runs() -> None:
    build = Build(3)
    build.node(500, build.inputs[0])
    made = build.node(4, build.inputs[0])
    found = peaks(build.network(made))
    assert (found.as_written, found.best) == (503, 503)


def test_a_tensor_read_twice_by_one_node_is_there_once() -> None:
    build = Build(8)
    assert peaks(build.network(build.node(8, build.inputs[0], build.inputs[0]))).as_written == 16


def test_a_learned_tensor_counts_from_where_it_is_read() -> None:
    build = Build(10)
    token = build.node(7)
    wide = build.node(100, build.inputs[0])
    narrow = build.node(10, wide)
    found = peaks(build.network(build.node(17, narrow, token)))
    assert found.as_written == 7 + 100 + 10
    assert found.best == 10 + 100  # the token waits until it is needed


def test_a_network_without_nodes_holds_what_it_gives_back() -> None:
    build = Build(3, 4)
    found = peaks(build.network(build.inputs[1]))
    assert found == (4, 4, True, None, (build.inputs[1],))


MAP = 28 * 28
"""Positions of one channel in the first Inception module of GoogLeNet, which gets 192 channels."""


def tower_1x1(build: Build, x: Tensor) -> Tensor:
    return build.chain(x, 64 * MAP)


def tower_3x3(build: Build, x: Tensor) -> Tensor:
    return build.chain(x, 96 * MAP, 128 * MAP)


def tower_5x5(build: Build, x: Tensor) -> Tensor:
    return build.chain(x, 16 * MAP, 32 * MAP)


def tower_pool(build: Build, x: Tensor) -> Tensor:
    return build.chain(x, 192 * MAP, 32 * MAP)


def inception(build: Build, x: Tensor, towers: Iterable[Tower]) -> Node:
    return build.node(256 * MAP, *[tower(build, x) for tower in towers])


def googlenet(modules: int) -> Network:
    """Modules that are better run in another order, one after the other."""
    build = Build(192 * MAP)
    x: Tensor = build.inputs[0]
    for i in range(modules):
        x = inception(build, x, (tower_1x1, tower_3x3, tower_5x5, tower_pool))
        x = build.node(192 * MAP + i, x)
    return build.network(x)


@pytest.mark.parametrize(
    ("towers", "channels"),
    [
        pytest.param(
            (tower_1x1, tower_3x3, tower_5x5, tower_pool),
            192 + 64 + 128 + 32 + 192,
            id="as in the paper, the pool still holds the input when three towers stand",
        ),
        pytest.param(
            (tower_pool, tower_3x3, tower_5x5, tower_1x1),
            256 + 256,
            id="with the pool first, nothing is larger than the concatenation",
        ),
    ],
)
def test_an_inception_module_is_solved_exactly(
    towers: tuple[Tower, ...],
    channels: int,
) -> None:
    build = Build(192 * MAP)
    found = peaks(build.network(inception(build, build.inputs[0], towers)))
    assert found[:3] == (channels * MAP, (256 + 256) * MAP, True)


def test_the_steepest_branches_go_first() -> None:
    """A tower that makes `high`, then `low` from it, falls by `high` after its peak: largest first."""
    build = Build(1)
    towers = [(10, 9), (30, 1), (20, 10), (40, 30), (25, 2), (12, 1), (33, 20), (18, 3)]
    tops = [build.chain(build.inputs[0], high, low) for high, low in towers]
    network = build.network(build.node(1, build.inputs[0], *tops))
    left, by_hand = 1, 0
    for high, low in sorted(towers, reverse=True):
        by_hand = max(by_hand, left + high + low)
        left += low
    assert peaks(network)[:3] == (107, by_hand, True)


def test_a_chain_of_100_000_nodes_takes_no_search() -> None:
    build = Build(10)
    end = build.chain(build.inputs[0], *(i % 1000 + 1 for i in range(100_000)))
    assert peaks(build.network(end), limit=0)[:3] == (1999, 1999, True)


def test_a_long_row_of_residual_blocks_takes_no_search() -> None:
    build = Build(10)
    x: Tensor = build.inputs[0]
    for _ in range(10_000):
        x = build.node(10, x, build.chain(x, 5, 40, 10))
    assert peaks(build.network(x), limit=0)[:3] == (10 + 40 + 10, 10 + 40 + 10, True)


@pytest.mark.parametrize("modules", [1, 10, 1000])
def test_the_search_grows_no_faster_than_the_network(modules: int) -> None:
    """Each module must be reordered on its own; 60 steps are enough for one of seven nodes."""
    found = peaks(googlenet(modules), limit=60 * modules)
    assert found.best_is_exact
    assert found.best < found.as_written


def test_the_steps_are_those_of_the_whole_network() -> None:
    """Two modules need more of them than one."""
    one, two = googlenet(1), googlenet(2)
    enough = next(limit for limit in range(60) if peaks(one, limit=limit).best_is_exact)
    assert not peaks(two, limit=enough).best_is_exact


def test_heads_that_leave_the_trunk_early_do_not_stop_the_search() -> None:
    """An auxiliary output is comparable with nothing after it, so all of the rest is one stretch."""
    build = Build(10)
    x: Tensor = build.inputs[0]
    outputs: list[Tensor] = []
    for i in range(50):
        x = build.node(10, x, build.chain(x, 20, 10))
        if i % 10 == 5:
            outputs.append(build.chain(x, 30, 1))
    found = peaks(build.network(x, *outputs))
    assert found.best_is_exact
