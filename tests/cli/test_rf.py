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
