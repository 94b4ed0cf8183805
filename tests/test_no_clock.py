"""Whether a test passes is not up to how fast the machine is, or how busy."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
BY_HAND = {TESTS / "fuzz" / "explore.py", TESTS / "fuzz" / "model_files.py"}
"""They tell how long something took."""
FILES = sorted({*TESTS.rglob("*.py")} - BY_HAND - {TESTS / "conftest.py"})
CLOCKS = {"perf_counter", "process_time", "thread_time", "monotonic", "timeit"}


def test_properties_have_no_deadline() -> None:
    for profile in (settings(), settings.get_profile("same"), settings.get_profile("explore")):
        assert profile.deadline is None
        assert HealthCheck.too_slow in profile.suppress_health_check


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_looks_at_a_clock(path: Path) -> None:
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if is_about_time(node)]
    assert [f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)}" for node in nodes] == []


def is_about_time(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=word) | ast.Name(id=word):
            return word.removesuffix("_ns") in CLOCKS
        case ast.keyword(arg=word):
            return word == "deadline"
        case _:
            return False
