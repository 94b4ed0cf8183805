"""Networks that were checked at the base and are not any more: nobody would see what they cost."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from archcost.config.listing import RevisionStore
from archcost.config.selection import SelectedSpec, select_specs
from archcost.errors import NothingToAnalyzeError, RevisionError, SpecError
from archcost.gate.config_problems import ConfigProblem, nowhere
from archcost.source import Place, Source
from archcost.words.wording import few_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.config.configuration import Config
    from archcost.gate.bases import Base


def checked_then(
    patterns: Sequence[str], flags: Sequence[SelectedSpec], then: Config, base: Base
) -> list[SelectedSpec]:
    """What the same command would have checked at the base."""
    if base.revision is None:
        return []
    try:
        return select_specs(patterns, flags, then, RevisionStore(base.revision))
    except (NothingToAnalyzeError, RevisionError, SpecError):
        return []


def about_gone(
    then: Sequence[SelectedSpec], now: Sequence[SelectedSpec], config: Config, base: Base
) -> Iterator[ConfigProblem]:
    """Of what was checked then, what is not checked now: by its path, or by the one git says it has."""
    checked = {_key(entry, config) for entry in now}
    lost: dict[str, list[SelectedSpec]] = {}
    for entry in then:
        if _key(_today(entry, base), config) not in checked:
            lost.setdefault(entry.path, []).append(entry)
    paths = {entry.path for entry in now}
    for several in lost.values():
        new = _today(several[0], base).path
        if new in paths:
            yield from (_as_it_was_read(entry, new, config, base) for entry in several)
        else:
            yield _altogether(several, new, config, base)


def _key(entry: SelectedSpec, config: Config) -> tuple[str, str]:
    """What makes two entries the same one: a file may well be called `net.yaml (wide)`."""
    return _file_of(entry, config), entry.settings


def _file_of(entry: SelectedSpec, config: Config) -> str:
    """The path from the folder of the configuration."""
    return replace(entry, variant=None, set={}, input=None).label(config)


def _today(entry: SelectedSpec, base: Base) -> SelectedSpec:
    """The same, by the path its file has now."""
    if not entry.is_file or os.path.lexists(entry.path) or base.renames is None:
        return entry
    return replace(entry, path=base.renames.after(entry.path) or entry.path)


def _as_it_was_read(entry: SelectedSpec, path: str, config: Config, base: Base) -> ConfigProblem:
    """A variant, or other settings, of a spec that is still checked in some way."""
    how = f"as {entry.settings}" if entry.settings else "as it stands"
    what = f"{_shown(entry, path)} was checked {how} at {base.name}, and is not any more"
    text = f"{what}; check it so again, {_or_agree(entry, config, is_alone=True)}"
    return ConfigProblem("gone-spec", text, Place(Source(path)), _about([entry]), _key(entry, config))


def _altogether(several: Sequence[SelectedSpec], path: str, config: Config, base: Base) -> ConfigProblem:
    first = several[0]
    variants = [entry.variant for entry in several if entry.variant]
    also = f" (with {few_of(variants)})" if variants else ""
    what = f"{_shown(first, first.path)}{also} was checked at {base.name}"
    place, way = nowhere(config), "list it under `specs`"
    if path != first.path:
        what, place = f"{what}; it is {_shown(first, path)} now, which is not checked", Place(Source(path))
    elif not first.is_file or os.path.lexists(path):
        what = f"{what}, and is not any more"
    else:
        what, way = f"{what}, and is gone", "bring it back"
    text, subject = f"{what}; {way}, {_or_agree(first, config)}", (_file_of(first, config),)
    return ConfigProblem("gone-spec", text, place, _about(several), subject)


def _about(several: Sequence[SelectedSpec]) -> tuple[tuple[str, str | None], ...]:
    return tuple((entry.path, entry.variant) for entry in several)


def _or_agree(entry: SelectedSpec, config: Config, *, is_alone: bool = False) -> str:
    """What somebody writes who means it, and no more than that: the waiver of just this network."""
    path = _file_of(entry, config)
    variant = f", variant: {entry.variant or _NONE}" * (is_alone and not (entry.set or entry.input))
    return f"or let a waiver say who agreed: {{rule: gone-spec, match: {path}{variant}, reason: ...}}"


_NONE = '""'
"""The variant that is none."""


def _shown(entry: SelectedSpec, path: str) -> str:
    """The path of a file as a reader would type it here."""
    return os.path.relpath(path) if entry.is_file else path
