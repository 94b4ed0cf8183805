"""What is locked, and what the package allows."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.ci.github import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCKS = ("constraints.txt", "ci/oldest.txt")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUN_TIME = [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["png"]]


def pins(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def versions(file: str, python: str = "3.11") -> dict[str, Version]:
    """What a file pins for a Python on Linux."""
    machine = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    return {
        canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("=="))
        for pin in pins(file)
        if not pin.marker or pin.marker.evaluate({**machine, "platform_system": "Linux"})
    }


def lower_bounds(requirements: Iterable[Requirement]) -> dict[str, Version]:
    return {
        canonicalize_name(one.name): Version(bound.version)
        for one in requirements
        for bound in one.specifier
        if bound.operator == ">="
    }


def test_the_oldest_versions_that_are_tested_are_the_oldest_that_are_allowed() -> None:
    assert versions("ci/oldest.in") == lower_bounds(RUN_TIME)


def test_what_is_locked_as_oldest_is_that() -> None:
    locked = versions("ci/oldest.txt")
    assert {name: locked[name] for name in versions("ci/oldest.in")} == versions("ci/oldest.in")


def test_the_run_time_dependencies_have_no_upper_bound() -> None:
    assert [one for one in RUN_TIME if any(bound.operator != ">=" for bound in one.specifier)] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_that_tests_need_is_locked_within_its_bounds(python: str) -> None:
    locked = versions("constraints.txt", python)
    for one in [*RUN_TIME, *map(Requirement, PROJECT["optional-dependencies"]["test"])]:
        assert one.specifier.contains(locked[canonicalize_name(one.name)])


@pytest.mark.parametrize("file", [*LOCKS, "ci/oldest.in"])
def test_a_lock_holds_one_exact_version_of_each_and_names_no_place(file: str) -> None:
    assert all(re.fullmatch(r"==[0-9a-z.]+", str(pin.specifier)) for pin in pins(file))
    assert "/" not in (ROOT / file).read_text("utf-8").replace("ci/", "")
    for python in PYTHONS:
        applying = [canonicalize_name(pin.name) for pin in pins(file) if not pin.marker]
        assert len(applying) == len(set(applying)), python


def test_every_python_that_is_named_is_tested() -> None:
    classifiers = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert tuple(workflow["jobs"]["dependencies"]["strategy"]["matrix"]["python"]) == PYTHONS
    assert set(classifiers) <= set(PYTHONS)
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_whoever_installs_the_tests_is_told_of_the_lock(page: str) -> None:
    commands = re.findall(r"pip install [^\n&`]*\[test[^\n&`]*", (ROOT / page).read_text("utf-8"))
    assert commands
    assert all(command.startswith("pip install -c constraints.txt ") for command in commands)
