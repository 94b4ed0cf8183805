"""What a rule is, and what it sees of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.network import Node, Unused
from archcost.results.report import Finding
from archcost.windows.window import axis_names, brief
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcost.analysis.facts import Facts
    from archcost.network import Expectation, Input
    from archcost.results.report import Level
    from archcost.windows.window import Window


class Rule(NamedTuple):
    """One thing archcost notices.

    Attributes:
        name: as findings carry it.
        levels: the levels at which it reports, unless the user says otherwise.
        summary: what it notices, as a sentence that follows its name.
        why: why it matters, and what to do: Markdown for `docs/findings.md`.
        good: a spec in which it finds nothing.
        bad: a spec in which it does, as alike as possible.
        check: what it finds in a network, in any order.
    """

    name: str
    levels: tuple[Level, ...]
    summary: str
    why: str
    good: str
    bad: str
    check: Callable[[Facts], Iterable[Finding]]


def at(about: Node | Input | Expectation | Unused, rule: str, level: Level, message: str) -> Finding:
    """A finding about a node or an input of the network, or about what its spec expects or names."""
    path = None if isinstance(about, Unused) else about.path
    place = about.called if isinstance(about, Node) else about.place
    text = f"{path}: {message}" if path else message
    return Finding(rule=rule, level=level, node=path, **place.written, message=text)


def along(axes: Iterable[int], rank: int) -> str:
    """The axes by name.

    >>> along([0, 1], 2), along([1], 2)
    ('in height and width', 'in width')
    """
    return f"in {in_a_row(axis_names(rank)[axis] for axis in axes)}"


def each(values: Iterable[object]) -> str:
    """One value if all agree, else one after the other.

    >>> each([2, 2]), each([1, 2, 1])
    ('2', '1, 2 and 1')
    """
    every = list(map(str, values))
    return in_a_row(every[:1] if len(set(every)) == 1 else every)


def dilated(window: Window) -> str:
    """The dilation of a window, behind its kernel size; nothing without any.

    >>> from archcost.windows.window import Window
    >>> dilated(Window((3,), (1,), (2,), ((0, 0),))), dilated(Window((3,), (1,), (1,), ((0, 0),)))
    (', dilation 2', '')
    """
    return "" if set(window.dilation) == {1} else f", dilation {brief(window.dilation)}"
