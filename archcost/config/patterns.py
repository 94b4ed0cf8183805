"""Which specs and nodes a pattern means. `*` and `?` stay within one name, `**` is any number of names."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def matches_spec(pattern: str, spec: str, folder: Path) -> bool:
    """Whether a pattern of a configuration means a spec.

    As in .gitignore, a pattern without a slash is a name in any folder, one with a slash is a path, and one
    that ends with a slash is everything below a folder. `zoo:` patterns mean networks of the zoo, the others
    files.

    Args:
        pattern: relative to `folder`.
        spec: as the user named it: a file, `-`, or `zoo:NAME`.
        folder: where the configuration stands.

    >>> from pathlib import Path
    >>> [matches_spec(p, "nets/a/b.yaml", Path()) for p in ("b.yaml", "nets/*.yaml", "nets/**", "/b.yaml")]
    [True, False, True, False]
    """
    if spec == "-":
        return pattern == "-"
    if pattern.startswith("zoo:") or spec.startswith("zoo:"):
        return pattern.startswith("zoo:") and fnmatchcase(spec, pattern)
    names = _names_below(spec, str(folder), os.getcwd())  # noqa: PTH109 - a key, and Path.cwd() is slow
    if "/" not in pattern:
        return fnmatchcase(names[-1], pattern)
    return _fits(names, _names(pattern + "**" * pattern.endswith("/")))


@lru_cache(maxsize=2**16)
def _names_below(spec: str, folder: str, _here: str) -> list[str]:
    """The names that lead from a folder to a spec; every pattern asks for them."""
    return _names(os.path.relpath(os.path.abspath(spec), os.path.abspath(folder)).replace(os.sep, "/"))  # noqa: PTH100 - links are not followed


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in {"", "."}]


def matches_block(pattern: str, path: str) -> bool:
    """Whether a pattern means a block or a node.

    >>> matches_block("stage.*.conv", "stage.2.conv"), matches_block("stage.*", "stage.2.conv")
    (True, False)
    """
    return _fits(path.split("."), pattern.split("."))


def is_glob(pattern: str) -> bool:
    """Whether a pattern may mean more than the one thing of its name.

    >>> is_glob("stage.2"), is_glob("stage.*")
    (False, True)
    """
    return any(sign in pattern for sign in "*?[")


def covers_node(pattern: str, path: str) -> bool:
    """Whether a pattern means a node, or a block around it.

    >>> covers_node("stage.2", "stage.2.conv"), covers_node("stage", "stages.conv")
    (True, False)
    """
    names, wanted = path.split("."), pattern.split(".")
    return any(_fits(names[:end], wanted) for end in range(1, len(names) + 1))


def _fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether names fit a pattern, name by name. Only the last `**` ever has to take one more."""
    i = j = 0
    star, taken = -1, 0
    while i < len(names):
        if j < len(pattern) and pattern[j] == "**":
            star, taken, j = j, i, j + 1
        elif j < len(pattern) and fnmatchcase(names[i], pattern[j]):
            i, j = i + 1, j + 1
        elif star >= 0:
            taken += 1
            i, j = taken, star + 1
        else:
            return False
    return all(name == "**" for name in pattern[j:])
