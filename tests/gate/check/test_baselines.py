"""Baselines: what is known, and may not get worse."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost.config.configuration import Config
from archcost.config.read import find_config, read_config
from archcost.config.selection import select_specs
from archcost.errors import SpecError, UsageError
from archcost.gate.baseline import Accepted, Baseline
from archcost.gate.baseline import read as read_baseline
from archcost.gate.config_problems import about_baseline
from archcost.gate.gate import Gate
from tests.gate.check.judging import GRIDS, NET, NO_FLAGS, RELATIVE, TODAY, gate, judge, only, widen


def test_each_of_two_findings_of_a_rule_at_one_node_is_accepted_by_itself() -> None:
    layers = "  - conv: {out_channels: 4, kernel_size: 3, padding: 1}\n    expect: {params: 1, macs: 2}\n"
    Path("net.yaml").write_text(f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n{layers}", "utf-8")
    config = "specs: [net.yaml]\nbaseline: base.txt\n"
    lines = [line for line in accept(config).splitlines() if line[0] != "#"]
    assert len({line.split()[0] for line in lines}) == 2
    Path("base.txt").write_text(lines[0] + "\n", "utf-8")
    assert sum(one.fails for one in judge(config, baseline=kept()).all) == 1


def test_a_number_in_bytes_is_kept_in_elements() -> None:
    accept("specs: [net.yaml]\nbaseline: base.txt\nbudgets:\n  - max_peak: 1kB\n")
    assert " max_peak 1536 net.yaml" in Path("base.txt").read_text("utf-8")
    smaller = "specs: [net.yaml]\nbaseline: base.txt\ndtype: float16\nbudgets:\n  - max_peak: 1kB\n"
    assert not judge(smaller, baseline=kept()).failed


TIGHT = "specs: [net.yaml]\nbaseline: base.txt\nbudgets:\n  - max_macs: 80k\n"


def accept(config: str = TIGHT) -> str:
    """A baseline of all that fails now, written to base.txt."""
    one = gate(config, baseline=Baseline("base.txt"))
    one.judge(select_specs([], NO_FLAGS, one.config), is_whole=True)
    text = one.baseline.rewritten(is_whole=True)
    Path("base.txt").write_text(text, "utf-8")
    return text


def kept() -> Baseline:
    return Baseline("base.txt", read_baseline(Path("base.txt")))


def test_what_the_baseline_has_does_not_fail() -> None:
    assert accept().splitlines()[-1].endswith(" max_macs 87552 net.yaml")
    found = judge(TIGHT, baseline=kept())
    assert (found.failed, found.accepted("baseline")) == (False, 1)
    assert only(found).because == "base.txt:3"


def test_what_got_worse_fails_again() -> None:
    accept()
    widen(9)
    found = judge(TIGHT, baseline=kept())
    assert found.failed
    assert only(found).message.endswith("; the baseline accepts 87,552")


def test_what_got_better_is_kept_by_the_ratchet() -> None:
    Path("net.yaml").write_text(NET.replace("width: 8}", "width: 9}"), "utf-8")
    accept()
    Path("net.yaml").write_text(NET, "utf-8")
    one = gate(TIGHT, baseline=kept())
    found = one.judge(select_specs([], NO_FLAGS, one.config), is_whole=True)
    assert [complaint.rule for complaint in found.complaints] == ["stale-baseline"]
    assert " max_macs 87552 net.yaml" in one.baseline.ratcheted(is_whole=True)


def test_what_is_fixed_leaves_the_baseline_and_nothing_enters_it() -> None:
    accept()
    loose = TIGHT.replace("max_macs: 80k", "max_params: 1k")
    one = gate(loose, baseline=kept())
    one.judge(select_specs([], NO_FLAGS, one.config), is_whole=True)
    assert not [line for line in one.baseline.ratcheted(is_whole=True).splitlines() if line[0] != "#"]


def test_what_is_known_about_a_limit_that_is_not_judged_stays() -> None:
    (limit,) = judge(RELATIVE).specs[0].limits
    assert limit.fingerprint
    known = Accepted(limit.fingerprint, "max_macs", 87_552, "net.yaml")
    one = gate(RELATIVE, baseline=Baseline("known.txt", {known.fingerprint: known}))
    found = one.judge(select_specs([], NO_FLAGS, one.config), is_whole=True)
    assert [complaint.rule for complaint in found.all] == ["missing-base"]
    for text in (one.baseline.ratcheted(is_whole=True), one.baseline.rewritten(is_whole=True)):
        assert f"\n{known.fingerprint} max_macs 87552 net.yaml\n" in text


def test_what_the_baseline_has_of_a_spec_that_moved_is_not_called_fixed() -> None:
    accept()
    Path("net.yaml").rename("moved.yaml")
    (remark,) = judge(TIGHT.replace("net.yaml", "moved.yaml"), baseline=kept()).complaints
    assert "it accepts, 1 is about specs that are not checked any more;" in remark.message


def test_a_run_over_some_specs_calls_nothing_fixed() -> None:
    accept()
    loose = TIGHT.replace("80k", "90k")
    assert [one.rule for one in judge(loose, baseline=kept()).all] == ["stale-baseline"]
    assert judge(loose, "net.yaml", baseline=kept()).all == ()


def test_a_finding_keeps_its_fingerprint_when_its_line_moves() -> None:
    Path("net.yaml").write_text(GRIDS, "utf-8")
    config = "specs: [net.yaml]\nbaseline: base.txt\nbudgets:\n  - max_macs: 1G\n"
    accept(config)
    Path("net.yaml").write_text("# a comment\n\n" + GRIDS, "utf-8")
    assert not judge(config, baseline=kept()).failed


def test_the_baseline_is_the_same_from_every_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accept()
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    config = read_config(find_config(Path.cwd()))
    one = Gate(config, TODAY, Baseline("base.txt", read_baseline(folder / "base.txt")))
    assert not one.judge(select_specs([], NO_FLAGS, config), is_whole=True).failed


def test_of_two_lines_that_a_merge_left_the_stricter_holds() -> None:
    line = accept().splitlines()[-1]
    Path("base.txt").write_text(f"{line}\n{line.replace('87552', '87551')}\n", "utf-8")
    assert judge(TIGHT, baseline=kept()).failed


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("<<<<<<< HEAD", "a merge conflict is not resolved"),
        ("max_macs 5", "this is no line of a baseline"),
        (f"{'0' * 16} max_macs {'9' * 5000} net.yaml", "this is no line of a baseline"),
        (f"{'0' * 16} max_macs 1e999 net.yaml", "this is no line of a baseline"),  # would accept anything
    ],
)
def test_a_line_that_is_none_is_an_error_at_its_place(line: str, why: str) -> None:
    Path("base.txt").write_text(f"# ours\n{line}\n", "utf-8")
    with pytest.raises(SpecError, match=f"base.txt:2:1: {why}"):
        read_baseline(Path("base.txt"))


@pytest.mark.parametrize("share", [0.1 + 0.2, 1.0, 1e-05, 1.5e-10, 5e-324])
def test_a_share_is_read_as_it_was_written(share: float) -> None:
    written = Baseline()
    written.meet(Accepted("0" * 16, "min_coverage", share, "net.yaml"), fails=True)
    Path("base.txt").write_text(written.rewritten(is_whole=True), "utf-8")
    assert read_baseline(Path("base.txt"))["0" * 16].value == share


def test_a_baseline_that_an_editor_of_windows_wrote_is_read() -> None:
    text = accept()
    Path("base.txt").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert not judge(TIGHT, baseline=kept()).failed


@pytest.mark.parametrize(
    ("fixed", "better", "words"),
    [
        (1, 0, "1 is fixed"),
        (2, 1, "2 are fixed and 1 has a better number by now"),
        (0, 2, "2 have a better number by now"),
    ],
)
def test_a_stale_baseline_is_told_in_words(fixed: int, better: int, words: str) -> None:
    names = [f"{number:016x}" for number in range(fixed + better)]
    known = Baseline("base.txt", {name: Accepted(name, "max_macs", 9, "net.yaml") for name in names})
    for name in names[fixed:]:
        known.meet(Accepted(name, "max_macs", 8, ""), fails=True)
    (remark,) = about_baseline(Config(), known, ["net.yaml"], is_whole=True)
    assert remark.message.startswith(f"of the complaints that it accepts, {words}; `archcost check")


def test_a_line_is_about_a_spec_by_its_whole_name() -> None:
    line = Accepted("0" * 16, "gridding", None, "nets/a.yaml (wide) late.conv")
    assert line.is_about(["other.yaml", "nets/a.yaml (wide)"])
    assert not line.is_about(["nets/a.y", "nets/a.yaml (wid"])
    assert Accepted("0" * 16, "max_macs", 1, "nets/a.yaml").is_about(["nets/a.yaml"])


def test_a_number_is_no_better_than_none_and_none_no_better_than_a_number() -> None:
    counted, seen = Accepted("0" * 16, "min_field", 5, ""), Accepted("0" * 16, "min_field", None, "")
    assert [counted.covers(value) for value in (4, 5, 6, None)] == [False, True, True, False]
    assert [seen.covers(value) for value in (5, None)] == [False, True]


@pytest.mark.parametrize(("is_whole", "left"), [(True, ["net.yaml"]), (False, ["net.yaml", "other.yaml"])])
def test_lines_of_specs_that_were_not_judged_stay(*, is_whole: bool, left: list[str]) -> None:
    lines = [
        Accepted(digit * 16, "max_macs", 9, about)
        for digit, about in (("1", "net.yaml"), ("2", "other.yaml"))
    ]
    known = Baseline("base.txt", {line.fingerprint: line for line in lines})
    known.meet(lines[0], fails=True)
    for text in (known.rewritten(is_whole=is_whole), known.ratcheted(is_whole=is_whole)):
        assert [line.split()[-1] for line in text.splitlines() if line[0] != "#"] == left


def test_only_what_fails_enters_the_baseline() -> None:
    warned = TIGHT.replace("80k", "{warn: 80k}")
    assert [line for line in accept(warned).splitlines() if line[0] != "#"] == []


def test_a_baseline_that_is_not_there_is_a_mistake_of_usage() -> None:
    with pytest.raises(UsageError, match="--write-baseline"):
        read_baseline(Path("base.txt"))
