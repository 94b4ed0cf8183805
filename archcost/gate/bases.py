"""The base that relative limits are relative to: the same specs at a git revision, if they were there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.errors import RevisionError, SpecError, UsageError
from archcost.gate.model import Against
from archcost.review.measured import Subject

if TYPE_CHECKING:
    from archcost.gate.entries import Entry
    from archcost.revisions import Revision


class Base:
    """The specs of a revision. What is missing is never an error: it is said, and relative limits wait.

    Attributes:
        ref: as the user named it.
        missing: why there is no base at all; empty if there is one.
    """

    def __init__(self, ref: str, near: str) -> None:
        from archcost.revisions import revision  # noqa: PLC0415 - most checks have no base

        self.ref = ref
        self.missing = ""
        self._revision: Revision | None = None
        try:
            self._revision = revision(ref, near)
        except RevisionError as error:
            self.missing = str(error)

    @property
    def name(self) -> str:
        """What a message calls it: CI names commits by their full hashes, which nobody reads."""
        return re.sub(r"^[0-9a-f]{40,64}$", lambda found: found[0][:12], self.ref)

    @property
    def against(self) -> Against:
        """The base as a report names it."""
        return Against(ref=self.ref, commit=self._revision.commit if self._revision else "")

    def of(self, entry: Entry) -> Subject | str:
        """The network as it was; or why it was not."""
        if self._revision is None:
            return self.missing
        if reason := _never(entry.path):
            return reason
        try:
            return Subject(entry.load(at=self._revision), label=f"{self.ref}:{entry.path}")
        except SpecError as error:
            first = error.diagnostics[0]
            return f"the spec is wrong there: {first.place}: {first.message}"
        except UsageError as error:  # it was not there, or could not be read with these settings
            return str(error)

    def close(self) -> None:
        """Let go of the repository."""
        if self._revision is not None:
            self._revision.close()


def _never(path: str) -> str:
    """Why a spec has no base in any repository; empty if it may have one."""
    if path == "-":
        return "standard input has no base"
    return f"{path} comes with archcost, not with the repository" if path.startswith("zoo:") else ""
