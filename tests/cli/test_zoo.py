"""The zoo and the standard blocks from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from tests.cli.program import archcost

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

Run: TypeAlias = "Callable[..., CompletedProcess[str]]"


def test_every_network_of_the_zoo_is_listed_with_its_variants() -> None:
    names = [row["name"] for row in json.loads(archcost("zoo", "--format", "json").stdout)["networks"]]
    assert {"vgg16", "resnet50", "resnet101", "mobilenetv1_100", "lenet5"} <= set(names)
    assert len(names) == len(set(names))


def test_a_printed_spec_can_be_analyzed_from_standard_input() -> None:
    text = archcost("zoo", "vgg16").stdout
    assert "138.4 M" in archcost("analyze", "-", stdin=text).stdout


def test_every_standard_block_is_listed_and_can_be_printed(run: Run) -> None:
    names = [row["name"] for row in json.loads(run("zoo", "--blocks", "-f", "json").stdout)["blocks"]]
    assert {"std/conv_norm_act", "std/squeeze_excite", "std/bottleneck"} <= set(names)
    for name in names:
        assert f"  {name.removeprefix('std/')}:" in run("zoo", name).stdout


def test_a_misspelt_block_is_suggested() -> None:
    done = archcost("zoo", "std/botleneck")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'std/bottleneck'?" in done.stderr
