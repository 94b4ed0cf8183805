"""Everything archcost raises on purpose.

    ArchcostError
    ├── SpecError            the spec is wrong: carries every diagnostic of the stage          exit 2
    ├── UsageError           the request is wrong: an unknown zoo name, --set of no variable   exit 2
    │   ├── NoWeightsError   ... because there are none, or positions move as weights are not followed
    │   ├── TooLargeError    ... because it would take minutes or gigabytes
    │   ├── ModelFileError   ... because a model of another framework cannot be read, or not all of it
    │   └── RevisionError    ... because a git revision cannot be read: there is no base to compare with
    │       ├── GitError                 git fails, or does not answer
    │       │   └── NoGitError           ... because it is not installed
    │       ├── NoRepositoryError        the files lie in no repository, or git refuses to open it
    │       ├── UnknownRevisionError     no commit has that name here
    │       │   ├── NotFetchedError      ... perhaps because this clone is shallow or partial
    │       │   └── NothingBeforeError   ... because nothing was before: the first commit or push
    │       ├── AmbiguousRevisionError   several have it
    │       └── AbsentError              the revision is there, the spec is not: it is new since
    ├── NothingToAnalyzeError  a pattern matched no file                                       exit 3
    ├── OverwritingError     a result would take the place of what it is made from             exit 2
    └── LayerError           why one layer cannot stand here; terse, caught at the door
        ├── ShapeError       ... because of the tensors that arrive
        ├── ExecutionError   ... because it cannot be run, or not on these values
        └── ExpressionError  ... because an expression has no value

"Your spec is wrong" is an exception. "Your model is too big" is not: it is a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.escape import as_wide, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.source import Place


class ArchcostError(Exception):
    """Root of everything archcost raises on purpose."""


class UsageError(ArchcostError):
    """The request cannot be met as asked; the text says what to do instead."""


class OverwritingError(ArchcostError):
    """A result would take the place of what it is made from. No request for one network: nothing goes on."""


class NoWeightsError(UsageError):
    """What weight each position of a field has cannot be said; which positions there are may be known."""


class TooLargeError(UsageError):
    """A question that would take minutes or gigabytes to answer; the text says what to ask instead."""


class ModelFileError(UsageError):
    """A model of another framework that cannot be read, or holds what is not understood."""

    def __init__(self, path: object, what: str, place: Place | None = None) -> None:
        """A mistake in the file `path`, at its `place` if that is a text."""
        super().__init__(f"{place or path}: {what}")
        self.what = what
        self.place = place


class RevisionError(UsageError):
    """A spec cannot be read as it was at a git revision.

    Whoever compares with a base catches this one for "there is nothing to compare with", and `AbsentError`
    before it for "the spec is new". A base that is there but wrong is a `SpecError`, as on the disk.
    """


class GitError(RevisionError):
    """git could not be run, failed for a reason of its own, or did not answer in time."""


class NoGitError(GitError):
    """git is not installed."""


class NoRepositoryError(RevisionError):
    """The files lie in no git repository, or in one that git refuses to open."""


class UnknownRevisionError(RevisionError):
    """No commit of the repository has that name."""


class NotFetchedError(UnknownRevisionError):
    """Likewise, in a clone that leaves out history or files: it may be there elsewhere, to be fetched."""


class NothingBeforeError(UnknownRevisionError):
    """Likewise, as nothing was there before: there is no commit yet, or the branch is new."""


class AmbiguousRevisionError(RevisionError):
    """Several things have that name, and they are different commits or may become that."""


class AbsentError(RevisionError):
    """The revision has no such spec: it was added later, or had another name."""


class NothingToAnalyzeError(ArchcostError):
    """A pattern matched no file, so there is nothing to report on."""


class LayerError(ArchcostError):
    """One layer, window or expression refuses its input.

    The text is terse and starts with the user's word (`groups=3 must divide ...`); whoever knows the
    node adds its kind, its inputs and its place in the file.
    """


class ShapeError(LayerError):
    """The tensors that arrive do not fit.

    `inputs` are the positions of the inputs at fault. The text may name them by `{0}` and `{1}` (first and
    second of `inputs`): the caller, who knows what feeds them, fills in "branch 'b1'" or "'stem.conv'".
    """

    def __init__(self, why: str, *, inputs: tuple[int, ...] = ()) -> None:
        super().__init__(why)
        self.inputs = inputs


class ExecutionError(LayerError):
    """A layer cannot be run, or not on the values that arrive. What was derived about it stands."""


class ExpressionError(LayerError):
    """An expression cannot be read or has no value. `offset` and `width` point into its text."""

    def __init__(self, why: str, *, offset: int = 0, width: int = 1) -> None:
        super().__init__(why)
        self.offset = offset
        self.width = width


class Diagnostic(NamedTuple):
    """One mistake in a spec: where it is written, what is wrong, and through which blocks it was reached.

    `uses` lists the calls that lead there, innermost first: (block name, place of the call).
    """

    place: Place
    message: str
    uses: tuple[tuple[str, Place], ...] = ()

    def render(self) -> str:
        """The message as a compiler prints it: `file:line:column: what`, the line itself and a caret."""
        place = self.place.shown
        lines = [visible(_bearable(f"{place}: {self.message}"))]
        if text := place.text():
            number = f"{place.line:>5} | "
            text, start, width = _excerpt(as_wide(text), place.column - 1, place.width)
            carets = "^" * max(1, len(_blank(text[start : start + width])))
            lines += [number + text, " " * (len(number) - 2) + "| " + _blank(text[:start]) + carets]
        lines += [visible(f"  in block '{name}', used at {where}") for name, where in self.uses[:8]]
        if len(self.uses) > 8:
            lines.append(f"  ... and {len(self.uses) - 8} blocks around it")
        return "\n".join(lines)


_LONGEST = 600
"""Characters of a message that are shown; what a message quotes may be of any length."""
_WIDEST = 160
"""Characters of a line that are shown; of a longer one, the part around the mistake."""


def _bearable(message: str) -> str:
    """As much of a message as somebody reads: of a longer one, its beginning and its end."""
    if len(message) <= _LONGEST:
        return message
    return f"{message[: _LONGEST * 2 // 3]} … {message[-_LONGEST // 3 :]}"


def _excerpt(text: str, start: int, width: int) -> tuple[str, int, int]:
    """What to show of a line, where the mistake starts in it, and how wide it is there."""
    if len(text) <= _WIDEST:
        return text, start, width
    first = min(max(0, start - _WIDEST // 3), len(text) - _WIDEST)
    cut = text[first : first + _WIDEST]
    left, right = "…" if first else "", "…" if first + _WIDEST < len(text) else ""
    return left + cut + right, start - first + len(left), min(width, first + _WIDEST - start)


def _blank(text: str) -> str:
    """As much room as a text takes in a terminal: tabs stay, and some letters are two columns wide."""
    if text.isascii():
        return "".join("\t" if c == "\t" else " " for c in text)
    from unicodedata import east_asian_width  # noqa: PLC0415 - only such letters need it

    return "".join("\t" if c == "\t" else " " * (1 + (east_asian_width(c) in "WF")) for c in text)


class SpecError(ArchcostError):
    """A spec that cannot be analyzed, with every mistake its stage found, in the order of the text."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(
            sorted(diagnostics, key=lambda d: (d.place.source.name, d.place.line, d.place.column)),
        )
        shown = [d.render() for d in self.diagnostics[:_MOST]]
        if more := len(self.diagnostics) - _MOST:
            shown += [f"... and at least {more:,} more"] if more > 0 else []
        super().__init__("\n".join(shown))


_MOST = 200
"""Mistakes that are shown; `diagnostics` has all that were looked for."""
