"""What the gate says, in the formats of those who listen: people, GitHub, GitLab, Jenkins, code scanners.

A format shows a judgement and changes nothing about it: whether a check fails is decided elsewhere.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from archcost.escape import through

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.report.judgement.sentences import JudgementOptions
    from archcost.results.judgement import Judgement

FORMATS = {
    "text": "text",
    "json": "json",
    "markdown": "markdown",
    "csv": "csv",
    "github": "github",
    "sarif": "sarif",
    "junit": "junit",
}
"""Format -> the module whose `write` makes it. It is loaded when it is first used."""


def write(judgement: Judgement, form: str, look: JudgementOptions) -> str:
    """A judgement in one of the formats, as text."""
    module = import_module(f"archcost.report.judgement.{FORMATS[form]}")
    writer = cast("Callable[[Judgement, JudgementOptions], str]", module.write)
    return through(form, judgement, lambda clean: writer(clean, look))
