"""The specs that patterns name."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from glob import has_magic
from typing import TYPE_CHECKING

from archcost.errors import NothingToAnalyzeError, UsageError
from archcost.globbing import on_disk
from archcost.limits import DEFAULT
from archcost.spec.zoo import zoo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def named(patterns: Sequence[str]) -> list[str]:
    """What the patterns stand for: files and zoo networks, each once, in the order they were named.

    Raises:
        NothingToAnalyzeError: a pattern matches nothing.
        UsageError: standard input is named twice.

    >>> named(["zoo:vgg1?", "net.yaml", "zoo:vgg16"])
    ['zoo:vgg16', 'zoo:vgg11', 'zoo:vgg13', 'zoo:vgg19', 'net.yaml']
    """
    if patterns.count("-") > 1:
        raise UsageError("standard input (-) can be read only once")
    return list(dict.fromkeys(spec for pattern in patterns for spec in _matches(pattern)))


def _matches(pattern: str) -> Iterator[str]:
    """What a pattern stands for; anything else stands for itself."""
    if not has_magic(pattern) or os.path.lexists(pattern):
        yield pattern
        return
    if pattern.startswith("zoo:"):
        found = [f"zoo:{entry.name}" for entry in zoo(DEFAULT) if fnmatchcase(f"zoo:{entry.name}", pattern)]
    else:
        found = on_disk(pattern)
    if not found:
        raise NothingToAnalyzeError(
            f"'{pattern}' matches no {'network' if pattern[:4] == 'zoo:' else 'file'}"
        )
    yield from found
