"""What changed in the specs of a repository since a revision."""

from __future__ import annotations

import glob
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.config.listing import HERE
from archcost.config.selection import networks, select_specs
from archcost.errors import AbsentError, NothingToAnalyzeError, SpecError, UsageError
from archcost.files import check_is_file
from archcost.history.renames import Renames
from archcost.history.revisions import revision
from archcost.review.diff import diff

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from archcost.config.configuration import Config
    from archcost.config.selection import SelectedSpec
    from archcost.errors import Diagnostic
    from archcost.history.revisions import Revision
    from archcost.network import Network
    from archcost.results.difference import Diff


def diffs_against(
    ref: str, patterns: Sequence[str], settings: Sequence[SelectedSpec], config: Config
) -> list[Diff]:
    """The difference of each spec to what it was at a revision.

    A spec that was not there was added, unless git says that it had another name. One that is gone was
    removed, if a pattern, or its name, still means it. Variants that nobody names are shown where the
    spec as it stands has not changed.

    Args:
        ref: the revision.
        patterns: files and globs; without any, the specs of the configuration.
        settings: what both sides are read with, once for each variant.
        config: where specs may be listed.

    Raises:
        RevisionError: there is no such revision, repository or git.
        NothingToAnalyzeError: a pattern matches nothing, on neither side.
        SpecError: the spec of one side is wrong; it has the mistakes of all specs.
        UsageError: settings that one side does not have, or a network of the zoo.
    """
    meant = [(pattern, config) for pattern in patterns] or list(_configured(config))
    if not meant:
        select_specs((), settings, config)  # says how to name some
    explicit = {how.variant for how in settings}.union(*(one.variant for one in config.specs))
    with revision(ref, _near([pattern for pattern, _ in meant], config)) as base:
        wanted = [entry for pattern, known in meant for entry in _entries(pattern, settings, known, base)]
        return list(_compared(wanted, base, explicit))


def _configured(config: Config) -> Iterator[tuple[str, Config]]:
    """Each item of `specs` that may be in a repository, with a configuration of that item alone."""
    for one in config.specs:
        if not one.path.startswith("zoo:"):
            yield config.path_of(one.path), replace(config, specs=(one,))


def _near(patterns: Sequence[str], config: Config) -> str:
    """A file or folder of the repository."""
    first = next(iter(patterns), str(config.folder))
    return str(Path(first).parent) if glob.has_magic(first) else first


def _entries(
    pattern: str, settings: Sequence[SelectedSpec], config: Config, base: Revision
) -> Iterator[SelectedSpec]:
    """What a pattern means: what is there now, and what only the revision has."""
    gone = list(_gone(pattern, base))
    try:
        there = [entry for entry in select_specs([pattern], settings, config) if entry.path not in gone]
    except NothingToAnalyzeError:
        if not gone:
            raise
        there = []
    yield from _with_variants(there)
    yield from (replace(how, path=path) for path in gone for how in settings)


def _with_variants(found: Sequence[SelectedSpec]) -> Iterator[SelectedSpec]:
    """Specs that are read as they stand and no other way, with their variants."""
    paths = Counter(entry.path for entry in found)
    for entry in found:
        if entry.variant is None and paths[entry.path] == 1:
            yield from (replace(entry, variant=name) for name in networks(entry, HERE))
        else:
            yield entry


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


def _compared(
    wanted: Sequence[SelectedSpec], base: Revision, explicit: Collection[str | None]
) -> Iterator[Diff]:
    """All specs are read before any mistake is reported."""
    renames = Renames(base, [entry.path for entry in wanted])
    moved = {renames.before(entry.path) for entry in wanted if os.path.lexists(entry.path)}
    sides: list[tuple[SelectedSpec, Network | None, Network | None]] = []
    mistakes: list[Diagnostic] = []
    for entry in wanted:
        if entry.path in moved and not os.path.lexists(entry.path):
            continue
        head = before = None
        is_new = False
        try:
            before = _before(entry, base, renames)
            is_new = before is None
        except SpecError as error:
            mistakes += error.diagnostics
        try:
            head = entry.load() if is_new or os.path.lexists(entry.path) else None
        except SpecError as error:
            mistakes += error.diagnostics
        sides.append((entry, before, head))
    if mistakes:
        raise SpecError(dict.fromkeys(mistakes))
    differs: set[str] = set()
    for entry, before, head in sides:
        found = diff(before, head, revision=base.ref)
        if entry.variant is None and found.status != "equal":
            differs.add(entry.path)
        is_shown = found.status != "equal" and entry.path not in differs
        if entry.variant in explicit or entry.variant is None or is_shown:
            yield found


def _before(entry: SelectedSpec, base: Revision, renames: Renames) -> Network | None:
    """The network as it was; None if there was none."""
    try:
        return entry.load(at=base)
    except AbsentError:
        before = renames.before(entry.path)
        return replace(entry, path=before).load(at=base) if before else None
    except UsageError as error:
        plain = replace(entry, variant=None, set={}, input=None).load(at=base)
        if entry.variant and entry.variant not in plain.variants:
            return None  # the variant is new
        raise UsageError(f"{entry.path} at {base.ref}: {error}") from None
