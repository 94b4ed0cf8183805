"""`--format NAME[:FILE]`: several formats at once, each to its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from archcost.cli.formats import Output, formats, outputs, repository_root, write_all
from archcost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.testing import Result


@click.command
@formats("text", "json", "markdown")
def command(forms: Sequence[Output], output: str | None) -> None:
    """Write the name of each format."""
    write_all(outputs(forms, output, "text"), lambda form, _: f"{form}\n")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def written() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(Path().iterdir())}


def test_without_a_word_people_get_text() -> None:
    assert run().stdout == "text\n"


def test_a_format_without_a_file_goes_to_standard_output() -> None:
    assert run("--format", "json").stdout == "json\n"
    assert run("-f", "json:-").stdout == run("-f", "json:/dev/stdout").stdout == "json\n"


def test_a_format_with_a_file_goes_there_and_people_read_along() -> None:
    assert run("--format", "markdown:summary.md").stdout == "text\n"
    assert written() == {"summary.md": "markdown\n"}


def test_several_formats_at_once() -> None:
    done = run("--format", "json:out.json", "--format", "markdown", "--format", "text:out.txt")
    assert done.stdout == "markdown\n"
    assert written() == {"out.json": "json\n", "out.txt": "text\n"}


def test_output_is_for_the_format_without_a_file() -> None:
    assert run("--format", "json", "--format", "markdown:a.md", "--output", "b.json").stdout == ""
    assert written() == {"a.md": "markdown\n", "b.json": "json\n"}
    assert run("--output", "c.txt").stdout == ""
    assert written()["c.txt"] == "text\n"


def test_only_the_first_colon_counts() -> None:
    run("--format", "json:a:b.json")
    assert written() == {"a:b.json": "json\n"}
    assert run("--format", r"json:C:\out.json", "--format", "markdown:json:x").stdout == "text\n"
    assert set(written()) == {"a:b.json", r"C:\out.json", "json:x"}


def test_devices_can_be_named_more_than_once() -> None:
    done = run("--format", "json:/dev/null", "--format", "markdown:/dev/null")
    assert (done.exit_code, done.stdout) == (0, "text\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
        (["--format", "summary.md"], "there is no format 'summary.md'; there are text, json, markdown"),
        (["--format", "json:"], "'json:' lacks its file: json:FILE, or json for standard output"),
        (["--format", ":a"], "there is no format ''; there are text, json, markdown"),
    ],
)
def test_a_word_that_is_no_format_is_refused(words: list[str], said: str) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.replace("\n", " ").split())


STDOUT_TWICE = (
    "--format json and --format text both go to standard output; give one of them a file: --format text:FILE"
)


@pytest.mark.parametrize(
    ("forms", "output", "said"),
    [
        (
            [Output("json", None), Output("text", None)],
            None,
            STDOUT_TWICE,
        ),
        (
            [Output("json", "a"), Output("text", "a")],
            None,
            "two formats would be written to 'a'; give each its own file",
        ),
        (
            [Output("json", "a"), Output("text", None)],
            "./a",
            "two formats would be written to './a' (it is 'a'); give each its own file",
        ),
    ],
)
def test_two_formats_for_one_place_are_refused(forms: list[Output], output: str | None, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        outputs(forms, output, "text")
    assert str(caught.value) == said
    assert written() == {}


def test_links_to_one_file_are_one_file() -> None:
    Path("a").write_text("before")
    Path("b").symlink_to("a")
    with pytest.raises(UsageError, match="it is 'a'"):
        outputs([Output("json", "a"), Output("text", "b")], None, "text")


def test_nothing_is_written_before_everything_is_rendered() -> None:
    def render(form: str, _style: object) -> str:
        if form == "text":
            raise UsageError("no text today")
        return form

    with pytest.raises(UsageError, match="no text today"):
        write_all(outputs([Output("json", "a")], None, "text"), render)
    assert written() == {}


def test_an_output_that_cannot_be_written_leaves_standard_output_empty() -> None:
    done = run("--format", "json:missing/a.json")
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == "cannot write 'missing/a.json': No such file or directory"
    assert done.stdout == ""


def test_paths_in_annotations_begin_at_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    inner = tmp_path / "work" / "models"
    inner.mkdir(parents=True)
    (tmp_path / "work" / ".git").mkdir()
    monkeypatch.chdir(inner)
    assert repository_root() == tmp_path / "work"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert repository_root() == tmp_path
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert repository_root() == tmp_path / "work"
