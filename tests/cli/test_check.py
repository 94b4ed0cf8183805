"""`archcost check` as CI runs it: exit codes in every format, files whole or not at all, baselines, days."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from archcost import check
from archcost.cli import main
from archcost.cli.output import write
from archcost.config.bounds import BOUNDS, example
from archcost.gate.baseline import Accepted, Baseline, fingerprint, read
from archcost.report.formats import RESULTS
from archcost.report.formats import write as render

if TYPE_CHECKING:
    from collections.abc import Callable

Capture: TypeAlias = "pytest.CaptureFixture[str]"
Ended: TypeAlias = "tuple[int, str, str]"
Run: TypeAlias = "Callable[..., Ended]"

NET = """\
archcost: 1
name: net
input: [3, 8, 8]
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1, bias: false}
"""  # 216 parameters, 13,824 MACs

every_format = pytest.mark.parametrize("form", RESULTS["judgement"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Run:
    """Run `archcost check ARGS` in a folder of its own: the exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    Path("net.yaml").write_text(NET, "utf-8")

    def checked(*args: str) -> Ended:
        code = main(["check", *args])
        out, err = capsys.readouterr()
        return code, out, err

    return checked


@every_format
def test_0_when_every_limit_is_kept(form: str, run: Run) -> None:
    code, out, err = run("net.yaml", "--max-macs", "13824", "--format", form)
    assert (code, err) == (0, "")
    assert out or form == "github"


@every_format
def test_1_when_a_limit_is_broken_by_one(form: str, run: Run) -> None:
    code, out, err = run("net.yaml", "--max-macs", "13823", "--format", form)
    assert (code, err) == (1, "")
    assert "13,824" in out or "13824" in out


@every_format
@pytest.mark.parametrize(
    "args",
    [
        ["broken.yaml", "--max-macs", "1"],
        ["missing.yaml"],
        ["net.yaml", "--max-macs", "4,2G"],
        ["net.yaml", "--max-macs", "4.2X"],
        ["net.yaml", "--config", "missing.yaml"],
        ["net.yaml", "--config", "typo.yaml"],
        ["net.yaml", "--baseline", "missing.txt"],
        ["net.yaml", "--today", "yesterday"],
        ["net.yaml", "--variant", "nothing"],
        ["net.yaml", "--variant", ""],
        ["net.yaml", "--max-macs", "1M", "--against", ""],
        ["net.yaml", "--max-macs", "1M", "--config", ""],
        ["net.yaml", "--max-macs", "1M", "--baseline", ""],
        ["net.yaml", "--max-macs", "1M", "--input", ""],
        ["net.yaml", "--max-macs", ""],
        ["net.yaml", "--max-macs", "nan"],
        ["net.yaml", "--max-macs", "inf"],
        ["net.yaml", "--max-macs", "1e99"],
        ["net.yaml", "--max-macs", "4.2g"],
        ["net.yaml", "--min-field", "0"],
        ["net.yaml", "--min-coverage", "0%"],
        [""],
        [],
    ],
)
def test_2_and_an_empty_stdout_when_something_is_wrong(args: list[str], form: str, run: Run) -> None:
    Path("broken.yaml").write_text(NET.replace("padding", "paddding"), "utf-8")
    Path("typo.yaml").write_text("budgets:\n  - max_mac: 1\n", "utf-8")
    code, out, err = run(*args, "--format", form)
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_a_typo_in_a_budget_is_an_error_where_it_stands(run: Run) -> None:
    Path("archcost.yaml").write_text("specs: [net.yaml]\nbudgets:\n  - max_mac: 1\n", "utf-8")
    assert run()[2].startswith("archcost.yaml:3:5: unknown key 'max_mac' (did you mean 'max_macs'?)")


def test_a_mistake_of_a_spec_that_is_checked_in_several_variants_is_said_once(run: Run) -> None:
    spec = NET.replace("layers:", "variants: {wide: {}, lite: {}}\nlayers:").replace("padding", "paddding")
    Path("net.yaml").write_text(spec, "utf-8")
    variants = "{path: net.yaml, variant: wide}, {path: net.yaml, variant: lite}"
    Path("archcost.yaml").write_text(f"specs: [net.yaml, {variants}]\n", "utf-8")
    code, out, err = run()
    assert (code, out) == (2, "")
    assert err.count("unknown field 'paddding'") == 1


