# ruff: noqa: INP001 - a script beside the pages that show what it prints, not part of a package
"""Count how often the published rule about gridding is wrong: `python docs/gridding_rule.py`.

Wang et al. 2018, Understanding convolution for semantic segmentation, give three rules for the rates of
dilated convolutions; the first bounds a distance M_2, computed from the last rate to the second. Here each
stack's holes are found the slow way, by adding up one tap per layer in every combination, and the distance is
written down once more. Nothing of archcost takes part in that. What archcost says stands beside it.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from archcost.dilation.published_rules import is_complete, published_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

KERNEL = 3
LARGEST = 9

EXAMPLES: tuple[tuple[int, tuple[int, ...]], ...] = (
    (3, (2, 2, 2)),
    (3, (9, 2, 1)),
    (3, (2, 3)),
    (2, (1, 1, 4)),
    (5, (1, 5, 25)),
    (3, (2, 5, 1)),
    (3, (1, 3, 1)),
    (3, (1, 2, 4, 8)),
    (3, (3, 4, 5)),
)
"""Kernel and rates of stacks that a rule misjudges."""


def read(rates: Sequence[int], kernel: int) -> set[int]:
    """The positions a stack reads: one tap per layer, in every combination."""
    return {
        sum(tap * rate for tap, rate in zip(taps, rates, strict=True))
        for taps in product(range(kernel), repeat=len(rates))
    }


def holes(rates: Sequence[int], kernel: int) -> int:
    """The positions between the first and the last that are not read."""
    reached = read(rates, kernel)
    return max(reached) + 1 - len(reached)


def distance(rates: Sequence[int]) -> int:
    """M_2, as published: M_n = r_n, M_i = max(M_{i+1} - 2 r_i, 2 r_i - M_{i+1}, r_i)."""
    m = rates[-1]
    for rate in rates[-2:0:-1]:
        m = max(m - 2 * rate, 2 * rate - m, rate)
    return m


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; heads that end with a colon are of numbers."""
    rule = ["---:" if head.endswith(":") else "---" for head in heads]
    lines = [[head.removesuffix(":") for head in heads], rule, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def enumeration() -> str:
    """All stacks with rates up to 9, the rule against the truth."""
    heads = ["stacks", "all:", "obey the rule:", "of these with holes:", "break the rule:"]
    return table([*heads, "of these without holes:", "archcost errs:"], map(_counted, _families()))


Family = tuple[str, list[tuple[int, ...]]]


def _families() -> Iterator[Family]:
    for layers, word in ((3, "three layers"), (4, "four layers")):
        every = list(product(range(1, LARGEST + 1), repeat=layers))
        yield word, every
        yield (
            f"{word}, r_1 = 1, never falling",
            [rates for rates in every if rates[0] == 1 and sorted(rates) == list(rates)],
        )


def _counted(family: Family) -> list[str]:
    name, stacks = family
    wrong = {rates for rates in stacks if holes(rates, KERNEL)}
    obeying = {rates for rates in stacks if distance(rates) <= KERNEL}
    errors = sum(is_complete((KERNEL, rate) for rate in rates) == (rates in wrong) for rates in stacks)
    broken = len(stacks) - len(obeying)
    numbers = [len(stacks), len(obeying), len(obeying & wrong), broken, len(set(stacks) - obeying - wrong)]
    return [name, *(f"{number:,}" for number in (*numbers, errors))]


def misleading() -> str:
    """The examples: what they read, and what each published rule says of them."""
    heads = ["kernel:", "rates", "reads:", "holes:", "maximum distance", "no common factor", "sawtooth"]
    return table(heads, (_example(kernel, rates) for kernel, rates in EXAMPLES))


def _example(kernel: int, rates: Sequence[int]) -> list[str]:
    reached, missing = len(read(rates, kernel)), holes(rates, kernel)
    verdicts = [
        f"{'holds' if verdict.holds else 'fails'}{_when_wrong(verdict.holds, missing)} ({verdict.reason})"
        for verdict in published_rules(rates, [kernel] * len(rates))
    ]
    listed = ", ".join(map(str, rates))
    return [str(kernel), listed, f"{reached} of {reached + missing}", str(missing), *verdicts]


def _when_wrong(holds: bool | None, missing: int) -> str:
    """A rule that holds promises no holes."""
    return ", **wrongly**" if holds is (missing > 0) else ""


def tables() -> str:
    """Both tables, as the pages show them."""
    return f"{enumeration()}\n{misleading()}"


def main() -> None:
    """Print them."""
    print(tables(), end="")  # noqa: T201 - what the script is for


if __name__ == "__main__":
    main()
