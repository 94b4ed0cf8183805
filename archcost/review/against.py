"""What changed in the specs of a repository since a revision."""

from __future__ import annotations

import glob
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.errors import AbsentError, NothingToAnalyzeError, SpecError, UsageError
from archcost.gate.entries import entries
from archcost.review.diff import diff
from archcost.revisions import revision
from archcost.spec.library import check_is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.errors import Diagnostic
    from archcost.gate.config import Config
    from archcost.gate.entries import Entry
    from archcost.network import Network
    from archcost.report.difference.model import Diff
    from archcost.revisions import Revision


def diffs_against(ref: str, patterns: Sequence[str], asked: Entry, config: Config) -> list[Diff]:
    """The difference of each spec to what it was at a revision.

    A spec that was not there was added. One that is gone was removed, if a pattern, or its name, still asks
    for it.

    Args:
        ref: the revision.
        patterns: files and globs; without any, the specs of the configuration.
        asked: the settings that both sides are read with.
        config: where specs may be listed.

    Raises:
        RevisionError: there is no such revision, repository or git.
        NothingToAnalyzeError: a pattern matches nothing, on neither side.
        SpecError: the spec of one side is wrong; it has the mistakes of all specs.
        UsageError: settings that one side does not have, or a network of the zoo.
    """
    asks = [(pattern, config) for pattern in patterns] or list(_configured(config))
    if not asks:
        entries((), asked, config)  # says how to name some
    with revision(ref, _near([pattern for pattern, _ in asks], config)) as base:
        wanted = [entry for pattern, known in asks for entry in _entries(pattern, asked, known, base)]
        return list(_compared(wanted, base))


def _configured(config: Config) -> Iterator[tuple[str, Config]]:
    """Each item of `specs` that may be in a repository, with a configuration of that item alone."""
    for one in config.specs:
        if not one.path.startswith("zoo:"):
            yield config.path_of(one.path), replace(config, specs=(one,))


def _near(patterns: Sequence[str], config: Config) -> str:
    """A file or folder of the repository that is asked about."""
    first = next(iter(patterns), str(config.folder))
    return str(Path(first).parent) if glob.has_magic(first) else first


def _entries(pattern: str, asked: Entry, config: Config, base: Revision) -> Iterator[Entry]:
    """What a pattern means: what is there now, and what only the revision has."""
    gone = list(_gone(pattern, base))
    try:
        yield from (entry for entry in entries([pattern], asked, config) if entry.path not in gone)
    except NothingToAnalyzeError:
        if not gone:
            raise
    yield from (replace(asked, path=path) for path in gone)


def _gone(pattern: str, base: Revision) -> Iterator[str]:
    """The files that a pattern means and that only the revision has."""
    check_is_file(pattern)
    if os.path.lexists(pattern):
        return
    if glob.has_magic(pattern):
        yield from (path for path in base.glob(pattern) if not os.path.lexists(path))
        return
    try:
        base.find(pattern)
    except AbsentError:
        return
    yield pattern


def _compared(wanted: Sequence[Entry], base: Revision) -> Iterator[Diff]:
    """All specs are read before any mistake is reported."""
    sides: list[tuple[Network | None, Network | None]] = []
    mistakes: list[Diagnostic] = []
    for entry in wanted:
        head = before = None
        is_new = False
        try:
            before = _before(entry, base)
            is_new = before is None
        except SpecError as error:
            mistakes += error.diagnostics
        try:
            head = entry.load() if is_new or os.path.lexists(entry.path) else None
        except SpecError as error:
            mistakes += error.diagnostics
        sides.append((before, head))
    if mistakes:
        raise SpecError(dict.fromkeys(mistakes))
    return (diff(before, head, revision=base.ref) for before, head in sides)


def _before(entry: Entry, base: Revision) -> Network | None:
    """The network as it was; None if there was none."""
    try:
        return entry.load(at=base)
    except AbsentError:
        return None
    except UsageError as error:
        raise UsageError(f"{entry.path} at {base.ref}: {error}") from None
