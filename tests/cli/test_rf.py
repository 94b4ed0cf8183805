"""`archcost rf --at`: what is known of a field is said, with a picture or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

WINDOWS = """\
archcost: 1
name: windows
input: [4, 32, 32]
layers:
  - conv: {out_channels: 4, kernel_size: 3, padding: 1}
  - reshape: {shape: [4, 4, 8, 4, 8]}
  - transpose: {axes: [0, 1, 3, 2, 4]}
    name: drawn
"""
GAPS = """\
archcost: 1
name: gaps
input: [1, 8]
layers:
  - conv_transpose: {out_channels: 1, kernel_size: 1, stride: 2}
    name: drawn
"""


@pytest.mark.parametrize(
    ("spec", "field", "why"),
    [
        (WINDOWS, "3×3, 0.0938 times the input", "before drawn, positions move to other axes"),
        (GAPS, "1, 0.125 times the input", "the centre unit of drawn reads no position of an input"),
    ],
    ids=["windows", "gaps"],
)
def test_what_cannot_be_drawn_is_told_all_the_same(
    run: Callable[..., CompletedProcess[str]], tmp_path: Path, spec: str, field: str, why: str
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(spec)
    done = run("rf", str(path), "--at", "drawn")
    assert (done.returncode, done.stderr) == (0, "")
    assert f" {field}; all of it is read" in done.stdout
    assert f"\nno picture: {why}" in done.stdout
    picture = tmp_path / "field.svg"
    done = run("rf", str(path), "--at", "drawn", "--output", str(picture))
    assert (done.returncode, done.stdout, picture.exists()) == (2, "", False)
    assert why in done.stderr


@pytest.mark.parametrize(
    ("flags", "most"),
    [([], 80), (["--width", "80"], 80), (["--width", "100"], 100), (["--width", "150"], 120)],
    ids=["piped", "80", "100", "150"],
)
def test_a_picture_is_as_wide_as_it_may_be_80_columns_in_a_pipe_and_120_at_most(
    run: Callable[..., CompletedProcess[str]], tmp_path: Path, flags: list[str], most: int
) -> None:
    # In one dimension, a frame around a character for each position, and half as many if these are too many.
    for kernel, drawn in [(most - 4, most), (most - 3, (most - 3 + 1) // 2 + 4)]:
        path = tmp_path / f"net_{kernel}.yaml"
        layer = f"{{conv: {{out_channels: 1, kernel_size: {kernel}}}, name: c}}"
        path.write_text(f"archcost: 1\nname: net\ninput: [1, 300]\nlayers:\n- {layer}\n")
        done = run("rf", str(path), "--at", "c", *flags)
        assert [len(line) for line in done.stdout.splitlines() if line.startswith("┏━━")] == [drawn]
