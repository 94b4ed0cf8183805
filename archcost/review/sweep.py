"""Several networks from few words: variants of a spec, and several values of a variable."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import Diagnostic, SpecError, TooLargeError, UsageError
from archcost.files import DISK
from archcost.loading.load import load
from archcost.loading.opened import form_of, networks_at
from archcost.spec.opened import open_spec, variants_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcost.limits import Limits
    from archcost.network import Network

MOST = 1000
"""Networks beside each other. Nobody reads more, and each of them is loaded and analyzed."""


class Choice(NamedTuple):
    """One network to load.

    Attributes:
        spec: as the user named it.
        variant: one of its variants, if any.
        settings: the variables that are set.
        swept: those of them that take several values.
    """

    spec: str
    variant: str | None
    settings: Mapping[str, str]
    swept: Mapping[str, str]


def values(text: str) -> list[str]:
    """The values in a text, which commas separate. Inside brackets and quotes they do not.

    >>> values("32,64,128"), values("[3,4,6,3],[2,2,2,2]"), values("max(w,8),'a,b'")
    (['32', '64', '128'], ['[3,4,6,3]', '[2,2,2,2]'], ['max(w,8)', "'a,b'"])
    """
    found, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[({":
            depth += 1
        elif char in "])}":
            depth -= 1
        if char == "," and not (quote or depth > 0):
            found.append("")
        else:
            found[-1] += char
    return [value.strip() for value in found]


class Sweep:
    """Specs with the values that variables take, one network for every combination.

    Args:
        specs: as the user named them.
        settings: variables with their values as texts, separated by commas: the last varies fastest.
        chosen: variants of each spec; without any, it is read as it stands.
        variants: every spec as it is, and each of its variants.
        input_shape: another input.
        limits: how large things may get.

    Raises:
        UsageError: values that are missing, both one variant and all, or standard input several times.
        TooLargeError: more than `MOST` networks.
    """

    def __init__(  # noqa: PLR0913 - what a user may choose
        self,
        specs: Sequence[str],
        settings: Mapping[str, str],
        *,
        chosen: Sequence[str] = (),
        variants: bool = False,
        input_shape: str | None = None,
        limits: Limits,
    ) -> None:
        if chosen and variants:
            raise UsageError(
                f"--variants takes all variants, --variant {chosen[0]} one; leave one of them out"
            )
        if len(chosen) > 1 and "-" in specs:
            raise _only_once("more than one --variant")
        self._settings = {name: _several(name, text) for name, text in settings.items()}
        _check(len(specs) * prod(map(len, self._settings.values())), self._settings)
        self._input = input_shape
        self._limits = limits
        self._spec_variants = {
            spec: self._variants(spec) if variants else [*chosen] or [None] for spec in specs
        }
        self._asked_for_variants = variants
        self.choices = list(self._choices())

    def _variants(self, spec: str) -> list[str | None]:
        """None for the spec as it is, then its variants by name. What is wrong with it, loading will tell."""
        if spec == "-":
            raise _only_once("--variants")
        try:
            if form_of(spec, DISK):
                return networks_at(spec, self._limits, DISK)
            opened = open_spec(spec, self._limits)
            found = variants_of(opened, self._limits)
        except SpecError:
            return [None]
        if opened.variant and opened.file:
            whole = f"zoo:{opened.file.stem}"
            raise UsageError(f"--variants: {spec} is itself a variant; those of its spec come with {whole}")
        return [None, *found]

    def _choices(self) -> Iterator[Choice]:
        several = [name for name, texts in self._settings.items() if len(texts) > 1]
        if several and "-" in self._spec_variants:
            raise _only_once(f"--set {several[0]} with several values")
        found = sum(map(len, self._spec_variants.values()))
        _check(found * prod(map(len, self._settings.values())), self._settings)
        for spec, variants in self._spec_variants.items():
            for variant, row in product(variants, product(*self._settings.values())):
                settings = dict(zip(self._settings, row, strict=True))
                yield Choice(spec, variant, settings, {name: settings[name] for name in several})

    def networks(self) -> Iterator[tuple[Choice, Network]]:
        """The networks one by one. All are loaded before any mistake is reported; then no more are given.

        Raises:
            SpecError: with the mistakes of all networks, each once.
            UsageError: a request that one of the specs cannot meet, or variants where there are none.
        """
        mistakes = _Mistakes(self.choices)
        for choice in self.choices:
            try:
                network = self._load(choice)
            except SpecError as error:
                mistakes.add(choice, error)
                continue
            if not mistakes:
                yield choice, network
        mistakes.stop_if_any()
        if self._asked_for_variants and all(names == [None] for names in self._spec_variants.values()):
            specs = list(self._spec_variants)
            has = f"{specs[0]} has" if len(specs) == 1 else "these specs have"
            raise UsageError(f"--variants: {has} no variants")

    def _load(self, choice: Choice) -> Network:
        try:
            return load(
                choice.spec,
                set=choice.settings,
                variant=choice.variant,
                input=self._input,
                limits=self._limits,
            )
        except UsageError as error:
            if len(self._spec_variants) == 1 or choice.spec in str(error):
                raise
            raise UsageError(f"{choice.spec}: {error}") from None


def _only_once(option: str) -> UsageError:
    return UsageError(f"{option} reads a spec several times, standard input (-) only once; name a file")


def _several(name: str, text: str) -> list[str]:
    """The values of a variable, each once."""
    found = values(text)
    if len(found) > 1 and not all(found):
        raise UsageError(f"--set {name}={text}: between two commas, or beside one, a value is missing")
    return list(dict.fromkeys(found))


def _check(networks: int, settings: Mapping[str, Sequence[str]]) -> None:
    if networks > MOST:
        longest = max(settings, key=lambda name: len(settings[name]), default="")
        values = f"; --set {longest} alone has {len(settings[longest]):,} values" if longest else ""
        raise TooLargeError(f"these are {networks:,} networks, more than {MOST:,} beside each other{values}")


class _Mistakes:
    """The mistakes of several networks. What is wrong with some of a spec's networks says with which."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._of = dict[str, int]()
        for choice in choices:
            self._of[choice.spec] = self._of.get(choice.spec, 0) + 1
        self._found: dict[tuple[str, str, str], tuple[Diagnostic, list[str]]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, choice: Choice, error: SpecError) -> None:
        """What is wrong with one of the networks."""
        for one in error.diagnostics:
            key = (choice.spec, str(one.place), one.message)
            _, said_of = self._found.setdefault(key, (one, []))
            said_of.append(_with(choice))

    def stop_if_any(self) -> None:
        """Raise what was found.

        Raises:
            SpecError: with all of it.
        """
        if self._found:
            raise SpecError(self._diagnostic(*entry) for entry in self._found.items())

    def _diagnostic(self, key: tuple[str, str, str], found: tuple[Diagnostic, list[str]]) -> Diagnostic:
        one, said_of = found
        if len(said_of) == self._of[key[0]]:
            return one
        more = f" and {len(said_of) - 1} more" if len(said_of) > 1 else ""
        return one._replace(message=f"{one.message} (with {said_of[0]}{more})")


def _with(choice: Choice) -> str:
    """What tells a network from the others of its spec."""
    variant = [f"--variant {choice.variant}"] if choice.variant else []
    settings = [f"--set {name}={text}" for name, text in choice.swept.items()]
    return " ".join([*variant, *settings]) or "neither --variant nor --set"
