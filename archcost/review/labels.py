"""What to call networks beside each other: short names, but telling them apart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from archcost.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Origin(NamedTuple):
    """Where a network comes from.

    Attributes:
        path: the file as the user named it.
        name: the network's.
        variant: the variant that was chosen, if any.
        settings: variables as texts; those that differ between networks of the same variant tell them apart.
        inputs: the shapes as a text.
    """

    path: str
    name: str
    variant: str | None
    settings: Mapping[str, str]
    inputs: str


def labels(origins: Sequence[Origin]) -> list[str]:
    """A name for each, unlike all others.

    Variants of one spec go by their names, and so do the networks of the zoo; a sweep by the variables that
    differ. Where that is not enough, the file is named, then the input, and at last they are counted.

    >>> one = Origin("net.yaml", "net", None, {"width": "32"}, "3x8x8")
    >>> labels([one, one._replace(variant="wide")])
    ['net', 'wide']
    >>> labels([one, one._replace(settings={"width": "64"}), one._replace(path="zoo:net", name="other")])
    ['net width=32', 'net width=64', 'other']
    >>> labels([one, one._replace(settings={"width": "64"})])
    ['width=32', 'width=64']
    >>> labels([one, one._replace(path="old/net.yaml"), one._replace(inputs="3x9x9"), one])
    ['net.yaml 3x8x8 #1', 'old/net.yaml', 'net.yaml 3x9x9', 'net.yaml 3x8x8 #2']
    """
    settings = list(_differing(origins))
    texts = [_joined(who, more) for who, more in zip(_names(origins), settings, strict=True)]
    files = (f"{one.path} ({one.variant})" if one.variant else one.path for one in origins)
    texts = _apart(texts, map(_joined, files, settings))
    texts = _apart(texts, [f"{text} {one.inputs}" for text, one in zip(texts, origins, strict=True)])
    return _apart(texts, list(_counted(texts)))


def _differing(origins: Sequence[Origin]) -> Iterator[str]:
    """The settings of each that another one of the same variant has with another value."""
    values: dict[tuple[str, str | None, str], set[str]] = {}
    for one in origins:
        for name, text in one.settings.items():
            values.setdefault((one.path, one.variant, name), set()).add(text)
    for one in origins:
        differing = (n for n in one.settings if len(values[one.path, one.variant, n]) > 1)
        yield ", ".join(f"{name}={one.settings[name]}" for name in differing)


def _names(origins: Sequence[Origin]) -> Iterator[str]:
    """The names of network and variant, as far as they are needed."""
    paths = {one.path for one in origins}
    alone = len({(one.path, one.variant) for one in origins}) == 1 and any(_differing(origins))
    for one in origins:
        if alone:
            yield ""
        elif len(paths) == 1 or one.path.startswith("zoo:"):
            yield one.variant or one.name
        else:
            yield f"{one.name} ({one.variant})" if one.variant else one.name


def _joined(*parts: str) -> str:
    """The parts on one line, whatever is in them: a name and a value may hold a line break."""
    return one_line(" ".join(filter(None, parts)))


def _apart(texts: Sequence[str], longer: Iterable[str]) -> list[str]:
    """The texts, but the longer ones in place of those that occur several times."""
    times = Counter(texts)
    return [more if times[text] > 1 else text for text, more in zip(texts, longer, strict=True)]


def _counted(texts: Iterable[str]) -> Iterator[str]:
    seen = Counter[str]()
    for text in texts:
        seen[text] += 1
        yield f"{text} #{seen[text]}"
