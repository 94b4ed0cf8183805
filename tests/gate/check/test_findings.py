"""Findings and expectations at the gate."""

from __future__ import annotations

from pathlib import Path

from tests.gate.check.judging import GRIDS, NET, judge


def test_gridding_fails_and_a_rule_may_be_milder_or_off() -> None:
    Path("net.yaml").write_text(GRIDS, "utf-8")
    assert judge("specs: [net.yaml]\n").failed
    milder = judge("specs: [net.yaml]\nrules: {gridding: warn, nothing-judged: off}\n")
    assert (milder.failed, milder.count("warn") > 0) == (False, True)
    off = judge("specs: [net.yaml]\nrules: {gridding: off}\n")
    assert not any(one.rule == "gridding" for one in off.all)
    assert "gridding" not in off.rules


def test_every_network_of_the_zoo_passes_but_the_bad_example() -> None:
    found = judge("specs: ['zoo:*']\n")
    assert len(found.specs) > 200
    assert [spec.path for spec in found.specs if spec.fails] == ["zoo:hdc_segmentation_gridding"]


def test_a_missed_expectation_fails() -> None:
    Path("net.yaml").write_text(NET + "    expect: {params: 1}\n", "utf-8")
    found = judge("specs: [net.yaml]\n")
    assert [one.rule for one in found.all if one.fails] == ["expectation"]
