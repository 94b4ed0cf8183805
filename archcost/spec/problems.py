"""Collecting mistakes, so that one run reports them all and each of them once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec

from archcost.errors import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcost.source import Place

P = ParamSpec("P")

Uses = tuple[tuple[str, "Place"], ...]
"""The block calls that lead to a place, innermost first: (block name, place of the call)."""


class Mistake(ValueError):  # noqa: N818 - a mistake in the spec, not an error of ours; it never leaves this package
    """One mistake at one place, on its way to `Problems`. Validators of pydantic raise it, too."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


_ENOUGH = 300
"""Nobody reads more mistakes of one file."""


class Problems:
    """The mistakes of one stage. A place is reported once, however often expansion comes by."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int], Diagnostic] = {}

    def add(self, place: Place, message: str, uses: Uses = ()) -> None:
        """Note a mistake; a second one at the same place is taken for its echo and dropped."""
        key = (place.source.name, place.line, place.column)
        self._found.setdefault(key, Diagnostic(place, message, uses))
        if len(self._found) == _ENOUGH:
            self.stop_if_any()

    def catch(self, mistake: Mistake, uses: Uses = ()) -> None:
        """Note a mistake that was raised."""
        self.add(mistake.place, mistake.message, uses)

    def attempt(self, check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run what may raise a mistake, and note it."""
        try:
            check(*args, **kwargs)
        except Mistake as mistake:
            self.catch(mistake)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Note the mistakes another stage or file reported."""
        for diagnostic in diagnostics:
            self.add(diagnostic.place, diagnostic.message, diagnostic.uses)

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """The mistakes so far."""
        return tuple(self._found.values())

    def stop_if_any(self) -> None:
        """End the stage.

        Raises:
            SpecError: with every mistake noted so far, in the order of the text.
        """
        if self._found:
            raise SpecError(self.found)
