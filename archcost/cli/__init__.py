"""The command line: the only place that prints and exits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from archcost.quiet import collector_paused

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run archcost and return its exit code: 0, 1, 2, 3, 70 or 130, see `archcost --help`."""
    try:
        with collector_paused():  # loading modules makes many objects that stay, too
            from archcost.cli.program import run  # noqa: PLC0415 - Ctrl-C must end quietly while modules load

            return run(sys.argv[1:] if args is None else args)
    except KeyboardInterrupt:
        return 130
