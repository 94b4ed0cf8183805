"""A check reads files of its own tree: what leads elsewhere, by path or link, would have it quote them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.errors import Diagnostic, SpecError, UsageError
from archcost.source import Place, Source

if TYPE_CHECKING:
    from archcost.config.configuration import Config


def refuse_listed(path: str, config: Config, place: Place) -> None:
    """Refuse what `specs` lists if it lies outside of the tree, or is a link that does.

    Raises:
        SpecError: it does, at the place where it is listed. Nothing of the file is read.
    """
    trees = _trees(config.folder)
    if not any(_is_below(_absolute(path), tree) for tree in trees):
        text = f"'{path}' is outside of {trees[0]}; a configuration lists files of its own repository"
        raise SpecError([Diagnostic(place, text)])
    if not any(_is_below(_real(path), _real(tree)) for tree in trees):
        raise SpecError(
            [Diagnostic(place, f"'{path}' is a link that leads out of {trees[0]}; list the file itself")]
        )


def refuse_link(path: str) -> None:
    """Refuse a file that was named on the command line if it is a link out of the repository we work in.

    Raises:
        SpecError: it is one. Nothing of the file is read.
    """
    root = _repository(_absolute("."))
    if root and _is_below(_absolute(path), root) and not _is_below(_real(path), _real(root)):
        text = f"this is a link that leads out of {root}; name the file itself"
        raise SpecError([Diagnostic(Place(Source(path)), text)])


def refuse_file(file: Path, folder: Path) -> None:
    """Refuse a configuration that was found, or the baseline it names, if it is a link out of the tree.

    Args:
        file: one of them.
        folder: of the configuration.

    Raises:
        UsageError: it is one. Nothing of the file is read.
    """
    trees = _trees(folder)
    if not any(_is_below(_real(file), _real(tree)) for tree in trees):
        raise UsageError(f"{file} is a link that leads out of {trees[0]}; keep the file itself there")


def is_in_repository(path: str, folder: str) -> bool:
    """Whether a path lies in the repository that a folder is in, or in a submodule of it."""
    root = _repository(_absolute(folder))
    return root is not None and _is_below(_absolute(path), root)


def _trees(folder: Path) -> tuple[str, ...]:
    """The repository of a configuration; without one, its folder and the one we work in."""
    root = _repository(_absolute(folder))
    return (root,) if root else (_absolute(folder), _absolute("."))


def _repository(folder: str) -> str | None:
    above = (Path(folder), *Path(folder).parents)
    return next((str(one) for one in above if os.path.lexists(one / ".git")), None)


def _absolute(path: str | Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links are not followed


def _real(path: str | Path) -> str:
    return os.path.realpath(path)


def _is_below(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)
