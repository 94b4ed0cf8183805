"""Configurations: what they mean, where they are found, and what is said about those that are wrong.

`broken/NAME.yaml` and `broken/NAME.toml` are configurations, `broken/NAME.txt` is the whole message each must
give. `pytest tests/gate/test_config.py --renew` rewrites the messages; they are prose, so read the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost.errors import SpecError
from archcost.gate.config import read_config

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.name for path in BROKEN.iterdir() if path.suffix != ".txt")


@pytest.mark.parametrize("case", CASES)
def test_a_broken_configuration_says_what_is_wrong(
    case: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(SpecError) as caught:
        read_config(Path(case))
    for one in caught.value.diagnostics:
        assert 1 <= one.place.column <= len(one.place.text()) + 1
    expected = Path(case).with_suffix(".txt")
    if request.config.getoption("--renew"):
        expected.write_text(f"{caught.value}\n", "utf-8")
    assert f"{caught.value}\n" == expected.read_text("utf-8")


def test_every_broken_configuration_has_a_message_and_every_message_a_configuration() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == sorted(Path(case).stem for case in CASES)
