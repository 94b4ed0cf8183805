"""Finding and reading the configuration of the gate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.config.bounds import BOUNDS, by_axis, read, split
from archcost.config.configuration import TABLE, Budget, Config, flag
from archcost.config.toml_tree import has_table
from archcost.errors import Diagnostic, SpecError, UsageError
from archcost.files import check_is_regular
from archcost.limits import DEFAULT
from archcost.overwriting import will_read
from archcost.source import Place, Source
from archcost.spec.opened import open_spec

if TYPE_CHECKING:
    from archcost.limits import Limits

NAMES = ("archcost.yaml", "archcost.yml", "pyproject.toml")
"""Files that may hold a configuration."""


def budgets_of_flag(key: str, text: str) -> tuple[Budget, ...]:
    """What a flag such as `--max-macs 4.2G` asks of every spec.

    Raises:
        UsageError: the limit cannot be read.

    >>> [budget.set_at for budget in budgets_of_flag("min_field", "31x63")]
    ['--min-field', '--min-field']
    """
    measure = BOUNDS[key]
    try:
        limits = by_axis([read(measure, one) for one in split(measure, text)])
    except ValueError as error:
        raise UsageError(f"{flag(key)} {text}: {error}") from None
    return tuple(Budget(measure=measure, axis=axis, limit=limit) for axis, limit in limits)


def find_config(start: Path) -> Path | None:
    """The configuration that holds in a folder: the nearest one, up to the folder of the repository.

    Raises:
        UsageError: a folder has two of them.
    """
    folder = start.resolve()
    for place in (folder, *folder.parents):
        found = [name for name in NAMES if _is_config(place / name)]
        if len(found) > 1:
            where = os.path.relpath(place)
            raise UsageError(
                f"{found[0]} and {found[1]} (in {'this folder' if where == '.' else where}) "
                "both hold a configuration; keep one of them, or name it with --config"
            )
        if found:
            path = Path(os.path.relpath(place / found[0]))
            try:
                check_is_regular(path)
            except OSError as error:
                raise UsageError(
                    f"{path}: {error}; delete it, or name a configuration with --config"
                ) from None
            return path
        if os.path.lexists(place / ".git"):
            return None
    return None


def _is_config(file: Path) -> bool:
    """Whether a file holds a configuration; what cannot be read may, and reading it will say why not."""
    if file.suffix != ".toml":
        return os.path.lexists(file)
    try:
        check_is_regular(file)
        will_read(file)
        data = file.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return b"archcost" in data and has_table(data, TABLE)


def read_config(path: Path | None, limits: Limits = DEFAULT) -> Config:
    """The configuration in a file; an empty one where there is no file.

    Raises:
        SpecError: with everything that is wrong with it.
    """
    if path is None:
        return Config()
    from archcost.config.file_parser import parse  # noqa: PLC0415 - without a file there is nothing to parse

    if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir it has an answer for every name
        raise SpecError([Diagnostic(Place(Source(str(path))), "this is a folder; name the file inside it")])
    opened = open_spec(str(path), limits)
    return parse(opened, limits)