@every_format
def test_3_when_a_pattern_matches_nothing(form: str, run: Run) -> None:
    assert run("nets/*.yaml", "--format", form)[:2] == (3, "")
    Path("archcost.yaml").write_text("specs: ['nets/*.yaml']\n", "utf-8")
    assert run("--format", form)[:2] == (3, "")


@pytest.mark.parametrize("key", list(BOUNDS))
def test_every_limit_is_a_flag(key: str, run: Run) -> None:
    code, out, _ = run("net.yaml", f"--{key.replace('_', '-')}", example(BOUNDS[key]), "--format", "json")
    (limit,) = json.loads(out)["specs"][0]["limits"]
    assert (limit["budget"], limit["set_at"]) == (key, f"--{key.replace('_', '-')}")
    assert code == (0 if limit["kept"] else 1)


def test_the_configuration_is_read_within_the_limits_that_are_asked_for(run: Run) -> None:
    config = f"specs: [net.yaml]  # {'x' * 300}\nbudgets:\n  - max_macs: 1M\n"
    Path("archcost.yaml").write_text(config, "utf-8")
    assert run()[0] == 0
    code, out, err = run("--limit", "file_bytes=200")
    assert (code, out) == (2, "")
    assert err.startswith("archcost.yaml:1:1: the file has ")


def test_a_flag_stands_in_place_of_the_configuration(run: Run) -> None:
    Path("archcost.yaml").write_text(
        "specs: [net.yaml]\nbudgets:\n  - max_macs: 1\n  - max_params: 1k\n", "utf-8"
    )
    assert run()[0] == 1
    assert run("--max-macs", "20k")[0] == 0
    assert run("--max-macs", "20k", "--max-params", "215")[0] == 1


def test_several_formats_at_once(run: Run) -> None:
    args = ["--format", "json:out.json", "--format", "markdown:summary.md", "--format", "github"]
    code, out, _ = run("net.yaml", "--max-macs", "1", *args)
    assert code == 1
    assert out.startswith("::error ")
    assert json.loads(Path("out.json").read_text("utf-8"))["failed"] is True
    assert Path("summary.md").read_text("utf-8")


def test_notes_that_fail_nothing_are_not_for_who_wants_it_quiet(run: Run) -> None:
    Path("net.yaml").write_text(NET.replace("kernel_size: 3", "kernel_size: 2"), "utf-8")
    assert "[even-kernel-shift]" in run("net.yaml")[1]
    limit = ["--max-macs", "1M"]
    assert run("net.yaml", "--quiet", *limit)[1] == "passed: 1 note (1 spec, 1 limit)\n"
    assert "[even-kernel-shift]" in run("net.yaml", "--quiet", "--fail-level", "info", *limit)[1]


def test_an_unwritable_output_is_said_and_nothing_is_printed(run: Run) -> None:
    code, out, err = run("net.yaml", "--format", "markdown:nowhere/summary.md")
    assert (code, out) == (2, "")
    assert "cannot write 'nowhere/summary.md'" in err


def test_standard_input_may_be_checked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NET.encode())))
    assert run("-", "--max-macs", "13823")[0] == 1


def test_a_network_of_the_zoo_may_be_checked(run: Run) -> None:
    code, out, _ = run("zoo:lenet5", "--max-params", "59999")
    assert code == 1
    assert "parameters are 60,000, 1 (<0.1 %) over the limit of 59,999" in out


def test_a_baseline_accepts_and_the_ratchet_takes_back(run: Run) -> None:
    Path("archcost.yaml").write_text(
        "specs: [net.yaml]\nbaseline: known.txt\nbudgets:\n  - max_macs: 1k\n", "utf-8"
    )
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "known.txt" in err
    assert run("--write-baseline")[0] == 0
    assert run()[0] == 0
    Path("net.yaml").write_text(NET.replace("out_channels: 8", "out_channels: 4"), "utf-8")
    assert "stale-baseline" in run()[1]
    code, out, _ = run("--ratchet")
    assert (code, "stale-baseline" in out) == (0, False)
    assert "stale-baseline" not in run()[1]
    Path("net.yaml").write_text(NET, "utf-8")
    code, out, _ = run()
    assert code == 1
    assert "13.82 k" in out


