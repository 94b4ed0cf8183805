"""Options of commands: one that takes a single value is given once, for of two values one would be lost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from click.core import ParameterSource

    Together = Callable[[Sequence[str]], str | None]


def by_commas(values: Sequence[str]) -> str | None:
    """Several values as one."""
    return ",".join(values)


def named_by_commas(values: Sequence[str]) -> str | None:
    """Several `NAME=VALUE` as one; nothing where a name is missing or is there twice."""
    names = {value.partition("=")[0] for value in values if "=" in value}
    return by_commas(values) if len(names) == len(values) else None


def contradiction(name: str, values: Iterable[object], instead: str | None = None) -> str:
    """What is said of several values where there is one.

    Args:
        name: of what has them.
        values: all of them.
        instead: what takes several, as it is written.
    """
    way = f"leave out all but one, or write {instead}" if instead else "leave out all but one"
    return f"{name} is given as {in_a_row(values)}; {way}"


def filled(_ctx: click.Context, param: click.Parameter, given: str | None) -> str | None:
    """A value that is not empty: a script whose variable is not set would ask for something else."""
    if given is not None and not given.strip():
        raise click.BadParameter(f"{param.opts[0]} has no value; leave it out, or say which")
    return given


class Option(click.Option):
    """An option that refuses a second value, unless it is the same or the option is repeatable.

    Args:
        together: how several values are written as one, where the option takes that.
    """

    def __init__(self, *args: Any, together: Together | None = None, **attributes: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*args, **attributes)
        self._together = together
        self._is_single = not (self.multiple or self.is_flag)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:  # noqa: ANN401 - its class is click's own
        """Take every value; click would keep the last."""
        if self._is_single:
            parser.add_option(obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs)
        else:
            super().add_to_parser(parser, ctx)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """The one that was given.

        Raises:
            click.BadParameter: there are others; while a word is completed, it is the last of them.
        """
        if self._is_single and (given := opts.get(self.name or "")):
            self._refuse_others(list(dict.fromkeys(given)), ctx)
            opts = {**opts, self.name or "": given[-1]}
        return super().consume_value(ctx, opts)

    def _refuse_others(self, values: list[str], ctx: click.Context) -> None:
        if len(values) == 1 or ctx.resilient_parsing:
            return
        name = max(self.opts, key=len)
        joined = self._together and self._together(values)
        raise click.UsageError(contradiction(name, values, joined and f"{name} {joined}"), ctx)


option = partial(click.option, cls=Option)
"""`click.option`, for every option of ours."""
