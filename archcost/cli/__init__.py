"""The command line: the only place that prints and exits.

Nothing is imported here before `main` runs: Ctrl-C must end quietly while modules load, too.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def console() -> int:
    """What the console script calls: `main`, in a process that is archcost's alone and ends with it."""
    import gc  # noqa: PLC0415 - see above
    import os  # noqa: PLC0415 - likewise

    # No model of ours is meant for plugins of others: looking for them takes time, and loading them far more.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    code = main()
    gc.freeze()  # all there is ends now: collecting it first would take a tenth of the time of `analyze`
    return code


def main(args: Sequence[str] | None = None) -> int:
    """Run archcost and return its exit code: 0, 1, 2, 3, 70, 130 or 141, see `archcost --help`."""
    try:
        from archcost.cli.streams import BROKEN_PIPE, BrokenPipe, standard_streams  # noqa: PLC0415 - see above
        from archcost.gc_paused import collector_paused  # noqa: PLC0415 - likewise

        try:
            with standard_streams(), collector_paused():  # loading modules makes many objects that stay, too
                return _run(args)
        except BrokenPipe:
            return BROKEN_PIPE
    except KeyboardInterrupt:
        return 130


def _run(args: Sequence[str] | None) -> int:
    import sys  # noqa: PLC0415 - see above

    from archcost.cli.program import run  # noqa: PLC0415 - likewise

    return run(sys.argv[1:] if args is None else args)
