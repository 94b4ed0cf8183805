"""Text fits the terminal: no line is wider, what matters most stays, and what was left out is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

import pytest

from tests.cli.terminal import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

WIDTHS = (120, 100, 80, 60, 40)

NETWORKS = (
    "lenet5",
    "resnet50",
    "unet",
    "c3d",
    "wavenet",
    "mobilenet_v3_small",
    "deeplabv3_resnet50",
    "vit_base_patch16_224",
    "hdc_segmentation_gridding",
)

COMMANDS = {
    "analyze": ["analyze", "zoo:{}"],
    "analyze, sorted": ["analyze", "zoo:{}", "--sort", "macs", "--depth", "9"],
    "analyze, all digits": ["analyze", "zoo:{}", "--units", "raw"],
    "analyze, a convention": ["analyze", "zoo:{}", "--convention", "thop"],
    "rf": ["rf", "zoo:{}"],
    "expand": ["expand", "zoo:{}"],
    "explain": ["explain", "zoo:{}"],
    "explain a convention": ["explain", "zoo:{}", "--convention", "thop"],
    "compare": ["compare", "zoo:{}", "tiny.yaml", "--depth", "1"],
    "diff": ["diff", "zoo:{}", "zoo:vgg16", "--depth", "1"],
    "check": ["check", "zoo:{}", "--max-macs", "100T", "--fail-level", "info"],
}

OTHERS = {
    "explain a node": ["explain", "zoo:resnet50", "stage.1.0.bottleneck.conv_bn_2.conv"],
    "rf at a node": ["rf", "hdc.yaml", "--at", "stack"],
    "rf, effective": ["rf", "two_inputs.yaml", "--effective"],
    "verify": ["verify", "tiny.yaml", "--samples", "2"],
    "verify every node": ["verify", "two_inputs.yaml", "--samples", "1", "--all"],
    "rates": ["rates", "--kernel", "3", "--layers", "6", "--field", "63"],
    "zoo": ["zoo"],
    "zoo's blocks": ["zoo", "--blocks"],
    "compare variants": ["compare", "zoo:plain_3x3", "--variants"],
    "compare a sweep": ["compare", "tiny.yaml", "--set", "width=8,16,24,32", "--set", "act=relu,gelu"],
    "diff of causes": ["diff", "tiny.yaml", "tiny.yaml", "--base-set", "width=4", "--base-input", "3x31x31"],
    "check a configuration": ["check", "--config", "gate.yaml", "--today", "2030-01-20"],
}


def columns(line: str) -> int:
    """What a terminal shows of a line, counted; Unicode calls Mn, Me and Cf what takes no room of its own."""
    signs = re.sub(r"\x1b\[[0-9;]*m", "", line)
    spacing = (sign for sign in signs if category(sign) not in {"Mn", "Me", "Cf"})
    return sum(1 + (east_asian_width(sign) in "WF") for sign in spacing)


def too_wide(text: str, most: int) -> list[str]:
    return [line for line in text.splitlines() if columns(line) > most]


@pytest.mark.parametrize("shift", range(2))
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_about_a_network_is_too_wide(command: str, shift: int, run: Run) -> None:
    for i, network in enumerate(NETWORKS):
        width = WIDTHS[(i + shift) % len(WIDTHS)]
        done = run(*(word.format(network) for word in COMMANDS[command]), "--width", str(width))
        assert done.returncode in {0, 1}, done.stderr
        assert too_wide(done.stdout, width) == [], network


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", OTHERS)
def test_no_line_of_other_results_is_too_wide(command: str, width: int, run: Run) -> None:
    done = run(*OTHERS[command], "--width", str(width))
    assert done.returncode in {0, 1}, done.stderr
    assert too_wide(done.stdout, width) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("network", NETWORKS)
def test_layers_parameters_and_macs_always_stay(network: str, width: int, run: Run) -> None:
    wide, narrow = (run("analyze", f"zoo:{network}", "--width", str(n)).stdout for n in (0, width))
    assert re.search("^layer .* params.* MACs", narrow, re.MULTILINE)
    total = [re.findall(r"[\d.]+ [kMG]", line) for line in wide.splitlines() if line.startswith("total")]
    for number in total[0]:
        assert re.search(f"^total.*{number}", narrow, re.MULTILINE)


def test_what_was_left_out_can_be_had(run: Run) -> None:
    narrow = run("analyze", "zoo:resnet50", "--width", "60").stdout
    said = re.search(r"left out: (.*?); --width (\d+) shows\s+all, --columns chooses", narrow, re.DOTALL)
    assert said
    assert said[1] == "kind, receptive field, params %"
    assert "left out" not in run("analyze", "zoo:resnet50", "--width", said[2]).stdout
    assert "left out" in run("analyze", "zoo:resnet50", "--width", str(int(said[2]) - 1)).stdout
    chosen = run(
        "analyze", "zoo:resnet50", "--width", "60", "--columns", "kind,receptive_field,params"
    ).stdout
    assert "left out" not in chosen


def test_columns_that_were_asked_for_stay_in_that_order(run: Run) -> None:
    asked = "place,receptive_field,macs,kind,output"
    text = run("analyze", "zoo:resnet50", "--columns", asked, "--width", "60").stdout
    assert "left out: kind, output" in text


# But for `zoo`, whose lines end at 100 columns unless somebody wants more.
@pytest.mark.parametrize(
    "command", [name for name, words in (COMMANDS | OTHERS).items() if words[0] != "zoo"]
)
def test_a_pipe_gets_all_of_it(command: str, run: Run) -> None:
    words = [word.format("resnet50") for word in (COMMANDS | OTHERS)[command]]
    assert run(*words).stdout == run(*words, "--width", "0").stdout


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
def test_other_formats_have_no_width(form: str, run: Run) -> None:
    args = ("analyze", "tiny.yaml", "--format", form)
    assert run(*args).stdout == run(*args, "--width", "40").stdout


@pytest.mark.parametrize(
    ("given", "why"), [("10", "10 columns are too few"), ("-1", "-1"), ("x", "valid integer")]
)
def test_a_width_must_be_one(given: str, why: str, run: Run) -> None:
    done = run("analyze", "tiny.yaml", "--width", given)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr


def test_a_file_gets_the_width_that_was_asked_for(tmp_path: Path, run: Run) -> None:
    run("analyze", "zoo:resnet50", "--width", "60", "--output", str(tmp_path / "narrow.txt"))
    run(
        "check",
        "zoo:resnet50",
        "--max-macs",
        "1G",
        "--width",
        "60",
        "--format",
        f"text:{tmp_path / 'check.txt'}",
    )
    for name in ("narrow.txt", "check.txt"):
        text = (tmp_path / name).read_text("utf-8")
        assert text
        assert too_wide(text, 60) == []


def test_wide_signs_and_marks_are_counted_right(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "网络.yaml"
    reason = "手で数えた費用、e\u0301tude 🙂 " * 8
    path.write_text(
        "archcost: 1\nname: net\ninput: [3, 32, 32]\nlayers:\n"
        "  - conv: {out_channels: 8, kernel_size: 3}\n    name: conv_up\n"
        f"  - custom: {{shape: [8, 30, 30], macs: 5, reason: '{reason}'}}\n",
        encoding="utf-8",
    )
    for command in ("analyze", "expand", "compare", "check", "verify"):
        for width in (24, *WIDTHS):
            done = run(command, str(path), "--width", str(width))
            assert done.returncode == 0, done.stderr
            assert too_wide(done.stdout, width) == []


LONG = "a_name_of_sixty_signs_" + "abcdefgh_" * 4 + "z_"
"""Names that differ only at their ends."""

HARD = f"""
archcost: 1
name: "网络名称很长很长很长很长很长很长 👩\u200d👩\u200d👧 🇩🇪 नमस्ते e\u0301\u0302"
vars: {{{LONG}v: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], w: 8}}
variants: {{{LONG}x: {{w: 16}}, {LONG}y: {{w: 4}}}}
input: [3, 33, 1055, 777]
layers:
  - name: {LONG}stage
    repeat: {{{LONG}r: [3, 5]}}
    body:
      - {{name: {LONG}1, conv: {{out_channels: $w, kernel_size: [3, ${LONG}r, 7], padding: [1, 2, 3]}}}}
      - {{name: {LONG}2, group_norm: {{num_groups: 1}}}}
    expect: {{params: 77G}}
  - name: {LONG}c
    custom: {{shape: [8, 3, 3, 3], macs: 123456789012345678901, reason: 日本語の理由はとても長いので折り返す}}
  - global_avg_pool
  - linear: {{out_features: 10}}
