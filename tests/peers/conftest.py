"""How much was compared with PyTorch, at the end of the run.

Scores travel with the reports of the tests, since tests may run in several processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from tests.peers.compared import SCORES, Score

if TYPE_CHECKING:
    import pytest

Found: TypeAlias = tuple[str, str, int, float, list[str]]
"""What, name and its score, as processes can tell each other."""

TOTALS: dict[str, dict[str, Score]] = {}


def pytest_runtest_teardown(item: pytest.Item) -> None:
    for what, scores in SCORES.items():
        for name, score in scores.items():
            found: Found = (what, name, score.compared, score.worst, list(score.without))
            item.user_properties.append(("peers", found))
    SCORES.clear()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "teardown":
        return
    for key, found in report.user_properties:
        if key == "peers":
            what, name, compared, worst, without = cast("Found", found)
            total = TOTALS.setdefault(what, {}).setdefault(name, Score())
            total.add(Score(compared, worst, tuple(without)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, scores in TOTALS.items():
        terminalreporter.section(f"compared with PyTorch: {what}")
        all_ = Score()
        for name, score in sorted(scores.items()):
            all_.add(score)
            without = f"; no counterpart: {', '.join(score.without)}" if score.without else ""
            terminalreporter.line(f"{name:<28} {score.compared:>7,}   {score.worst:8.1e}{without}")
        terminalreporter.line(f"{f'all {len(scores)}':<28} {all_.compared:>7,}   {all_.worst:8.1e}")
