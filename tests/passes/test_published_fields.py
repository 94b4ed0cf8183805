"""Receptive fields that papers and repositories print, and their formulas, against what archcost measures.

Every size, stride, padding and coverage of `data/published.yaml` is compared, unless its row says why it
cannot be. TF-Slim's networks are compared at the end points of their table and the input sizes given there,
on which SAME padding depends.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.errors import SpecError
from archcost.passes.receptive_field import receptive_fields
from tests.published_fields import (
    TARGETS,
    TOY_3,
    field_target_of,
    found,
    outcome,
    published_fields,
    sizes_of,
    spec,
    statement,
)

if TYPE_CHECKING:
    from archcost.passes.receptive_field import Field
    from tests.published_numbers import Printed, Target

CASES = [
    pytest.param(replace(printed, input=size), target, id=f"{replace(printed, input=size)} ({source})")
    for source, printed in published_fields()
    if not printed.excuse and (target := field_target_of(printed))
    for size in sizes_of(source, printed)
]


@pytest.mark.parametrize(("printed", "target"), CASES)
def test_a_published_field_is_what_archcost_measures(printed: Printed, target: Target) -> None:
    assert found(printed, target) == str(printed.value)


def test_every_published_field_is_compared_or_says_why_not() -> None:
    assert [str(p) for _, p in published_fields() if not (p.excuse or field_target_of(p))] == []


def test_no_published_field_has_two_excuses() -> None:
    assert [
        str(printed) for _, printed in published_fields() if printed.unsound and printed.out_of_scope
    ] == []


def test_no_field_that_holds_is_excused() -> None:
    excused = [(printed, field_target_of(printed)) for _, printed in published_fields() if printed.excuse]
    assert [str(p) for p, target in excused if target and found(p, target) == str(p.value)] == []


def test_every_target_is_the_target_of_a_published_field() -> None:
    assert set(TARGETS) - {printed.of for _, printed in published_fields()} == set()


def test_every_published_field_is_one_of_three_and_the_page_about_the_zoo_says_how_many_are() -> None:
    counts = Counter(outcome(printed) for _, printed in published_fields())
    assert set(counts) <= {"compared", "unsound", "out of scope"}
    page = (Path(__file__).parents[2] / "docs" / "zoo.md").read_text(encoding="utf-8")
    assert statement() in " ".join(page.split())


def test_branches_that_are_not_aligned_are_refused(tmp_path: Path) -> None:
    """Toy net 3 of google-research/receptive_field: one branch has stride 2, the other 1."""
    path = tmp_path / "toy.yaml"
    path.write_text(spec(TOY_3, "[1, 16, 16]"))
    with pytest.raises(SpecError, match=r"8×8.*12×12"):
        archcost.load(path)


# -- formulas ---------------------------------------------------------------------------------------------


def field_of(path: Path, layers: str, shape: str) -> Field:
    path.write_text(spec(layers, shape))
    return receptive_fields(archcost.load(path))[-1]["input"]


chains = st.lists(
    st.tuples(*(st.integers(1, n) for n in (7, 3, 4)), st.integers(0, 5)), min_size=1, max_size=9
)


@settings(max_examples=60)
@given(chain=chains)
def test_a_chain_has_the_size_the_stride_and_the_padding_of_the_closed_form(
    chain: list[tuple[int, int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Araujo, Norris & Sim 2019, equations 2 to 4, where the kernel is the dilated one."""
    layers, size, padding = "", 1, 0
    for i, (kernel, stride, dilation, before) in enumerate(chain):
        fields = f"kernel_size: {kernel}, stride: {stride}, dilation: {dilation}, padding: [[{before}, 30]]"
        layers += f"  - conv: {{out_channels: 1, {fields}}}\n"
        step = prod(layer[1] for layer in chain[:i])
        size += dilation * (kernel - 1) * step
        padding += before * step
    field = field_of(tmp_path_factory.mktemp("chain") / "net.yaml", layers, "[1, 999]")
    assert field.size == (size,)
    assert field.stride == (prod(layer[1] for layer in chain),)
    assert field.center == (Fraction(size - 1, 2) - padding,)


@pytest.mark.parametrize(
    ("kernel", "stacks", "rates"),
    [(2, 1, [1, 2, 4, 8, 16, 32]), (3, 1, [1, 2, 4]), (3, 2, [1, 2, 4, 8]), (5, 3, [1, 3, 9]), (8, 1, [1])],
)
def test_a_temporal_network_of_residual_blocks_sees_what_its_formula_says(
    kernel: int, stacks: int, rates: list[int], tmp_path: Path
) -> None:
    """philipperemy/keras-tcn: 1 + 2 (K - 1) N sum(d), as each of a stack's blocks has two convolutions."""
    layers = f"""\
  - repeat: {stacks}
    body:
      - repeat: {{rate: {rates}}}
        body:
          - residual:
              - conv1d: {{out_channels: 1, kernel_size: {kernel}, dilation: $rate, padding: causal}}
              - relu
              - conv1d: {{out_channels: 1, kernel_size: {kernel}, dilation: $rate, padding: causal}}
              - relu
"""
    field = field_of(tmp_path / "net.yaml", layers, "[1, 400]")
    size = 1 + 2 * (kernel - 1) * stacks * sum(rates)
    assert field.size == (size,)
    # Causal: the last position that output 0 sees is 0.
    assert field.center == (-Fraction(size - 1, 2),)


@pytest.mark.parametrize("layers", range(1, 9))
def test_rates_that_double_see_a_power_of_two_less_one(layers: int, tmp_path: Path) -> None:
    """Yu & Koltun 2016, section 2: with rates 1, 2, 4, ... of 3x3, layer i sees (2^(i + 1) - 1)^2."""
    convs = "".join(
        f"  - conv: {{out_channels: 1, kernel_size: 3, padding: same, dilation: {2**i}}}\n"
        for i in range(layers)
    )
    field = field_of(tmp_path / "net.yaml", convs, "[1, 600, 600]")
    assert field.size == (2 ** (layers + 1) - 1,) * 2
    assert field.coverage == 1
