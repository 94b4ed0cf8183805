"""Networks side by side: measures, factors, names, and which ones no other beats."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from functools import partial
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcost
from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES
from archcost.errors import UsageError
from archcost.report.comparison.columns import factor, field
from archcost.report.comparison.columns import in_order as rows_in_order
from archcost.report.comparison.sentences import facts
from archcost.report.formats import write
from archcost.report.options import WriteOptions
from archcost.review.compare import in_order
from archcost.review.labels import Origin, labels
from archcost.review.pareto import dominators
from archcost.review.sweep import values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from archcost.network import Network
    from archcost.results.comparison import Comparison

BOTTLENECKS = (
    "plain_3x3",
    "bottleneck",
    "grouped",
    "depthwise_separable",
    "inverted",
    "two_3x3",
    "one_5x5",
    "three_3x3",
    "one_7x7",
)


@pytest.fixture(scope="module")
def bottlenecks() -> Comparison:
    return archcost.compare([archcost.load(f"zoo:{name}") for name in BOTTLENECKS])


# -- the bottlenecks, counted by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("plain_3x3", 9 * 256 * 256),
        ("bottleneck", 256 * 64 + 9 * 64 * 64 + 64 * 256),
        ("grouped", 2 * 9 * 128 * 128),
        ("depthwise_separable", 9 * 256 + 256 * 256),
        ("inverted", 256 * 1536 + 9 * 1536 + 1536 * 256),
        ("two_3x3", 18 * 256 * 256),
        ("one_5x5", 25 * 256 * 256),
        ("three_3x3", 27 * 256 * 256),
        ("one_7x7", 49 * 256 * 256),
    ],
)
def test_each_bottleneck_has_the_weights_of_its_kernels_and_uses_them_at_every_position(
    name: str, params: int, bottlenecks: Comparison
) -> None:
    row = bottlenecks.network(name)
    assert (row.measures["params"], row.measures["macs"]) == (params, params * 28 * 28)
    assert row.relative["params"] == str(Fraction(params, 589_824))


def test_nearly_nine_is_589824_over_69632() -> None:
    assert factor(Fraction(589_824, 69_632)) == "8.47"


def test_layers_of_3x3_see_what_one_large_kernel_does_with_fewer_weights(bottlenecks: Comparison) -> None:
    for several, one, ratio in (("two_3x3", "one_5x5", (18, 25)), ("three_3x3", "one_7x7", (27, 49))):
        small, large = bottlenecks.network(several), bottlenecks.network(one)
        assert small.measures["field"] == large.measures["field"]
        params = small.measures["params"], large.measures["params"]
        assert Fraction(*map(int, filter(None, params))) == Fraction(*ratio)
        assert large.dominated_by == several


def test_the_optimal_bottlenecks_are_those_that_no_other_beats(bottlenecks: Comparison) -> None:
    optimal = [row.label for row in bottlenecks.networks if row.pareto_optimal]
    assert optimal == ["bottleneck", "depthwise_separable", "two_3x3", "three_3x3"]


# -- what a comparison holds ------------------------------------------------------------------------------


def test_every_measure_is_what_analyze_says_of_the_network_alone() -> None:
    names = ["resnet18", "lenet5", "mobilenet_v2"]
    found = archcost.compare([archcost.load(f"zoo:{name}") for name in names])
    for name, row in zip(names, found.networks, strict=True):
        facts = Facts.of(archcost.load(f"zoo:{name}"))
        assert row.measures == {measure: one.of(facts) for measure, one in MEASURES.items()}
        assert row.label == name


def test_a_factor_times_the_base_is_the_number_itself(bottlenecks: Comparison) -> None:
    base = bottlenecks.network(bottlenecks.base)
    for row in bottlenecks.networks:
        for name, ratio in row.relative.items():
            whole = base.measures[name]
            assert (ratio is None) == (not whole)
            if ratio is not None and whole is not None:
                assert Fraction(ratio) * Fraction(whole) == row.measures[name]
                assert str(Fraction(ratio)) == ratio


def test_any_network_can_be_the_base() -> None:
    nets = [archcost.load("zoo:plain_3x3"), archcost.load("zoo:bottleneck")]
    found = archcost.compare(nets, base="bottleneck")
    assert found.base == "bottleneck"
    assert found.network("plain_3x3").relative["params"] == "144/17"


def test_a_network_without_maps_has_no_field_and_is_compared_all_the_same(
    network: Callable[..., Network],
) -> None:
    found = archcost.compare([network("- linear: {out_features: 5}", "[4]")])
    (row,) = found.networks
    assert (row.measures["field"], row.measures["coverage"], row.fields) == (None, None, ())
    assert row.relative["field"] is None
    assert row.pareto_optimal


def test_of_a_bound_nobody_knows_how_much_is_read(network: Callable[..., Network]) -> None:
    """Half of the outputs read 9 of 5×5 positions, and the bound is 7×7."""
    net = network(
        """
        - {name: a, conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}}
        - {name: b, conv: {out_channels: 1, kernel_size: 3, padding: 1}}
        - {name: s, stack: {axis: 1}, from: [a, b]}
        """,
        "[1, 16, 16]",
    )
    found = archcost.compare([net])
    (row,) = found.networks
    assert (row.fields[0].certainty, row.fields[0].size) == ("at_most", (7, 7))
    assert (row.measures["field"], row.measures["coverage"]) == (7, None)
    (line,) = csv.DictReader(StringIO(write("comparison", found, "csv")))
    assert (line["field"], line["coverage"]) == ("7", "")
    text = write("comparison", found, "table")
    assert re.search(r"≤ 7×7 +unknown ", text)
    assert "Every position" not in text


@pytest.mark.parametrize("depth", [1, 2, 3, 9])
def test_the_blocks_of_every_network_add_up_to_its_totals(depth: int) -> None:
    nets = [archcost.load(f"zoo:{name}") for name in ("resnet18", "resnet50", "googlenet")]
    found = archcost.compare(nets, depth=depth)
    assert found.blocks is not None
    for net, row in zip(nets, found.networks, strict=True):
        counts = archcost.analyze(net).totals.counts()
        parts = [part for block in found.blocks if (part := block.counts[row.label]) is not None]
        assert {name: sum(part[name] for part in parts) for name in counts} == counts
        assert all(block.path.count(".") < depth for block in found.blocks)


def test_a_block_that_a_network_lacks_is_not_zero() -> None:
    nets = [archcost.load("zoo:plain_3x3"), archcost.load("zoo:bottleneck")]
    found = archcost.compare(nets, depth=1)
    assert [block.path for block in found.blocks or ()] == ["enter", "filter", "leave"]
    assert [block.counts["plain_3x3"] is None for block in found.blocks or ()] == [True, False, True]


def test_findings_are_counted_by_rule_the_worst_first() -> None:
    (row,) = archcost.compare([archcost.load("zoo:hdc_segmentation_gridding")]).networks
    assert [(one.level, one.rule) for one in row.findings] == [("error", "gridding"), ("warn", "lattice")]
    assert (row.noticed("error"), row.noticed("warn"), row.noticed("info")) == (1, 1, 0)


def test_a_twin_with_holes_is_beaten_though_it_costs_as_much() -> None:
    nets = [archcost.load(f"zoo:hdc_segmentation{twin}") for twin in ("_gridding", "")]
    found = archcost.compare(nets)
    assert found.networks[0].dominated_by == "hdc_segmentation"
    assert archcost.compare(nets, pareto=["params", "macs", "field"]).networks[0].pareto_optimal


LOCAL = "- conv: {out_channels: 8, kernel_size: 3, padding: same}"
GLOBAL = "- std/attention: {heads: 2}"


def test_what_looks_at_all_positions_sees_more_than_what_does_not(network: Callable[..., Network]) -> None:
    nets = {"local": network(LOCAL, "[8, 16]"), "all": network(GLOBAL, "[8, 16]")}
    found = archcost.compare(nets, pareto=["params", "field"])
    assert [row.measures["field"] for row in found.networks] == [3, 1], "the last map before that"
    assert all(row.pareto_optimal for row in found.networks)
    assert [field(row) for row in found.networks] == ["3", "all (1)"]
    costly = network(LOCAL.replace("3", "63"), "[8, 16]")
    found = archcost.compare({"local": costly, "all": nets["all"]}, pareto=["params", "field"])
    assert found.networks[0].dominated_by == "all"
    assert "and sees less (63, not all (1))." in next(facts(found))
    options = WriteOptions(sort="field")
    assert [row.label for row in rows_in_order(found, options)] == ["all", "local"]


def test_of_two_that_look_at_all_positions_the_one_that_saw_more_before_sees_more(
    network: Callable[..., Network],
) -> None:
    nets = [network(f"{LOCAL.replace('3', size)}\n{GLOBAL}", "[8, 16]") for size in ("1", "3")]
    found = archcost.compare(dict(zip(("one", "three"), nets, strict=True)), pareto=["depth", "field"])
    assert found.networks[0].dominated_by == "three"
    assert "sees less before anything looks at all positions (1, not 3)." in next(facts(found))


def test_a_generator_of_networks_is_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcost: 1\nname: net\nvars: {w: 1}\ninput: [1]\nlayers: [linear: {out_features: $w}]\n"
    )
    found = archcost.compare(archcost.load(path, set={"w": w}) for w in (1, 2, 3))
    assert [(row.label, row.measures["macs"]) for row in found.networks] == [
        ("w=1", 1),
        ("w=2", 2),
        ("w=3", 3),
    ]


def test_a_mapping_says_what_its_networks_are_called() -> None:
    found = archcost.compare({"a": archcost.load("zoo:lenet5"), "b": archcost.load("zoo:lenet5")})
    assert [row.label for row in found.networks] == ["a", "b"]


@pytest.mark.parametrize(
    ("wished", "message"),
    [
        (
            partial(archcost.compare, base="lenet"),
            "base 'lenet': no network here is called that (did you mean 'lenet5'?)",
        ),
        (partial(archcost.compare, base="x"), "base 'x': no network here is called that; there are lenet5"),
        (
            partial(archcost.compare, pareto=["mcas"]),
            "pareto: there is no measure 'mcas' (did you mean 'macs'?)",
        ),
        (
            partial(archcost.compare, pareto=[]),
            "pareto: name at least one measure; there are params, buffers, macs",
        ),
    ],
    ids=["a base misspelt", "no such base", "a measure misspelt", "no measure"],
)
def test_a_wish_that_cannot_be_met_is_refused(
    wished: Callable[[list[Network]], Comparison], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        wished([archcost.load("zoo:lenet5")])
    assert str(caught.value).startswith(message)


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="there are no networks to compare"):
        archcost.compare([])


def test_a_label_that_is_not_there_names_similar_ones(bottlenecks: Comparison) -> None:
    with pytest.raises(UsageError, match="did you mean 'grouped'"):
        bottlenecks.network("groupd")


def test_rows_are_flat_and_hold_the_variables(bottlenecks: Comparison) -> None:
    row = bottlenecks.rows()[1]
    assert (row["label"], row["vars.width"], row["params"], row["input"]) == (
        "bottleneck",
        64,
        69632,
        "256x28x28",
    )
    assert all(isinstance(value, str | int | float | None) for value in row.values())


# -- what no other beats, against every pair --------------------------------------------------------------

NUMBERS = st.one_of(st.none(), st.integers(0, 3))
POINTS = st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[NUMBERS] * n), max_size=12))


def beats(a: Sequence[int | None], b: Sequence[int | None]) -> bool:
    """The definition, word by word."""
    better = False
    for mine, other in zip(a, b, strict=True):
        if (mine is None) != (other is None):
            return False
        if mine is not None and other is not None:
            if mine > other:
                return False
            better = better or mine < other
    return better


@given(POINTS)
def test_a_point_is_optimal_exactly_if_no_other_beats_it(points: list[tuple[int | None, ...]]) -> None:
    optimal = [not any(beats(other, point) for other in points) for point in points]
    assert [winner is None for winner in dominators(points)] == optimal


@given(POINTS)
def test_what_is_named_is_the_first_optimal_point_that_beats(points: list[tuple[int | None, ...]]) -> None:
    optimal = [not any(beats(other, point) for other in points) for point in points]
    for point, winner in zip(points, dominators(points), strict=True):
        able = [i for i, other in enumerate(points) if optimal[i] and beats(other, point)]
        assert winner == (able[0] if able else None)


def test_equal_points_are_all_optimal() -> None:
    assert dominators([(1, 2), (1, 2), (2, 2)]) == [None, None, 0]


# -- words ------------------------------------------------------------------------------------------------


@given(st.fractions(min_value=0, max_value=10**7, max_denominator=10**9))
def test_a_factor_is_right_to_three_digits_and_never_reads_as_another_whole(ratio: Fraction) -> None:
    text = factor(ratio)
    if text in {">1", "<1"}:
        assert 0 < abs(ratio - 1) < Fraction(1, 100)
        assert (ratio > 1) == (text == ">1")
    elif text == "<0.001":
        assert 0 < ratio < Fraction(1, 1000)
    else:
        shown = Fraction(text.replace(",", ""))
        assert abs(shown - ratio) <= max(ratio / 100, 0) / 2
        assert (shown == 1) == (ratio == 1)
        assert (shown == 0) == (ratio == 0)


WORDS = st.sampled_from("ab")
ORIGINS = st.builds(
    Origin,
    path=st.sampled_from(["a.yaml", "b/a.yaml", "zoo:a"]),
    name=WORDS,
    variant=st.none() | WORDS,
    settings=st.dictionaries(WORDS, st.sampled_from("12")),
    inputs=st.sampled_from(["3x8x8", "3x9x9"]),
)


@given(st.lists(ORIGINS, max_size=6))
def test_no_two_networks_are_called_alike_or_by_nothing(origins: list[Origin]) -> None:
    found = labels(origins)
    assert len(found) == len(origins)
    assert len(set(found)) == len(found)
    assert all(found)


@given(st.lists(st.text("ab1. $*", max_size=5).map(str.strip), min_size=1))
def test_values_are_what_commas_separate(texts: list[str]) -> None:
    assert values(",".join(texts)) == texts


@given(st.lists(st.lists(st.integers(0, 99), max_size=4), min_size=1))
def test_a_list_is_one_value_whatever_it_holds(lists: list[list[int]]) -> None:
    texts = [str(one) for one in lists]
    assert values(",".join(texts)) == texts


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True)))
def test_blocks_are_listed_once_in_the_order_of_the_first_network(lists: list[list[str]]) -> None:
    found = in_order(lists)
    assert sorted(found) == sorted({word for words in lists for word in words})
    first = lists[0] if lists else []
    assert [word for word in found if word in first] == first


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
def test_what_is_new_stands_behind_what_it_follows(first: list[str], second: list[str]) -> None:
    found = in_order([first, second])
    new = [(before, word) for before, word in pairwise(second) if word not in first]
    assert set(new) <= set(pairwise(found))


@given(st.lists(st.sampled_from("abc"), unique=True), st.lists(st.sampled_from("ca"), unique=True))
def test_blocks_of_an_unrelated_network_come_last(first: list[str], second: list[str]) -> None:
    other = [word.upper() for word in first]
    assert in_order([first, second, other]) == [*in_order([first, second]), *other]


def test_what_a_network_begins_with_stands_before_what_it_shares() -> None:
    assert in_order([["stem", "stage", "logits"], ["embed", "stack", "logits"]]) == [
        *("stem", "stage", "embed", "stack", "logits")
    ]
