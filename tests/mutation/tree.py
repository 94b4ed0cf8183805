"""A copy of the repository, outside of it, in which changes are made and tests run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from hashlib import sha256
from math import ceil
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from signal import SIGKILL, SIGXCPU
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tests.mutation.changes import Change

ROOT = Path(__file__).parent.parent.parent
HOOK = Path(__file__).parent / "hook"
PATIENCE = 60
"""How many times as long as its time on the processor a run may take, on a machine that is busy."""


class Outcome(NamedTuple):
    """One run of pytest.

    Attributes:
        code: pytest's exit code; None if it took too long.
        seconds: how long it took, on the processor.
        failing: the tests that failed.
    """

    code: int | None
    seconds: float
    failing: list[str]


class Tree:
    """The copy. Its files are those that git would commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def bring(self) -> None:
        """Make it what the repository is now."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in filter(None, listed):
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)

    def sources(self) -> list[str]:
        """The files of the program, in order."""
        found = self.folder.glob("archcost/**/*.py")
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def suites(self) -> list[str]:
        """What pytest is given one at a time: every file of tests, and the examples in docstrings."""
        found = self.folder.glob("tests/**/test_*.py")
        files = (path.relative_to(self.folder).as_posix() for path in found)
        return [*sorted(one for one in files if not one.startswith("tests/mutation/")), "archcost"]

    def read(self, name: str) -> bytes:
        """A file."""
        return (self.folder / name).read_bytes()

    def digest(self, name: str) -> str:
        """What tells whether a file, or a folder, is still the same."""
        path = self.folder / name
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    @contextmanager
    def changed(self, change: Change) -> Generator[None]:
        """With the change, for a while."""
        file, source = self.folder / change.path, self.read(change.path)
        try:
            _write(file, change.made(source))
            yield
        finally:
            _write(file, source)

    def test(
        self, suites: Sequence[str], seconds: float, *flags: str, noted: Mapping[str, str] = {}
    ) -> Outcome:
        """Run tests in one process, for so long at most: seconds of the processor.

        Args:
            suites: files and folders, in the order in which they run.
            seconds: the limit.
            flags: pytest's.
            noted: variables of the environment, by which statements are noted.
        """
        command = [sys.executable, "-m", "pytest", "-n0", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
        limited = ["/bin/sh", "-c", f'ulimit -t {ceil(seconds)}; exec "$@"', "sh"]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "",
            "HYPOTHESIS_PROFILE": "unshrunk",
            **noted,
        }
        before = _spent()
        with subprocess.Popen(
            [*limited, *command, *flags, *suites],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as process:
            try:
                output, _ = process.communicate(timeout=PATIENCE * seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, SIGKILL)
                return Outcome(None, seconds, [])
        if process.returncode in {-SIGXCPU, -SIGKILL}:
            return Outcome(None, seconds, [])
        failing = re.findall(r"^(?:FAILED|ERROR) (\S+\.py(?:::.*?)?)(?: - .*)?$", output, re.MULTILINE)
        return Outcome(process.returncode, _spent() - before, failing)


def _spent() -> float:
    """Seconds of the processor that tests have taken so far, whatever else the machine does meanwhile."""
    spent = getrusage(RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _write(file: Path, source: bytes) -> None:
    """Write, and forget the compiled file: it tells ages apart by seconds only."""
    file.write_bytes(source)
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()
