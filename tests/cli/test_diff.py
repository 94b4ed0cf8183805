"""`archcost diff` from the command line: two specs, and specs of a repository since a revision."""

from __future__ import annotations

import csv
import json
import subprocess
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from archcost.cli import main
from archcost.schemas import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

NET = """\
archcost: 1
name: net
vars: {width: 8}
input: [3, 16, 16]
layers:
  - conv: {out_channels: $width, kernel_size: 3, padding: 1}
  - relu
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "net.yaml").write_text(NET, "utf-8")
    return tmp_path


@pytest.fixture
def diff(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: ARG001 - stands there
    def run(*args: str) -> tuple[int, str, str]:
        code = main(["diff", *args])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def repository(here: Path) -> Path:
    """A repository whose only commit has `net.yaml` and `specs/gone.yaml`."""
    (here / "specs").mkdir()
    (here / "specs" / "gone.yaml").write_text(NET.replace("name: net", "name: gone"), "utf-8")
    git(here, "init", "--quiet")
    commit(here)
    return here


def git(folder: Path, *args: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607 - git itself


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "one")


def document(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    made = json.loads(text)
    validator: Any = Draft202012Validator(schema("diff"))
    assert [error.message for error in validator.iter_errors(made)] == []
    return made


# -- two specs --------------------------------------------------------------------------------------------


def test_what_changed_is_no_failure(diff: Run) -> None:
    code, out, err = diff("net.yaml", "net.yaml", "--base-set", "width=4")
    assert (code, err) == (0, "")
    assert "1. width: 4 → 8\n" in out


def test_nothing_changed_is_a_sentence(diff: Run) -> None:
    assert diff("net.yaml", "./net.yaml") == (0, "net.yaml → ./net.yaml: no difference\n", "")


def test_nothing_changed_is_empty_lists(diff: Run) -> None:
    (entry,) = document(diff("net.yaml", "net.yaml", "--format", "json")[1])["diffs"]
    assert entry["status"] == "equal"
    assert [entry[key] for key in ("totals", "causes", "together", "nodes", "renamed")] == [[]] * 5


def test_json_satisfies_its_schema_and_is_complete(diff: Run) -> None:
    _, out, _ = diff("zoo:resnet50", "zoo:resnet101", "--format", "json")
    (entry,) = document(out)["diffs"]
    assert len(entry["nodes"]) == 170
    assert sum(node["macs"] for node in entry["nodes"]) == 7_801_405_440 - 4_089_184_256


def test_csv_has_a_row_per_layer_that_differs(diff: Run) -> None:
    _, out, _ = diff("net.yaml", "net.yaml", "--base-input", "3x8x8", "--format", "csv")
    rows = list(csv.DictReader(StringIO(out)))
    assert [(row["head"], row["status"], row["causes"]) for row in rows] == [
        ("conv", "rippled", "input: 3×8×8 → 3×16×16"),
        ("relu", "rippled", "input: 3×8×8 → 3×16×16"),
    ]
    assert int(rows[0]["macs"]) == 27 * 8 * (16 * 16 - 8 * 8)


def test_markdown_folds_the_details(diff: Run) -> None:
    _, out, _ = diff("net.yaml", "net.yaml", "--base-set", "width=4", "--format", "markdown")
    assert out.index("**+27.65 k MACs") < out.index("| parameters") < out.index("<details>")
    assert out.count("<details>") == out.count("</details>") == 1


def test_several_formats_at_once(diff: Run, here: Path) -> None:
    _, out, _ = diff("zoo:vgg16", "zoo:vgg16_bn", "--format", "table", "--format", "markdown:summary.md")
    assert out.startswith("vgg16 (zoo:vgg16) → ")
    assert (here / "summary.md").read_text("utf-8").startswith("### vgg16")


def test_long_lists_are_cut_in_tables_only(diff: Run, here: Path) -> None:
    layers = [f"  - {{name: l{i}, conv: {{out_channels: {i + 1}, kernel_size: 1}}}}\n" for i in range(60)]
    (here / "long.yaml").write_text(NET.partition("  - conv")[0] + "".join(layers), "utf-8")
    _, out, _ = diff("net.yaml", "long.yaml")
    assert "more causes; JSON has all\n" in out
    (entry,) = document(diff("net.yaml", "long.yaml", "--format", "json")[1])["diffs"]
    assert len(entry["causes"]) > 20
    assert sum(cause["nodes"] for cause in entry["causes"]) == len(entry["nodes"])


def test_a_field_with_one_hole_never_reads_as_a_whole_one(diff: Run, here: Path) -> None:
    """Two kernels of 2000 rows with a row between them."""
    layer = "  - conv: {{out_channels: 1, kernel_size: [{}, 1], stride: [{}, 1]}}\n"
    start = NET.partition("  - conv")[0].replace("[3, 16, 16]", "[3, 6000, 1]") + layer.format(2000, 2001)
    for name, size in (("one", 1), ("two", 2)):
        (here / f"{name}.yaml").write_text(start + layer.format(size, 1), "utf-8")
    assert "field 2000×1 → 4001×1 (>99.9 %)" in diff("one.yaml", "two.yaml")[1]


def test_an_input_with_another_name_and_shape_is_one_difference(diff: Run, here: Path) -> None:
    for name, size in (("image", 16), ("frame", 20)):
        text = NET.replace("input: [3, 16, 16]", f"input: {{{name}: [3, {size}, {size}]}}")
        (here / f"{name}.yaml").write_text(text, "utf-8")
    _, grows, _ = diff("image.yaml", "frame.yaml")
    assert "1. image → frame: 3×16×16 → 3×20×20\n" in grows
    assert "absent" not in grows
    _, shrinks, _ = diff("frame.yaml", "image.yaml")
    assert "1. frame → image: 3×20×20 → 3×16×16\n" in shrinks


def test_where_the_difference_is(diff: Run) -> None:
    _, out, _ = diff("zoo:resnet50", "zoo:resnet50_v1", "--depth", "2", "--units", "raw")
    assert ["stage.1", "4", "0", "-77070336"] in [line.split() for line in out.splitlines()]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["net.yaml", "tyni.yaml"], "tyni.yaml:1:1: no such file"),
        (["net.yaml"], "archcost: name two specs, BASE and HEAD, or a git revision: --against REF [SPEC]..."),
        (["-", "-"], "archcost: standard input (-) can be read only once"),
        (["--against", "HEAD", "net.yaml", "--base-set", "width=4"], "are for two specs: BASE HEAD"),
        (["net.yaml", "net.yaml", "--set", "widht=4"], "did you mean 'width'?"),
        (["net.yaml", "net.yaml", "--format", "tabel"], "did you mean 'table'?"),
    ],
)
def test_what_cannot_be_compared_is_exit_2(diff: Run, args: list[str], message: str) -> None:
    code, out, err = diff(*args)
    assert (code, out) == (2, "")
    assert message in err


def test_the_mistakes_of_both_sides_are_reported(diff: Run, here: Path) -> None:
    for name in ("one", "other"):
        (here / f"{name}.yaml").write_text(NET.replace("relu", "rellu"), "utf-8")
    code, _, err = diff("one.yaml", "other.yaml")
    assert code == 2
    assert "one.yaml:7:5" in err
    assert "other.yaml:7:5" in err


# -- since a revision -------------------------------------------------------------------------------------


def test_an_edit_since_the_last_commit(repository: Path, diff: Run) -> None:
    (repository / "net.yaml").write_text(NET.replace("kernel_size: 3, padding: 1", "kernel_size: 1"), "utf-8")
    code, out, _ = diff("--against", "HEAD", "net.yaml")
    assert code == 0
    assert out.startswith("net (net.yaml at HEAD) → net (net.yaml)\n")
    assert "1. conv: kernel_size 3 → 1, padding 1 → 0  (net.yaml:6)\n" in out


def test_an_edit_in_a_block_that_is_included_is_one_cause(repository: Path, diff: Run) -> None:
    block = "blocks:\n  unit:\n    body:\n      - conv: {out_channels: 8, kernel_size: 3, padding: 1}\n"
    (repository / "blocks.yaml").write_text(block, "utf-8")
    spec = NET.replace("layers:\n", "include: [blocks.yaml]\nlayers:\n  - unit\n  - unit\n")
    (repository / "net.yaml").write_text(spec, "utf-8")
    commit(repository)
    (repository / "blocks.yaml").write_text(block.replace("out_channels: 8", "out_channels: 12"), "utf-8")
    (entry,) = document(diff("--against", "HEAD", "net.yaml", "--format", "json")[1])["diffs"]
    (cause,) = entry["causes"]
    assert cause["base"] == {"file": "HEAD:blocks.yaml", "line": 4, "column": 9}
    assert cause["head"] == {"file": "blocks.yaml", "line": 4, "column": 9}
    assert (cause["what"], cause["nodes"]) == ("*.conv (2×): out_channels 8 → 12", 2)


def test_no_edit_since_the_last_commit(repository: Path, diff: Run) -> None:  # noqa: ARG001 - stands there
    assert diff("--against", "HEAD", "net.yaml") == (0, "net.yaml since HEAD: no difference\n", "")


def test_specs_that_came_and_went(repository: Path, diff: Run) -> None:
    (repository / "specs" / "gone.yaml").unlink()
    (repository / "specs" / "new.yaml").write_text(ANOTHER, "utf-8")
    _, out, _ = diff("--against", "HEAD", "specs/*.yaml", "--format", "json")
    entries = document(out)["diffs"]
    assert [(entry["status"], (entry["head"] or entry["base"])["path"]) for entry in entries] == [
        ("added", "specs/new.yaml"),
        ("removed", "specs/gone.yaml"),
    ]
    assert [entry["totals"][0]["difference"] for entry in entries] == [110, -224]


ANOTHER = "archcost: 1\nname: other\ninput: [10]\nlayers: [{linear: {out_features: 10}}]\n"
"""So little like the first that git does not take one for the other. 10·10 + 10 parameters."""


def test_a_spec_that_moved_is_compared_with_itself(repository: Path, diff: Run) -> None:
    (repository / "specs" / "gone.yaml").unlink()
    (repository / "specs" / "moved.yaml").write_text(NET.replace("width: 8", "width: 9"), "utf-8")
    _, out, _ = diff("--against", "HEAD", "specs/*.yaml", "--format", "json")
    (found,) = document(out)["diffs"]
    assert (found["status"], found["base"]["path"], found["head"]["path"]) == (
        *("changed", "specs/gone.yaml"),
        "specs/moved.yaml",
    )


def test_a_variant_that_changed_is_shown_where_the_spec_as_it_stands_did_not(
    repository: Path, diff: Run
) -> None:
    net = repository / "net.yaml"
    with_variant = NET.replace("input:", "variants: {wide: {width: 16}, slim: {width: 4}}\ninput:")
    net.write_text(with_variant, "utf-8")
    commit(repository)
    net.write_text(with_variant.replace("width: 16", "width: 160"), "utf-8")
    _, out, _ = diff("--against", "HEAD", "net.yaml", "--format", "json")
    found = document(out)["diffs"]
    assert [(one["status"], one["head"]["variant"]) for one in found] == [
        ("equal", None),
        ("changed", "wide"),
    ]
    net.write_text(with_variant.replace("slim:", "thin:"), "utf-8")
    _, out, _ = diff("--against", "HEAD", "net.yaml", "--format", "json")
    assert [one["status"] for one in document(out)["diffs"]] == ["equal", "added"]
    assert [
        one["status"]
        for one in document(
            diff("--against", "HEAD", "net.yaml", "--variant", "wide", "--format", "json")[1]
        )["diffs"]
    ] == ["equal"]


def test_a_spec_that_is_named_and_gone_was_removed(repository: Path, diff: Run) -> None:
    (repository / "net.yaml").unlink()
    assert diff("--against", "HEAD", "net.yaml")[1].startswith("net (net.yaml at HEAD): removed\n")


def test_the_specs_of_the_configuration(repository: Path, diff: Run) -> None:
    (repository / "archcost.yaml").write_text(
        "specs: [net.yaml, specs/*.yaml, 'zoo:vgg16']\nagainst: HEAD\n", "utf-8"
    )
    assert diff() == (0, "no difference: net.yaml since HEAD, specs/gone.yaml since HEAD\n", "")


def test_variants_of_the_configuration_are_told_apart_where_nothing_changed(
    repository: Path, diff: Run
) -> None:
    (repository / "net.yaml").write_text(
        NET.replace("input:", "variants: {wide: {width: 16}}\ninput:"), "utf-8"
    )
    commit(repository)
    (repository / "archcost.yaml").write_text("specs: [net.yaml, {path: net.yaml, variant: wide}]\n", "utf-8")
    assert diff("--against", "HEAD")[1] == "no difference: net.yaml since HEAD, net.yaml (wide) since HEAD\n"


def test_a_mistake_in_several_variants_is_said_once(repository: Path, diff: Run) -> None:
    spec = NET.replace("input:", "variants: {wide: {width: 16}, lite: {width: 4}}\ninput:")
    (repository / "net.yaml").write_text(spec.replace("relu", "rellu"), "utf-8")
    variants = "{path: net.yaml, variant: wide}, {path: net.yaml, variant: lite}"
    (repository / "archcost.yaml").write_text(f"specs: [{variants}]\n", "utf-8")
    commit(repository)
    (repository / "net.yaml").write_text(spec.replace("relu", "gellu"), "utf-8")
    code, out, err = diff("--against", "HEAD")
    assert (code, out) == (2, "")
    assert [err.count(f"{name}'") for name in ("rellu", "gellu")] == [1, 1]


def test_a_base_that_is_wrong_is_exit_2(repository: Path, diff: Run) -> None:
    (repository / "net.yaml").write_text(NET.replace("relu", "rellu"), "utf-8")
    commit(repository)
    (repository / "net.yaml").write_text(NET, "utf-8")
    code, out, err = diff("--against", "HEAD", "net.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("HEAD:net.yaml:7:5: unknown kind or block 'rellu'")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--against", "nowhere", "net.yaml"], "nowhere: the git repository"),
        (["--against", "HEAD"], "no specs to check: name some"),
        (["--against", "HEAD", "missing.yaml"], "missing.yaml:1:1: no such file"),
        (["--against", "HEAD", "zoo:vgg16"], "ships with archcost"),
        (["--against", "HEAD", "-"], "standard input"),
        (["--against", "HEAD", "net.yaml", "--set", "depth=3"], "net.yaml at HEAD: --set depth"),
    ],
)
def test_a_base_that_cannot_be_is_exit_2(repository: Path, diff: Run, args: list[str], message: str) -> None:  # noqa: ARG001 - stands there
    code, out, err = diff(*args)
    assert (code, out) == (2, "")
    assert message in err


def test_a_pattern_that_matches_nowhere_is_exit_3(repository: Path, diff: Run) -> None:  # noqa: ARG001 - stands there
    code, out, err = diff("--against", "HEAD", "nothing/*.yaml")
    assert (code, out, err) == (3, "", "archcost: 'nothing/*.yaml' matches no file\n")


def test_no_repository_is_exit_2(diff: Run, monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))
    code, out, err = diff("--against", "HEAD", "net.yaml")
    assert (code, out) == (2, "")
    assert "is in no git repository" in err


def test_a_spec_that_was_wrong_and_is_gone_has_no_mistake_but_that(repository: Path, diff: Run) -> None:
    (repository / "net.yaml").write_text(NET.replace("relu", "rellu"), "utf-8")
    commit(repository)
    (repository / "net.yaml").unlink()
    for named in ("net.yaml", "*.yaml"):
        code, out, err = diff("--against", "HEAD", named)
        assert (code, out) == (2, "")
        assert err.startswith("HEAD:net.yaml:7:5: unknown kind or block 'rellu'")
        assert "no such file" not in err


def test_a_file_with_an_odd_name_breaks_no_format(here: Path, diff: Run) -> None:
    (here / "=a`b|.yaml").write_text(NET.replace("relu", "gelu"), "utf-8")
    _, out, _ = diff("net.yaml", "=a`b|.yaml", "--format", "markdown")
    assert "(`` =a`b|.yaml:7 ``)" in out
    rows = list(csv.DictReader(StringIO(diff("net.yaml", "=a`b|.yaml", "--format", "csv")[1])))
    assert [(row["head_spec"], row["file"]) for row in rows] == [("'=a`b|.yaml",) * 2]


def test_variants_of_one_spec_that_did_not_change_are_told_apart(repository: Path, diff: Run) -> None:
    (repository / "net.yaml").write_text(f"{NET}variants: {{wide: {{width: 16}}}}\n", "utf-8")
    commit(repository)
    (repository / "archcost.yaml").write_text(
        "specs: [net.yaml, {path: net.yaml, set: {width: 9}}, {path: net.yaml, variant: wide}]\n", "utf-8"
    )
    found = "no difference: net.yaml since HEAD, net.yaml (wide) since HEAD\n"
    assert diff("--against", "HEAD") == (0, found, "")
