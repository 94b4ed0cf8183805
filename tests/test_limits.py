"""Limits as the command line sets them, and what is suggested for words nobody knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archcost
from archcost.errors import UsageError
from archcost.limits import DEFAULT, Limits


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("nodes=5", Limits(nodes=5)),
        (" nodes = 5 ", Limits(nodes=5)),
        ("dimension=2^50", Limits(dimension=2**50)),
        ("integer=2**4096", Limits(integer=2**4096)),
        ("file_bytes=010", Limits(file_bytes=10)),
    ],
)
def test_a_setting_changes_one_limit(text: str, limits: Limits) -> None:
    assert DEFAULT.setting(text) == limits


BOUNDS = "must be a whole number from 1 to 2^4096, like 5000 or 2^40"
LIMITS = "file_bytes, depth, nodes, dimension, integer, expression_length, memory, seconds"

BAD_SETTINGS = {
    "without a value": ("nodes", f"--limit nodes: write NAME=VALUE; the limits are {LIMITS}"),
    "of a misspelt limit": ("node=5", "--limit node=5: there is no limit 'node' (did you mean 'nodes'?)"),
    "of an unknown limit": ("colour=5", "--limit colour=5: there is no limit 'colour'"),
    "to a word": ("nodes=many", f"--limit nodes=many: {BOUNDS}"),
    "to nothing": ("nodes=", f"--limit nodes=: {BOUNDS}"),
    "to zero": ("nodes=0", f"--limit nodes=0: {BOUNDS}"),
    "to less than zero": ("nodes=-1", f"--limit nodes=-1: {BOUNDS}"),
    "to half a power": ("nodes=2^", f"--limit nodes=2^: {BOUNDS}"),
    "to digits of another script": ("nodes=\u0663", f"--limit nodes=\u0663: {BOUNDS}"),
    "beyond all bounds": ("integer=2^4097", f"--limit integer=2^4097: {BOUNDS}"),
    "to a tower of powers": ("integer=9^9^9", f"--limit integer=9^9^9: {BOUNDS}"),
    "to a power that takes forever": ("integer=9^999999999999", f"--limit integer=9^999999999999: {BOUNDS}"),
}


@pytest.mark.parametrize(("text", "message"), BAD_SETTINGS.values(), ids=BAD_SETTINGS.keys())
def test_a_setting_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        DEFAULT.setting(text)
    assert str(caught.value) == message


def test_a_count_is_exact_beyond_what_a_spec_may_write(tmp_path: Path) -> None:
    most = DEFAULT.dimension
    spec = tmp_path / "net.yaml"
    layer = f"conv: {{out_channels: {most}, kernel_size: 9}}"
    spec.write_text(f"archcost: 1\nname: net\ninput: [{most}, 9]\nlayers: [{layer}]\n")
    macs = archcost.analyze(archcost.load(spec)).totals.macs
    assert macs == 9 * most * most > DEFAULT.integer


def test_the_limits_are_those_of_the_documentation() -> None:
    text = (Path(__file__).parent.parent / "docs" / "spec-language.md").read_text("utf-8")
    _, _, section = text.partition("\n## Limits\n")
    rows = re.findall(
        r"^\| `(\w+)` \| ([\d,]+)(?: (MiB|GiB)|\^(\d+))? \|", section.partition("\n## ")[0], re.MULTILINE
    )
    units = {"": 1, "MiB": 2**20, "GiB": 2**30}
    found = {
        name: int(number.replace(",", "")) ** int(power or 1) * units[unit]
        for name, number, unit, power in rows
    }
    assert found == DEFAULT._asdict()
