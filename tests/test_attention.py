"""`std/attention` against the paper's sizes and a measured block, and ViT's parts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcost
from archcost.errors import SpecError
from archcost.passes.receptive_field import receptive_fields
from tests.layers.test_elementwise_against_loops import build

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

Build: TypeAlias = "Callable[..., Network]"

VIT = json.loads(
    (Path(__file__).parent / "data" / "networks" / "vit_base_patch16_224.json").read_text("utf-8")
)
DEPTH = 12


def test_a_block_of_vit_has_the_layers_and_the_products_that_were_measured(network: Build) -> None:
    report = archcost.analyze(network("- std/attention: {heads: 12}", "[768, 197]"))
    measured = [row for row in VIT["layers"] if re.match(r"blocks\.0\.attn\.(qkv|proj)$", row[1])]
    linear = [row for row in report.nodes if row.kind == "linear"]
    assert [(row.output[::-1], row.params, row.macs) for row in linear] == [
        (tuple(output), params, macs) for _, _, output, params, macs in measured
    ]
    products = sum(row.macs for row in report.nodes if row.kind == "matmul")
    assert products * DEPTH == VIT["macs_by_kind"]["matmul"]


def test_every_part_has_its_row(network: Build) -> None:
    net = network("- std/attention: {heads: 12}", "[768, 197]")
    assert [(node.path.partition(".")[2], node.output) for node in net] == [
        ("qkv", (2304, 197)),
        ("q", (768, 197)),
        ("k", (768, 197)),
        ("v", (768, 197)),
        ("scores", (12, 197, 197)),
        ("scale", (12, 197, 197)),
        ("weights", (12, 197, 197)),
        ("mixed", (768, 197)),
        ("project", (768, 197)),
    ]


@given(heads=st.integers(1, 4), each=st.integers(1, 5), length=st.integers(1, 9))
def test_the_products_do_not_depend_on_how_many_heads_share_the_channels(
    heads: int, each: int, length: int
) -> None:
    """Vaswani et al. 2017, table 1: n² · d, twice."""
    tokens, scores = (heads * each, length), (heads, length, length)
    first = build("matmul", heads=heads, transpose_a=True).formulas(tokens, tokens, y=scores).operations()
    second = build("matmul", transpose_b=True).formulas(scores, tokens, y=tokens).operations()
    assert first.macs == second.macs == length**2 * heads * each


def test_scores_are_divided_by_the_root_of_a_heads_channels(network: Build) -> None:
    net = network("- std/attention: {heads: 12}", "[768, 197]")
    assert net.by_path["attention.scale"].layer.model_dump() == {"factor": 64**-0.5}


def test_a_softmax_gives_every_query_shares_of_its_keys(network: Build) -> None:
    """Per head and query: 5 keys have 4 comparisons and 5 exponentials."""
    report = archcost.analyze(network("- std/attention: {heads: 2}", "[4, 5]"))
    row = report.node("attention.weights")
    assert (row.comparisons, row.exponentials) == (2 * 5 * 4, 2 * 5 * 5)


def test_without_a_bias_and_with_other_channels_out(network: Build) -> None:
    report = archcost.analyze(
        network("- std/attention: {heads: 4, bias: false, out_channels: 32}", "[64, 10]")
    )
    assert report.totals.params == 3 * 64**2 + 64 * 32 + 32
    assert report.outputs == {"attention.project": (32, 10)}


def test_attention_sees_everything_and_around_a_residual_each_token_still_itself(network: Build) -> None:
    (*_, field) = receptive_fields(network("- residual: [{std/attention: {heads: 4}}]", "[64, 10]"))
    assert field["input"].size == (10,)
    assert field["input"].is_global
    local = field["input"].local
    assert local is not None
    assert local.size == (1,)


def test_heads_that_do_not_divide_the_channels_are_named(network: Build) -> None:
    with pytest.raises(SpecError, match="heads=5 must divide the 64 channels of 'queries'"):
        network("- std/attention: {heads: 5}", "[64, 10]")


def test_a_map_is_no_sequence_of_tokens(network: Build) -> None:
    with pytest.raises(SpecError, match=r"'queries' gives 64×8×8, which .*; tokens are \[channels, length\]"):
        network("- std/attention: {heads: 4}", "[64, 8, 8]")


@pytest.mark.parametrize(
    ("name", "width", "patch"),
    [
        ("vit_tiny_patch16_224", 192, 16),
        ("vit_small_patch16_224", 384, 16),
        ("vit_base_patch16_224", 768, 16),
        ("vit_base_patch32_224", 768, 32),
    ],
)
def test_the_family_has_the_parameters_of_its_papers_arithmetic(name: str, width: int, patch: int) -> None:
    # Dosovitskiy et al. 2021, section 3.1: patches, a class token and positions, then 12 blocks of two norms,
    # attention (four maps of the width) and an MLP four times as wide; a norm and 1000 classes at the end.
    tokens = (224 // patch) ** 2 + 1
    embedding = 3 * patch**2 * width + width + width + tokens * width
    attention = 4 * (width**2 + width)
    mlp = (width * 4 * width + 4 * width) + (4 * width * width + width)
    block = 2 * (2 * width) + attention + mlp
    head = 2 * width + 1000 * width + 1000
    found = archcost.analyze(archcost.load(f"zoo:{name}")).totals.params
    assert found == embedding + 12 * block + head
