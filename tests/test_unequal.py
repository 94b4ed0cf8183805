"""What is said where a U-Net or a pyramid does not come back to the size it had.

The sizes are worked out here with the textbook's formulas, and the multiples that help by trying them all.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import pytest

from archcost.errors import SpecError
from archcost.loading.load import load

if TYPE_CHECKING:
    from pathlib import Path


class Down(NamedTuple):
    """A way down: what is written, and its numbers along one axis."""

    text: str
    kernel: int
    stride: int
    padding: int = 0
    ceil: bool = False

    def size(self, n: int) -> int:
        """What it makes of a size: Dumoulin & Visin 2016, relationship 6."""
        room = n + 2 * self.padding - self.kernel
        return (-(-room // self.stride) if self.ceil else room // self.stride) + 1

    def last(self, n: int) -> int:
        """The last position that a window covers."""
        return (self.size(n) - 1) * self.stride - self.padding + self.kernel - 1


DOWN = {
    "a pool": Down("max_pool: {kernel_size: 2}", 2, 2),
    "a pool that rounds up": Down("max_pool: {kernel_size: 2, ceil_mode: true}", 2, 2, ceil=True),
    "a convolution": Down("conv: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}", 3, 2, 1),
    "a convolution of 4": Down("conv: {out_channels: 4, kernel_size: 4, stride: 2, padding: 1}", 4, 2, 1),
    "a pool of 3": Down("avg_pool: {kernel_size: 3}", 3, 3),
}
UP = {
    "upsample": "upsample: {{scale_factor: {s}}}",
    "conv_transpose": "conv_transpose: {{out_channels: 4, kernel_size: {s}, stride: {s}}}",
}


def hourglass(down: Down, up: str, depth: int, sizes: tuple[int, ...]) -> str:
    """A network that goes down and up again, and adds what it had at every level."""
    lines = ["archcost: 1", "name: net", f"input: [4, {', '.join(map(str, sizes))}]", "layers:"]
    for level in range(depth):
        lines.append(f"  - {{relu, name: c{level}}}")
        lines.append(f"  - {{{down.text}, name: down{level}}}")
    for level in reversed(range(depth)):
        lines.append(f"  - {{{UP[up].format(s=down.stride)}, name: up{level}}}")
        lines.append(f"  - {{add, from: [up{level}, c{level}], name: sum{level}}}")
    return "\n".join(lines) + "\n"


def levels(down: Down, depth: int, size: int) -> list[int]:
    """The size at every level; what cannot go further down stays out."""
    found = [size]
    while len(found) <= depth and found[-1] > 0:
        found.append(down.size(found[-1]))
    return found


def misfits(down: Down, depth: int, size: int) -> list[int]:
    """The levels whose size does not come back, the deepest first."""
    found = levels(down, depth, size)
    if len(found) <= depth or found[-1] < 1:
        return [-1]
    return [i for i in reversed(range(depth)) if found[i + 1] * down.stride != found[i]]


def least_multiple(down: Down, depth: int) -> int:
    """The least number of which every multiple fits, of those that are large enough to go down at all."""
    return next(
        n
        for n in range(1, 200)
        if all(not misfits(down, depth, n * k) for k in range(1, 40) if misfits(down, depth, n * k) != [-1])
        and any(not misfits(down, depth, n * k) for k in range(1, 40))
    )


def complaint(text: str, tmp_path: Path) -> str:
    """The one mistake there is."""
    path = tmp_path / "net.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load(path)
    (mistake,) = caught.value.diagnostics
    return mistake.message


CASES = [
    (way, up, depth, rank, size)
    for way, up, depth, rank, size in product(DOWN, UP, (1, 2, 3), (1, 2, 3), (37, 50, 90))
    if misfits(DOWN[way], depth, size) and (rank == 2 or (depth == 2 and size == 37))
]


def test_there_are_cases_of_every_sort() -> None:
    assert len(CASES) > 50
    assert {(way, up) for way, up, *_ in CASES} == set(product(DOWN, UP))


@pytest.mark.parametrize(("way", "up", "depth", "rank", "size"), CASES)
def test_the_layer_and_the_multiple_are_named(  # noqa: PLR0913, PLR0917 - what a case is
    way: str, up: str, depth: int, rank: int, size: int, tmp_path: Path
) -> None:
    down = DOWN[way]
    said = complaint(hourglass(down, up, depth, (size,) * rank), tmp_path)
    at = misfits(down, depth, size)[0]
    before, after = levels(down, depth, size)[at : at + 2]
    assert f"'down{at}' (stride {down.stride}) makes {after} of {before} " in said
    is_short = down.last(before) < before - 1
    assert ("drops the last" in said) == is_short
    assert (f"as of {after * down.stride}" in said) != is_short
    multiple = re.search(r"multiples? of (\d+)", said)
    assert multiple
    assert int(multiple[1]) == least_multiple(down, depth)


@pytest.mark.parametrize(("way", "up", "depth", "rank", "size"), CASES[::3])
def test_what_is_said_to_help_helps(  # noqa: PLR0913, PLR0917 - what a case is
    way: str, up: str, depth: int, rank: int, size: int, tmp_path: Path
) -> None:
    """Each way out is taken at every level, until nothing is left to mend."""
    text = hourglass(DOWN[way], up, depth, (size,) * rank)
    said = complaint(text, tmp_path)
    option = re.search(r"--input (\S+)\)", said)
    assert option
    assert load(tmp_path / "net.yaml", input=option[1])
    for mend in (in_the_layer, before_the_merge):
        mended = text
        for _ in range(depth):
            if (message := mistake(mended, tmp_path)) and (changed := mend(mended, message)):
                mended = changed
        assert mistake(mended, tmp_path) is None or mend(text, said) is None


def mistake(text: str, tmp_path: Path) -> str | None:
    """What is wrong with a spec; None if nothing is."""
    path = tmp_path / "net.yaml"
    path.write_text(text)
    try:
        load(path)
    except SpecError as error:
        return error.diagnostics[0].message
    return None


def in_the_layer(text: str, message: str) -> str | None:
    """The spec with the field that is offered; None if none is."""
    found = re.search(r"`([^`]+)` in '(\w+)'", message)
    if found is None:
        return None
    (before,) = (line for line in text.splitlines() if line.endswith(f", name: {found[2]}}}"))
    if found[1].startswith("upsample"):
        return text.replace(before, f"  - {{{found[1]}, name: {found[2]}}}")
    return text.replace(before, before.replace("stride:", f"{found[1]}, stride:"))


def before_the_merge(text: str, message: str) -> str | None:
    """The spec with the crop that is offered before the merge, which reads it; None if none is."""
    found = re.search(r"`\{(crop: \S+ \w+\}), from: (\w+)\}` before it", message)
    if found is None:
        return None
    (merge,) = (line for line in text.splitlines() if "add" in line and re.search(rf"\b{found[2]}\b", line))
    fitted = f"fitted_{found[2]}"
    crop = f"  - {{{found[1]}, from: {found[2]}, name: {fitted}}}"
    reads = re.compile(rf"\b{found[2]}\b")
    return text.replace(merge, f"{crop}\n{reads.sub(fitted, merge)}")


# -- other networks -------------------------------------------------------------------------------------

HEAD = "archcost: 1\nname: net\ninput: [{}]\nlayers:\n"

PYRAMID = """\
  - {conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}, name: c1}
  - {conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}, name: c2}
  - {conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}, name: c3}
  - {conv: {out_channels: 8, kernel_size: 1}, name: lateral}
  - {upsample: {scale_factor: 2}, name: up}
  - {add, from: [up, c2]}
"""


def test_no_multiple_is_promised_where_the_spec_has_another_mistake(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD.format('3, 100, 100')}{PYRAMID}  - {{linear: {{out_features: 8}}, from: c3}}\n")
    with pytest.raises(SpecError) as caught:
        load(path)
    assert not any("multiple" in mistake.message for mistake in caught.value.diagnostics)


def test_it_is_said_of_the_first_only(tmp_path: Path) -> None:
    """Of several merges that do not fit each is reported, and what helps once."""
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD.format('3, 100, 100')}{PYRAMID}  - {{concat, from: [up, c2]}}\n")
    with pytest.raises(SpecError) as caught:
        load(path)
    assert ["what helps" in mistake.message for mistake in caught.value.diagnostics] == [True, False]
