"""A copy of the repository, outside of it, in which changes are made and tests run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tests.mutation.changes import Change

ROOT = Path(__file__).parent.parent.parent
HOOK = Path(__file__).parent / "hook"


class Outcome(NamedTuple):
    """One run of pytest.

    Attributes:
        code: pytest's exit code; None if it took too long.
        seconds: how long it took.
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
        """Run tests in one process, for so long at most.

        Args:
            suites: files and folders, in the order in which they run.
            seconds: the limit.
            flags: pytest's.
            noted: variables of the environment, by which statements are noted.
        """
        command = [sys.executable, "-m", "pytest", "-n0", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
        command += [*flags, *suites]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "",
            "HYPOTHESIS_PROFILE": "unshrunk",
            **noted,
        }
        began = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as process:
            try:
                output, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                return Outcome(None, seconds, [])
        failing = re.findall(r"^(?:FAILED|ERROR) (\S+\.py(?:::.*?)?)(?: - .*)?$", output, re.MULTILINE)
        return Outcome(process.returncode, time.monotonic() - began, failing)


def _write(file: Path, source: bytes) -> None:
    """Write, and forget the compiled file: it tells ages apart by seconds only."""
    file.write_bytes(source)
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()
