# ruff: noqa: INP001 - a script beside the pages it draws for, not part of a package
"""Draw the pictures of the pages: `python docs/draw.py`, in an environment with archcost.

A page says how each of its pictures is made: by an `archcost rf … --output NAME.svg` in one of its consoles.
That command is run here, beside the files which the page has shown up to there.
"""

from __future__ import annotations

import re
import shlex
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archcost.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parent
PICTURES = DOCS / "pictures"

_BLOCK = re.compile(r"^```(yaml|console)\b.*\n((?:.*\n)*?)```$", re.MULTILINE)
_FILE = re.compile(r"# (\S+\.yaml)\n")
_DRAWING = re.compile(r"^\$ archcost (rf .*--output (\S+\.svg).*)$", re.MULTILINE)


def pictures() -> dict[str, str]:
    """Each picture by its file's name."""
    return dict(found for page in sorted(DOCS.glob("*.md")) for found in _drawn(page))


def _drawn(page: Path) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as folder, chdir(folder):
        for what, text in _BLOCK.findall(page.read_text("utf-8")):
            if what == "yaml" and (named := _FILE.match(text)):
                Path(named[1]).parent.mkdir(parents=True, exist_ok=True)
                Path(named[1]).write_text(text, "utf-8")
            for command, file in _DRAWING.findall(text) if what == "console" else ():
                if main(shlex.split(command)):
                    raise RuntimeError(f"{page.name}: archcost {command}")
                yield file, Path(file).read_text("utf-8")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, drawing in pictures().items():
        (PICTURES / name).write_text(drawing, "utf-8")
