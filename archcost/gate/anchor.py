"""Which base counts: a change that could name its own would compare itself with itself.

What the command line names counts as it is, for CI knows what a change is to be merged into. What the
configuration names is written by the change as well, so it counts only if the default branch says the same.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import RevisionError, SpecError
from archcost.gate.bases import Base
from archcost.gate.config_problems import ConfigProblem, nowhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.config.configuration import Config
    from archcost.config.selection import SelectedSpec
    from archcost.source import Place

_MOVES = re.compile(r"(HEAD|@)($|[~^@.{])|:/")
"""A name for whatever is checked out, or for what lies some commits before it."""


class Anchor(NamedTuple):
    """The base that counts; None if none is named. And what there is to say about how it is named."""

    base: Base | None
    problems: Sequence[ConfigProblem] = ()


def anchor(config: Config, near: str, wanted: Sequence[SelectedSpec]) -> Anchor:
    """The base that counts.

    Args:
        config: where one may be named.
        near: a path in the repository.
        wanted: the networks that are compared with it.
    """
    ref = config.against
    named = Base(ref, near, wanted) if ref else None
    if config.overrides.against:
        return Anchor(named)
    old, witness = _agreed(config, named, near)
    if old is None or old == ref:
        return Anchor(named, _moving(config, named, is_known=bool(witness)))
    text = f"against is {ref or 'left out'} now, and was {old} at {witness or ref}"
    before = Base(old, near, wanted)
    if before.revision is None:
        text = f"{text}, which cannot be compared with: {before.missing}"
        return Anchor(
            named,
            [ConfigProblem("loosened", text, _place(config), subject=("against",)), *_moving(config, named)],
        )
    if named:
        named.close()
    text = f"{text}; {old} is what this is compared with until {witness or 'that'} has the change"
    return Anchor(
        before,
        [ConfigProblem("loosened", text, _place(config), subject=("against",)), *_moving(config, before)],
    )


def _agreed(config: Config, named: Base | None, near: str) -> tuple[str | None, str]:
    """What the default branch has under `against`, and its name; without one, what the base has."""
    from archcost.history.commits import default_branch  # noqa: PLC0415 - most checks have no base

    try:
        branch = default_branch(near)
    except RevisionError:
        return None, ""
    if branch is None:
        return _against_at(named, config) if named else None, ""
    with closing(Base(branch, near)) as witness:
        return _against_at(witness, config), re.sub("^refs/(heads|remotes)/", "", branch)


def _against_at(base: Base, config: Config) -> str | None:
    """What the configuration says there; None if there is none, or it says nothing that can be read."""
    try:
        then = base.config(config)
    except (RevisionError, SpecError):
        return None
    return then and then.against


def _moving(config: Config, base: Base | None, *, is_known: bool = True) -> list[ConfigProblem]:
    """That a name means another commit with every commit, so that a change may have been made before it.

    Args:
        config: what is to blame.
        base: that it names.
        is_known: whether a default branch could object to it.
    """
    if base is None:
        return []
    if _MOVES.match(base.ref):
        text = f"against is {base.ref}, which moves with every commit: what a change committed before it"
    elif base.is_head and not is_known:
        text = f"against is {base.ref}, which is what is checked out: what a change committed"
    else:
        return []
    text = f"{text} is not seen; name the branch that changes are for (origin/main...), or a tag"
    return [ConfigProblem("moving-base", text, _place(config))]


def _place(config: Config) -> Place:
    """Where a base is named."""
    return config.against_at or nowhere(config)