"""

OF_HARD = [
    *("analyze {0} --units raw --depth 9", "analyze {0} --columns inputs,fields,receptive_field,macs,place"),
    *("expand {0}", "rf {0}", "rf {0} --at {1}stage.1.{1}1", "explain {0}", "explain {0} {1}stage.1.{1}1"),
    *("compare {0} --variants", "compare {0} zoo:c3d --depth 3", "diff {0} {0} --base-set w=4 --depth 3"),
    "check {0} --max-macs 1 --min-field 1000 --fail-level info",
    "verify {0} --samples 1 --input 3x5x6x7 --all",
]


@pytest.mark.parametrize("command", OF_HARD)
def test_long_names_three_axes_and_huge_numbers_fit(command: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "长い名前🙂.yaml"
    path.write_text(HARD, encoding="utf-8")
    for width in (40, 60, 80, 200):
        done = run(*command.format(path, LONG).split(), "--width", str(width))
        assert done.returncode in {0, 1}, done.stderr
        assert done.stdout
        assert too_wide(done.stdout, width) == []


def test_a_terminal_gets_what_it_can_show() -> None:
    for width in (100, 60):
        text = on_a_terminal(width, "analyze", "zoo:resnet50").text
        assert "\x1b[1m" in text
        assert too_wide(text, width) == []
    assert "left out" in text
    assert "left out" not in on_a_terminal(60, "analyze", "zoo:resnet50", "--width", "0").text
    assert too_wide(on_a_terminal(200, "analyze", "zoo:resnet50", COLUMNS="50").text, 50) == []


def test_what_is_wrong_fits_the_terminal_and_still_points_at_its_place() -> None:
    for width in (60, 46):
        said = on_a_terminal(width, "analyze", "broken.yaml", stream="stderr")
        assert (said.code, said.other) == (2, "")
        assert too_wide(said.text, width) == []
        lines = said.text.splitlines()
        at = lines.index("    5 |   - conv: {out_channels: 4, kernal: 3}")
        assert " ".join(line.strip() for line in lines[:at]) == (
            "broken.yaml:5:29: conv: unknown field 'kernal' (did you mean 'kernel_size'?)"
        )
        assert lines[at + 1].index("^") == lines[at].index("kernal")
    narrow = on_a_terminal(40, "analyze", "broken.yaml", stream="stderr").text
    assert too_wide(narrow, 40) == lines[at : at + 2]  # a line of the spec stays whole
