"""A model of another framework where a SPEC is: in every command, in the gate, from Python, at a revision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcost import SpecError, analyze, load
from archcost.cli import main
from archcost.importing.imported import imported
from archcost.spec.load import load_text
from tests.scratch_repository import Repo, bare_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[..., tuple[int, str, str]]

MODELS = Path(__file__).parents[1] / "data" / "models"
RESNET = (MODELS / "resnet18.pt2").read_bytes()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    bare_machine(monkeypatch)
    Path("net.pt2").write_bytes(RESNET)
    Path("models").mkdir()
    for name in ("resnet18", "mobilenetv2_100"):
        Path(f"models/{name}.pt2").write_bytes((MODELS / f"{name}.pt2").read_bytes())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it printed."""

    def archcost(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return archcost


def test_it_is_the_network_of_the_spec_that_import_writes() -> None:
    network, written = load("net.pt2"), load_text(imported(Path("net.pt2")).text, "net.yaml")
    assert [node.path for node in network] == [node.path for node in written]
    assert [node.output for node in network] == [node.output for node in written]
    report = analyze(network)
    assert (report.totals.params, report.totals.macs) == (11_689_512, 1_814_073_344)
    assert report.path == "net.pt2"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("analyze net.pt2", "imported from a PyTorch export: 11,689,512 parameters, as in the file"),
        ("rf net.pt2", "net (net.pt2)"),
        ("explain net.pt2 fc", "written at net.pt2:1:1"),
        ("expand net.pt2", "layer.0.basic_block.conv"),
        ("compare net.pt2 zoo:resnet18", "2 networks, relative to net"),
        ("diff zoo:resnet18 net.pt2", "resnet18 (zoo:resnet18) → net (net.pt2)"),
        ("verify net.pt2 --scale-channels 0.125 --input 3x224x224", "all 69 nodes agree"),
    ],
)
def test_commands_take_it(run: Run, words: str, said: str) -> None:
    code, out, err = run(*words.split())
    assert (code, err) == (0, "")
    assert said in out


def test_the_report_says_what_it_was_imported_from(run: Run) -> None:
    _, out, _ = run("analyze", "net.pt2", "zoo:resnet18", "--format", "json")
    first, second = json.loads(out)["specs"]
    assert first["imported"] == "a PyTorch export: 11,689,512 parameters, as in the file"
    assert "imported" not in second
    assert {(node["file"], node["line"], node["column"]) for node in first["nodes"]} == {("net.pt2", 1, 1)}


def test_the_gate_takes_patterns_of_models(run: Run) -> None:
    code, out, _ = run("check", "models/*.pt2", "--max-params", "5M")
    assert code == 1
    assert "models/resnet18.pt2:1:1: error: parameters are 11.69 M" in out
    assert "models/mobilenetv2_100.pt2:1:1: error" not in out


def test_the_configuration_lists_them(run: Run) -> None:
    Path("archcost.yaml").write_text("specs: [models/*.pt2]\nbudgets: [{max_params: 5M}]\n")
    code, out, _ = run("check", "--format", "github")
    assert code == 1
    assert "::error file=models/resnet18.pt2,line=1,col=1" in out


def test_a_change_is_seen_against_a_revision(run: Run, tmp_path: Path) -> None:
    Repo(tmp_path).save()
    Path("net.pt2").write_bytes((MODELS / "mobilenetv2_100.pt2").read_bytes())
    assert [analyze(load("net.pt2", at=at)).totals.params for at in ("HEAD", None)] == [11_689_512, 3_504_872]
    code, out, err = run("diff", "--against", "HEAD", "net.pt2")
    assert (code, err) == (0, "")
    assert "net (net.pt2 at HEAD) → net (net.pt2)" in out
    assert "11.69 M  3.505 M" in out
    code, out, _ = run("check", "net.pt2", "--against", "HEAD", "--max-params", "+0%")
    assert code == 0, out


def test_what_is_wrong_at_a_revision_names_the_file_there(tmp_path: Path) -> None:
    Path("net.pt2").write_bytes(b"no archive")
    Repo(tmp_path).save()
    with pytest.raises(SpecError, match=r"^HEAD:net\.pt2:1:1: File is not a zip file"):
        load("net.pt2", at="HEAD")


def test_mistakes_of_models_are_told_with_those_of_specs(run: Run) -> None:
    Path("bad.yaml").write_text("archcost: 1\nname: bad\ninput: [3, 8, 8]\nlayers:\n  - convolve\n")
    Path("bad.pt2").write_bytes(b"no archive")
    code, out, err = run("analyze", "bad.yaml", "bad.pt2")
    assert (code, out) == (2, "")
    assert "bad.yaml:5:5: " in err
    assert "bad.pt2:1:1: File is not a zip file; a .pt2 is what torch.export.save writes" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "width=3"], "--set width: net.pt2 is a model with neither variables nor variants"),
        (["--variant", "wide"], "--variant wide: net.pt2 is a model with neither variables nor variants"),
        (
            ["--input", "3x64x64"],
            "--input x=3x64x64: dimension 2 was fixed to 224 when it was exported; export it again",
        ),
    ],
)
def test_what_a_model_fixes_cannot_be_changed(run: Run, words: Sequence[str], said: str) -> None:
    code, out, err = run("analyze", "net.pt2", *words)
    assert (code, out) == (2, "")
    assert said in err


def test_the_sizes_that_it_has_may_be_given() -> None:
    shape = (3, 224, 224)
    several = [load("net.pt2", input=one) for one in ("3x224x224", {"x": shape}, {"input": shape})]
    assert {len(network) for network in several} == {69}
    with pytest.raises(SpecError, match=r"--input names 'image', and the inputs are: x"):
        load("net.pt2", input={"image": (3, 224, 224)})


def test_nothing_rewrites_it(run: Run) -> None:
    code, _, err = run("fmt", "net.pt2")
    assert code == 2
    assert "net.pt2 is a PyTorch export, and only specs are rewritten; `archcost import` makes one" in err
    assert Path("net.pt2").read_bytes() == RESNET


@pytest.mark.parametrize("name", ["model.pt", "MODEL.PTH"])
def test_a_pickle_is_not_opened(run: Run, name: str) -> None:
    Path(name).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    code, out, err = run("analyze", name)
    assert (code, out) == (2, "")
    assert err.startswith(f"archcost: {name}: a pickle runs code when it is opened, so it is not; export the")
    assert "torch.export.save(program, " in err
    code, _, err = run("analyze", f"missing_{name}")
    assert (code, err) == (2, f"missing_{name}:1:1: no such file\n")
