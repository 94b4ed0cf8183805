"""What the tests of single rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archcost

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network


@pytest.fixture
def said(network: Callable[..., Network]) -> Callable[..., list[str]]:
    """What a rule says of a network, given by its layers and its input."""

    def messages(rule: str, layers: str, x: str = "[3, 8, 8]") -> list[str]:
        findings = archcost.analyze(network(layers, x=x)).findings
        return [found.message for found in findings if found.rule == rule]

    return messages
