"""Patterns on the disk: what Python's own `glob` finds, but for links to folders, where that need not end."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest

from archcost.cli import main
from archcost.globbing import on_disk

FILES = (
    "a.yaml",
    "b.yml",
    "x/a.yaml",
    "x/y/a.yaml",
    "x/y/[1].yaml",
    "x/.hidden/a.yaml",
    ".a.yaml",
    "z w/é.yaml",
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")
    Path("link.yaml").symlink_to("a.yaml")
    Path("gone.yaml").symlink_to("nothing.yaml")
    return tmp_path


PATTERNS = (
    *(
        "*",
        "*.yaml",
        "**",
        "**/*",
        "**/*.yaml",
        "x/**",
        "x/**/a.yaml",
        "**/y/*",
        "**/**/a.yaml",
        "*/*/*.yaml",
    ),
    *("./**/*.yaml", "../*/a.yaml", "x/../*.yaml", "x//*.yaml", "[ab].*", "x/y/[[]1].yaml", "?.yaml", ".*"),
    *("**/.hidden/*", "x/.*/*.yaml", "**.yaml", "*/", "**/", "nothing/*", "a.yaml/*", "z */*", "*/é.*"),
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_what_python_says(pattern: str, tree: Path) -> None:
    for one in (pattern, f"{tree}/{pattern}"):
        expected = glob.glob(one, recursive=True)  # noqa: PTH207 - this is what is imitated
        assert on_disk(one) == sorted({path for path in expected if os.path.isfile(path)})  # noqa: PTH113


@pytest.mark.usefixtures("tree")
def test_links_that_lead_in_circles_end() -> None:
    for name in ("x", "x/y", "z w"):
        Path(name, "up").symlink_to("..")
        Path(name, "here").symlink_to(".")
        Path(name, "round").symlink_to("round")
    plain = [name for name in FILES if name.endswith("a.yaml") and "/." not in name and name[0] != "."]
    assert on_disk("**/a.yaml") == sorted(plain)
    assert on_disk("x/up/*.yaml") == ["x/up/a.yaml", "x/up/link.yaml"], (
        "a link that is written out is followed"
    )
    assert on_disk("x/*/a.yaml") == ["x/here/a.yaml", "x/up/a.yaml", "x/y/a.yaml"], (
        "and one that a star matches"
    )


def test_a_configuration_with_such_links_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("archcost.yaml").write_text(
        'specs: ["**/*.yaml"]\nexclude: [archcost.yaml]\nbudgets: [{max_params: 9}]\n'
    )
    for name in "ab":
        Path(name).mkdir()
        Path(name, "up").symlink_to("..")
        Path(name, "net.yaml").write_text(f"archcost: 1\nname: {name}\ninput: [4]\nlayers: [relu]\n")
    monkeypatch.setattr("sys.stdin", None)
    assert main(["analyze", "**/net.yaml", "--format", "csv"]) == 0
    out, _ = capsys.readouterr()
    assert {line.partition(",")[0] for line in out.splitlines()[1:]} == {"a/net.yaml", "b/net.yaml"}
