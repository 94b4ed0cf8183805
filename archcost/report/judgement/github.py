"""A judgement as GitHub annotations: workflow commands that a job prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.errors import SpecError
from archcost.escape import github_data, github_property, one_line
from archcost.report.judgement.sentences import in_repository, verdict, worst_first
from archcost.results.judgement import WATCHING
from archcost.words.findings import about_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archcost.errors import ArchcostError, Diagnostic
    from archcost.report.options import WriteOptions
    from archcost.results.judgement import Judgement, Violation

MOST = 10
"""Annotations of each type that GitHub shows for a step of a job."""


def write(judgement: Judgement, options: WriteOptions) -> str:
    """The worst complaints, one annotation each, and how many more there are."""
    # Of equally bad ones, what a change did to the gate must not go under: it could bring many others along.
    lines = sorted(worst_first(judgement.all), key=lambda several: several[0].rule not in WATCHING)
    of_type = {
        name: [one for one in lines if _type(one[0]) == name] for name in ("error", "warning", "notice")
    }
    # Many errors must not hide a warning, such as that a limit was raised. Notices fill what room is left.
    shown = of_type["error"][:MOST] + of_type["warning"][:MOST]
    shown += of_type["notice"][: max(0, MOST - len(shown))]
    if len(lines) > len(shown) and len(shown) == MOST and _type(shown[0][0]) == "notice":
        # What says that there are more is a notice, too.
        shown = shown[:-1]
    commands = [_annotation(several, options) for several in shown]
    if more := len(lines) - len(shown):
        text = f"and {more} more: {verdict(judgement)}"
        commands.append(f"::notice title=archcost check::{github_data(text)}")
    return "".join(f"{command}\n" for command in commands)


def mistakes(error: ArchcostError, root: Path) -> str:
    """What keeps a check from judging, one annotation for each mistake; without a place where it has none."""
    if not isinstance(error, SpecError):
        return f"::error title=archcost::{github_data(one_line(str(error)))}"
    shown = error.diagnostics if len(error.diagnostics) <= MOST else error.diagnostics[: MOST - 1]
    found = [_mistake(one, root) for one in shown]
    if more := len(error.diagnostics) - len(shown):
        found.append(f"::error title=archcost::and {more} more: see the log")
    return "\n".join(found)


def _mistake(one: Diagnostic, root: Path) -> str:
    place = one.place
    path = in_repository(place.source.name, root)
    at = f"file={github_property(one_line(path))},line={place.line},col={place.column}," if path else ""
    text = one.message if path else f"{place}: {one.message}"
    return f"::error {at}title=archcost::{github_data(one_line(text))}"


def _annotation(several: Sequence[Violation], options: WriteOptions) -> str:
    first = several[0]
    path = in_repository(first.file, options.root)
    place = [("file", path), ("line", str(first.line)), ("col", str(first.column))] if path else []
    properties = ",".join(
        f"{name}={github_property(value or '')}"
        for name, value in [*place, ("title", f"archcost: {first.rule}")]
    )
    # Elsewhere the place is in nobody's repository, and only the text can say it.
    message = about_all(several) if path else f"{first.file}:{first.line}: {about_all(several)}"
    details = [f"{label}: {text}" for label, text in first.details.items()]
    text = "\n".join([message, *details])
    return f"::{_type(first)} {properties}::{github_data(text)}"


def _type(one: Violation) -> str:
    """An error is what fails, and nothing else."""
    if one.fails:
        return "error"
    return "notice" if one.level == "info" else "warning"