def test_a_new_baseline_says_who_has_to_name_it(run: Run) -> None:
    config = "specs: [net.yaml]\nbudgets:\n  - max_macs: 1k\n"
    Path("archcost.yaml").write_text(config, "utf-8")
    assert "if the configuration names it as its `baseline`, " in run("--write-baseline")[2]
    assert run()[0] == 1
    Path("archcost.yaml").write_text(f"{config}baseline: archcost-baseline.txt\n", "utf-8")
    assert "configuration" not in run("--write-baseline")[2]
    assert run()[0] == 0


def test_a_run_that_changes_nothing_leaves_the_baseline_alone(run: Run) -> None:
    Path("archcost.yaml").write_text(
        "specs: [net.yaml]\nbaseline: known.txt\nbudgets:\n  - max_macs: 1k\n", "utf-8"
    )
    run("--write-baseline")
    before = Path("known.txt").read_bytes()
    run("--ratchet")
    assert Path("known.txt").read_bytes() == before


def test_a_waiver_is_judged_by_the_day_that_is_given(run: Run) -> None:
    waiver = "{budget: max_macs, limit: 20k, reason: why, owner: '@me', expires: 2030-01-31}"
    text = f"specs: [net.yaml]\nbudgets:\n  - max_macs: 1k\nwaivers:\n  - {waiver}\n"
    Path("archcost.yaml").write_text(text, "utf-8")
    assert run("--today", "2030-01-31")[0] == 0
    code, out, _ = run("--today", "2030-02-01")
    assert code == 1
    assert "@me" in out


def test_the_result_does_not_depend_on_the_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("archcost.yaml").write_text(
        "specs: [net.yaml]\nbudgets:\n  - {match: net.yaml, max_macs: 1k}\n", "utf-8"
    )
    Path("below").mkdir()
    here = json.loads(run("--format", "json")[1])
    monkeypatch.chdir("below")
    there = json.loads(run("--format", "json")[1])
    assert [c["fingerprint"] for c in here["specs"][0]["complaints"]] == [
        c["fingerprint"] for c in there["specs"][0]["complaints"]
    ]
    assert there["specs"][0]["path"] == "../net.yaml"


@every_format
def test_a_name_that_is_no_text_is_written_as_its_code(form: str, run: Run) -> None:
    # Where file systems take any bytes, a name may have some that are no UTF-8; Python keeps them like this.
    name = "n\udcff.yaml"
    run("net.yaml")
    found = check("net.yaml", budgets={"max_macs": "1k"})
    odd = replace(found.specs[0], path=name, label=name)
    write(render("judgement", replace(found, specs=(odd,)), form), "result")
    assert Path("result").read_text("utf-8")


def test_a_baseline_may_be_about_a_name_that_is_no_text(tmp_path: Path) -> None:
    name = "n\udcff.yaml"
    known = Baseline()
    known.meet(Accepted(fingerprint(name, "max_macs"), "max_macs", 9, name), fails=True)
    file = tmp_path / "base.txt"
    write(known.rewritten(is_whole=True), str(file))
    assert [one.value for one in read(file).values()] == [9]


@pytest.mark.parametrize("args", [["--ratchet"], ["--format", "json:out.json"], ["--output", "out.txt"]])
def test_what_writing_a_baseline_would_leave_out_is_refused(args: list[str], run: Run) -> None:
    code, out, err = run("net.yaml", "--max-macs", "1", "--write-baseline", *args)
    assert (code, out) == (2, "")
    assert "--write-baseline" in err
    assert not Path("archcost-baseline.txt").exists()


def test_the_ratchet_tells_what_it_did(run: Run) -> None:
    Path("archcost.yaml").write_text(
        "specs: [net.yaml]\nbaseline: known.txt\nbudgets:\n  - {max_macs: 1k, max_params: 1}\n", "utf-8"
    )
    run("--write-baseline")
    assert run("--ratchet")[2] == "known.txt: nothing is better than accepted\n"
    Path("net.yaml").write_text(NET.replace("out_channels: 8", "out_channels: 4"), "utf-8")
    assert run("--ratchet")[2] == "known.txt: 0 taken out, 2 made stricter\n"
    Path("archcost.yaml").write_text("specs: [net.yaml]\nbaseline: known.txt\n", "utf-8")
    assert run("--ratchet")[2] == "known.txt: 2 taken out, 0 made stricter\n"
