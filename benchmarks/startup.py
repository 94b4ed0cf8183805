"""What `archcost analyze` costs as a whole process, beside the bare imports it cannot do without."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
IMPORTS = "import click, yaml, pydantic, networkx, tabulate"
MODEL = "import click, yaml, pydantic; pydantic.create_model('Model', field=int)(field=1)"
COMMANDS = {
    f"python -c '{IMPORTS}'": [sys.executable, "-c", IMPORTS],
    "python -c 'import click, yaml' and one model of pydantic": [sys.executable, "-c", MODEL],
    "archcost --help": [str(Path(sys.executable).with_name("archcost")), "--help"],
    "archcost analyze specs/resnet50.yaml": [
        str(Path(sys.executable).with_name("archcost")),
        "analyze",
        str(ROOT / "specs" / "resnet50.yaml"),
    ],
}
"""The first is what the others are measured against."""


def cpu_seconds(command: list[str]) -> float:
    """Processor time of a process and its children, user and system."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def measure(repeats: int) -> dict[str, list[float]]:
    """Take turns, so that a busy moment of the machine hits all alike. The first turn only warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(repeats + 1):
        for name, command in COMMANDS.items():
            spent = cpu_seconds(command)
            if turn:
                seconds[name].append(spent)
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    seconds = measure(parser.parse_args().repeats)
    base = next(iter(seconds.values()))
    rows = [
        (name, 1000 * median(s), 1000 * min(s), median(s) / median(base), min(s) / min(base))
        for name, s in seconds.items()
    ]
    headers = ["process", "CPU ms, median", "CPU ms, least", "ratio of medians", "ratio of least"]
    print(tabulate(rows, headers=headers, floatfmt=("", ".0f", ".0f", ".2f", ".2f")))


if __name__ == "__main__":
    main()
