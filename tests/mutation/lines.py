"""Which statements of archcost run: noted while they do, in every process that a test starts.

`start` is called by `hook/sitecustomize.py`, which Python runs first in each of them.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType, ModuleType

FOLDER = "ARCHCOST_STATEMENTS"
"""The variable that names the folder where every process leaves the statements it ran."""

_RAN, _BEGIN = "_archcost_ran", "_archcost_begin"


def statements(tree: ast.AST) -> list[ast.stmt]:
    """The statements of a module that note themselves, in the order of their numbers."""
    return [one for body in _bodies(tree) for one in body if not _must_be_first(one)]


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield cast("list[ast.stmt]", body)


def _must_be_first(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.ImportFrom(module="__future__"):
            return True
        case _:
            return False


def noting(source: bytes, path: str) -> CodeType:
    """The module, compiled so that every statement notes its line before it runs."""
    tree = ast.parse(source)
    notes = {id(one): _at(one, f"{_RAN}[{one.lineno}] = 1") for one in statements(tree)}
    lines = len(source.splitlines())
    for first in statements(tree)[:1]:
        notes[id(first)] = _at(first, f"{_RAN} = {_BEGIN}({path!r}, {lines + 1})") + notes[id(first)]
    for body in _bodies(tree):
        body[:] = [new for one in body for new in (*notes.get(id(one), ()), one)]
    return compile(tree, path, "exec", dont_inherit=True)


def _at(place: ast.stmt, text: str) -> list[ast.stmt]:
    """Statements, as if they stood there."""
    body = ast.parse(text).body
    for node in (node for one in body for node in ast.walk(one)):
        ast.copy_location(node, place)
    return body


class _Loader(SourceFileLoader):
    """Reads no compiled file and leaves none."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return noting(self.get_data(path), path)


_ran: dict[str, bytearray] = {}


def _begin(path: str, lines: int) -> bytearray:
    """What the statements of a module note themselves in, by line."""
    return _ran.setdefault(path, bytearray(lines))


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "archcost":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.origin and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


def start() -> None:
    """Note from now on, and leave what ran when the process ends."""
    if folder := os.environ.get(FOLDER):
        setattr(builtins, _BEGIN, _begin)
        sys.meta_path.insert(0, _Finder())
        atexit.register(_leave, Path(folder))


def _leave(folder: Path) -> None:
    lines = [f"{path}:{line}\n" for path, ran in _ran.items() for line, did in enumerate(ran) if did]
    (folder / f"{os.getpid()}").write_text("".join(lines), "utf-8")
