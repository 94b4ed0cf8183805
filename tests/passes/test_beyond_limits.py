"""What is too large to follow is a bound and says so: tried with limits that small networks meet."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.passes.test_dependencies import check

if TYPE_CHECKING:
    from pathlib import Path

LOW = {
    ("windows.apart", "OUTPUTS"): 2,
    ("windows.apart", "PATTERNS"): 1,
    ("windows.channels", "RUNS"): 1,
    ("windows.moves", "PLACES"): 2,
    ("windows.offsets", "POSITIONS"): 2,
    ("windows.offsets", "WORK"): 1,
    ("passes.by_channel", "PARTS"): 1,
    ("passes.access", "RUNS"): 1,
    ("windows.reach", "BOXES"): 1,
    ("windows.reach", "PATTERNS"): 1,
    ("windows.reach", "PHASES"): 1,
    ("windows.reach", "PLACES"): 1,
    ("windows.slides", "TAPS"): 1,
}
SEEDS = 30


@pytest.mark.parametrize(("module", "limit"), LOW, ids=str)
def test_beyond_a_limit_no_field_claims_too_much(
    module: str, limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module(f"archcost.{module}"), limit, LOW[module, limit])
    for seed in range(SEEDS):
        check(seed, tmp_path / f"random_{seed}.yaml")


def test_beyond_all_limits_at_once_none_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for (module, limit), low in LOW.items():
        monkeypatch.setattr(import_module(f"archcost.{module}"), limit, low)
    for seed in range(5 * SEEDS):
        check(seed, tmp_path / f"random_{seed}.yaml")
