"""Paths of nodes and groups, and what to say of one that the network does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.words.suggest import suggest
from archcost.words.wording import few_of

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable


def unknown(path: str, network: str, known: Collection[str], what: str = "node") -> UsageError:
    """The error for a path that is not there, with what the user may have meant.

    Whole paths that end in `path` come first, then the way is followed as far as it leads.

    >>> print(unknown("conv", "net", ["stem.conv", "stem.relu"]))
    net has no node 'conv' (did you mean 'stem.conv'?)
    >>> print(unknown("stem.rleu", "net", ["stem.conv", "stem.relu"]))
    net has no node 'stem.rleu' (did you mean 'stem.relu'?)
    >>> print(unknown("stem.pool", "net", ["stem.conv", "stem.relu"]))
    net has no node 'stem.pool'; 'stem' holds conv, relu
    """
    start = f"{network} has no {what} '{path}'"
    if ends := [k for k in known if k.endswith("." + path)]:
        return UsageError(f"{start} (did you mean {_either(ends)}?)")
    parent, segments = _way(path, known)
    prefix = f"{parent}." if parent else ""
    wrong = path.removeprefix(prefix).partition(".")[0]
    near = suggest(wrong, segments)
    if near:
        return UsageError(start + near.replace("mean '", f"mean '{prefix}"))
    holder = f"'{parent}'" if parent else "it"
    return UsageError(f"{start}; {holder} holds {few_of(segments)}")


def _way(path: str, known: Iterable[str]) -> tuple[str, list[str]]:
    """The longest beginning of `path` that leads somewhere, and the segments that follow it."""
    parent = path.rpartition(".")[0]
    while parent and not any(k.startswith(f"{parent}.") for k in known):
        parent = parent.rpartition(".")[0]
    return parent, children(parent, known)


def beginnings(path: str, known: Container[str] = ()) -> list[str]:
    """A path and the beginnings it has, up to the first that is known; the shortest of them first.

    >>> beginnings("stage.0.conv"), beginnings("stage.0.conv", {"stage"})
    (['stage', 'stage.0', 'stage.0.conv'], ['stage.0', 'stage.0.conv'])
    """
    found: list[str] = []
    while path and path not in known:
        found.append(path)
        path = path.rpartition(".")[0]
    return found[::-1]


def children(parent: str, paths: Iterable[str]) -> list[str]:
    """The segments that follow `parent` (empty: the first segments), in order and once each.

    >>> children("stage", ["stem", "stage.0.conv", "stage.0.relu", "stage.1.conv"])
    ['0', '1']
    """
    prefix = f"{parent}." if parent else ""
    below = (p[len(prefix) :].partition(".")[0] for p in paths if p.startswith(prefix))
    return list(dict.fromkeys(below))


def _either(paths: list[str]) -> str:
    shown = [f"'{p}'" for p in paths[:3]]
    if len(paths) > 3:
        return ", ".join(shown) + f" or one of {len(paths) - 3} more"
    *others, last = shown
    return f"{', '.join(others)} or {last}" if others else last
