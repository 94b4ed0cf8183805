"""What users see, command by command: `golden/NAME.txt` is a transcript.

`pytest tests/cli/test_golden.py --renew` rewrites them all. They are prose and tables: read the diff.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

GOLDEN = Path(__file__).parents[1] / "golden"

COMMANDS = {
    "help": "--help",
    "help_analyze": "analyze --help",
    "help_rf": "rf --help",
    "help_explain": "explain --help",
    "help_expand": "expand --help",
    "help_rates": "rates --help",
    "help_zoo": "zoo --help",
    "help_verify": "verify --help",
    "help_schema": "schema --help",
    "help_compare": "compare --help",
    "help_fmt": "fmt --help",
    "analyze_resnet50": "analyze zoo:resnet50",
    "analyze_vgg16": "analyze zoo:vgg16",
    "analyze_lenet5": "analyze zoo:lenet5",
    "analyze_deeplab": "analyze zoo:deeplabv3_resnet50",
    "analyze_tiny": "analyze tiny.yaml",
    "analyze_a_variant": "analyze tiny.yaml --variant wide --input 3x65x65 --units raw --depth 1",
    "analyze_holes": "analyze hdc.yaml",
    "analyze_two_inputs": "analyze two_inputs.yaml",
    "analyze_several_quietly": "analyze tiny.yaml hdc.yaml --quiet --depth 1",
    "analyze_sorted": "analyze zoo:vgg16 --sort macs --columns kind,output,macs,macs_fraction --depth 2",
    "analyze_every_column": (
        "analyze tiny.yaml --depth 2 --quiet --columns kind,inputs,receptive_field_stride,place,buffers,"
        "multiplications,additions,comparisons,divisions,exponentials,activations"
    ),
    "analyze_markdown": "analyze tiny.yaml --format markdown",
    "analyze_csv": "analyze tiny.yaml --format csv",
    "analyze_json": "analyze two_inputs.yaml --format json",
    "analyze_convention": "analyze tiny.yaml --convention thop --depth 2",
    "analyze_convention_quietly": "analyze tiny.yaml --convention flops --quiet --depth 1",
    "analyze_broken": "analyze broken.yaml tiny.yaml",
    "analyze_no_such_variable": "analyze tiny.yaml --set widht=4",
    "analyze_no_such_column": "analyze tiny.yaml --columns mcas",
    "analyze_nothing": "analyze 'nothing/*.yaml'",
    "analyze_missing": "analyze tyni.yaml",
    "no_such_command": "analyse tiny.yaml",
    "a_spec_for_a_command": "tiny.yaml",
    "a_network_for_a_command": "resnet50",
    "rf_vgg16": "rf zoo:vgg16",
    "rf_of_every_row": "rf hdc.yaml --effective",
    "rf_at_a_gridding_stack": "rf hdc.yaml --at stack",
    "rf_two_inputs": "rf two_inputs.yaml --quiet",
    "rf_of_an_input": "rf two_inputs.yaml --at both --of right --quiet",
    "rf_json": "rf two_inputs.yaml --format json",
    "rf_global": "rf zoo:resnet18 --at global_avg_pool",
    "rf_markdown": "rf hdc.yaml --format markdown",
    "rf_csv": "rf two_inputs.yaml --effective --format csv",
    "rf_unknown": "rf zoo:resnet18 --at stage.9",
    "rf_of_no_input": "rf two_inputs.yaml --at both --of middle",
    "rf_picture_of_what": "rf tiny.yaml --output field.gif",
    "rf_json_picture": "rf tiny.yaml --output field.svg --format json",
    "verify_tiny": "verify tiny.yaml",
    "verify_every_node": "verify two_inputs.yaml --samples 2 --seed 3 --dtype float32 --all",
    "verify_quietly": "verify zoo:lenet5 two_inputs.yaml --samples 1 --quiet",
    "verify_json": "verify two_inputs.yaml --samples 2 --format json",
    "verify_markdown": "verify two_inputs.yaml --samples 1 --format markdown",
    "verify_csv": "verify tiny.yaml --samples 1 --format csv",
    "verify_too_large": "verify zoo:context_network --input 21x2000x2000",
    "explain_conv": "explain zoo:resnet50 stem.conv_bn.conv",
    "explain_pool": "explain tiny.yaml max_pool",
    "explain_transposed": "explain tiny.yaml up",
    "explain_norm": "explain tiny.yaml stage.0.unit.batch_norm",
    "explain_shared": "explain tiny.yaml b",
    "explain_custom": "explain tiny.yaml lookup",
    "explain_merge": "explain two_inputs.yaml both",
    "explain_group": "explain tiny.yaml stage",
    "explain_global": "explain zoo:efficientnet_b0 logits",
    "explain_network": "explain tiny.yaml",
    "explain_convention": "explain tiny.yaml stage.0.unit.batch_norm --convention thop",
    "explain_convention_of_all": "explain zoo:resnet50 --convention ptflops-pytorch",
    "explain_json": "explain tiny.yaml a --format json",
    "explain_markdown": "explain tiny.yaml b --format markdown",
    "explain_markdown_of_a_group": "explain tiny.yaml stage --convention thop --format markdown",
    "explain_unknown": "explain tiny.yaml stage.0.unit.cov",
    "expand_table": "expand tiny.yaml",
    "expand_csv": "expand two_inputs.yaml --format csv",
    "expand_json": "expand two_inputs.yaml --format json",
    "expand_markdown": "expand two_inputs.yaml --format markdown",
    "rates": "rates --kernel 3 --layers 6 --field 63",
    "rates_bounded": "rates --kernel 3 --layers 8 --field 63 --max-rate 12",
    "rates_per_layer": "rates --kernel 3,3,5 --field 41",
    "rates_json": "rates --kernel 3 --layers 4 --field 63 --format json",
    "rates_markdown": "rates --kernel 3 --layers 5 --field 63 --format markdown",
    "rates_csv": "rates --kernel 3,3,5 --field 41 --format csv",
    "rates_too_far": "rates --kernel 3 --layers 4 --field 100",
    "help_diff": "diff --help",
    "diff_variants": "diff tiny.yaml tiny.yaml --base-variant wide --units raw --depth 1",
    "diff_two_causes": "diff tiny.yaml tiny.yaml --base-set width=4 --base-input 3x31x31",
    "diff_others": "diff tiny.yaml hdc.yaml",
    "diff_markdown": "diff zoo:vgg16 zoo:vgg16_bn --format markdown --depth 1",
    "diff_csv": "diff hdc.yaml hdc.yaml --base-input 3x64x64 --format csv",
    "diff_json": "diff tiny.yaml tiny.yaml --base-set act=gelu --format json",
    "diff_nothing": "diff tiny.yaml tiny.yaml",
    "diff_one_spec": "diff tiny.yaml",
    "help_check": "check --help",
    "check_text": "check --config gate.yaml --today 2030-01-20",
    "check_quietly": "check --config gate.yaml --today 2030-01-20 tiny.yaml --variant wide --quiet",
    "check_markdown": "check --config gate.yaml --today 2030-01-20 --format markdown",
    "check_junit": "check --config gate.yaml --today 2030-01-20 --format junit",
    "check_csv": "check --config gate.yaml --today 2030-01-20 --format csv",
    "check_a_typo_in_a_limit": "check tiny.yaml --max-macs 4,2G",
    "check_no_such_limit": "check tiny.yaml --max-mac 1G",
    "zoo_unknown": "zoo resnet05",
    "compare_variants": "compare zoo:plain_3x3 --variants",
    "compare_sweep": (
        "compare tiny.yaml --set width=8,16 --set act=relu,gelu --sort macs "
        "--columns params,macs,exponentials,weights,best_peak --dtype int8"
    ),
    "compare_blocks": "compare zoo:plain_3x3 zoo:bottleneck zoo:two_3x3 --depth 1 --quiet --base two_3x3",
    "compare_inputs": "compare tiny.yaml hdc.yaml two_inputs.yaml",
    "compare_markdown": "compare zoo:hdc_segmentation --variants --depth 1 --format markdown",
    "compare_json": "compare tiny.yaml --variants --depth 1 --format json",
    "compare_csv": "compare tiny.yaml two_inputs.yaml --format csv",
    "compare_csv_of_blocks": "compare tiny.yaml --variants --depth 1 --columns macs,params --format csv",
    "compare_one_value_is_wrong": "compare zoo:plain_3x3 --set groups=2,3",
    "compare_no_variants": "compare hdc.yaml --variants",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_was_reviewed(
    name: str, request: pytest.FixtureRequest, run: Callable[..., CompletedProcess[str]]
) -> None:
    done = run(*shlex.split(COMMANDS[name]))
    # Some paths are shown from the repository's root; whether the tests lie in one must not matter.
    shown = done.stdout.replace('file="tests/cli/specs/', 'file="')
    streams = shown + ("--- stderr\n" + done.stderr if done.stderr else "")
    text = f"$ archcost {COMMANDS[name]}\n{streams}--- exit {done.returncode}\n"
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--renew"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_transcript_has_its_command() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(COMMANDS)
