"""How much was compared with PyTorch, at the end of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.peers.compared import SCORES

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, scores in SCORES.items():
        terminalreporter.section(f"compared with PyTorch: {what}")
        for name, score in scores.items():
            without = f"; no counterpart: {', '.join(score.without)}" if score.without else ""
            terminalreporter.line(f"{name:<28} {score.compared:>7,}   {score.worst:8.1e}{without}")
        compared = sum(score.compared for score in scores.values())
        worst = max(score.worst for score in scores.values())
        terminalreporter.line(f"{f'all {len(scores)}':<28} {compared:>7,}   {worst:8.1e}")
