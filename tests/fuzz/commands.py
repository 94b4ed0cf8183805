"""Every command on a spec, in this process, and whether it ends as the contract says."""

from __future__ import annotations

import io
import json
import signal
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, NamedTuple

from archcost import load
from archcost.cli import main
from tests.fuzz.damage import damaged, transplanted
from tests.fuzz.everything import example

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path
    from random import Random

    from archcost.network import Network

PATIENCE = 30
"""Seconds after which a command on a small spec hangs."""


class Ended(NamedTuple):
    """How a command ended.

    Attributes:
        args: the command line.
        code: its exit code; None if it had to be stopped.
        out: what it wrote to standard output.
        err: what it wrote to standard error.
    """

    args: tuple[str, ...]
    code: int | None
    out: str
    err: str


class _HangError(BaseException):
    """Stops a command; no `except Exception` holds it up."""


def _stop(_signal: int, _frame: object) -> None:
    raise _HangError


@contextmanager
def _watched() -> Generator[None]:
    before = signal.signal(signal.SIGALRM, _stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(*args: str) -> Ended:
    """Run a command line."""
    written = io.BytesIO(), io.BytesIO()
    streams = [io.TextIOWrapper(one, encoding="utf-8", write_through=True) for one in written]
    code: int | None
    try:
        with _watched(), redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            code = main(args)
    except _HangError:
        code = None
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    out, err = (stream.getvalue().decode(errors="replace") for stream in written)
    return Ended(args, code, out, err)


def complaint(ended: Ended, allowed: Sequence[int]) -> str:
    """What is wrong with an end; empty if nothing is."""
    args, code, out, err = ended
    if code is None:
        return f"no end after {PATIENCE} s"
    if "Traceback" in err or "internal error" in err:
        return next(line for line in reversed(err.splitlines()) if "rror: " in line)
    wrong = {
        f"exit code {code}: {(err or out).strip()[-200:]}": code not in allowed,
        f"exit code {code}, and something on standard output": code == 2 and out,
        f"exit code {code} without a reason": code == 2 and not err.strip(),
        "what should be JSON is not": code in (0, 1) and "json" in args and not _is_json(out),
    }
    return next((what for what, is_so in wrong.items() if is_so), "")


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


FORMATS = ("table", "json", "csv", "markdown")
BUDGETS = ((), ("--max-macs", "1k"), ("--min-field", "9"), ("--max-params", "10%"))


def command_lines(
    random: Random, spec: str, other: str, network: Network | None
) -> Iterator[tuple[tuple[int, ...], list[str]]]:
    """Every command on a spec, behind the exit codes it may have; if it is no network, that is 2."""
    is_network = network is not None  # which may be one without nodes
    nodes = ["conv"] if network is None else [node.path for node in network]
    done, judged = ((0,), (0, 1, 2)) if is_network else ((2,), (2,))
    form = random.choice(FORMATS)
    yield done, ["analyze", spec, "--format", form]
    yield done, ["expand", spec, "--format", form]
    for node in random.sample(nodes, min(2, len(nodes))):
        yield done, ["explain", spec, node, "--format", random.choice(FORMATS[:2])]
    yield done, ["rf", spec, "--format", random.choice(FORMATS[:2])]
    yield (*done, 2), ["rf", spec, "--at", random.choice(nodes or ["conv"])]
    gates = ("table", "json", "github", "junit", "sarif", "markdown", "csv")
    yield judged, ["check", spec, *random.choice(BUDGETS), "--format", random.choice(gates)]
    yield done, ["diff", spec, other, "--format", form]
    yield done, ["diff", other, spec, "--format", form]
    yield done, ["compare", spec, other, "--format", form]
    # Whether what is measured agrees is another question: see `tests/execute/test_fields_by_nan.py`.
    yield judged, ["verify", spec, "--samples", "2", "--format", "json"]
    yield (0, 1) if is_network else (0, 1, 2), ["fmt", "--check", spec]


def trial(
    random: Random, folder: Path, *, damages: int, each: int | None = None
) -> Iterator[tuple[Ended, str]]:
    """Every command on a random spec, and on what damage makes of it; and what is wrong with its end.

    Args:
        random: where everything comes from.
        folder: for the specs. They are compared with one of an earlier trial there.
        damages: specs that are made of the sound one.
        each: commands that a damaged one goes through, by chance; all without.
    """
    spec, other, broken = (folder / name for name in ("net.yaml", "other.yaml", "damaged.yaml"))
    network = example(random, spec)
    text = spec.read_text()
    if not other.exists():
        other.write_text(text)
    yield from _ends(folder, command_lines(random, str(spec), str(other), network))
    for _ in range(damages):
        wrong = random.choice((damaged, damaged, transplanted))(text, random)
        broken.write_bytes(wrong.encode("utf-8", "surrogatepass"))
        lines = list(command_lines(random, str(broken), str(other), _read(broken)))
        yield from _ends(folder, random.sample(lines, min(each or len(lines), len(lines))))
    if random.random() < 0.1:
        other.write_text(text)


def _ends(folder: Path, lines: Iterable[tuple[tuple[int, ...], list[str]]]) -> Iterator[tuple[Ended, str]]:
    for allowed, args in lines:
        with chdir(folder):  # elsewhere, `check` would read all specs of the tree that it is run in
            ended = run(*args)
        yield ended, complaint(ended, allowed)


def _read(spec: Path) -> Network | None:
    """The network of a damaged spec, if it still is one. What else goes wrong, the commands will show."""
    try:
        return load(spec)
    except Exception:  # noqa: BLE001 - see above
        return None
