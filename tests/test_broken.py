"""Broken specs, each beside the whole message it must give.

`broken/NAME.yaml` is the spec, `broken/NAME.txt` the message. How a spec is loaded is said in its first
lines: `# set: width=3`, `# variant: thin`, `# input: 3x8x8`. `pytest tests/test_broken.py --renew` rewrites
the messages; they are prose, so read the diff.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archcost.errors import ArchcostError, SpecError, UsageError
from archcost.limits import DEFAULT
from archcost.spec.load import load

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.stem for path in BROKEN.glob("*.yaml"))

_OPTION = re.compile(r"# (set|variant|input|limit): (.+)")


def options(text: str) -> dict[str, str]:
    """What the first lines of a spec say about how it is loaded."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _OPTION.fullmatch(line)
        if match is None:
            break
        found[match[1]] = match[2]
    return found


def complaint(path: str, given: dict[str, str]) -> str:
    """What loading says; the test fails if it says nothing."""
    variables = dict(pair.split("=", 1) for pair in given["set"].split("; ")) if "set" in given else {}
    limits = DEFAULT.setting(given["limit"]) if "limit" in given else DEFAULT
    with pytest.raises((SpecError, UsageError)) as caught:
        load(path, set=variables, variant=given.get("variant"), input=given.get("input"), limits=limits)
    assert_has_places(caught.value)
    return f"{caught.value}\n"


def assert_has_places(error: ArchcostError) -> None:
    """Every diagnostic points into a file, at text that is there."""
    for one in error.diagnostics if isinstance(error, SpecError) else ():
        assert one.place.line >= 1
        assert 1 <= one.place.column <= len(one.place.text()) + 1
        assert one.place.width >= 1


@pytest.mark.parametrize("case", CASES)
def test_a_broken_spec_says_what_is_wrong(
    case: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    said = complaint(f"{case}.yaml", options(Path(f"{case}.yaml").read_text()))
    expected = Path(f"{case}.txt")
    if request.config.getoption("--renew"):
        expected.write_text(said)
    assert said == expected.read_text()


def test_every_broken_spec_has_a_message_and_every_message_a_spec() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == CASES
    assert len(CASES) >= 80
