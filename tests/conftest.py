"""What several test modules share."""

from __future__ import annotations

import os
import signal
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network

# No deadline: how long an example takes is up to the machine, and to what else it does. Nor is a fixture made
# anew for each example; a file that is written over is none the worse for it.
OURS = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
# The same examples in every run, so that nobody's change fails for what it has not touched. All but a few:
# Hypothesis also tries numbers and words of those of our modules that are imported by then, so that a test by
# itself may see others than after many.
# HYPOTHESIS_PROFILE=explore draws new ones, and `unshrunk` looks for no smaller example of a failure.
settings.register_profile("same", OURS, derandomize=True)
settings.register_profile("explore", OURS, derandomize=False)
settings.register_profile("unshrunk", OURS, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # `pytest &` in a script ignores Ctrl-C, and so would the commands that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew", action="store_true", help="rewrite the expected outputs, to be reviewed as a diff"
    )


@pytest.fixture
def network(tmp_path: Path) -> Callable[..., Network]:
    """Load a network from its layers, one item to a line, and its input (text as in a spec)."""

    def load(layers: str, x: str = "[3, 8, 8]", **rest: str) -> Network:
        path = tmp_path / "net.yaml"
        head = "".join(
            f"{key}: {value}\n" for key, value in {"archcost": 1, "name": "net", "input": x, **rest}.items()
        )
        path.write_text(head + "layers:\n" + dedent(layers).strip("\n") + "\n")
        return archcost.load(path)

    return load
