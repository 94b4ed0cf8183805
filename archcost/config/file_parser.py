"""From the text of a configuration to its values. Every mistake is reported, and each of them once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archcost.config.config_file import ConfigFile
from archcost.config.configuration import TABLE, Config
from archcost.config.file_values import Reading
from archcost.config.toml_tree import read_table
from archcost.errors import Diagnostic, SpecError
from archcost.source import Place, Source
from archcost.spec.checks import Checks
from archcost.spec.problems import Problems
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, read

if TYPE_CHECKING:
    from archcost.limits import Limits
    from archcost.spec.opened import Opened


def parse(opened: Opened, limits: Limits) -> Config:
    """The configuration a file holds.

    Raises:
        SpecError: with everything that is wrong with it.
    """
    root = _root(opened, limits)
    problems = Problems()
    table = ".".join(TABLE) if opened.name.endswith(".toml") else ""
    context = Reading(Checks(problems, limits), table)
    try:
        file = ConfigFile.model_validate(root, context=context)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            if detail["type"] != "missing":  # those are noted together
                problems.catch(detail.get("ctx", {})["error"])
        problems.stop_if_any()
        raise
    problems.stop_if_any()
    said: dict[str, Any] = {key: getattr(file, key) for key in ConfigFile.known()}
    said["all_variants"] = said.pop("variants") == "all"
    said["baseline"] = file.baseline and opened.folder / file.baseline
    said["budgets"] = tuple(budget for entry in file.budgets for budget in entry.each())
    said["against_at"] = next((key.place for key, _ in root.entries if key.text == "against"), None)
    return Config(file=opened.name, folder=opened.folder, **said)


def _root(opened: Opened, limits: Limits) -> MappingNode:
    """The mapping that is the configuration.

    Raises:
        SpecError: the file holds something else.
    """
    root = (
        read_table(opened.data, opened.name, TABLE, limits)
        if opened.name.endswith(".toml")
        else read(opened.data, opened.name, limits)
    )
    if root is None:
        raise _alone(Place(Source(opened.name)), f"this file has no table [{'.'.join(TABLE)}]")
    if not isinstance(root, MappingNode):
        raise _alone(root.place, f"a configuration is a mapping (specs, budgets, rules), not {shown(root)}")
    for key, _ in root.entries:
        if key.text in {"archcost", "layers"}:
            text = f"'{key.text}' makes this a spec; a configuration has {', '.join(ConfigFile.known())}"
            raise _alone(key.place, text)
    return root


def _alone(place: Place, message: str) -> SpecError:
    return SpecError([Diagnostic(place, message)])
