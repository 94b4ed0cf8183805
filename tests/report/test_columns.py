"""Every column that a table can have, worked out by hand for a small network."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost.cli import main
from archcost.report.analysis.columns import NAMES
from archcost.report.comparison import columns as comparison

NET = """\
archcost: 1
name: net
input: [2, 6, 6]
layers:
  - conv: {out_channels: 4, kernel_size: 3, stride: 2}
  - batch_norm
  - gelu
  - name: head
    body:
      - reshape: {shape: -1}
      - linear: {out_features: 5, bias: false}
"""
"""Of 6×6 positions two windows in each direction read 5×5. A GELU is x·½·(1 + erf(x·1/√2))."""

LINES = ("conv", "batch_norm", "gelu", "head", "head.reshape", "head.linear", "total")
WHOLE = "all (69.4 %)"

COLUMNS = {
    "kind": ("conv", "batch_norm", "gelu", "", "reshape", "linear", ""),
    "fields": (
        *("out_channels: 4, kernel_size: 3, stride: 2", "", "", ""),
        *("shape: -1", "out_features: 5, bias: false", ""),
    ),
    "inputs": ("input", "conv", "batch_norm", "", "gelu", "head.reshape", ""),
    "output": ("4×2×2", "4×2×2", "4×2×2", "5", "16", "5", ""),
    "receptive_field": ("3×3", "3×3", "3×3", WHOLE, WHOLE, WHOLE, ""),
    "receptive_field_stride": ("2×2",) * 6 + ("",),
    "place": ("net.yaml:5", "net.yaml:6", "net.yaml:7", "", "net.yaml:10", "net.yaml:11", ""),
    "params": (4 * 2 * 9 + 4, 4 + 4, 0, 80, 0, 5 * 16, 164),
    "buffers": (0, 4 + 4, 0, 0, 0, 0, 8),
    "macs": (16 * 18, 0, 0, 80, 0, 80, 368),
    "multiplications": (288, 16, 3 * 16, 80, 0, 80, 432),
    "additions": (16 * 18, 16, 16, 75, 0, 5 * 15, 395),
    "comparisons": (0, 0, 0, 0, 0, 0, 0),
    "divisions": (0, 0, 0, 0, 0, 0, 0),
    "exponentials": (0, 0, 16, 0, 0, 0, 16),
    "activations": (16, 16, 16, 21, 16, 5, 69),
    "memory_access": (72 + 76 + 16, 16 + 8 + 16, 16 + 16, 101, 0, 16 + 80 + 5, 337),
    "params_fraction": ("46.3", "4.9", "", "48.8", "", "48.8", "100.0"),
    "macs_fraction": ("78.3", "", "", "21.7", "", "21.7", "100.0"),
    "intensity": ("1.8", "", "", "0.8", "", "0.8", "1.1"),
}

WIDE = NET.replace("out_channels: 4", "out_channels: 8").replace("name: net", "name: wide")

COMPARED = {
    "params": ("164 (1×)", "328 (2×)"),  # 152 + 16 + 160
    "buffers": ("8 (1×)", "16 (2×)"),
    "macs": ("368 (1×)", "736 (2×)"),  # 32·18 + 5·32
    "multiplications": ("432 (1×)", "864 (2×)"),  # and 32 + 3·32
    "additions": ("395 (1×)", "795 (2.01×)"),  # 32·18 + 32 + 32 + 5·31
    "comparisons": ("0", "0"),
    "divisions": ("0", "0"),
    "exponentials": ("16 (1×)", "32 (2×)"),
    "activations": ("276 B (1×)", "532 B (1.93×)"),  # 4·(32 + 32 + 32 + 32 + 5)
    "memory_access": ("337 (1×)", "597 (1.77×)"),  # 72 + 152 + 32, 32 + 16 + 32, 32 + 32, 32 + 160 + 5
    "peak": ("352 B (1×)", "416 B (1.18×)"),  # 4·(72 + 16), 4·(72 + 32)
    "best_peak": ("352 B (1×)", "416 B (1.18×)"),
    "field": ("all (3×3)", "all (3×3)"),
    "coverage": ("100 %", "100 %"),
    "depth": ("2", "2"),
    "weights": ("656 B (1×)", "1.312 kB (2×)"),
    "input": ("2×6×6", "2×6×6"),
    "findings": ("", ""),
}
"""Of the network above, and of one that is twice as wide."""


def cells(out: str) -> list[list[str]]:
    """The cells of the first Markdown table, line by line, without marks."""
    lines = out.partition("\n|")[2].partition("\n\n")[0].splitlines()
    return [[cell.strip(" `*") for cell in line.strip("|").split("|")] for line in lines]


def test_every_column_is_worked_out() -> None:
    assert set(COLUMNS) == set(NAMES)


@pytest.mark.parametrize(("name", "expected"), COLUMNS.items(), ids=COLUMNS)
def test_a_column_shows_what_it_is_called(
    name: str,
    expected: tuple[object, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET)
    assert main(["analyze", "net.yaml", "--format", "markdown", "--columns", f"kind,{name}"]) == 0
    _, _, *lines = cells(capsys.readouterr().out)
    found = dict(zip(LINES, expected, strict=True))
    assert {line[0]: line[-1] for line in lines} == {at: str(value) for at, value in found.items()}


def test_every_column_of_a_comparison_is_worked_out() -> None:
    assert set(COMPARED) == set(comparison.NAMES)


@pytest.mark.parametrize(("name", "expected"), COMPARED.items(), ids=COMPARED)
def test_a_column_of_a_comparison_shows_what_it_is_called(
    name: str,
    expected: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET)
    Path("wide.yaml").write_text(WIDE)
    assert main(["compare", "net.yaml", "wide.yaml", "--format", "markdown", "--columns", name]) == 0
    _, _, *lines = cells(capsys.readouterr().out)
    assert tuple(line[-1] for line in lines) == expected


def test_what_is_nearly_the_same_has_no_factor_of_its_own_beside_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET)
    Path("wide.yaml").write_text(WIDE)
    for one, other in {
        "weights": "params",
        "multiplications": "macs",
        "activations": "peak",
        "best_peak": "peak",
    }.items():
        assert (
            main(["compare", "net.yaml", "wide.yaml", "--format", "markdown", "--columns", f"{one},{other}"])
            == 0
        )
        _, _, _, wide = cells(capsys.readouterr().out)
        assert ["×" in cell for cell in wide[1:]] == [False, True], one
