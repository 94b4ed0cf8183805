"""Damaged models are read, or refused: some of what `tests.fuzz.model_files` tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.model_files import FORMATS, prepared, seeds, several, tried

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_model_is_read_or_refused(name: str, tmp_path: Path) -> None:
    path = prepared(name, tmp_path)
    assert sum(tried(one, path) for one in several(name, 0, 60)) < 60


# Some of Keras' layers are refused: see tests/importing/keras.
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "keras"])
def test_what_is_not_damaged_is_read(name: str, tmp_path: Path) -> None:
    assert all(tried(one, prepared(name, tmp_path)) for one in seeds(name)[::5])
