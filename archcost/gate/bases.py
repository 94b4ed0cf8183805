"""The base that relative limits are relative to: the same specs at a git revision, if they were there."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archcost.analysis.facts import Facts
from archcost.config.configuration import TABLE
from archcost.config.read import NAMES
from archcost.config.toml_tree import has_table
from archcost.errors import AbsentError, NothingBeforeError, RevisionError, SpecError, UsageError
from archcost.gate.baseline import parse as parse_baseline
from archcost.results.judgement import Against
from archcost.spec.opened import open_spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.config.configuration import Config, Overrides
    from archcost.config.selection import SelectedSpec
    from archcost.gate.baseline import Accepted
    from archcost.history.renames import Renames
    from archcost.history.revisions import Revision


class Absent(NamedTuple):
    """A network that cannot be read at the base.

    Attributes:
        why: in words.
        is_new: nothing is wrong, it was not there yet.
    """

    why: str
    is_new: bool = False


class Base:
    """The specs of a revision.

    Attributes:
        ref: as the user named it.
        missing: why there is no base at all; empty if there is one.
        is_first: there is none because nothing was there before, as at the first push.
        revision: the base; None if there is none.
    """

    def __init__(self, ref: str, near: str, wanted: Sequence[SelectedSpec] = ()) -> None:
        from archcost.history.revisions import revision  # noqa: PLC0415 - most checks have no base

        self.ref = ref
        self.missing = ""
        self.is_first = False
        self.revision: Revision | None = None
        self._files = [entry.path for entry in wanted if entry.is_file]
        try:
            self.revision = revision(ref, near)
        except RevisionError as error:
            self.missing = str(error)
            self.is_first = isinstance(error, NothingBeforeError)

    @property
    def name(self) -> str:
        """What a message calls it: CI names commits by their full hashes, which nobody reads."""
        return re.sub(r"^[0-9a-f]{40,64}$", lambda found: found[0][:12], self.ref)

    @property
    def against(self) -> Against:
        """The base as a report names it."""
        return Against(ref=self.ref, commit=self.revision.commit if self.revision else "")

    @cached_property
    def renames(self) -> Renames | None:
        """What files were called there; None without a base."""
        from archcost.history.renames import Renames  # noqa: PLC0415 - as above

        return Renames(self.revision, self._files) if self.revision else None

    def look_for(self, entries: Sequence[SelectedSpec]) -> None:
        """Take note of specs that were there, before anyone looks what they are called now."""
        self._files += [entry.path for entry in entries if entry.is_file]

    def entry_of(self, entry: SelectedSpec) -> SelectedSpec:
        """How a spec is to be read there: by the name it had."""
        if self.revision is None or not entry.is_file or self._has(entry.path):
            return entry
        before = self.renames.before(entry.path) if self.renames else None
        return replace(entry, path=before) if before else entry

    def _has(self, path: str) -> bool:
        try:
            return bool(self.revision and self.revision.find(path))
        except RevisionError:
            return False

    def of(self, entry: SelectedSpec) -> Facts | Absent:
        """The network as it was, under the name it had; or why it was not."""
        if self.revision is None:
            return Absent(self.missing, self.is_first)
        if not entry.is_file:
            return _never(entry.path)
        before = self.entry_of(entry)
        try:
            return Facts(before.load(at=self.revision), label=f"{self.ref}:{before.path}")
        except SpecError as error:
            first = error.diagnostics[0]
            return Absent(f"the spec is wrong there: {first.place}: {first.message}")
        except AbsentError as error:
            ignored = self.revision.ignores(entry.path)
            why = f"git ignores {entry.path}, so that no revision has it" if ignored else str(error)
            return Absent(why, is_new=not ignored)
        except UsageError as error:  # it could not be read with these settings
            return Absent(str(error), is_new=self._lacks_variant(before))

    def _lacks_variant(self, entry: SelectedSpec) -> bool:
        """Whether a spec was there, and only the variant is new."""
        try:
            plain = replace(entry, variant=None, set={}, input=None).load(at=self.revision)
        except (SpecError, UsageError):
            return False
        return entry.variant is not None and entry.variant not in plain.variants

    def config(self, config: Config) -> Config | None:
        """The configuration that held there; None if there was none.

        It is looked for under its name, then where one is found today, from the folder upward: one that came
        since, nearer by, took the place of it, and one that is gone has left none. A file with another name
        is never found, only named, and took the place of none.

        Args:
            config: today's, with what the command line put in its place.

        Raises:
            SpecError: it is wrong, by what is known today.
        """
        if self.revision is None:
            return None
        start = Path(os.path.abspath(Path(config.file).parent if config.file else "."))  # noqa: PTH100 - links stay
        folders = [one for one in (start, *start.parents) if one.is_relative_to(self.revision.root)]
        is_found = not config.file or Path(config.file).name in NAMES
        near = [one / name for one in folders for name in NAMES if is_found]
        for file in (*([Path(config.file)] if config.file else []), *near):
            if found := self._config_in(os.path.relpath(file), config.overrides):
                return found
        return None

    def _config_in(self, name: str, overrides: Overrides) -> Config | None:
        """The configuration in a file, as messages of today would name it; None if it is none."""
        from archcost.config.file_parser import parse  # noqa: PLC0415 - most checks have no base

        if self.revision is None or not self._has(name):
            return None
        opened = open_spec(name, overrides.limits, self.revision)
        if name.endswith(".toml") and not has_table(opened.data, TABLE):
            return None
        return replace(parse(opened, overrides.limits), folder=Path(name).parent).settled(overrides)

    def accepted(self, then: Config) -> Mapping[str, Accepted]:
        """What the baseline that a configuration names accepted there; nothing if that cannot be read."""
        if self.revision is None or then.baseline is None:
            return {}
        try:
            file, name = self.revision.find(str(then.baseline))
            return parse_baseline(self.revision.read(file, _LARGEST)[0].decode("utf-8-sig"), name)
        except (OSError, ValueError, SpecError, RevisionError):
            return {}

    @cached_property
    def is_ahead(self) -> bool:
        """Whether the base has commits that are not in what is checked, which nobody here made."""
        return bool(self.revision and self.revision.is_ahead())

    @cached_property
    def is_head(self) -> bool:
        """Whether the base is the commit that is checked out."""
        return bool(self.revision and self.revision.is_head())

    def close(self) -> None:
        """Let go of the repository."""
        if self.revision is not None:
            self.revision.close()


_LARGEST = 2**28
"""Bytes of a baseline: millions of complaints."""


def _never(path: str) -> Absent:
    """Why a spec that is no file has no base. A network of the zoo does not change with the repository."""
    if path == "-":
        return Absent("standard input has no base")
    return Absent(f"{path} comes with archcost, not with the repository", is_new=True)
