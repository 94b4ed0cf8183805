"""The files that a pattern of specs means, now or at a revision, without those that are no specs."""

from __future__ import annotations

import os
import re
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from archcost.config.read import NAMES
from archcost.errors import AbsentError, NothingToAnalyzeError, RevisionError, SpecError
from archcost.files import DISK
from archcost.loading.opened import networks_at
from archcost.overwriting import will_read
from archcost.spec.keywords import LIBRARY_KEYS
from archcost.spec.opened import open_spec
from archcost.spec.spec_patterns import named
from archcost.spec.yaml_reader import MappingNode, read

if TYPE_CHECKING:
    from collections.abc import Collection

    from archcost.config.configuration import Config
    from archcost.history.revisions import Revision
    from archcost.limits import Limits
    from archcost.spec.opened import Opened


class SpecStore(Protocol):
    """Where specs are looked for."""

    def matching(self, pattern: str) -> list[str]:
        """The files of a pattern, or of a name."""
        ...

    def opened(self, path: str, limits: Limits) -> Opened:
        """One of them, read."""
        ...

    def networks(self, path: str, limits: Limits) -> list[str | None]:
        """The networks of a file: None for it as it stands, and its variants."""
        ...


class DiskStore:
    """The disk."""

    def matching(self, pattern: str) -> list[str]:
        """The files of a pattern; a name stands for itself.

        Raises:
            NothingToAnalyzeError: no file matches.
        """
        return named([pattern])

    def opened(self, path: str, limits: Limits) -> Opened:
        """The text of a spec."""
        return open_spec(path, limits, DISK)

    def networks(self, path: str, limits: Limits) -> list[str | None]:
        """The networks of a spec or a model: None for it as it stands, and its variants."""
        return networks_at(path, limits, DISK)


class RevisionStore:
    """A revision. What it does not have was not listed there."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision

    def matching(self, pattern: str) -> list[str]:
        """The files of a pattern, or of a name, that the revision has."""
        if has_magic(pattern) and not pattern.startswith("zoo:"):
            return self._revision.glob(pattern)
        try:
            if not pattern.startswith("zoo:") and pattern != "-":
                self._revision.find(pattern)
        except AbsentError:
            return []
        return named([pattern])

    def opened(self, path: str, limits: Limits) -> Opened:
        """The text of a spec as it was."""
        return open_spec(path, limits) if path.startswith("zoo:") else open_spec(path, limits, self._revision)

    def networks(self, path: str, limits: Limits) -> list[str | None]:
        """The networks that a spec or a model had."""
        return networks_at(path, limits, self._revision)


HERE = DiskStore()


def listed(pattern: str, config: Config, where: SpecStore, limits: Limits) -> list[str]:
    """The specs that a pattern means.

    Of what a pattern with a star matches, files that hold blocks alone for others to include, configurations,
    and what is excluded are no specs. A file that is listed by its name is one, whatever it holds.

    Raises:
        NothingToAnalyzeError: there is none on the disk.
    """
    found = where.matching(pattern)
    if not has_magic(pattern) or pattern.startswith("zoo:") or found == [pattern]:
        return found
    kept = [
        path
        for path in found
        if not config.excludes(path) and not _is_something_else(path, config, where, limits)
    ]
    if found and not kept and where is HERE:
        others = f"all {len(found)} files" if len(found) > 1 else f"'{found[0]}'"
        raise NothingToAnalyzeError(
            f"'{pattern}' matches no spec: {others} that it matches hold blocks for others to include, "
            "are configurations, or are excluded"
        )
    return kept


def _is_something_else(path: str, config: Config, where: SpecStore, limits: Limits) -> bool:
    """Whether a file holds blocks alone, or a configuration. What cannot be read may be a spec."""
    if config.file and os.path.abspath(path) == os.path.abspath(config.file):  # noqa: PTH100 - links are not followed
        return True
    try:
        opened = where.opened(path, limits)
        if _LAYERS.search(opened.data):
            return False  # most files: they need not be parsed to know that they are specs
        root = read(opened.data, opened.name, limits)
    except (RevisionError, SpecError):
        return False
    keys = {entry.key.text for entry in root.entries} if isinstance(root, MappingNode) else set[str]()
    if "blocks" in keys:
        return keys <= {*LIBRARY_KEYS}
    from archcost.config.config_file import ConfigFile  # noqa: PLC0415 - few files get this far

    return os.path.basename(path) in NAMES and bool(keys) and keys <= {*ConfigFile.known()}  # noqa: PTH119 - names are texts here


_LAYERS = re.compile(rb"^[\"']?layers\b", re.MULTILINE)


def unlisted(config: Config, known: Collection[str]) -> list[str]:
    """The specs below the folders of patterns that none of them means and nobody excludes.

    A spec under another name, `.yml` for `.yaml`, or one folder deeper, would not be missed otherwise.

    Args:
        config: the patterns.
        known: the files that are checked, or could be.
    """
    seen = {os.path.abspath(path) for path in known}  # noqa: PTH100 - links are not followed
    found: list[str] = []
    for folder in _folders(config):
        for place, below, names in os.walk(folder):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                path = os.path.normpath(os.path.join(place, name))  # noqa: PTH118 - a name, as patterns have it
                if name.endswith((".yaml", ".yml")) and os.path.abspath(path) not in seen:  # noqa: PTH100 - as above
                    seen.add(os.path.abspath(path))  # noqa: PTH100 - as above
                    if not config.excludes(path) and _looks_like_a_spec(path):
                        found.append(path)
                if len(seen) > _MOST_FILES:
                    return found
    return found


def _folders(config: Config) -> list[str]:
    """The folders that patterns with a star begin with. The whole repository is nobody's folder of specs."""
    paths = (Path(config.path_of(one.path)) for one in config.specs if has_magic(one.path))
    starts = (before_stars(path) for path in paths if path.parts[:1] != ("zoo:",))
    return list(dict.fromkeys(start for start in starts if start != os.path.normpath(config.folder)))


def before_stars(path: Path) -> str:
    """The part of a path that no star stands in: what it matches lies below that."""
    count = next((i for i, part in enumerate(path.parts) if has_magic(part)), len(path.parts))
    return str(Path(*path.parts[:count]))


def _looks_like_a_spec(path: str) -> bool:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - as it is named
            data = stream.read(2**20)
    except OSError:
        return False
    is_spec = _LAYERS.search(data) and re.search(rb"^[\"']?archcost\b", data, re.MULTILINE)
    if is_spec:
        will_read(path)  # it is named, if nothing else
    return bool(is_spec)


_MOST_FILES = 20_000
"""Files that are looked at: specs do not lie among more."""
