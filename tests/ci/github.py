"""GitHub's runner, as far as our action needs it: runs the steps of action.yml and hears what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent.parent
ACTION = cast("dict[str, Any]", yaml.safe_load((ROOT / "action.yml").read_text("utf-8")))
ARCHCOST = Path(sys.executable).parent / "archcost"
BASH = shutil.which("bash") or "bash"


class Command(NamedTuple):
    """A workflow command in a log, such as `::error file=net.yaml,line=3::too much`."""

    name: str
    properties: dict[str, str]
    text: str


@dataclass(frozen=True)
class Step:
    """How the action ended, and what it left behind."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]

    @property
    def commands(self) -> list[Command]:
        return commands(self.log)

    def annotations(self, kind: str) -> list[Command]:
        return [one for one in self.commands if one.name == kind]


@dataclass(frozen=True)
class Job:
    """A job that an event started, with its checkout."""

    workspace: Path
    temp: Path
    name: str
    event: Mapping[str, Any]
    sha: str = ""

    def run(self, environment: Mapping[str, str] | None = None, /, **inputs: str) -> Step:
        """Use the action with these inputs (`fail_level` for `fail-level`)."""
        given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        (step,) = ACTION["runs"]["steps"]
        self.temp.mkdir(exist_ok=True)
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_STEP_SUMMARY"].write_text("# of the steps before\n\n", "utf-8")
        files["GITHUB_OUTPUT"].write_text("", "utf-8")
        script = self.temp / "script.sh"
        script.write_text(step["run"], "utf-8")
        done = subprocess.run(  # noqa: S603 - our action
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace / self._filled(step["working-directory"], given),
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
                "ARCHCOST": str(ARCHCOST),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_EVENT_NAME": self.name,
                "GITHUB_SHA": self.sha,
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
                **{name: str(path) for name, path in files.items()},
                **{name: self._filled(text, given) for name, text in step["env"].items()},
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Step(
            done.returncode,
            done.stdout + done.stderr,
            files["GITHUB_STEP_SUMMARY"].read_text("utf-8"),
            outputs(files["GITHUB_OUTPUT"].read_text("utf-8")),
        )

    def _filled(self, text: str, inputs: Mapping[str, str]) -> str:
        """A text with the values of its expressions: names with dots, and `||` between them."""
        context = {"inputs": inputs, "github": {"event": self.event}}
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _first(found[1], context), text)


def _first(expression: str, context: Mapping[str, Any]) -> str:
    values = (_value(name.strip(), context) for name in expression.split("||"))
    return next(filter(None, values), "")


def _value(name: str, context: Mapping[str, Any]) -> str:
    value: Any = context
    for key in name.split("."):
        value = value.get(key, {})
    return value or ""


def commands(log: str) -> list[Command]:
    """The workflow commands of a log. Between `stop-commands` and its word, there are none."""
    found: list[Command] = []
    stopped = ""
    for line in log.splitlines():
        match = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)$", line)
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif match and match[1] == "stop-commands":
            stopped = match[3]
        elif match:
            pairs = (pair.partition("=") for pair in (match[2] or "").split(",") if pair)
            properties = {name: _unescaped(value) for name, _, value in pairs}
            found.append(Command(match[1], properties, _unescaped(match[3])))
    assert not stopped
    return found


def _unescaped(text: str) -> str:
    for sign in "\r\n:,%":
        text = text.replace(f"%{ord(sign):02X}", sign)
    return text


def outputs(text: str) -> dict[str, str]:
    """What a step wrote to $GITHUB_OUTPUT, each as `NAME<<WORD`, lines, `WORD`."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, word = line.partition("<<")
        assert word
        found[name] = "\n".join(iter(lambda: next(lines), word))
    return found
