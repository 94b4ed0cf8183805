"""Which networks a check is about, and with which settings each is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.errors import Diagnostic, NothingToAnalyzeError, SpecError, UsageError
from archcost.gate.patterns import matches_spec
from archcost.limits import DEFAULT
from archcost.report.model import field_text
from archcost.spec.library import DISK, near_file
from archcost.spec.load import load
from archcost.spec.named import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.gate.config import Config, SpecPattern
    from archcost.limits import Limits
    from archcost.network import Network
    from archcost.revisions import Revision
    from archcost.spec.inputs import InputShape
    from archcost.spec.load import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A spec, and how it is read.

    Attributes:
        path: as the user names it.
        variant: one of the spec's variants.
        set: values for its variables, as `load` takes them.
        input: another input shape, as `load` takes it.
        limits: how large things may get.
    """

    path: str
    variant: str | None = None
    set: Mapping[str, Setting] = field(default_factory=dict[str, "Setting"])
    input: InputShape | Mapping[str, InputShape] | None = None
    limits: Limits = DEFAULT

    @property
    def is_file(self) -> bool:
        """Whether it may be in a repository: standard input and the zoo are not."""
        return self.path != "-" and not self.path.startswith("zoo:")

    @property
    def is_plain(self) -> bool:
        """Whether the spec is read as it stands."""
        return not (self.variant or self.set or self.input)

    def load(
        self,
        *,
        at: Revision | None = None,
        set: Mapping[str, Setting] | None = None,  # noqa: A002 - as `archcost.load` has it
        variant: str | None = None,
        input: InputShape | Mapping[str, InputShape] | None = None,  # noqa: A002 - likewise
    ) -> Network:
        """The network, as it is or was, with these settings or others in their place.

        Raises:
            ArchcostError: it cannot be loaded.
        """
        return load(
            self.path,
            set={**self.set, **(set or {})},
            variant=variant or self.variant,
            input=input or self.input,
            limits=self.limits,
            at=at,
        )

    def label(self, config: Config) -> str:
        """What baselines and readers call it: the path from the configuration's folder, and the settings.

        >>> from archcost.gate.config import Config
        >>> Entry(path="./nets/tiny.yaml", variant="wide", input="3x64x64").label(Config())
        'nets/tiny.yaml (wide, input 3x64x64)'
        """
        path = self.path
        if self.is_file:
            path = os.path.relpath(os.path.abspath(path), os.path.abspath(config.folder)).replace(os.sep, "/")  # noqa: PTH100 - links are not followed
        return path if self.is_plain else f"{path} ({self.settings})"

    @property
    def settings(self) -> str:
        """What is not as the spec has it, in words; empty if all is."""
        return ", ".join(self._settings())

    def _settings(self) -> Iterator[str]:
        if self.variant:
            yield self.variant
        if self.set:
            yield field_text(self.set)
        if self.input:
            shapes = self.input
            yield f"input {shapes if isinstance(shapes, str) else field_text({'shape': shapes})[7:]}"


def entries(patterns: Sequence[str], asked: Entry, config: Config) -> list[Entry]:
    """The networks to check: those that are named, or all that the configuration has.

    A spec that is named, without settings of its own, is checked the way the configuration reads it.

    Args:
        patterns: files, globs and zoo names from the command line.
        asked: the settings that were asked for there.
        config: where `specs` may list what there is.

    Raises:
        NothingToAnalyzeError: a pattern matches nothing.
        UsageError: nothing is named anywhere.
    """
    if not patterns:
        found = [entry for pattern in config.specs for entry in _configured(pattern, config, asked)]
        if not found:
            where = f"list them under `specs` in {config.file}" if config.file else _START
            raise UsageError(f"no specs to check: name some, or {where}")
        return list(_distinct(found))
    if not asked.is_plain:
        return [replace(asked, path=path) for path in named(patterns)]
    return list(_distinct(entry for path in named(patterns) for entry in _known(path, asked, config)))


_START = "write an archcost.yaml that lists them under `specs`"


def unchecked(wanted: Sequence[Entry], config: Config) -> list[Entry]:
    """The specs of the configuration that are not among those to check, at least not as it reads them."""
    checked = {entry.label(config) for entry in wanted}
    plain = Entry(path="")
    others: list[Entry] = []
    for pattern in config.specs:
        try:
            found = list(_configured(pattern, config, plain))
        except (NothingToAnalyzeError, SpecError):
            continue  # said when it is asked for
        others += [entry for entry in found if entry.label(config) not in checked]
    return others


def _configured(pattern: SpecPattern, config: Config, asked: Entry) -> Iterator[Entry]:
    """What one item of `specs` stands for; settings of the command line come on top.

    Raises:
        SpecError: it is a file that is not there, at the place where it is listed.
    """
    _check_there(pattern, config)
    for path in named([config.path_of(pattern.path)]):
        yield Entry(
            path=path,
            variant=asked.variant or pattern.variant,
            set={**pattern.set, **asked.set},
            input=asked.input or pattern.input,
            limits=asked.limits,
        )


def _check_there(pattern: SpecPattern, config: Config) -> None:
    path = config.path_of(pattern.path)
    if not (path.startswith("zoo:") or has_magic(path) or os.path.lexists(path)):
        text = f"there is no file '{pattern.path}'{near_file(DISK, Path(path))}"
        raise SpecError([Diagnostic(pattern.place, text)])


def _known(path: str, asked: Entry, config: Config) -> Iterator[Entry]:
    """A spec as the configuration reads it; as it stands if that does not know it."""
    found = [one for one in config.specs if _is(one, path, config)]
    for one in found:
        yield Entry(path=path, variant=one.variant, set=one.set, input=one.input, limits=asked.limits)
    if not found:
        yield replace(asked, path=path)


def _is(pattern: SpecPattern, path: str, config: Config) -> bool:
    """Whether an item of `specs`, which is a path and never a bare name, means a file."""
    text = pattern.path
    return matches_spec(
        text if text.startswith("zoo:") else f"/{text.removeprefix('./')}", path, config.folder
    )


def _distinct(found: Iterable[Entry]) -> Iterator[Entry]:
    """Each once. Settings may be mappings, so that entries have no hash; those of one path are few."""
    kept: dict[str, list[Entry]] = {}
    for entry in found:
        same = kept.setdefault(entry.path, [])
        if entry not in same:
            same.append(entry)
            yield entry


def load_entries(wanted: Sequence[Entry]) -> list[Network]:
    """The networks of all entries. All are read before any mistake is reported.

    Raises:
        SpecError: with the mistakes of all specs.
        UsageError: settings that one of them cannot have.
    """
    networks: list[Network] = []
    mistakes: list[Diagnostic] = []
    for entry in wanted:
        try:
            networks.append(entry.load())
        except SpecError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise SpecError(dict.fromkeys(mistakes))
    return networks
