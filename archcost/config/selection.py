"""Which networks a check is about, and with which settings each is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.config.listing import HERE, before_stars, listed
from archcost.config.outside import refuse_link, refuse_listed
from archcost.config.patterns import matches_spec
from archcost.errors import Diagnostic, NothingToAnalyzeError, RevisionError, SpecError, UsageError
from archcost.files import DISK, near_file
from archcost.limits import DEFAULT
from archcost.loading.load import load
from archcost.results.report import field_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archcost.config.config_file import SpecPattern
    from archcost.config.configuration import Config
    from archcost.config.listing import SpecStore
    from archcost.history.revisions import Revision
    from archcost.limits import Limits
    from archcost.network import Network
    from archcost.spec.inputs import InputShape
    from archcost.spec.variables import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedSpec:
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

        >>> from archcost.config.configuration import Config
        >>> SelectedSpec(path="./nets/tiny.yaml", variant="wide", input="3x64x64").label(Config())
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


def select_specs(
    patterns: Sequence[str], flags: Sequence[SelectedSpec], config: Config, where: SpecStore = HERE
) -> list[SelectedSpec]:
    """The networks to check: those that are named, or all that the configuration has.

    A spec that is named, without settings of its own, is checked the way the configuration reads it.

    Args:
        patterns: files, globs and zoo names from the command line.
        flags: the settings of the command line, once for each variant.
        config: where `specs` may list what there is.
        where: the disk, or a revision.

    Raises:
        NothingToAnalyzeError: a pattern matches nothing.
        SpecError: a file that is listed is not there, or not of this tree.
        UsageError: nothing is named anywhere.
    """
    if not patterns:
        found = [entry for how in flags for entry in _configured(config.specs, how, config, where)]
        if not found and where is HERE:
            where_to = f"list them under `specs` in {config.file}" if config.file else _START
            raise UsageError(f"no specs to check: name some, or {where_to}")
        return list(_distinct(found))
    if patterns.count("-") > 1 or ("-" in patterns and len(flags) > 1):
        raise UsageError("standard input (-) can be read only once")
    paths = [path for pattern in patterns for path in _named(pattern, flags[0], config, where)]
    if all(how.is_plain for how in flags):
        return list(_distinct(one for path in paths for one in _known(path, flags[0], config, where)))
    return list(_distinct(replace(how, path=path) for path in paths for how in flags))


_START = "write an archcost.yaml that lists them under `specs`"


def _named(pattern: str, flags: SelectedSpec, config: Config, where: SpecStore) -> list[str]:
    """The files of a pattern of the command line."""
    found = listed(pattern, config, where, flags.limits)
    if where is HERE:
        for path in found:
            if SelectedSpec(path=path).is_file:
                refuse_link(path)
    return found


def unchecked(wanted: Sequence[SelectedSpec], config: Config) -> list[SelectedSpec]:
    """The specs of the configuration that are not among those to check, at least not as it reads them."""
    checked = {entry.label(config) for entry in wanted}
    known = [pattern for pattern in config.specs if _is_readable(pattern, config)]
    found = _configured(known, SelectedSpec(path=""), config, HERE)
    return [entry for entry in found if entry.label(config) not in checked]


def _is_readable(pattern: SpecPattern, config: Config) -> bool:
    """Whether an item of `specs` means something; what is wrong with it is said when it is read."""
    try:
        return bool(_paths(pattern, config, HERE, DEFAULT))
    except (NothingToAnalyzeError, SpecError, UsageError):
        return False


def _configured(
    patterns: Sequence[SpecPattern], flags: SelectedSpec, config: Config, where: SpecStore
) -> Iterator[SelectedSpec]:
    """What items of `specs` stand for.

    Raises:
        SpecError: an item is a file that is not there or not of this tree, at the place where it is listed.
    """
    pairs = [(one, path) for one in patterns for path in _paths(one, config, where, flags.limits)]
    return _read_as(pairs, flags, config, where)


def _read_as(
    found: Sequence[tuple[SpecPattern, str]], flags: SelectedSpec, config: Config, where: SpecStore
) -> Iterator[SelectedSpec]:
    """Files as items of `specs` read them, and as the variants that no item names.

    Settings of the command line come on top; a variant that is named there is the only one.
    """
    named: dict[str, set[str | None]] = {}
    for pattern, path in found:
        named.setdefault(path, set()).update(pattern.variant or (None,))
    for pattern, path in found:
        settings = {**pattern.set, **flags.set}
        entry = SelectedSpec(path=path, set=settings, input=flags.input or pattern.input, limits=flags.limits)
        chosen = (flags.variant,) if flags.variant else pattern.variant
        if chosen or not config.all_variants:
            yield from (replace(entry, variant=variant) for variant in chosen or (None,))
            continue
        wanted = [name for name in networks(entry, where) if name is None or name not in named[path]]
        named[path].update(wanted)
        yield from (replace(entry, variant=name) for name in wanted)


def networks(entry: SelectedSpec, where: SpecStore) -> list[str | None]:
    """The networks of a file: None for it as it stands, and its variants. In the zoo, each has its own name.

    What is wrong with it, loading will tell.
    """
    if not entry.is_file:
        return [None]
    try:
        return where.networks(entry.path, entry.limits)
    except (RevisionError, SpecError):
        return [None]


def _paths(pattern: SpecPattern, config: Config, where: SpecStore, limits: Limits) -> list[str]:
    """The files that one item of `specs` means.

    Raises:
        SpecError: it is a file that is not there, or not of this tree.
    """
    path = config.path_of(pattern.path)
    if where is not HERE or path.startswith("zoo:"):
        return listed(path, config, where, limits)
    refuse_listed(before_stars(Path(path)), config, pattern.place)
    if not (has_magic(path) or os.path.lexists(path)):
        text = f"there is no file '{pattern.path}'{near_file(DISK, Path(path), pattern.path)}"
        raise SpecError([Diagnostic(pattern.place, text)])
    for file in where.matching(path):
        refuse_listed(file, config, pattern.place)
    return listed(path, config, where, limits)


def _known(path: str, flags: SelectedSpec, config: Config, where: SpecStore) -> Iterator[SelectedSpec]:
    """A spec as the configuration reads it; as it stands if that does not know it."""
    found = [(one, path) for one in config.specs if _is(one, path, config)]
    yield from _read_as(found, flags, config, where) if found else [replace(flags, path=path)]


def _is(pattern: SpecPattern, path: str, config: Config) -> bool:
    """Whether an item of `specs`, which is a path and never a bare name, means a file."""
    text = pattern.path
    return matches_spec(
        text if text.startswith("zoo:") else f"/{text.removeprefix('./')}", path, config.folder
    )


def _distinct(found: Iterable[SelectedSpec]) -> Iterator[SelectedSpec]:
    """Each once. Settings may be mappings, so that entries have no hash; those of one path are few."""
    kept: dict[str, list[SelectedSpec]] = {}
    for entry in found:
        same = kept.setdefault(entry.path, [])
        if entry not in same:
            same.append(entry)
            yield entry


def load_all(wanted: Sequence[SelectedSpec], tick: Callable[[], object] = lambda: None) -> list[Network]:
    """The networks of all entries. All are read before any mistake is reported; `tick` is called after each.

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
        tick()
    if mistakes:
        raise SpecError(dict.fromkeys(mistakes))
    return networks
