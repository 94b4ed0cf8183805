"""What a network says of its graph, beside searches through the inputs of its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archcost import load

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.network import Input, Network, Node

NAMES = ["inception_v1", "densenet121", "unet", "wavenet"]


@pytest.fixture(params=NAMES)
def network(request: pytest.FixtureRequest) -> Network:
    """A network with branches."""
    return load(f"zoo:{request.param}")


def made_of(tensor: Node | Input) -> set[Node | Input]:
    """A tensor and all that is behind its inputs, one step after the other."""
    found, left = {tensor}, [tensor]
    while left:
        new = [source for source in getattr(left.pop(), "inputs", ()) if source not in found]
        found.update(new)
        left += new
    return found


def test_every_input_of_a_node_is_one_reading(network: Network) -> None:
    read = [(source, node, i) for node in network for i, source in enumerate(node.inputs)]
    said = [(tensor, *reading) for tensor, readings in network.readers.items() for reading in readings]
    assert len(said) == len(read) == network.graph.number_of_edges()
    assert set(said) == set(read)
    assert [*network.readers] == [*network.inputs, *network.nodes]


def test_readers_stand_in_written_order(network: Network) -> None:
    place = {node: i for i, node in enumerate(network)}
    for readings in network.readers.values():
        order = [(place[node], position) for node, position in readings]
        assert order == sorted(order)


def test_a_tensor_read_twice_is_read_twice_there(tmp_path: Path) -> None:
    spec = tmp_path / "twice.yaml"
    spec.write_text(
        "archcost: 1\nname: twice\ninput: [4, 8]\nlayers: [{name: a, relu}, {add, from: [a, a]}]\n"
    )
    net = load(spec)
    first, added = net.nodes
    assert net.readers[first] == [(added, 0), (added, 1)]
    assert net.readers[added] == []


def test_ancestors_are_what_a_search_through_the_inputs_finds(network: Network) -> None:
    for node in network.nodes[::7]:
        assert network.ancestors([node]) == made_of(node)
    middle = network.nodes[len(network) // 3 :: 40]
    assert network.ancestors(middle) == set[object]().union(*map(made_of, middle))


def test_descendants_are_those_whose_ancestor_one_is(network: Network) -> None:
    node = network.nodes[len(network) // 2]
    assert network.descendants([node]) == {other for other in network if node in made_of(other)}
    assert network.descendants(network.inputs) >= set(network.outputs.values())


def test_a_kind_is_a_word_without_its_rank(tmp_path: Path) -> None:
    spec = tmp_path / "ranks.yaml"
    spec.write_text(
        "archcost: 1\nname: ranks\ninput: [4, 8]\nlayers: [conv1d: {out_channels: 2, kernel_size: 1}]\n"
    )
    (node,) = load(spec)
    assert (node.word, node.kind) == ("conv1d", "conv")


def test_the_first_of_those_that_share_weights_counts_them(tmp_path: Path) -> None:
    conv = "conv: {out_channels: 4, kernel_size: 1}"
    spec = tmp_path / "shared.yaml"
    spec.write_text(
        f"archcost: 1\nname: shared\ninput: [4, 8]\n"
        f"layers: [{{{conv}, share: w}}, {{{conv}}}, {{{conv}, share: w}}]\n"
    )
    net = load(spec)
    first, alone, second = net
    assert [net.first_user(node) for node in (first, alone, second)] == [first, alone, first]
