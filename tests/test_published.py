"""Numbers that papers and repositories print, against what archcost counts under each source's convention.

Every number of `data/published.yaml` about parameters, operations or shapes is compared, unless its row says
why it cannot be: `unsound`, wrong at the source, or `out_of_scope`, about something the zoo does not have.
"""

from __future__ import annotations

import pytest

from tests.published_numbers import TARGETS, Printed, Target, holds, published, target_of, zoo_report

CASES = [
    pytest.param(source, printed, target, id=f"{printed} ({source})")
    for source, printed in published()
    if not printed.excuse and (target := target_of(printed))
]


@pytest.mark.parametrize(("source", "printed", "target"), CASES)
def test_a_published_number_is_what_archcost_counts(source: str, printed: Printed, target: Target) -> None:
    found = target.shape(printed) if printed.quantity == "shape" else f"{target.exact(printed):,}"
    assert holds(printed, target), f"{source} prints {printed}, archcost has {found}"


def test_every_published_number_is_compared_or_says_why_not() -> None:
    assert [str(printed) for _, printed in published() if not (printed.excuse or target_of(printed))] == []


def test_no_published_number_has_two_excuses() -> None:
    assert [str(printed) for _, printed in published() if printed.unsound and printed.out_of_scope] == []


def test_no_number_that_holds_is_excused() -> None:
    excused = [(printed, target_of(printed)) for _, printed in published() if printed.excuse]
    assert [str(printed) for printed, target in excused if target and holds(printed, target)] == []


def test_every_target_is_the_target_of_a_published_number() -> None:
    assert set(TARGETS) - {printed.of for _, printed in published()} == set()


def test_mobilenet_of_full_convolutions_has_the_macs_of_its_table_without_the_classifier() -> None:
    """Howard et al. 2017, Table 4: 4866 M."""
    nodes = zoo_report("mobilenet_v1_full").nodes
    assert sum(node.macs for node in nodes if node.kind == "conv") // 10**6 == 4866


def test_a_printed_number_is_rounded_or_cut_off_and_nothing_else() -> None:
    printed = Printed(network="ResNet-50", quantity="mult_adds", value=3.8, unit="G", decimals=1)
    assert printed.is_how_it_prints(3_750_000_000)  # rounds up to it
    assert printed.is_how_it_prints(3_899_999_999)  # is cut off to it
    assert not printed.is_how_it_prints(3_749_999_999)
    assert not printed.is_how_it_prints(3_900_000_000)
