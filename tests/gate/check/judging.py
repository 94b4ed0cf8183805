"""A network whose numbers are worked out by hand, and how it is judged.

The network of most tests is two convolutions without bias on an 8×8 map:

    conv    3 -> 8,  3×3, padding 1:   216 parameters, 216·64 = 13,824 MACs, output 8·64 = 512
    conv_2  8 -> 16, 3×3, padding 1: 1,152 parameters,        73,728 MACs, output 1,024

together 1,368 parameters and 87,552 MACs; while conv_2 runs, 1,536 elements are alive; the field is 5×5.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.config.read import find_config, read_config
from archcost.config.selection import SelectedSpec, select_specs
from archcost.gate.gate import Gate

if TYPE_CHECKING:
    from archcost.gate.baseline import Baseline
    from archcost.results.judgement import Judgement, Violation


NET = """\
archcost: 1
name: net
vars: {width: 8}
input: [3, 8, 8]
layers:
  - conv: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}
  - name: late
    body:
      - conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}
"""


WITH_VARIANT = NET.replace("input:", "variants: {wide: {width: 16}}\ninput:")


GRIDS = """\
archcost: 1
name: grids
input: [4, 32, 32]
layers:
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: 2}
"""


NO_FLAGS = [SelectedSpec(path="")]
TODAY = dt.date(2026, 11, 22)
RELATIVE = "specs: [net.yaml]\nagainst: v1.0\nbudgets:\n  - max_macs: +0\n"  # there is no such tag


def configure(text: str) -> None:
    Path("archcost.yaml").write_text(text, "utf-8")


def gate(config: str, *, today: dt.date = TODAY, baseline: Baseline | None = None) -> Gate:
    configure(config)
    return Gate(read_config(find_config(Path.cwd())), today, baseline)


def judge(config: str, *specs: str, today: dt.date = TODAY, baseline: Baseline | None = None) -> Judgement:
    """The judgement of some specs, or of all that the configuration has."""
    one = gate(config, today=today, baseline=baseline)
    return one.judge(select_specs(specs, NO_FLAGS, one.config), is_whole=not specs, patterns=specs)


def said(judgement: Judgement) -> list[str]:
    return [f"{one.level} {one.rule}: {one.message}" for one in judgement.all if one.state == "open"]


def only(judgement: Judgement) -> Violation:
    (complaint,) = judgement.all
    return complaint


def widen(width: int) -> None:
    Path("net.yaml").write_text(NET.replace("width: 8}", f"width: {width}}}"), "utf-8")
