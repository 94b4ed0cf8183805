"""Random specs, expanded by archcost and by an oracle that knows only the language's description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from archcost import SpecError, load
from tests.language_oracle import Oracle, RefusedError
from tests.random_specs import Writer

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from archcost.network import Network


def described(network: Network) -> list[str]:
    return [
        f"{node.path}: {node.word} {node.output} <- {', '.join(x.path for x in node.inputs)}"
        for node in network
    ]


@settings(
    max_examples=300,
    phases=[Phase.explicit, Phase.generate],
)
@given(st.randoms(use_true_random=True))
def test_a_random_spec_becomes_the_nodes_its_description_says_or_is_refused(
    tmp_path: Path, random: Random
) -> None:
    spec = Writer(random).spec()
    path = tmp_path / "random.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    oracle = Oracle(spec)
    try:
        outputs = {x.path for x in oracle.outputs()}
    except RefusedError:
        with pytest.raises(SpecError):
            load(path)
        return
    network = load(path)
    assert described(network) == [str(node) for node in oracle.nodes], path.read_text()
    assert {x.path for x in network.outputs.values()} == outputs, path.read_text()
