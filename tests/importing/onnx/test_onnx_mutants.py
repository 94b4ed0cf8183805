"""Damaged ONNX models are read, or refused: some of what `tests.fuzz.onnx_files` tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.onnx_files import seeds, several, tried

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_model_is_read_or_refused(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    assert sum(tried(one, path) for one in several(seed, 100)) < 100


def test_what_is_not_damaged_is_read(tmp_path: Path) -> None:
    assert all(tried(one, tmp_path / "net.onnx") for one in seeds())
