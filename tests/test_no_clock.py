"""Whether a test passes is not up to how fast the machine is, or how busy."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
CLOCKS = {"perf_counter", "process_time", "thread_time", "monotonic", "timeit"}


def test_properties_have_no_deadline() -> None:
    for profile in (settings(), settings.get_profile("same"), settings.get_profile("explore")):
        assert profile.deadline is None
        assert HealthCheck.too_slow in profile.suppress_health_check


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_looks_at_a_clock(path: Path) -> None:
    if path.name in {"conftest.py", "explore.py"}:
        return  # one says that there is no deadline; the other is run by hand, and tells how fast it is
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Attribute(attr=word) | ast.Name(id=word):
                assert word.removesuffix("_ns") not in CLOCKS, f"line {node.lineno}: {word}"
            case ast.keyword(arg="deadline"):
                pytest.fail(f"line {node.lineno}: a deadline")
            case _:
                pass
