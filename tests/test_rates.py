"""Rates without holes: against every stack there is, and as users see them."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import prod
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import archcost.dilation.solver
from archcost.cli import main
from archcost.dilation.published_rules import path_counts
from archcost.dilation.solver import effective, evenness, fewest_layers, largest_field, solve
from archcost.errors import UsageError
from archcost.schemas import schema
from tests.cli.program import python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.dilation.solver import SolvedStack

ROOT = Path(__file__).parents[1]

Capture = pytest.CaptureFixture[str]


def enumerated(kernels: Sequence[int], rates: Sequence[int]) -> list[int]:
    """Paths to each position, path by path."""
    taps = (range(0, kernel * rate, rate) for kernel, rate in zip(kernels, rates, strict=True))
    hit = Counter(map(sum, product(*taps)))
    return [hit[x] for x in range(max(hit) + 1)]


def unevenness(paths: Sequence[int]) -> Fraction:
    return Fraction(len(paths) * sum(c**2 for c in paths), sum(paths) ** 2)


def unbeaten(found: set[tuple[Fraction, int]]) -> list[tuple[Fraction, int]]:
    """Those (unevenness, field) of which no other is at least as good in both."""
    return sorted(
        (u, n) for u, n in found if not any(v <= u and m <= n and (v, m) != (u, n) for v, m in found)
    )


def by_trying(kernels: Sequence[int], field: int, widest: int, max_rate: int) -> list[tuple[Fraction, int]]:
    """The best stacks, out of all rates."""
    found: set[tuple[Fraction, int]] = set()
    for rates in product(range(1, max_rate + 1), repeat=len(kernels)):
        size = 1 + sum((k - 1) * r for k, r in zip(kernels, rates, strict=True))
        if field <= size <= widest and 0 not in (paths := enumerated(kernels, rates)):
            found.add((unevenness(paths), size))
    return unbeaten(found)


def listed(stacks: Sequence[SolvedStack]) -> list[tuple[Fraction, int]]:
    return [(1 / stack.evenness, stack.field) for stack in stacks]


@pytest.mark.parametrize(
    ("kernel", "layers", "field", "max_rate"),
    [(3, 3, 10, 9), (3, 3, 20, 9), (2, 4, 9, 8), (2, 5, 12, 7), (4, 2, 5, 8), (5, 3, 26, 12), (3, 4, 28, 5)],
)
def test_no_stack_is_better_than_those_that_are_found(
    kernel: int, layers: int, field: int, max_rate: int
) -> None:
    solution = solve([kernel], layers, field, max_rate=max_rate, top=1000)
    fewest = min(len(stack.rates) for stack in solution.stacks)
    covered = largest_field([kernel] * fewest, max_rate)
    for n in range(fewest, layers + 1):
        widest = max(covered, 1 + n * (kernel - 1))
        found = [stack for stack in solution.stacks if len(stack.rates) == n]
        assert listed(found) == by_trying([kernel] * n, field, widest, max_rate)
    assert not solution.cut_short


@pytest.mark.parametrize(
    ("kernels", "field"), [((3, 3, 5), 30), ((2, 3), 4), ((5, 2, 3), 21), ((2, 2, 3, 3), 20)]
)
def test_unequal_kernels_share_the_rates_as_well_as_they_can(kernels: tuple[int, ...], field: int) -> None:
    found = solve(kernels, None, field, top=1000).stacks
    assert listed(found) == by_trying(kernels, field, prod(kernels), prod(kernels) // 2)
    assert all(stack.kernel_sizes == kernels for stack in found)


@given(
    st.lists(st.integers(2, 5), min_size=1, max_size=4),
    st.integers(1, 6),
    st.integers(1, 200),
    st.none() | st.integers(1, 12),
)
def test_what_is_found_has_no_holes_and_reaches_the_field(
    kernels: list[int], layers: int, field: int, max_rate: int | None
) -> None:
    limit = field if max_rate is None else max_rate
    wanted = kernels if len(kernels) > 1 else kernels * layers
    assume(largest_field(wanted, limit) >= field)
    stacks = solve(kernels, None if len(kernels) > 1 else layers, field, max_rate=max_rate).stacks
    assert stacks
    for stack in stacks:
        paths = enumerated(stack.kernel_sizes, stack.rates)
        assert min(paths) > 0
        assert len(paths) == stack.field >= field
        assert max_rate is None or max(stack.rates) <= max_rate
        assert (stack.most_paths, stack.mean_paths) == (max(paths), Fraction(sum(paths), len(paths)))
        assert stack.evenness == 1 / unevenness(paths)


@given(st.lists(st.integers(2, 4), min_size=1, max_size=4), st.integers(1, 8))
def test_the_largest_field_is_the_largest_without_holes(kernels: list[int], max_rate: int) -> None:
    assume(max_rate ** len(kernels) <= 600)
    fields = (
        len(paths)
        for rates in product(range(1, max_rate + 1), repeat=len(kernels))
        if 0 not in (paths := enumerated(kernels, rates))
    )
    assert largest_field(kernels, max_rate) == max(fields)


@given(st.integers(2, 6), st.integers(1, 3000), st.integers(1, 50))
def test_the_fewest_layers_reach_the_field_and_one_fewer_does_not(
    kernel: int, field: int, max_rate: int
) -> None:
    fewest = fewest_layers(kernel, field, max_rate)
    assert largest_field([kernel] * fewest, max_rate) >= field
    assert fewest == 1 or largest_field([kernel] * (fewest - 1), max_rate) < field


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_the_effective_field_is_the_smallest_central_part_with_enough_paths(half: list[int]) -> None:
    paths = half + half[-2::-1]
    sizes = [
        len(paths) - 2 * margin
        for margin in range(len(half))
        if sum(paths[margin : len(paths) - margin]) * 10_000 >= sum(paths) * 9545
    ]
    assert effective(paths) == min(sizes)


@pytest.mark.parametrize("paths", list(combinations_with_replacement((1, 2, 5), 3)), ids=str)
def test_evenness_is_1_for_equal_counts_only(paths: tuple[int, ...]) -> None:
    assert 0 < evenness(paths) <= 1
    assert (evenness(paths) == 1) == (len(set(paths)) == 1)


# -- what is worth knowing --------------------------------------------------------------------------------


def test_the_fewest_layers_read_each_position_once() -> None:
    best = solve([3], 4, 63).stacks[0]
    assert (best.rates, best.field, best.most_paths, best.evenness) == ((1, 3, 9, 27), 81, 1, 1)


def test_stacks_are_ranked_and_the_smallest_is_among_them() -> None:
    stacks = solve([3], 6, 63, top=4).stacks
    ranks = [(len(stack.rates), -stack.evenness, stack.field) for stack in stacks]
    assert ranks == sorted(ranks)
    smallest = {n: min(s.field for s in stacks if len(s.rates) == n) for n in (4, 5, 6)}
    assert smallest == {4: 63, 5: 63, 6: 63}
    assert max(Counter(len(stack.rates) for stack in stacks).values()) == 4


def test_layers_with_equal_kernels_have_rising_rates() -> None:
    stacks = solve([5, 3, 3, 5], None, 100, top=20).stacks
    assert len(stacks) > 1
    for stack in stacks:
        first, second, third, fourth = stack.rates
        assert second <= third
        assert first <= fourth


def test_more_layers_than_the_field_needs_are_all_of_rate_1() -> None:
    assert [stack.rates for stack in solve([3], 5, 9, top=1).stacks][-1] == (1, 1, 1, 1, 1)


def test_without_a_number_of_layers_a_few_more_are_tried() -> None:
    assert {len(stack.rates) for stack in solve([3], None, 63).stacks} == {4, 5, 6}


def test_a_search_that_is_cut_short_says_so_and_finds_even_stacks() -> None:
    solution = solve([3], 12, 1001, top=1)
    assert set(solution.cut_short) <= set(range(7, 13))
    assert 12 in solution.cut_short
    assert all(stack.evenness > Fraction(99, 100) for stack in solution.stacks)


def test_fields_too_wide_to_be_looked_at_are_said_to_be_missing() -> None:
    solution = solve([20], 4, 8100, top=1)
    assert solution.cut_short == (4,)
    assert solution.stacks[0].field < 20**4


@settings(max_examples=30)
@given(
    kernels=st.lists(st.integers(2, 40), min_size=2, max_size=7),
    share=st.fractions(0, 1),
    max_rate=st.none() | st.integers(1, 30),
)
def test_a_search_cut_as_short_as_can_be_still_finds_a_stack(
    kernels: list[int], share: Fraction, max_rate: int | None
) -> None:
    field = max(1, int(share * min(largest_field(kernels, max_rate or 10**9), 3000)))
    with pytest.MonkeyPatch.context() as patch:  # at its smallest, whatever there is room for
        patch.setattr("archcost.dilation.solver._MOST_KEPT", 1)
        patch.setattr("archcost.dilation.solver._WORK", 1)
        stacks = solve(kernels, None, field, max_rate=max_rate).stacks
    assert stacks
    assert all(stack.field >= field for stack in stacks)


def test_kernels_that_differ_and_leave_little_room_have_a_stack() -> None:
    (stack,) = solve(range(255, 245, -1), None, 8192, top=1).stacks
    counts = path_counts(list(zip(stack.kernel_sizes, stack.rates, strict=True)))
    assert min(counts) > 0
    assert len(counts) == stack.field >= 8192


@pytest.mark.parametrize(("kernel", "fewest"), [(2, 13), (3, 9), (256, 2)])
def test_the_largest_requests_take_bounded_work(
    kernel: int, fewest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work is bytes of the numbers that slide through layers."""
    slid: list[int] = []
    slide = vars(archcost.dilation.solver)["_slid"]

    def counted(number: int, times: int, step: int) -> int:
        slid.append(number.bit_length() // 8)
        return slide(number, times, step)

    monkeypatch.setattr("archcost.dilation.solver._slid", counted)
    solution = solve([kernel], 32, 8192, top=1)
    assert {len(stack.rates) for stack in solution.stacks} == set(range(fewest, 33))
    assert 32 in solution.cut_short
    assert sum(slid) < 1.5 * 10**9, "a few seconds"


def test_the_same_request_has_the_same_answer() -> None:
    assert solve([3], 8, 200) == solve([3], 8, 200)


@pytest.mark.parametrize(
    ("kernels", "layers", "field", "max_rate", "message"),
    [
        (
            [3],
            4,
            100,
            None,
            "4 layers of kernel 3 can cover 81 positions at most without holes, not 100: that takes 5 layers",
        ),
        (
            [2],
            1,
            3,
            None,
            "1 layer of kernel 2 can cover 2 positions at most without holes, not 3: that takes 2 layers",
        ),
        (
            [3],
            4,
            81,
            5,
            (
                "4 layers of kernel 3 with rates up to 5 can cover 29 positions at "
                "most without holes, not 81: that takes 10 layers"
            ),
        ),
        (
            [3],
            None,
            8001,
            1,
            "field=8001 takes 4,000 layers of kernel 3 with rates up to 1, and at most 32 are searched",
        ),
        (
            [3, 3, 5],
            None,
            46,
            None,
            "kernels 3, 3, 5 cover 45 positions at most without holes, not 46: add a layer or widen a kernel",
        ),
        ([3, 3], 3, 4, None, "layers=3 contradicts the 2 kernels 3, 3; leave it out"),
        ([3] * 33, None, 4, None, "there are 33 kernels, and at most 32 layers are searched"),
        ([1], 4, 63, None, "kernel=1 must be at least 2: with fewer taps a rate changes nothing"),
        ([3, 0], None, 5, None, "kernel=0 must be at least 2: with fewer taps a rate changes nothing"),
        ([10**40], 4, 63, None, f"kernel={10**40} is more than the 256 that are searched"),
        ([], 4, 63, None, "kernel: there is none; give one for all layers, or one per layer"),
        ([3], 0, 63, None, "layers=0 must be at least 1"),
        ([3], 10**9, 63, None, "layers=1000000000 is more than the 32 that are searched"),
        ([3], 4, -63, None, "field=-63 must be at least 1"),
        ([3], 4, 10**30, None, f"field={10**30} is more than the 8,192 that are searched"),
        ([3], 4, 63, 0, "max-rate=0 must be at least 1"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_can(
    kernels: list[int], layers: int | None, field: int, max_rate: int | None, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        solve(kernels, layers, field, max_rate=max_rate)
    assert str(caught.value) == message


def test_more_stacks_than_can_be_described_are_refused_with_how_many_can() -> None:
    with pytest.raises(UsageError) as caught:
        solve([3], 32, 8192, top=1000)
    most = int(str(caught.value).split()[5])
    expected = (
        f"top=1000 is more than the {most} that are listed for 24 numbers of layers and a field so large"
    )
    assert str(caught.value) == expected
    assert 10 <= most < 1000
    assert len(solve([3], 4, 63, top=10**9).stacks) < 19


# -- the command ------------------------------------------------------------------------------------------


def answer(capsys: Capture, *args: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    assert main(["rates", *args, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "args",
    [
        ["--kernel", "3", "--layers", "5", "--field", "63"],
        ["--kernel", "3,3,5", "--field", "41", "--max-rate", "9", "--top", "10"],
        ["--kernel", "4", "--field", "1"],
    ],
    ids=" ".join,
)
def test_the_json_satisfies_its_schema(args: list[str], capsys: Capture) -> None:
    document = answer(capsys, *args)
    validator: Any = Draft202012Validator(schema("rates"))
    assert [error.message for error in validator.iter_errors(document)] == []
    document["answers"][0]["stacks"][0]["field"] = 1.5
    assert [error.message for error in validator.iter_errors(document)] == ["1.5 is not of type 'integer'"]


def test_the_json_holds_the_request_the_numbers_and_the_rules(capsys: Capture) -> None:
    document = answer(capsys, "--kernel", "3", "--layers", "4", "--field", "63", "--top", "1")
    assert document["schema"] == "archcost-rates/1"
    (only,) = document["answers"]
    assert only["request"] == {"kernel_sizes": [3], "layers": 4, "field": 63, "max_rate": None, "top": 1}
    (stack,) = only["stacks"]
    assert (stack["kernel_sizes"], stack["rates"]) == ([3, 3, 3, 3], [1, 3, 9, 27])
    assert (stack["field"], stack["effective_field"], stack["mean_paths"]) == (81, 79, "1")
    assert [rule["rule"] for rule in stack["rules"]] == ["maximum distance", "no common factor", "sawtooth"]
    assert stack["rules"][0]["reason"] == "M_2 = 3 ≤ K = 3"


@pytest.mark.parametrize(
    "args",
    [
        ["--kernel", "3", "--field", "63", "--layers", "3"],
        ["--kernel", "three", "--field", "63"],
        ["--kernel", "3,", "--field", "63"],
        ["--kernel", "9" * 5000, "--field", "63"],
        ["--kernel", "3", "--field", "1e3"],
        ["--kernel", "3", "--field", "9" * 5000],
        ["--kernel", "-3", "--field", "9"],
        ["--kernel", "3", "--field", "9", "--top", "0"],
        ["--kernel", "3"],
        ["--field", "3"],
    ],
    ids=lambda args: " ".join(args)[:40],
)
def test_bad_input_is_refused_in_words(args: list[str], capsys: Capture) -> None:
    assert main(["rates", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "internal error" not in err


def test_quietly_there_is_the_table_only(capsys: Capture) -> None:
    assert main(["rates", "--kernel", "3", "--field", "9", "--top", "1", "--quiet"]) == 0
    title, blank, _heads, _rule, *rows = capsys.readouterr().out.splitlines()
    assert (title, blank) == ("kernel 3: fields of at least 9", "")
    assert [row.split()[0] for row in rows] == ["2", "3", "4"]


def test_the_command_imports_nothing_that_counts_or_reads_specs() -> None:
    done = python("-X", "importtime", "-m", "archcost", "rates", "--kernel", "3", "--field", "9")
    assert done.returncode == 0
    assert "archcost.dilation.solver" in done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not {"numpy", "networkx", "pydantic", "yaml"} & imported


# -- the script beside the pages ----------------------------------------------------------------------------


def test_the_script_about_the_published_rule_prints_what_enumeration_gives(capsys: Capture) -> None:
    script = run_path(str(ROOT / "docs" / "gridding_rule.py"))
    script["main"]()
    text = capsys.readouterr().out
    assert text == script["tables"]()
    for row in (
        "| three layers | 729 | 171 | 124 | 558 | 38 | 0 |",
        "| four layers | 6,561 | 1,260 | 740 | 5,301 | 929 | 0 |",
        "| four layers, r_1 = 1, never falling | 165 | 94 | 0 | 71 | 0 | 0 |",
        "| 3 | 2, 2, 2 | 7 of 13 | 6 | holds, **wrongly** (M_2 = 2 ≤ K = 3) | fails (the greatest",
        "| 5 | 1, 5, 25 | 125 of 125 | 0 | fails, **wrongly** (M_2 = 15 > K = 5) |",
    ):
        assert row in text
