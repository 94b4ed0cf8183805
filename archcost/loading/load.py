"""From a path to a network."""

from __future__ import annotations

import re
from os import PathLike
from typing import TYPE_CHECKING

from archcost.errors import UsageError
from archcost.files import DISK
from archcost.limits import DEFAULT
from archcost.loading.opened import check_given, opened_with, refuse_settings
from archcost.spec.load import load_opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.history.revisions import Revision
    from archcost.limits import Limits
    from archcost.network import Network
    from archcost.spec.inputs import InputShape
    from archcost.spec.variables import Setting


def load(  # noqa: PLR0913 - one for everything a user may choose
    path: str | Path,
    *,
    set: Mapping[str, Setting] | None = None,  # noqa: A002 - the command line's word, and it shadows nothing used here
    variant: str | None = None,
    input: InputShape | Mapping[str, InputShape] | None = None,  # noqa: A002 - likewise
    limits: Limits = DEFAULT,
    at: Revision | str | None = None,
) -> Network:
    """Read a spec and expand it into a network with every shape known.

    Args:
        path: a file, `-` for standard input, or `zoo:NAME` for a network that ships with archcost. A
            file that `archcost import` reads is imported.
        set: variables to override.
        variant: one of the spec's `variants`.
        input: another input shape: `"3x256x256"`, or `"left=3x64x64"` and the like for named inputs (several
            separated by commas, or a mapping of names to shapes).
        limits: how large things may get.
        at: a git revision (`"origin/main"`, `"HEAD~1"`, or one that `archcost.history.revisions.revision`
            opened): the spec and what it includes are read as they were there. By default, from the disk.

    Raises:
        SpecError: the spec is wrong; it carries every mistake with its place.
        UsageError: a variable, variant, input or zoo network that does not exist.
        AbsentError: the revision has no such file.
        RevisionError: there is no such revision, repository or git.
    """
    _check_path(path)
    if isinstance(at, str):
        from archcost.history.revisions import revision  # noqa: PLC0415 - the disk needs no git

        with revision(at, str(path)) as there:
            return load(path, set=set, variant=variant, input=input, limits=limits, at=there)
    opened, found = opened_with(str(path), limits, at or DISK, variant, input)
    if found is None or not found.is_fixed:
        return load_opened(opened, str(path), set or {}, variant, input, limits)
    refuse_settings(str(path), set or {}, variant)
    network = load_opened(opened, str(path), {}, None, None, limits)
    check_given(network, input)
    return network


_TEXT = r"(?m)^(archcost|layers): *\S*\s*\n"
"""What the text of a spec has, and no path."""


def _check_path(path: object) -> None:
    """Refuse what is no path: a spec as a dictionary, or its text."""
    is_text = isinstance(path, str) and "\n" in path and re.search(_TEXT, path)
    if isinstance(path, PathLike) or (isinstance(path, str) and not is_text):
        return
    what = "its text" if isinstance(path, str | bytes) else f"a {type(path).__name__}"
    raise UsageError(
        f"load takes the path of a spec ('net.yaml', 'zoo:resnet50', '-' for standard input), not {what}; "
        "write the spec to a file"
    )
